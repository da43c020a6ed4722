"""What a waiting caller is told: his place, his expected wait, comforting words, and whatever recipes have to say.

One thing at a time: between the beginnings of two there are at least `gap_s` seconds, whichever they are. What is due sooner is
said later. Nothing is said while phones ring for him.

A wait is said as a range, never as a point. Unless he has moved up since, he is not promised sooner than he was before.
"""

from collections.abc import Iterator
from math import ceil
from typing import Final

from acd.commands import PlayPrompt
from acd.estimate import Expectation
from acd.floor import Floor, set_timer
from acd.model import Call, CallState, Promise
from acd.outcome import Outcome
from acd.pacing import expected_wait
from acd.rules import Announce

__all__ = ["PROMPTS_OF_PLACE", "PROMPTS_OF_WAIT", "announce", "begin_announcing", "say"]

PROMPTS_OF_PLACE: Final = ("you_are_next", "position_is_before")
PROMPTS_OF_WAIT: Final = ("expected_wait",)
SOON_S: Final = 15.0
"""Whoever probably has his agent by then is about to be served: he is told nothing of his place."""
LONGEST_S: Final = 2 * 3600.0
"""A range that ends later than this tells nobody anything."""
LOOK_AGAIN_S: Final = 5.0
"""A caller whose leg is not here, or who is about to be served, is looked at again so much later."""
PLACE: Final = "place"
COMFORT: Final = "comfort"
_SILENT: Final = Announce()


def say(floor: Floor, call: Call, prompt: str, now: float, out: Outcome) -> None:
    """Let him hear this as soon as the gap after what he heard last allows it."""
    if prompt not in call.unsaid:
        call.unsaid = [*call.unsaid, prompt]
    announce(floor, call, now, out)


def begin_announcing(floor: Floor, call: Call, now: float, out: Outcome) -> None:
    """He has come into a queue; if phones ring for him already, he is looked at when nobody answers."""
    call.words_at = 0.0
    if not call.has_leg or (floor.queue_of(call).announce is None and not call.unsaid):
        return
    if call.state is CallState.WAITING:
        announce(floor, call, now, out)
    else:
        call.words_at = now


def announce(floor: Floor, call: Call, now: float, out: Outcome) -> None:
    """Say to a waiting caller what is due, and ask to be woken for what is due next."""
    rules = floor.queue_of(call).announce or _SILENT
    if (
        call.attached
        and call.has_leg
        and call.said_at + rules.gap_s <= now
        and (words := _due(floor, call, rules, now, out))
    ):
        call.said_at = now
        out.commands.append(PlayPrompt(call=call.id, prompts=words))
    when = _next_look(call, rules, now)
    call.words_at = when or 0.0
    if when is not None:
        set_timer(floor, when, "announce", call.id)


def _due(floor: Floor, call: Call, rules: Announce, now: float, out: Outcome) -> tuple[str, ...]:
    """The one thing to be said now; what does not wait for a time of its own goes first."""
    if call.unsaid:
        word, *call.unsaid = call.unsaid
        return (word,)
    for at, number in _comfort_times(call, rules, now):
        if at <= now:
            call.told[f"{COMFORT}{number}"] = now
            return rules.comfort[number].play
    if (place_at := _place_at(call, rules)) is not None and place_at <= now:
        return _place(floor, call, rules, now, out)
    return ()


def _next_look(call: Call, rules: Announce, now: float) -> float | None:
    times = [at for at, _ in _comfort_times(call, rules, now)]
    if (place_at := _place_at(call, rules)) is not None:
        times.append(place_at)
    if call.unsaid:
        times.append(now)
    if not times:
        return None
    soonest = max(min(times), call.said_at + rules.gap_s)
    return soonest if soonest > now else now + LOOK_AGAIN_S


# --- comforting words -----------------------------------------------------------------------------------------------------


def _comfort_times(call: Call, rules: Announce, now: float) -> Iterator[tuple[float, int]]:
    """When, and which: of those whose time has come only the last one, and all that are still to come."""
    reached = sum(call.stay_at + comfort.after_s <= now for comfort in rules.comfort)
    for number, comfort in list(enumerate(rules.comfort))[max(reached - 1, 0) :]:
        last = call.told.get(f"{COMFORT}{number}")
        if last is None:
            yield call.stay_at + comfort.after_s, number
        elif comfort.every_s is not None:
            yield last + comfort.every_s, number


# --- place and wait -------------------------------------------------------------------------------------------------------


def _place_at(call: Call, rules: Announce) -> float | None:
    if not (rules.position or rules.expected_wait):
        return None
    last = call.told.get(PLACE)
    return call.stay_at + rules.first_s if last is None else last + rules.every_s


def _place(floor: Floor, call: Call, rules: Announce, now: float, out: Outcome) -> tuple[str, ...]:
    """His place and the wait he may expect, as far as there is anything to go by. Nothing for one who is about to be served, or
    who stands beside the line."""
    if call.held_for is not None:
        return ()
    expected = expected_wait(floor, call, now, out)
    if expected is not None and (expected.at_once or expected.high_s < SOON_S):
        return ()
    call.told[PLACE] = now
    position = floor.position(call)
    words: tuple[str, ...] = ()
    if rules.position:
        words = ("you_are_next",) if position == 1 else ("position_is_before", f"{{position:{position}}}")
    if rules.expected_wait and expected is not None:
        words += _wait(call, expected, position, now)
    return words


def _wait(call: Call, expected: Expectation, position: int, now: float) -> tuple[str, ...]:
    low_at, high_at = now + expected.low_s, now + expected.high_s
    before = call.promised
    if before is not None and position >= before.position:
        low_at, high_at = max(low_at, before.low_at), max(high_at, before.high_at)
    if high_at - now > LONGEST_S:
        return ()
    call.promised = Promise(position, low_at, high_at)
    return (*PROMPTS_OF_WAIT, f"{{range:{int(low_at - now)}-{ceil(high_at - now)}}}")
