"""A caller in a queue: music and prompts, until the core has an agent for him or sends him on."""

from typing import Final

import msgspec

from acd.commands import EndCall, GoToNode, OfferCall, PlayPrompt
from agents.roster import QueueId
from ivr import flow as fl
from ivr.connect import connect
from ivr.ending import end_as_told, say_good_bye
from ivr.nodes import NodeId
from ivr.steps import Entered, Step
from ivr.visit import Visit

__all__ = ["HELLO", "greeting_class", "stay"]

GREETED_S: Final = 4.0
"""Who has heard less of the greeting than this, because the phone did not ring longer, hears it again."""
HELLO: Final = "callback_hello"
"""What a customer hears who is called first: who calls."""


def greeting_class(language: str) -> str:
    """The class of waiting music that begins with it: a leg that rings a phone plays nothing else."""
    return f"greeting-{language}"


async def stay(visit: Visit, queue: QueueId, *, greet: bool = False) -> Step | None:
    """In music until the core says what comes next; where he goes on in the flow, or None: the call is over. `greet`: he does
    not know yet who is calling; he hears it while his agent's phone rings, or alone if none does."""
    music_class = visit.script.music.get(queue, "default")
    if greet:
        visit.inbox.put(PlayPrompt(call=visit.call, prompts=(HELLO,)))
    while True:
        if visit.inbox.empty:
            await visit.leg.music(music_class)
        match await visit.inbox.next():
            case OfferCall() as first:
                rung_at, heard = visit.clock(), greeting_class(visit.language) if greet else music_class
                if await connect(visit, [first, *visit.inbox.offers()], heard):
                    await say_good_bye(visit)
                    return None
                visit.inbox.forget_prompts()  # of before and during the ringing
                greet = greet and visit.clock() - rung_at < GREETED_S
                if greet:
                    visit.inbox.put(PlayPrompt(call=visit.call, prompts=(HELLO,)))
            case PlayPrompt(prompts=prompts):
                greet = False
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
