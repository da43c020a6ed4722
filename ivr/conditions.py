"""What a flow can be decided by, and whether a case holds. Pure."""

from collections.abc import Mapping

import msgspec

from acd.model import Call
from agents.roster import QueueId

__all__ = ["ANY", "CallFacts", "Case", "Facts", "QueueFacts", "holds"]

ANY = "*"
"""As an attribute's value: whatever it is, as long as it is known."""


class QueueFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A queue as it is now."""

    waiting: int = 0
    ready: int = 0
    on_duty: int = 0
    """Its agents who are logged in and not on a break."""
    expected_s: float | None = None
    """How long a caller who comes now is expected to wait; None: nothing to go by."""


class CallFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the floor knows of a caller."""

    vip: int = 0
    customer: str = ""
    attributes: Mapping[str, str] = {}
    queue: QueueId | None = None
    """The one he is or was in last."""

    @classmethod
    def of(cls, call: Call | None) -> "CallFacts":
        """Of a call as the floor has it; nothing, of one it does not know."""
        if call is None:
            return cls()
        return cls(vip=call.vip, customer=call.customer, attributes=call.attributes, queue=call.queue)


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is so at the moment a node asks. `queues` and `open` (calendars) have those the flow names."""

    number: str = ""
    did: str = ""
    vip: int = 0
    customer: str = ""
    language: str = ""
    attributes: Mapping[str, str] = {}
    queue: QueueId | None = None
    queues: Mapping[QueueId, QueueFacts] = {}
    open: Mapping[str, bool] = {}


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One branch of a condition: it holds when all that is given holds."""

    next: str
    vip: int | None = None
    """He has at least this level."""
    customer: bool | None = None
    """Whether it is known which customer he is."""
    language: tuple[str, ...] = ()
    did: tuple[str, ...] = ()
    """He called one of these numbers of ours."""
    attributes: dict[str, tuple[str, ...]] = {}
    """Each is one of these values; ANY: has any, "": has none."""
    calendar: str | None = None
    """It is open now."""
    queue: QueueId | None = None
    """The queue the following speak of."""
    waiting_over: int | None = None
    ready_under: int | None = None
    on_duty_under: int | None = None
    expected_over_s: float | None = None
    """An expectation there is nothing to go by for is not over anything."""


def holds(case: Case, facts: Facts) -> bool:
    """Whether the case is so."""
    return _of_caller(case, facts) and _of_queue(case, facts) and (case.calendar is None or facts.open[case.calendar])


def _of_caller(case: Case, facts: Facts) -> bool:
    return (
        (case.vip is None or facts.vip >= case.vip)
        and (case.customer is None or case.customer == bool(facts.customer))
        and (not case.language or facts.language in case.language)
        and (not case.did or facts.did in case.did)
        and all(_is_one_of(facts.attributes.get(name, ""), wanted) for name, wanted in case.attributes.items())
    )


def _is_one_of(value: str, wanted: tuple[str, ...]) -> bool:
    return value in wanted or (ANY in wanted and value != "")


def _of_queue(case: Case, facts: Facts) -> bool:
    if case.queue is None:
        return True
    queue = facts.queues.get(case.queue)
    if queue is None:  # it was taken out of the rules while the flow still names it
        return False
    return (
        (case.waiting_over is None or queue.waiting > case.waiting_over)
        and (case.ready_under is None or queue.ready < case.ready_under)
        and (case.on_duty_under is None or queue.on_duty < case.on_duty_under)
        and (case.expected_over_s is None or (queue.expected_s or 0.0) > case.expected_over_s)
    )
