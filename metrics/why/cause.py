"""One thing that may explain a figure, as numbers."""

from enum import StrEnum

import msgspec

from metrics.dimensions import Dimension

__all__ = ["Cause", "Kind"]


class Kind(StrEnum):
    """What differs. The order is the order of causes that account for equally much."""

    CALLS = "calls"
    TALK = "talk"
    WRAP_UP = "wrap_up"
    HOLD = "hold"
    DUTY = "duty"
    READINESS = "readiness"
    ELSEWHERE = "elsewhere"
    REFUSALS = "refusals"
    OVERFLOWS = "overflows"
    SHORT = "short"
    STANDS_OUT = "stands_out"
    PAUSES = "pauses"
    WAIT = "wait"
    PEAK = "peak"


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """What was, what is usual, and what that is worth.

    `now` and `usual` are in the kind's own unit. CALLS: callers (of the subject, if there is one). TALK, WRAP_UP, HOLD, WAIT:
    seconds a call. DUTY: agents logged in at once, on the average. READINESS: the share of that time that they were not "not
    ready". ELSEWHERE: the share of their working time that went to other queues. REFUSALS: offers not taken. OVERFLOWS, SHORT:
    callers. PAUSES: breaks too long. STANDS_OUT: the subject's own figure. PEAK: the figure in that time.
    """

    kind: Kind
    now: float
    usual: float | None = None
    """The mean of the comparable days; None: there are none, or it is not known of them."""
    effect: float | None = None
    """How much nearer to its target the figure would be, in the figure's unit; None: no size can be given."""
    would_be: float | None = None
    """What the figure would be without it."""
    dimension: Dimension | None = None
    """What `subject` is the key of; None: a reason, or there is no subject."""
    subject: str = ""
    """The queue, agent or reason it comes from, if one stands out."""
    share: float | None = None
    """The subject's part: of the misses (STANDS_OUT, PEAK), of the refusals (REFUSALS)."""
    seconds: float | None = None
    """PAUSES: how long over what is allowed, in all."""
    start: float | None = None
    """PEAK: from when to when."""
    end: float | None = None
