"""Which record fills which row, and that order and repetition do not matter."""

import typing
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.model import CallId, OfferId, QueueId
from acd.records import AgentChanged, CallEnded, CallOpened, EmergencyBegan, EmergencyOver, MessageTaken, Record
from engine.database.models import METADATA
from engine.database.upserts import TABLES, fold
from engine.facts import Row, row_of_recording, rows_of
from recordings.ledger import LedgerEntry, State
from tests.unit.engine_data.stories import abandoned_call, customer_called_back, served_call

ALL = served_call() + abandoned_call() + customer_called_back()


def final_rows(records: list[Record]) -> dict[tuple[Any, ...], dict[str, Any]]:
    folded = fold([row for record in records for row in rows_of(record)])
    return {(row.table, *row.key.values()): row.values for row in folded}


def test_a_served_call_fills_every_table_of_the_core() -> None:
    rows = final_rows(served_call() + customer_called_back())
    call = "demo-1763800000.12"
    assert rows["calls", call]["disposition"] == "served"
    assert rows["calls", call]["path"] == ["welcome", "menu:1"]
    assert rows["ivr_steps", call, 1] == {"at": 1763800003.125, "node": "menu", "key": "1"}
    assert (rows["segments", call, 1]["how"], rows["segments", call, 1]["why"]) == ("overflowed", "max_wait")
    expected = {"expected_low_s": 10.0, "expected_s": 25.0, "expected_high_s": 60.0}
    assert rows["segments", call, 2] | expected == rows["segments", call, 2]
    assert (
        rows["segments", call, 2] | {"wait_s": 32.0, "offer": f"{call}-2", "agent": "1001"} == rows["segments", call, 2]
    )
    assert rows["offers", f"{call}-1"]["outcome"] == "no_answer"
    assert rows["offers", f"{call}-2"] | {"talk_s": 120.0, "hold_s": 20.5} == rows["offers", f"{call}-2"]
    assert rows["agent_intervals", "1001", 1763800066.125, "talking"]["ended_at"] == 1763800186.125
    assert rows["decisions", call, 2]["body"]["candidates"] == ({"agent": "1001", "score": (0.25, 3.0)},)
    assert {key[0] for key in rows} == {table for metadata in METADATA for table in metadata.tables} - {"recordings"}


@given(st.permutations(served_call() + abandoned_call()))
def test_the_final_rows_do_not_depend_on_the_order_of_the_records(records: list[Record]) -> None:
    assert final_rows(records) == final_rows(served_call() + abandoned_call())


@given(st.lists(st.integers(0, 18), max_size=5))
def test_records_told_again_from_any_earlier_point_change_nothing(starts: list[int]) -> None:
    story = served_call()
    retold = list(story)
    for start in starts:
        retold += story[start:]
    assert final_rows(retold) == final_rows(story)


def test_every_row_names_a_table_its_whole_key_and_columns_that_exist() -> None:
    for row in (row for record in served_call() for row in rows_of(record)):
        table = TABLES[row.table]
        assert set(row.key) == {column.name for column in table.primary_key}
        assert set(row.values) <= set(table.columns.keys()) - set(row.key)


def test_every_column_is_filled_by_some_record() -> None:
    filled: dict[str, set[str]] = {}
    for row in (row for record in ALL for row in rows_of(record)):
        filled.setdefault(row.table, set()).update(row.key, row.values)
    assert {name: set(TABLES[name].columns.keys()) for name in filled} == filled


def test_every_kind_of_record_but_the_live_one_is_kept() -> None:
    kinds = {type(record) for record in ALL if rows_of(record)}
    assert set(typing.get_args(Record)) - kinds == {AgentChanged, EmergencyBegan, EmergencyOver, MessageTaken}


def test_a_callback_is_an_offer_answered_and_no_stay_in_a_queue() -> None:
    rows = final_rows(customer_called_back())
    call = "callback-1763803600.9"
    assert ("segments", call, 1) not in rows
    assert rows["offers", f"{call}-1"]["answered_at"] == 1763803950.0
    assert rows["calls", call]["callback"] == "w-1"
    asked = {"number": "13800138000", "how": "done", "attempts": 2, "closed_by_call": call}
    assert rows["callbacks", "w-1"] | asked == rows["callbacks", "w-1"]
    assert [rows["callback_attempts", "w-1", number]["outcome"] for number in (1, 2)] == ["busy", "answered"]


@pytest.mark.parametrize("bad", ["\0", "\ud800", "王\0明\udfff"])
def test_a_caller_id_no_database_can_hold_costs_only_its_bad_letters(bad: str) -> None:
    record = CallOpened(call=CallId("c-1"), at=1.0, number=bad, name=bad, did=bad, vip=0, rules="v1")
    (row,) = rows_of(record)
    assert "\0" not in msgspec.json.encode(row).decode()
    assert row.values["name"].count("\ufffd") == sum(letter not in "王明" for letter in bad)


def test_a_ledger_entry_writes_only_what_it_says() -> None:
    entry = LedgerEntry(
        offer=OfferId("o-1"), call=CallId("o"), linkedid="o", queue=QueueId("repair"), state=State.READY
    )
    values = {"call": "o", "linkedid": "o", "queue": "repair", "state": "ready"}
    assert row_of_recording(entry) == Row("recordings", {"offer": "o-1"}, values)


def test_what_is_known_of_a_caller_can_be_stored_whatever_a_crm_says_of_him() -> None:
    ended = next(record for record in served_call() if isinstance(record, CallEnded))
    said = msgspec.structs.replace(ended, attributes={"note\0": "half \ud800", "region": "浙江 杭州"})
    (row,) = rows_of(said)
    assert row.values["customer"] == "C-77"
    assert row.values["attributes"] == {"note\ufffd": "half \ufffd", "region": "浙江 杭州"}
