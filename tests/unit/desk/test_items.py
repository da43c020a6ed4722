"""A work item's life: every state, every step, and whose it is."""

from itertools import product

import pytest

from acd.model import CallId, QueueId
from agents.roster import AgentId
from desk.items import IllegalStep, ItemId, ItemKind, ItemState, NotYours, Step, What, WorkItem, after, take_step

ALLOWED = {
    ("open", "take"): "taken",
    ("open", "done"): "done",
    ("taken", "take"): "taken",
    ("taken", "give_back"): "open",
    ("taken", "done"): "done",
    ("done", "reopen"): "open",
}
SALES = QueueId("sales")


def item(state: ItemState = ItemState.OPEN, owner: str | None = None, queue: QueueId | None = SALES) -> WorkItem:
    return WorkItem(
        item=ItemId("m-1"),
        kind=ItemKind.MESSAGE,
        call=CallId("c"),
        queue=queue,
        number="13800138000",
        did="400",
        opened_at=100.0,
        state=state,
        owner=owner,
    )


def step(what: What, by: str = "1001") -> Step:
    return Step(at=200.0, what=what, by=by, note="回电无人接")


@pytest.mark.parametrize(("state", "what"), list(product(ItemState, What)), ids=str)
def test_table_of_states_is_what_is_written_here(state: ItemState, what: What) -> None:
    expected = ALLOWED.get((state, what))
    if expected is None:
        with pytest.raises(IllegalStep, match=f"{state} cannot be put through {what}"):
            after(state, what)
    else:
        assert after(state, what) == expected


def test_who_takes_an_item_has_it_until_he_gives_it_back() -> None:
    taken, kept = take_step(item(), step(What.TAKE), leads=False)
    assert (taken.state, taken.owner, taken.changed_at, taken.steps) == (ItemState.TAKEN, "1001", 200.0, 1)
    assert (kept.owner, kept.note) == ("1001", "回电无人接")
    free, _ = take_step(taken, step(What.GIVE_BACK), leads=False)
    assert (free.state, free.owner, free.steps) == (ItemState.OPEN, None, 2)


def test_what_is_done_keeps_who_did_it_and_when() -> None:
    done, _ = take_step(item(ItemState.TAKEN, "1001"), step(What.DONE), leads=False)
    assert (done.state, done.owner, done.closed_at) == (ItemState.DONE, "1001", 200.0)
    again, _ = take_step(done, step(What.REOPEN, by="1002"), leads=False)
    assert (again.state, again.owner, again.closed_at) == (ItemState.OPEN, None, None)


def test_item_that_is_open_can_be_done_at_once() -> None:
    done, kept = take_step(item(), step(What.DONE), leads=False)
    assert (done.owner, kept.owner) == ("1001", "1001")


@pytest.mark.parametrize("what", [What.TAKE, What.GIVE_BACK, What.DONE])
def test_what_another_has_taken_is_the_leaders_alone_to_go_on_with(what: What) -> None:
    taken = item(ItemState.TAKEN, "1001")
    with pytest.raises(NotYours, match="1001 has taken"):
        take_step(taken, step(what, by="1002"), leads=False)
    changed, kept = take_step(taken, step(what, by="li"), leads=True)
    assert (changed.steps, kept.by) == (1, "li")


def test_leader_gives_an_item_to_an_agent() -> None:
    taken, kept = take_step(item(), step(What.TAKE, by="li"), leads=True, given_to=AgentId("1002"))
    assert (taken.owner, kept.by, kept.owner) == ("1002", "li", "1002")


@pytest.mark.parametrize(
    ("queue", "queues", "seen"),
    [(SALES, ["sales", "repair"], True), (SALES, ["repair"], False), (None, ["sales"], False)],
)
def test_agent_sees_the_items_of_his_queues(queue: QueueId | None, queues: list[str], seen: bool) -> None:
    assert item(queue=queue).is_seen_by(AgentId("1001"), [QueueId(name) for name in queues]) is seen


def test_agent_sees_what_he_has_been_given_whatever_queue_it_is_of() -> None:
    given = item(ItemState.TAKEN, "1001", queue=None)
    assert given.is_seen_by(AgentId("1001"), [])
    assert not given.is_seen_by(AgentId("1002"), [SALES])
