"""Looks at the floor again and again, makes news of what has changed, and keeps what the summary will tell."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import aiohttp
import msgspec

from acd.model import CallId
from agents.roster import AgentId
from cti.views import CallView, EndedCallView
from engine.demo.news import News, agents_news, calls_news, chosen_news, gone_news, new_offers
from engine.demo.scene import Scene, look
from engine.rehearsal import Rehearsal
from engine.words import language, say

__all__ = ["Choice", "Observer"]

_WHY: Final = {
    "best_score": ("排序最前", "first by the strategy"),
    "only_candidate": ("唯一可用", "the only one free"),
    "last_agent": ("上次服务的座席", "served him last"),
    "next_in_line": ("轮到该来电", "next in line"),
}


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """An agent was chosen for a caller: the decision in words, and who of the others had come before him."""

    call: CallView
    agent: str
    reason: str
    overtaken: int
    told: str

    @property
    def kind(self) -> str:
        """vip (he went before others), last_agent, or other."""
        if self.call.vip and self.overtaken:
            return "vip"
        return "last_agent" if self.reason == "last_agent" else "other"


class Observer:
    """`look` until there is enough. Counts are of calls seen since the first look."""

    def __init__(self, site: Rehearsal) -> None:
        self.scene: Scene | None = None
        self.taken: Counter[AgentId] = Counter()
        self.dispositions: Counter[str] = Counter()
        self.choices: dict[str, Choice] = {}
        """The most telling decision of each kind."""
        self.away = False
        """The engine did not answer the last time."""
        self._site = site
        self._gone: dict[CallId, CallView] = {}
        self._looked = asyncio.Event()

    @property
    def settled(self) -> bool:
        """No call is live, and how each has ended is known."""
        return self.scene is not None and not self.scene.calls and not self._gone

    @property
    def live(self) -> int:
        """Calls that are not over."""
        return len(self.scene.calls) if self.scene else 0

    async def look(self) -> list[News]:
        """What has changed since the last look. An engine that does not answer is news, and looked for again."""
        try:
            news = await self._changes()
            self._looked.set()
            self._looked = asyncio.Event()
        except (aiohttp.ClientError, TimeoutError):
            if self.away or self.scene is None:
                return []
            self.away = True
            return [
                News(
                    self.scene.at, "system", say("引擎没有应答，通话不受影响", "no answer from the engine; talks go on")
                )
            ]
        if self.away and self.scene:
            self.away = False
            news.insert(0, News(self.scene.at, "system", say("引擎恢复应答", "the engine answers again")))
        return news

    async def until(self, holds: Callable[[Scene], bool]) -> None:
        """Return when this is so of what is seen."""
        while self.scene is None or not holds(self.scene):
            await self._looked.wait()

    async def _changes(self) -> list[News]:
        now = await look(self._site)
        before = self.scene or msgspec.structs.replace(now, calls={})
        offers = [await self._offer(call, now) for call in new_offers(before, now)]
        self._gone |= {call.call: call for call in before.calls.values() if call.call not in now.calls}
        over = [await self._end_of(call, now) for call in list(self._gone.values())]
        self.scene = now
        self._count(before, now)
        news = [*calls_news(before, now), *agents_news(before, now), *offers, *over]
        return sorted((line for line in news if line is not None), key=lambda line: line.at)

    def _count(self, before: Scene, now: Scene) -> None:
        for call in now.calls.values():
            was = before.calls.get(call.call)
            if call.state == "talking" and (was is None or was.state != "talking") and call.agent:
                self.taken[call.agent] += 1

    async def _offer(self, call: CallView, now: Scene) -> News | None:
        """The decision behind a new offer."""
        answer = await self._ask(f"/api/calls/{call.call}/explain")
        if answer is None or call.agent is None:
            return None
        told = next((one for one in reversed(answer["decisions"]) if one["decision"]["chosen"] == call.agent), None)
        if told is None:
            return None
        reason = told["decision"]["reason"]
        overtaken = now.waiting_longer_than(call)
        choice = Choice(
            call=call, agent=now.agent(call.agent), reason=reason, overtaken=overtaken, told=told[language()]
        )
        best = self.choices.get(choice.kind)
        if best is None or choice.overtaken > best.overtaken:
            self.choices[choice.kind] = choice
        return chosen_news(call, call.agent, _why(choice), now)

    async def _end_of(self, call: CallView, now: Scene) -> News | None:
        """How a call that is gone has ended, once the database knows."""
        answer = await self._ask(f"/api/calls/{call.call}")
        if answer is None or answer["state"] != "ended":
            return None
        ended = msgspec.convert(answer, EndedCallView)
        del self._gone[call.call]
        self.dispositions[ended.disposition] += 1
        return gone_news(call, ended, now)

    async def _ask(self, path: str) -> Any:
        """The answer, or None if there is no such thing (yet)."""
        try:
            return await self._site.get(path)
        except aiohttp.ClientResponseError as error:
            if error.status in (404, 503):
                return None
            raise


def _why(choice: Choice) -> str:
    if choice.kind == "vip":
        return say(f"VIP，先于 {choice.overtaken} 位更早的来电", f"VIP, ahead of {choice.overtaken}")
    zh, en = _WHY.get(choice.reason, (choice.reason, choice.reason))
    return say(zh, en)
