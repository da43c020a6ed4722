"""The actions of the flow, carried out on a caller's leg and by his desk."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final

from acd.events import CallbackRequested, CallIdentified, CallTransferred, MessageLeft
from acd.model import CallbackId, MessageId
from acd.refused import Refused
from ivr import steps
from ivr.conditions import Facts
from ivr.deciding import CUSTOMER
from ivr.digits import is_complete
from ivr.hours import is_open
from ivr.nodes import ALL_KEYS
from ivr.ports import CallerGone
from ivr.visit import Draft, Visit

__all__ = ["carry_out", "keep_what_was_said", "note"]

log = logging.getLogger(__name__)

LOOK_S: Final = 0.1
"""How long a lookup's answer may lie there before it is seen: the leg takes keys meanwhile."""


def note(visit: Visit, step: steps.Step) -> None:
    """What became known of him: the core is told, but for what is masked."""
    visit.masked |= step.masked
    if not step.learned:
        return
    attributes = {name: value for name, value in step.learned.items() if name != CUSTOMER}
    visit.tell(CallIdentified(call=visit.call, customer=step.learned.get(CUSTOMER, ""), attributes=attributes))
    visit.speak_in(attributes.get("language", ""))


async def carry_out(visit: Visit, action: steps.Action) -> steps.Happened:
    """Do it, and say what came of it."""
    happened: steps.Happened = await _CARRIED[type(action)](visit, action)
    return happened


# --- asking ----------------------------------------------------------------------------------------------------------


async def _play(visit: Visit, play: steps.Play) -> steps.Happened:
    return _heard(await visit.say(play.prompts, play.keys))


async def _ask_key(visit: Visit, ask: steps.AskKey) -> steps.Happened:
    return _heard(await visit.leg.ask_key(visit.sounds(ask.prompts), ask.timeout_s, ask.keys))


def _heard(key: str | None) -> steps.Happened:
    return steps.KeyPressed(key) if key else steps.NothingPressed()


async def _ask_digits(visit: Visit, ask: steps.AskDigits) -> steps.DigitsTyped:
    """Key by key: what stands between them is the caller's time, not the switch's."""
    typed = ask.typed
    sounds = visit.sounds(ask.prompts)
    while not is_complete(typed, ask.longest):
        wait_s = ask.between_s if typed else ask.first_s
        key = await visit.leg.ask_key(sounds, wait_s, ask.keys)
        if key is None:
            break
        typed, sounds = typed + key, []
    return steps.DigitsTyped(typed)


async def _check_hours(visit: Visit, check: steps.CheckHours) -> steps.HoursChecked:
    """In an emergency the caller is told why before he goes the way of those who come after hours."""
    if (announcement := visit.desk.emergency()) is not None:
        await visit.leg.play(visit.known_sounds((announcement,)), "")
    return steps.HoursChecked(_is_open(visit, check.calendar))


def _is_open(visit: Visit, calendar: str) -> bool:
    """In an emergency of the whole site no calendar is."""
    if visit.desk.emergency() is not None:
        return False
    return is_open(visit.script.calendars[calendar], datetime.fromtimestamp(visit.clock(), UTC))


async def _see_facts(visit: Visit, ask: steps.SeeFacts) -> steps.FactsSeen:
    """What is so now."""
    call = visit.facts
    seen = {queue: visit.desk.queue(queue) for queue in ask.queues}
    return steps.FactsSeen(
        Facts(
            number=visit.caller.number,
            did=visit.caller.did,
            vip=call.vip,
            customer=call.customer,
            language=visit.language,
            attributes={**call.attributes, **visit.masked},
            queue=call.queue,
            queues={queue: facts for queue, facts in seen.items() if facts is not None},
            open={calendar: _is_open(visit, calendar) for calendar in ask.calendars},
        )
    )


async def _look_up(visit: Visit, ask: steps.LookUp) -> steps.LookedUp:
    """The prompts are only said to him if the answer is not there at once."""
    lookup = visit.script.flow.lookups[ask.lookup]
    asked = asyncio.create_task(visit.desk.look_up(lookup, visit.values()), name=f"lookup {lookup.name}")
    early, sounds = "", visit.sounds(ask.prompts)
    try:
        early += await visit.leg.ask_key((), LOOK_S, "") or ""
        while not asked.done():
            early += await visit.leg.ask_key(sounds, LOOK_S, ALL_KEYS) or ""
            sounds = []
        return steps.LookedUp(asked.result(), early[: steps.MOST_EARLY])
    finally:
        asked.cancel()


