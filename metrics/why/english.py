"""Each kind of cause as an English sentence."""

from collections.abc import Callable, Mapping
from typing import Final

from metrics.dimensions import Dimension
from metrics.why.cause import Kind
from metrics.why.telling import Teller, number, percent

__all__ = ["EN"]


def _as_usual(t: Teller) -> str:
    return f"; as usual about {t.would_be}." if t.would_be else "."


def _usual_of(t: Teller) -> str:
    return "" if t.cause.usual is None else f", usually {number(t.cause.usual)}"


def _place(t: Teller) -> str:
    if not t.cause.subject:
        return ""
    return f"queue {t.subject}" if t.cause.dimension is Dimension.QUEUE else f"agent {t.subject}"


def _calls(t: Teller) -> str:
    where = f" in queue {t.subject}" if t.cause.subject else ""
    much = f"{t.off} {'more' if t.more else 'fewer'} than usual ({number(t.cause.usual or 0.0)})"
    return f"{number(t.cause.now)} calls{where}, {much if t.off else 'usually none'}{_as_usual(t)}"


def _time(what: str) -> Callable[[Teller], str]:
    def tell(t: Teller) -> str:
        where = f", mainly by {_place(t)}" if t.cause.dimension is Dimension.AGENT else f", mainly in {_place(t)}"
        than = f"{t.off} {'longer' if t.more else 'shorter'} than usual ({number(t.cause.usual or 0.0)} s)"
        return (
            f"{what} {number(t.cause.now)} s a call, {than if t.off else 'usually none'}"
            f"{where if t.cause.subject else ''}{_as_usual(t)}"
        )

    return tell


def _duty(t: Teller) -> str:
    usual = t.cause.usual or 0.0
    less = f"{number(abs(t.cause.now - usual))} {'more' if t.more else 'fewer'} than usual ({number(usual)})"
    return f"{number(t.cause.now)} agents on duty, {less}{_as_usual(t)}"


def _readiness(t: Teller) -> str:
    away, usual = 1.0 - t.cause.now, 1.0 - (t.cause.usual or 0.0)
    whence = f", mainly {_place(t) if t.cause.dimension else t.subject}" if t.cause.subject else ""
    return f"Agents not ready {percent(away, 'en')}, usually {percent(usual, 'en')}{whence}{_as_usual(t)}"


def _elsewhere(t: Teller) -> str:
    here, usual = 1.0 - t.cause.now, 1.0 - (t.cause.usual or 0.0)
    return f"{percent(here, 'en')} of its agents' work was here, usually {percent(usual, 'en')}{_as_usual(t)}"


def _refusals(t: Teller) -> str:
    if not t.cause.subject:
        return f"{number(t.cause.now)} offers not taken{_usual_of(t)}{_as_usual(t)}"
    share = f", {percent(t.cause.share or 0.0, 'en')} of all"
    return f"Agent {t.subject} did not take {number(t.cause.now)} offers{share}{_usual_of(t)}{_as_usual(t)}"


def _overflows(t: Teller) -> str:
    return f"{number(t.cause.now)} callers were sent on by a rule{_usual_of(t)}; this may be part of it."


def _short(t: Teller) -> str:
    return f"{number(t.cause.now)} short abandons{_usual_of(t)}; without them it is {t.would_be}."


def _stands_out(t: Teller) -> str:
    share = f", with {percent(t.cause.share, 'en')} of what misses the target" if t.cause.share is not None else ""
    whose = "Queue" if t.cause.dimension is Dimension.QUEUE else "Agent"
    return f"{whose} {t.subject} is at {t.figure(t.cause.now)}{share}; the others at {t.would_be}."


def _pauses(t: Teller) -> str:
    by = f" of agent {t.subject}" if t.cause.subject else ""
    many = "break" if t.cause.now == 1 else "breaks"
    return (
        f"{number(t.cause.now)} {many}{by} too long, by {(t.cause.seconds or 0.0) / 60:.0f} min in all; "
        f"otherwise about {t.would_be}."
    )


def _wait(t: Teller) -> str:
    return f"Callers waited {number(t.cause.now)} s for an answer{_usual_of(t)}; this may lower what they say."


def _peak(t: Teller) -> str:
    when = f"{t.clock(t.cause.start)}-{t.clock(t.cause.end)}"
    return (
        f"{percent(t.cause.share or 0.0, 'en')} of what misses the target fell into {when}, at "
        f"{t.figure(t.cause.now)}; the rest is at {t.would_be}."
    )


EN: Final[Mapping[Kind, Callable[[Teller], str]]] = {
    Kind.CALLS: _calls,
    Kind.TALK: _time("Talk"),
    Kind.WRAP_UP: _time("After-call work"),
    Kind.HOLD: _time("Hold"),
    Kind.DUTY: _duty,
    Kind.READINESS: _readiness,
    Kind.ELSEWHERE: _elsewhere,
    Kind.REFUSALS: _refusals,
    Kind.OVERFLOWS: _overflows,
    Kind.SHORT: _short,
    Kind.STANDS_OUT: _stands_out,
    Kind.PAUSES: _pauses,
    Kind.WAIT: _wait,
    Kind.PEAK: _peak,
}
