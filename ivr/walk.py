"""A caller in the flow: each step carried out on his leg, until he is put into a queue or his call is over."""

from datetime import UTC, datetime
from typing import Final, assert_never

from acd.events import CallMoved, CallQueued
from agents.roster import QueueId
from ivr import flow as fl
from ivr.ending import end, end_as_told
from ivr.entry import place_in_queue
from ivr.hours import is_open
from ivr.visit import Visit

__all__ = ["walk"]

REFUSE_WITHIN_S: Final = 1.5
"""So long after the notice of a recording its key still counts."""
UNRECORDED: Final = "unrecorded"
"""What he hears who has refused."""


async def walk(visit: Visit, step: fl.Step) -> QueueId | None:
    """From here to a queue; None: the call is over."""
    while True:
        for entered in step.entered:
            visit.tell(CallMoved(call=visit.call, node=entered.node, key=entered.key))
        if (told := visit.inbox.end()) is not None:
            await end_as_told(visit, told)
            return None
        match step.action:
            case fl.Play(prompts, keys):
                happened = _heard(await visit.say(prompts, keys))
            case fl.AskKey(prompts, keys, timeout_s):
                happened = _heard(await visit.leg.ask_key(visit.sounds(prompts), timeout_s, keys))
            case fl.CheckHours(calendar):
                happened = fl.HoursChecked(_is_open(visit, calendar))
            case fl.Enqueue() as enqueue:
                await _enqueue(visit, enqueue)
                return enqueue.queue
            case fl.HangUp(prompts, reason):
                await end(visit, prompts, reason)
                return None
            case _:
                assert_never(step.action)
        step = fl.advance(visit.script.flow, step.position, happened)


def _is_open(visit: Visit, calendar: str) -> bool:
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


def _heard(key: str | None) -> fl.Happened:
    return fl.KeyPressed(key) if key else fl.NothingPressed()
