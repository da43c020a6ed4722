"""A floor for browsers to look at: the real core, runner, feeds and HTTP, with people who act by chance from a seed.

Time is set (`run_to`) to play a day in a moment, or the machine's own (`play`), so that a browser's clock can be compared.
"""

import asyncio
import heapq
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from itertools import count
from math import inf
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec

from acd import events as ev
from acd.commands import Command, OfferCall
from acd.core import Refused, next_deadline
from acd.floor import Floor
from acd.model import CallId, CallState, OfferId
from acd.rules import CallerRule, QueueRules, Rules, ServiceLevel
from agents.roster import AgentId, AgentSettings, BreakRule, QueueId
from agents.state import AgentState
from tests.unit.cti_http.site import ZONE, SmallSite

__all__ = ["CHROMIUM", "OFFICE_DAY", "QUEUES", "Hall", "Pace", "hall_rules"]


class ChromiumProgram(NamedTuple):
    """Debian's, with nothing that talks to anybody else."""

    path: str = "/usr/bin/chromium"
    arguments: Sequence[str] = (
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    )


QUEUES = (
    ("repair", "报修", "Repair"),
    ("sales", "销售咨询", "Sales"),
    ("orders", "订单查询", "Orders"),
    ("member", "会员服务", "Members"),
    ("billing", "账单与发票", "Billing"),
    ("complaint", "投诉建议", "Complaints"),
    ("english", "英语专线", "English line"),
    ("partner", "经销商支持", "Partners"),
)
_FAMILIES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗"
_GIVEN = (
    "伟",
    "芳",
    "娜",
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "洋",
    "艳",
    "勇",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
    "秀英",
    "霞",
    "平",
)
_SHARES = (0, 1, 2, 0, 3, 1, 4, 0, 5, 2, 1, 6, 0, 7, 3)
VIP_NUMBER = "13900006666"
PAGES = Path(__file__).resolve().parents[2] / "web" / "dist"
CHROMIUM = ChromiumProgram()
OFFICE_DAY = (0.02,) * 7 + (0.1, 0.5, 1.0, 1.2, 1.0, 0.6, 0.8, 1.0, 1.15, 1.0, 0.8, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05)
"""How the calls of a day lie over its hours."""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How the hall lives; times are means in seconds."""

    calls_per_s: float
    talk_s: float = 150.0
    patience_s: float = 180.0
    ring_s: tuple[float, float] = (2.0, 6.0)
    break_s: float = 600.0
    breaks_per_s: float = 0.01
    hours: tuple[float, ...] = ()
    """What `calls_per_s` is multiplied by, by the hour of the site's clock; empty: nothing."""


def hall_rules(agents: int, queues: int = len(QUEUES), wrap_up_s: float = 25.0) -> Rules:
    """So many agents, each of one queue or two, in turn."""
    named = [QUEUES[number] if number < len(QUEUES) else _further(number) for number in range(queues)]
    settings = [
        QueueRules(
            id=QueueId(key),
            names={"zh": zh, "en": en},
            wrap_up_s=wrap_up_s,
            service_level=ServiceLevel(target=0.8, within_s=20.0),
        )
        for key, zh, en in named
    ]
    people = [
        AgentSettings(
            id=AgentId(str(1001 + number)),
            name=_FAMILIES[number % 20] + _GIVEN[number % 19],
            queues=tuple(settings[(_share(number) + step) % queues].id for step in range(1 + number % 2)),
            groups=("day",),
        )
        for number in range(agents)
    ]
    breaks = {"day": BreakRule(longest_s=900.0)}
    vips = {VIP_NUMBER: CallerRule(vip=2)}
    return Rules.of("hall", settings, people, numbers=vips, vip_priority={2: 5}, breaks=breaks)


def _share(number: int) -> int:
    """The bigger a queue is, the more agents serve it and the more callers ring for it."""
    return _SHARES[number % len(_SHARES)] if number % 100 < 60 else number


def _further(number: int) -> tuple[str, str, str]:
    return f"line{number + 1}", f"业务{number + 1}", f"Line {number + 1}"


