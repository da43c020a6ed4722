"""A caller in the flow: each step carried out on his leg, until he is put into a queue or his call is over."""

from typing import Final

from acd.events import CallMoved, CallQueued
from agents.roster import QueueId
from ivr import carry
from ivr import flow as fl
from ivr.ending import end, end_as_told
from ivr.entry import place_in_queue
from ivr.ports import CallerGone
from ivr.steps import Enqueue, HangUp, Step
from ivr.visit import Visit

__all__ = ["walk"]

REFUSE_WITHIN_S: Final = 1.5
"""So long after the notice of a recording its key still counts."""
UNRECORDED: Final = "unrecorded"
"""What he hears who has refused."""


async def walk(visit: Visit, step: Step) -> QueueId | None:
    """From here to a queue; None: the call is over. What a caller has said when he hangs up is kept."""
    try:
        return await _walk(visit, step)
    except CallerGone:
        await carry.keep_what_was_said(visit)
        raise


async def _walk(visit: Visit, step: Step) -> QueueId | None:
    while True:
        carry.note(visit, step)
        for entered in step.entered:
            visit.tell(CallMoved(call=visit.call, node=entered.node, key=entered.key, stack=entered.stack))
        if (told := visit.inbox.end()) is not None:
            await end_as_told(visit, told)
            return None
        match step.action:
            case Enqueue() as enqueue:
                await _enqueue(visit, enqueue)
                return enqueue.queue
            case HangUp(prompts, reason):
                await end(visit, prompts, reason)
                return None
            case action:
                happened = await carry.carry_out(visit, action)
        step = fl.advance(visit.script.flow, step.position, happened)


async def _enqueue(visit: Visit, step: Enqueue) -> None:
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
