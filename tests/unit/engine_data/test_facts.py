"""Which record fills which row, and that order and repetition do not matter."""

import typing
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.model import CallbackEnd, CallId, Disposition, OfferId, QueueId
from acd.records import AgentChanged, CallbackClosed, CallEnded, CallOpened, EmergencyBegan, EmergencyOver, Record
from engine.database.models import METADATA
from engine.database.upserts import TABLES, fold
from engine.facts import Row, row_of_recording, rows_of
from recordings.ledger import LedgerEntry, State
from tests.unit.engine_data.stories import abandoned_call, customer_called_back, requests, served_call

ALL = served_call() + abandoned_call() + customer_called_back() + requests()
STEPS_WRITE = {"state", "owner", "changed_at", "closed_at", "steps"}
"""What people's steps make of a work item."""
IMPORTS_WRITE = {"handed_on"}
"""What only imported logs tell."""


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
    assert (
        rows["surveys", call] | {"offer": f"{call}-2", "outcome": "partly", "why": "hung_up"} == rows["surveys", call]
    )
    assert (
        rows["survey_answers", call, "score"] | {"agent": "1001", "score": 4} == rows["survey_answers", call, "score"]
    )
    assert rows["survey_answers", call, "comment"]["answer"] == f"{call}-2-comment"
    counted_from_facts = {"intervals", "changed_intervals", "days", "summed_days"}
    not_from_the_core = {"recordings", "outside_figures", "queue_log", *counted_from_facts}
    assert {key[0] for key in rows} == {table for metadata in METADATA for table in metadata.tables} - not_from_the_core


def test_what_is_to_be_done_after_the_calls_becomes_an_item_each() -> None:
    rows = final_rows([*served_call(), *abandoned_call(), *requests()])
    items = {key[1]: values["kind"] for key, values in rows.items() if key[0] == "work_items"}
    assert items == {
        "demo-1763800000.12-2-comment": "survey_comment",
        "demo-1763800100.13": "abandoned",
        "m-1": "message",
        "b-1": "callback",
    }
    assert rows["work_items", "m-1"] | {"seconds": 12.5, "queue": "sales"} == rows["work_items", "m-1"]


def test_callback_that_is_over_is_done_by_itself_unless_it_was_given_up() -> None:
    closed = next(record for record in customer_called_back() if isinstance(record, CallbackClosed))
    rows = final_rows([closed])
    assert (rows["work_items", "w-1"]["state"], rows["work_items", "w-1"]["closed_at"]) == ("done", closed.at)
    assert rows["work_steps", "w-1", "callback"]["by"] == "hotline"
    given_up = rows_of(msgspec.structs.replace(closed, how=CallbackEnd.GIVEN_UP))
    assert [row.table for row in given_up] == ["callbacks"]


def test_misdial_and_caller_without_a_number_are_nobody_to_call_back() -> None:
    ended = next(record for record in abandoned_call() if isinstance(record, CallEnded))
    for changed in ({"short": True}, {"number": ""}, {"disposition": Disposition.ABANDONED_IVR}):
        assert [row.table for row in rows_of(msgspec.structs.replace(ended, **changed))] == ["calls"]


def test_record_told_again_takes_no_step_of_an_item_back() -> None:
    rows = final_rows([*abandoned_call(), *requests()])
    items = [values for key, values in rows.items() if key[0] == "work_items"]
    assert all(not STEPS_WRITE & set(values) for values in items)


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
    filled["work_items"] |= STEPS_WRITE
    filled["offers"] |= IMPORTS_WRITE
    assert {name: set(TABLES[name].columns.keys()) for name in filled} == filled


def test_every_kind_of_record_but_the_live_ones_is_kept() -> None:
    kinds = {type(record) for record in ALL if rows_of(record)}
    assert set(typing.get_args(Record)) - kinds == {AgentChanged, EmergencyBegan, EmergencyOver}


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
