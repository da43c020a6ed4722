"""Lets the story happen in the telephone network: callers ring, press and give up; agents answer, talk, miss calls and rest."""

import asyncio
from random import Random
from typing import Final

import aiohttp

from acd.model import CallState
from agents.roster import AgentId
from agents.state import AgentState
from cti.masking import mask_number
from engine.demo.observer import Observer
from engine.demo.story import CAST, NEVER_ANSWERS, TAKES_BREAK, Break, Caller, Story
from engine.network import PlacedCall
from engine.network.management import NetworkActionRefused
from engine.rehearsal import Rehearsal
from engine.words import say

__all__ = ["Acting"]

LONGEST_CALL_S: Final = 300.0
RETURNS_AFTER_S: Final = 15.0
"""So long the agent who missed his calls does not notice that he was set not ready."""
AGAIN_S: Final = 1.0


class Acting:
    """`play` until cancelled; nobody new rings after `no_more_callers`."""

    def __init__(self, site: Rehearsal, story: Story, observer: Observer, seed: int) -> None:
        self.placed = 0
        """Calls that callers have placed."""
        self._site = site
        self._story = story
        self._observer = observer
        self._seed = seed
        self._open = True

    async def agents_arrive(self) -> None:
        """All log in. Who is idle longest is asked first: the one who never answers comes first and misses calls early."""
        await self._site.on_duty(NEVER_ANSWERS, *(agent for agent in CAST if agent != NEVER_ANSWERS))

    async def play(self) -> None:
        """Everybody does his part; the agents go on until this is cancelled."""
        async with asyncio.TaskGroup() as everybody:
            for agent in CAST:
                part = self._notice_and_return() if agent == NEVER_ANSWERS else self._answer_calls(agent)
                everybody.create_task(part, name=f"demo agent {agent}")
            for pause in self._story.breaks:
                everybody.create_task(self._take_break(pause), name="demo break")
            for caller in self._story.callers:
                everybody.create_task(self._ring(caller), name=f"demo caller {caller.number}")

    def no_more_callers(self) -> None:
        """Whoever has not rung yet stays at home."""
        self._open = False

    async def _answer_calls(self, agent: str) -> None:
        """Answer after a moment and talk for a while, each time for another one."""
        phone, chance = self._site.network.phone(agent), Random(f"{self._seed} {agent}")  # noqa: S311 - a show
        while True:
            # The phone keeps to what it is told when it begins to ring: this is for the next ringing.
            await phone.answers(after_s=round(chance.uniform(1, 3), 1), talk_s=round(chance.uniform(8, 20), 1))
            await phone.next_ring(timeout_s=86400.0)

    async def _notice_and_return(self) -> None:
        """The phone rings in vain until the system has set its agent not ready; later he is back and like the others."""
        await self._until_not_ready(NEVER_ANSWERS)
        await asyncio.sleep(min(RETURNS_AFTER_S, self._story.length_s / 8))
        phone = self._site.network.phone(NEVER_ANSWERS)
        phone.forget_rings()
        await phone.answers()
        await self._wish(NEVER_ANSWERS, "ready")
        await self._answer_calls(NEVER_ANSWERS)

    async def _take_break(self, pause: Break) -> None:
        await asyncio.sleep(pause.begins_at_s)
        await self._wish(TAKES_BREAK, "not_ready", "break")
        await self._until_not_ready(TAKES_BREAK)  # a break asked for in a talk comes after it
        await asyncio.sleep(pause.length_s)
        await self._wish(TAKES_BREAK, "ready")

    async def _ring(self, caller: Caller) -> None:
        await asyncio.sleep(caller.rings_at_s)
        await self._call(caller)
        if caller.rings_again_after_s is not None:
            await asyncio.sleep(caller.rings_again_after_s)
            await self._call(caller)

    async def _call(self, caller: Caller) -> None:
        """One call from the first ringing to its end; without a person's voice in time the caller hangs up."""
        if not self._open:
            return
        self.placed += 1
        call = await self._site.network.call(
            self._site.number,
            number=caller.number,
            name=say(*caller.name),
            digits=caller.keys,
            tone_hz=440,
            hang_up_after_s=LONGEST_CALL_S,
        )
        if not await _ends_within(call, caller.patience_s) and not self._is_served(caller):
            await _hang_up(call)
        await call.ended.wait()

    def _is_served(self, caller: Caller) -> bool:
        scene = self._observer.scene
        call = scene.call_from(mask_number(caller.number)) if scene else None
        return call is not None and call.state in (CallState.TALKING, CallState.AFTER)

    async def _until_not_ready(self, agent: str) -> None:
        await self._observer.until(lambda scene: scene.agents[AgentId(agent)].state is AgentState.NOT_READY)

    async def _wish(self, agent: str, state: str, reason: str = "") -> None:
        """Until the engine takes it: it may be away for a moment."""
        while True:
            try:
                await self._site.agent(agent, state, reason)
            except aiohttp.ClientResponseError:
                return  # it makes no sense any more
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(AGAIN_S)
            else:
                return


async def _ends_within(call: PlacedCall, seconds: float) -> bool:
    try:
        await asyncio.wait_for(call.ended.wait(), seconds)
    except TimeoutError:
        return False
    return True


async def _hang_up(call: PlacedCall) -> None:
    try:
        await call.hang_up()
    except NetworkActionRefused:
        if not call.ended.is_set():
            raise