class Hall(SmallSite):
    """The site and its people. Every act is an event told to the runner, as the edges would tell it."""

    def __init__(self, folder: Path, rules: Rules, pace: Pace, *, now: float, seed: int = 7, port: int = 0) -> None:
        super().__init__(folder, Floor.under(rules), now=now, port=port, pages=PAGES)
        self.pace = pace
        self.chance = Random(seed)  # noqa: S311 - a play
        self.told = 0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._calls = count(1)
        self._carried_out = 0

    # --- the play -----------------------------------------------------------------------------------------------------

    def open(self, staff: float = 0.9) -> None:
        """Agents come; callers ring and agents take breaks from now on."""
        self.act(ev.LinkRegained())
        for agent in self.floor.rules.agents:
            if self.chance.random() < staff:
                self.ready(agent)
        self._react()
        self._ring()
        self._rest()

    def run_to(self, moment: float) -> None:
        """Play until then, in a moment."""
        while (at := self._next()) <= moment:
            self.clock.now = max(at, self.clock.now)
            self._act_due()
        self.clock.now = moment

    async def play(self, seconds: float) -> None:
        """Play by the machine's clock."""
        end = time.time() + seconds
        while (now := time.time()) < end:
            self.clock.now = now
            self._act_due()
            await asyncio.sleep(min(max(self._next() - time.time(), 0.0), 0.02))

    def act(self, *events: ev.Event) -> None:
        """Tell these events, and do what is done about them."""
        for event in events:
            try:
                self.runner.tell(event)
            except Refused:
                continue  # somebody was quicker: a caller who gave up as he was answered
            self.told += 1
        self._react()

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.clock.now + seconds, next(self._order), what))

    def _next(self) -> float:
        deadline = next_deadline(self.floor)
        return min(self._due[0][0] if self._due else inf, deadline if deadline is not None else inf)

    def _act_due(self) -> None:
        while self._due and self._due[0][0] <= self.clock.now:
            heapq.heappop(self._due)[2]()
        deadline = next_deadline(self.floor)
        if deadline is not None and deadline <= self.clock.now:
            self.act(ev.DeadlinePassed())

    def _react(self) -> None:
        commands: Sequence[Command] = self.telephony.commands
        while self._carried_out < len(commands):
            command = commands[self._carried_out]
            self._carried_out += 1
            if isinstance(command, OfferCall):
                self.later(self.chance.uniform(*self.pace.ring_s), partial(self._answer, command.offer))

    # --- callers ------------------------------------------------------------------------------------------------------

    def _ring(self) -> None:
        queues = list(self.floor.rules.queues)
        queue = queues[_share(self.chance.randrange(100)) % len(queues)]
        self.caller(queue, VIP_NUMBER if self.chance.random() < 0.05 else None)
        self.later(self.chance.expovariate(self.pace.calls_per_s * self._busy()), self._ring)

    def _busy(self) -> float:
        hours = self.pace.hours
        return hours[datetime.fromtimestamp(self.clock.now, ZONE).hour] if hours else 1.0

    def caller(self, queue: QueueId, number: str | None = None) -> CallId:
        """One rings, and gives up when his patience is over."""
        call = CallId(f"{int(self.clock.now)}.{next(self._calls)}")
        number = number or f"13{self.chance.randrange(10**9):09}"
        self.act(
            ev.CallArrived(call=call, channel=f"PJSIP/trunk-{call}", number=number, did="4008869119"),
            ev.CallQueued(call=call, queue=queue),
        )
        self.later(self.chance.expovariate(1 / self.pace.patience_s), lambda: self._give_up(call))
        return call

    def _give_up(self, call: CallId) -> None:
        found = self.floor.calls.get(call)
        if found is not None and found.state in (CallState.WAITING, CallState.OFFERED):
            self.act(ev.CallLeftByCaller(call=call))

    def _answer(self, offer: OfferId) -> None:
        if offer in self.floor.offers:
            self.act(ev.OfferAnswered(offer=offer))
            self.later(self.chance.expovariate(1 / self.pace.talk_s), lambda: self._end_talk(offer))

    def _end_talk(self, offer: OfferId) -> None:
        found = self.floor.offers.get(offer)
        if found is not None:
            self.act(ev.TalkEnded(offer=offer), ev.CallLeftByCaller(call=found.call))

    # --- agents -------------------------------------------------------------------------------------------------------

    def _rest(self) -> None:
        free = [agent.id for agent in self.floor.agents.values() if agent.state is AgentState.READY]
        if free:
            agent = self.chance.choice(free)
            self.act(ev.AgentNotReady(agent=agent, reason=self.chance.choice(("break", "meal"))))
            self.later(self.chance.expovariate(1 / self.pace.break_s), lambda: self.act(ev.AgentReady(agent=agent)))
        self.later(self.chance.expovariate(self.pace.breaks_per_s), self._rest)
