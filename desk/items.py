"""A work item's life as a table, and who sees it: pure.

An item is open until somebody takes it; who has taken it gives it back or is done with it; what is done can be taken up anew.
A step that the table does not have is refused and changes nothing.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Final, NewType

import msgspec

from acd.model import CallId
from agents.roster import AgentId, QueueId

__all__ = [
    "AUDIBLE",
    "IllegalStep",
    "ItemId",
    "ItemKind",
    "ItemState",
    "NotYours",
    "Step",
    "What",
    "WorkItem",
    "after",
    "take_step",
]

ItemId = NewType("ItemId", str)
"""The message's, the callback's, or for a caller who gave up the call's."""


class ItemKind(StrEnum):
    """What there is to do."""

    MESSAGE = "message"  # a caller has left one
    CALLBACK = "callback"  # he is to be called back, at his place in the queue
    ABANDONED = "abandoned"  # he hung up while he waited
    SURVEY_COMMENT = "survey_comment"  # he has said something about his talk


AUDIBLE: Final = frozenset({ItemKind.MESSAGE, ItemKind.SURVEY_COMMENT})
"""Items with a sound to listen to."""


class ItemState(StrEnum):
    """How far it is."""

    OPEN = "open"
    TAKEN = "taken"
    DONE = "done"


class What(StrEnum):
    """A step in an item's life."""

    TAKE = "take"
    GIVE_BACK = "give_back"
    DONE = "done"
    REOPEN = "reopen"


class IllegalStep(Exception):
    """The item's state does not allow this step."""

    def __init__(self, state: ItemState, what: What) -> None:
        super().__init__(f"an item that is {state} cannot be put through {what}")


class NotYours(Exception):
    """Somebody else has taken this item: only he, or a leader, goes on with it."""

    def __init__(self, owner: str) -> None:
        super().__init__(f"{owner} has taken this item")


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step, as it is kept. `at`: seconds since the epoch."""

    at: float
    what: What
    by: str
    """An agent, a supervisor, or "hotline"."""
    owner: str | None = None
    """Who had the item after it."""
    note: str = ""


class WorkItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item as it is now. Times are seconds since the epoch."""

    item: ItemId
    kind: ItemKind
    call: CallId
    queue: QueueId | None
    """Whose people it is for; None: the supervisors'."""
    number: str
    did: str
    opened_at: float
    seconds: float | None = None
    """How long the message is."""
    state: ItemState = ItemState.OPEN
    owner: str | None = None
    changed_at: float | None = None
    closed_at: float | None = None
    steps: int = 0
    answered_since: float | None = None
    """When the same number last rang again and was answered, if it did after this; None: it did not."""
    called_back_at: float | None = None
    """When another item of the same number was done, if that was after this came up."""

    def is_seen_by(self, agent: AgentId, queues: Collection[QueueId]) -> bool:
        """Whether this agent sees it, who serves these queues: theirs, and what he has been given."""
        return self.owner == agent or (self.queue is not None and self.queue in queues)


_AFTER: Final = {
    (ItemState.OPEN, What.TAKE): ItemState.TAKEN,
    (ItemState.OPEN, What.DONE): ItemState.DONE,
    (ItemState.TAKEN, What.TAKE): ItemState.TAKEN,
    (ItemState.TAKEN, What.GIVE_BACK): ItemState.OPEN,
    (ItemState.TAKEN, What.DONE): ItemState.DONE,
    (ItemState.DONE, What.REOPEN): ItemState.OPEN,
}


def after(state: ItemState, what: What) -> ItemState:
    """The state a step leads to. Raises IllegalStep."""
    try:
        return _AFTER[state, what]
    except KeyError:
        raise IllegalStep(state, what) from None


def take_step(item: WorkItem, step: Step, *, leads: bool, given_to: AgentId | None = None) -> tuple[WorkItem, Step]:
    """The item after somebody's step, and the step as it is to be kept. What another has taken is the leaders' alone to go on
    with (`leads`), who may also give an item to an agent. Raises IllegalStep, NotYours."""
    state = after(item.state, step.what)
    if item.state is ItemState.TAKEN and item.owner != step.by and not leads:
        raise NotYours(item.owner or "")
    owner = {ItemState.OPEN: None, ItemState.TAKEN: given_to or step.by, ItemState.DONE: item.owner or step.by}[state]
    kept = msgspec.structs.replace(step, owner=owner)
    closed_at = step.at if state is ItemState.DONE else None
    changed = msgspec.structs.replace(
        item, state=state, owner=owner, changed_at=step.at, closed_at=closed_at, steps=item.steps + 1
    )
    return changed, kept
