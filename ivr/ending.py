"""The last words of a call, and its end."""

import logging
from collections.abc import Awaitable, Callable

from acd.commands import EndCall
from acd.events import CallClosed, CallRejoined
from ivr.aftercare import ask_about_talk
from ivr.ports import CallerGone
from ivr.visit import Visit

__all__ = ["end", "end_as_told", "say_good_bye"]

log = logging.getLogger(__name__)


async def say_good_bye(visit: Visit) -> None:
    """After a talk whose agent has hung up: he is asked about it where that is so arranged. The agent does his paperwork
    meanwhile: his talk has been told of as ended."""
    visit.tell(CallRejoined(call=visit.call))
    await ask_about_talk(visit)
    await end(visit, visit.script.flow.goodbye, "served")


async def end_as_told(visit: Visit, told: EndCall) -> None:
    """The end the core has ordered: a word, or the busy tone."""
    if told.busy:
        await _hang_up(visit, visit.leg.refuse, told.reason)
    else:
        await visit.leg.play(visit.known_sounds((told.prompt,) if told.prompt else ()), "")
        await _hang_up(visit, visit.leg.hang_up, told.reason)


async def end(visit: Visit, prompts: tuple[str, ...], reason: str) -> None:
    """Say the prompts and hang up; `reason` is kept with the call."""
    await visit.say(prompts)
    await _hang_up(visit, visit.leg.hang_up, reason)


async def _hang_up(visit: Visit, hang_up: Callable[[], Awaitable[None]], reason: str) -> None:
    try:
        await hang_up()
    except CallerGone:
        log.debug("the caller was quicker", extra={"call_id": visit.call})
    visit.tell(CallClosed(call=visit.call, reason=reason))
