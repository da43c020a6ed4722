"""A caller in a queue: music and prompts, until the core has an agent for him or sends him on."""

import msgspec

from acd.commands import EndCall, GoToNode, OfferCall, PlayPrompt
from agents.roster import QueueId
from ivr import flow as fl
from ivr.connect import connect
from ivr.ending import end_as_told, say_good_bye
from ivr.nodes import NodeId
from ivr.steps import Entered, Step
from ivr.visit import Visit

__all__ = ["stay"]


async def stay(visit: Visit, queue: QueueId) -> Step | None:
    """In music until the core says what comes next; where he goes on in the flow, or None: the call is over."""
    music_class = visit.script.music.get(queue, "default")
    while True:
        if visit.inbox.empty:
            await visit.leg.music(music_class)
        match await visit.inbox.next():
            case OfferCall() as first:
                if await connect(visit, [first, *visit.inbox.offers()], music_class):
                    await say_good_bye(visit)
                    return None
                visit.inbox.forget_prompts()  # of before and during the ringing
            case PlayPrompt(prompts=prompts):
                await _announce(visit, prompts)
            case GoToNode(node=node):
                return await _leave_for(visit, NodeId(node))
            case EndCall() as end:
                await visit.leg.music_off()
                await end_as_told(visit, end)
                return None


async def _announce(visit: Visit, prompts: tuple[str, ...]) -> None:
    """All pieces, or what is left of them when something else comes."""
    for sound in visit.known_sounds(prompts):
        if visit.inbox.urgent.is_set():
            return
        await visit.leg.announce(sound, visit.inbox.urgent)


async def _leave_for(visit: Visit, node: NodeId) -> Step:
    """He is in no queue any more: his channel forgets that too, and he is told of at the node as if he had walked there."""
    await visit.leg.music_off()
    await visit.leg.set_place("")
    step = fl.resume(visit.script.flow, node)
    if step.entered:
        return step
    return msgspec.structs.replace(step, entered=(Entered(node),))
