"""Which free agent is asked first: the strategies.

A strategy is a key by which a queue's free agents stand in line, lower first (`key_of`), and a way of taking from that line
(`candidates`): from its front, from where the last turn ended, or by lot. Tiers go before every key but in `wrandom`, where the
tier is the weight. An agent who did not take this call is asked again only after everybody who was not asked yet.

app_queue's names have app_queue's meaning (apps/app_queue.c, calc_metric and store_next_rr, Asterisk 22).
"""

import math
from collections.abc import Callable, Iterator
from heapq import merge
from itertools import chain, islice
from typing import Final

from acd.floor import AGEING, Floor
from acd.line import Key, Line
from acd.model import Call
from acd.records import Candidate
from acd.rules import QueueRules, Strategy
from acd.scores import score
from acd.suiting import level_in, share_of, suits, tier_of
from agents.roster import AgentId

__all__ = ["BY_LOT", "TOGETHER", "candidates", "rings_together"]

RANKED: Final = 5
"""So many of the best candidates are written down."""
RESCORED: Final = 2
"""Least-busy scores of idle agents change slowly with their time on duty. Each look at the line works so many out anew, the
oldest ones, at a cost that does not grow with the team. More of them make the work no more even (tests/simulation)."""
BY_LOT: Final = frozenset({Strategy.RANDOM, Strategy.WEIGHTED_RANDOM, Strategy.WRANDOM})
TOGETHER: Final = frozenset({Strategy.RING_ALL, Strategy.RINGALL})
IN_TURN: Final = frozenset({Strategy.RRMEMORY, Strategy.RRORDERED})
TRIES: Final = 12
"""A lot that falls on somebody who cannot be asked is drawn again, so often at most; then the line is gone through."""

_Pool = tuple[int, str, Line]


def rings_together(queue: QueueRules) -> int:
    """How many phones ring for one caller at once; 0: all."""
    return 0 if queue.strategy in TOGETHER else queue.ring_at_once


def candidates(
    floor: Floor, call: Call, queue: QueueRules, callers: str, now: float, count: int
) -> tuple[Candidate, ...]:
    """The free agents who suit a caller of this group, best first: `count` (0: all), RANKED at least for the record."""
    lines = floor.ready[queue.id].groups
    if not lines:
        return ()
    pools = [(_rank(queue, group, callers), group, line) for group, line in lines.items() if suits(group, callers)]
    if not pools:
        return ()
    strategy = queue.strategy
    if strategy in AGEING:
        _score_anew(floor, queue, pools, now)
    asked = call.unwilling
    wanted = max(count, RANKED) if count else sum(len(line) for _, _, line in pools)
    if strategy in BY_LOT:
        found = _by_lot(floor, queue, pools, asked, max(count, 1))
    elif len(pools) == 1 and not asked and strategy not in IN_TURN:
        _, group, line = pools[0]
        tier = tier_of(group)
        found = tuple([Candidate(AgentId(member), key, tier) for key, member in line.entries[:wanted]])
    else:
        found = tuple(islice((one for one in _in_line(floor, queue, pools) if one.agent not in asked), wanted))
    if strategy is Strategy.RINGALL and found:
        found = tuple(one for one in found if one.tier == found[0].tier)
    if asked and len(found) < (count or wanted):
        found += tuple(islice(_asked_before(pools, asked, now), wanted - len(found)))
    return found


def _rank(queue: QueueRules, group: str, callers: str) -> int:
    """Groups of a lower rank go first, whatever the keys in them."""
    strategy = queue.strategy
    if strategy is Strategy.WRANDOM:
        return 0
    return tier_of(group) * 1000 - (level_in(group, callers) if strategy is Strategy.MOST_SKILLED else 0)


def _score_anew(floor: Floor, queue: QueueRules, pools: list[_Pool], now: float) -> None:
    """The groups take turns, so that the cost does not grow with their number either."""
    for turn in range(floor.orders, floor.orders + RESCORED):
        _, _, line = pools[turn % len(pools)]
        for member in line.stalest(1):
            line.put(member, score(floor.agents[AgentId(member)], queue, now))


