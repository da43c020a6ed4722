"""A caller in the flow: each step carried out on his leg, until he is put into a queue or his call is over."""

from datetime import UTC, datetime
from typing import Final

from acd.events import CallMoved, CallQueued
from agents.roster import QueueId
from ivr import carry, steps
from ivr import flow as fl
from ivr.ending import end, end_as_told
from ivr.entry import place_in_queue
from ivr.hours import is_open
from ivr.ports import CallerGone
from ivr.visit import Visit

__all__ = ["walk"]

REFUSE_WITHIN_S: Final = 1.5
"""So long after the notice of a recording its key still counts."""
UNRECORDED: Final = "unrecorded"
"""What he hears who has refused."""


async def walk(visit: Visit, step: fl.Step) -> QueueId | None:
    """From here to a queue; None: the call is over. What a caller has said when he hangs up is kept."""
    try:
        return await _walk(visit, step)
    except CallerGone:
        await carry.keep_what_was_said(visit)
        raise


async def _walk(visit: Visit, step: fl.Step) -> QueueId | None:
    while True:
        carry.note(visit, step)
        for entered in step.entered:
            visit.tell(CallMoved(call=visit.call, node=entered.node, key=entered.key, stack=entered.stack))
        if (told := visit.inbox.end()) is not None:
            await end_as_told(visit, told)
            return None
        match step.action:
            case fl.Enqueue() as enqueue:
                await _enqueue(visit, enqueue)
                return enqueue.queue
            case fl.HangUp(prompts, reason):
                await end(visit, prompts, reason)
                return None
            case steps.CheckHours(calendar):
                happened: fl.Happened = fl.HoursChecked(await _is_open(visit, calendar))
            case steps.SeeFacts() as ask:
                happened = carry.see_facts(visit, ask, lambda calendar: _is_open_now(visit, calendar))
            case action:
                happened = await carry.carry_out(visit, action)
        step = fl.advance(visit.script.flow, step.position, happened)


async def _is_open(visit: Visit, calendar: str) -> bool:
    """In an emergency the caller is told why before he goes the way of those who come after hours."""
    if (announcement := visit.desk.emergency()) is not None:
        await visit.leg.play(visit.known_sounds((announcement,)), "")
    return _is_open_now(visit, calendar)


def _is_open_now(visit: Visit, calendar: str) -> bool:
    """In an emergency of the whole site no calendar is."""
    if visit.desk.emergency() is not None:
        return False
    return is_open(visit.script.calendars[calendar], datetime.fromtimestamp(visit.clock(), UTC))


async def _enqueue(visit: Visit, step: fl.Enqueue) -> None:
    """The prompts first: once he is queued, nothing may stand between him and a free agent."""
    await visit.say(step.prompts)
    await _give_notice(visit, step.queue)
    await visit.leg.set_place(place_in_queue(step.queue, step.priority))
    visit.tell(
        CallQueued(
            call=visit.call,
            queue=step.queue,
            priority=step.priority,
            require=step.require,
            unrecorded=bool(visit.unrecorded),
        )
    )


async def _give_notice(visit: Visit, queue: QueueId) -> None:
    """That his talk will be recorded, once in a call. Where he may refuse, he has a moment after the words to do so."""
    notice = visit.script.notices.get(queue)
    if notice is None or visit.unrecorded is not None:
        return
    if not notice.refusal:
        await visit.say(notice.prompts)
        visit.unrecorded = False
        return
    key = await visit.leg.ask_key(visit.sounds(notice.prompts), REFUSE_WITHIN_S, notice.refusal)
    visit.unrecorded = key == notice.refusal
    if visit.unrecorded:
        await visit.leg.play(visit.known_sounds((UNRECORDED,)), "")