async def _request_callback(visit: Visit, ask: steps.RequestCallback) -> steps.CallbackAnswered:
    """The core may refuse."""
    queue = ask.queue or visit.facts.queue
    if queue is None:
        return steps.CallbackAnswered(False)
    try:
        visit.tell(
            CallbackRequested(
                callback=CallbackId(_own_id(visit)),
                call=visit.call,
                number=ask.number,
                queue=queue,
                did=visit.caller.did,
                language=visit.language,
            )
        )
    except Refused as refused:
        log.info("callback refused: %s", refused.error, extra={"call_id": visit.call})
        return steps.CallbackAnswered(False)
    return steps.CallbackAnswered(True)


async def _dial_out(visit: Visit, ask: steps.DialOut) -> steps.DialledOut:
    """Returns when it is over and the caller is still there. Who hangs up in that talk has been transferred all the same."""
    await visit.say(ask.prompts)
    transferred = CallTransferred(call=visit.call, number=ask.number)
    try:
        result = await visit.leg.dial_out(ask.number, ask.ring_s, ask.longest_s)
    except CallerGone as gone:
        if gone.dial is not None and gone.dial.answered:
            visit.tell(transferred)
        raise
    if result.answered:
        visit.tell(transferred)
    return steps.DialledOut("ANSWER" if result.answered else result.status)


# --- messages --------------------------------------------------------------------------------------------------------


async def _record_message(visit: Visit, ask: steps.RecordMessage) -> steps.Recorded:
    """One that he has recorded before gives way to the new one."""
    await visit.say(ask.prompts)
    _discard(visit)
    await visit.desk.drop_drafts(visit.call)
    visit.draft = Draft(MessageId(_own_id(visit)), ask.queue, ask.shortest_s)
    sound = visit.desk.message_sound(visit.draft.message)
    await visit.leg.record(sound, ask.longest_s, ask.silence_s, ask.terminator)
    return steps.Recorded(await visit.desk.message_s(visit.draft.message))


async def _play_message(visit: Visit, ask: steps.PlayMessage) -> steps.Happened:
    if visit.draft is None:
        return steps.NothingPressed()
    return _heard(await visit.leg.play([visit.desk.message_sound(visit.draft.message)], ALL_KEYS))


async def _keep_message(visit: Visit, ask: steps.KeepMessage) -> steps.Happened:
    """It is kept before he is told so."""
    await keep_what_was_said(visit)
    return _heard(await visit.say(ask.prompts))


async def _drop_message(visit: Visit, ask: steps.DropMessage) -> steps.Happened:
    """It is gone before he is told so."""
    _discard(visit)
    return _heard(await visit.say(ask.prompts))


async def keep_what_was_said(visit: Visit) -> None:
    """Tell of a message he has neither kept nor deleted; one that is too short goes."""
    draft = visit.draft
    if draft is None:
        return
    seconds = await visit.desk.message_s(draft.message)
    if seconds < draft.shortest_s:
        _discard(visit)
        return
    visit.draft = None
    visit.tell(MessageLeft(message=draft.message, call=visit.call, seconds=round(seconds, 2), queue=draft.queue))


def _discard(visit: Visit) -> None:
    if visit.draft is not None:
        visit.desk.drop_message(visit.draft.message)
        visit.draft = None


def _own_id(visit: Visit) -> str:
    """Another one each time, also after a restart of the engine."""
    return f"{visit.call}-{int(visit.clock() * 1000)}"


_CARRIED: Final[dict[type, Callable[[Visit, Any], Awaitable[steps.Happened]]]] = {
    steps.Play: _play,
    steps.AskKey: _ask_key,
    steps.AskDigits: _ask_digits,
    steps.CheckHours: _check_hours,
    steps.SeeFacts: _see_facts,
    steps.LookUp: _look_up,
    steps.RequestCallback: _request_callback,
    steps.DialOut: _dial_out,
    steps.RecordMessage: _record_message,
    steps.PlayMessage: _play_message,
    steps.KeepMessage: _keep_message,
    steps.DropMessage: _drop_message,
}
"""The others end the flow."""