def _in_line(floor: Floor, queue: QueueRules, pools: list[_Pool]) -> Iterator[Candidate]:
    """All who suit, rank by rank."""
    if len(pools) == 1:
        yield from _entries(floor, queue, [pools[0]])
        return
    for rank in sorted({pool[0] for pool in pools}):
        yield from _entries(floor, queue, [pool for pool in pools if pool[0] == rank])


def _entries(floor: Floor, queue: QueueRules, pools: list[_Pool]) -> Iterator[Candidate]:
    tier = tier_of(pools[0][1])
    if queue.strategy in IN_TURN:
        turn: Key = (floor.turns.get(queue.id, 0.0),)
        lines = [line.entries[line.ahead_of(turn) :] for _, _, line in pools]
        before = [line.entries[: line.ahead_of(turn)] for _, _, line in pools]
        entries: Iterator[tuple[Key, str]] = chain(merge(*lines), merge(*before))
    elif len(pools) == 1:
        entries = iter(pools[0][2].entries)
    else:
        entries = merge(*(line.entries for _, _, line in pools))
    for key, member in entries:
        yield Candidate(AgentId(member), key, tier)


def _asked_before(pools: list[_Pool], asked: dict[AgentId, float], now: float) -> Iterator[Candidate]:
    """Those who did not take this call and may be asked again, in the order in which they were asked."""
    for agent, until in sorted(asked.items(), key=lambda one: (one[1], one[0])):
        if until > now:
            continue
        for _, group, line in pools:
            if agent in line:
                yield Candidate(agent, line.keys[agent], tier_of(group))


# --- by lot -----------------------------------------------------------------------------------------------------------


def _by_lot(
    floor: Floor, queue: QueueRules, pools: list[_Pool], asked: dict[AgentId, float], count: int
) -> tuple[Candidate, ...]:
    """`count` different agents. Within a rank every group draws its best number, and the group with the lowest one wins."""
    found: list[Candidate] = []
    for rank in sorted({pool[0] for pool in pools}):
        same = [pool for pool in pools if pool[0] == rank]
        while len(found) < count:
            taken = {one.agent for one in found}
            drawn = _draw(floor, _LOTS[queue.strategy], same, taken | asked.keys())
            if drawn is None:
                break
            found.append(drawn)
    return tuple(found)


def _draw(
    floor: Floor, lot: Callable[[float, int, str], float], pools: list[_Pool], not_these: set[AgentId]
) -> Candidate | None:
    for _ in range(TRIES):
        _, group, line = min(pools, key=lambda pool: lot(floor.draw(), len(pool[2]), pool[1]))
        key, member = line.entries[int(floor.draw() * len(line))]
        if AgentId(member) not in not_these:
            return Candidate(AgentId(member), key, tier_of(group))
    for _, group, line in pools:
        for key, member in line:
            if AgentId(member) not in not_these:
                return Candidate(AgentId(member), key, tier_of(group))
    return None


def _lowest_exponential(u: float, agents: int, rate: float) -> float:
    """The smallest of so many exponential times of this rate, from a uniform u in [0, 1)."""
    return -math.log1p(-u) / (agents * rate)


def _even(u: float, agents: int, group: str) -> float:
    return _lowest_exponential(u, agents, 1.0)


def _by_share(u: float, agents: int, group: str) -> float:
    return _lowest_exponential(u, agents, share_of(group))


def _as_wrandom(u: float, agents: int, group: str) -> float:
    """app_queue draws a number below (1 + penalty) * 1000 for each member, and the lowest wins."""
    highest: float = (1.0 + tier_of(group)) * (1.0 - (1.0 - u) ** (1.0 / agents))
    return highest


_LOTS: Final = {Strategy.RANDOM: _even, Strategy.WEIGHTED_RANDOM: _by_share, Strategy.WRANDOM: _as_wrandom}
