"""A centre's weeks as app_queue would have written them down: the same seed gives the same lines."""

import heapq
import random
from collections.abc import Iterator
from typing import Final

__all__ = ["days"]

QUEUES: Final = ("sales", "repair", "billing", "600", "support", "vip", "orders", "returns")
AGENTS: Final = 250
CALLS_A_DAY: Final = 20_000
OPEN_S: Final = 12 * 3600
ABANDONS: Final = 0.06
TIMES_OUT: Final = 0.02
NO_ANSWER: Final = 0.12
DAY_S: Final = 86_400
Line = tuple[int, int, str]


def days(calls: int, seed: int, since: int = 1_700_006_400) -> Iterator[str]:
    """So many calls, with line ends; days of CALLS_A_DAY from 08:00 to 20:00, agents who log in, pause and go home."""
    dice = random.Random(seed)  # noqa: S311 - not a secret
    yield f"{since}|NONE|NONE|NONE|QUEUESTART|\n"
    number = 0
    while number < calls:
        today = min(CALLS_A_DAY, calls - number)
        lines = _day(since, number, today, dice)
        lines.sort()
        for at, _, text in lines:
            yield f"{at}|{text}\n"
        number += today
        since += DAY_S


def _day(since: int, number: int, calls: int, dice: random.Random) -> list[Line]:
    """All lines of a day, in no order: (time, order within a second, rest)."""
    lines: list[Line] = []
    free: list[tuple[float, int]] = []
    for n in range(AGENTS):
        at = since + dice.randrange(600)
        agent, queues = _agent(n), (QUEUES[n % len(QUEUES)], QUEUES[(n + 3) % len(QUEUES)])
        for queue in queues:
            lines.append((at, 0, f"NONE|{queue}|{agent}|ADDMEMBER|"))
            lines.append((since + OPEN_S + 7200, 9, f"NONE|{queue}|{agent}|REMOVEMEMBER|"))
        pause = since + 14_400 + dice.randrange(7200)
        for at_, verb in ((pause, "PAUSE"), (pause + 1800, "UNPAUSE")):
            lines.append((at_, 0, f"NONE|NONE|{agent}|{verb}ALL|lunch"))
            lines += [(at_, 1, f"NONE|{queue}|{agent}|{verb}|lunch") for queue in queues]
        heapq.heappush(free, (at + 1.0, n))
    at_s = float(since + 600)
    step = (OPEN_S - 1200) / calls
    for n in range(number, number + calls):
        at_s += dice.expovariate(1.0) * step
        _call(lines, int(at_s), n, free, dice)
    return lines


def _call(lines: list[Line], at: int, n: int, free: list[tuple[float, int]], dice: random.Random) -> None:
    queue = QUEUES[dice.randrange(len(QUEUES))]
    call = f"{at - 4}.{2 * n}"
    number = f"1{dice.randrange(3_000_000_000, 9_999_999_999)}"
    lines.append((at, 2, f"{call}|{queue}|NONE|DID|4008869119"))
    lines.append((at, 3, f"{call}|{queue}|NONE|ENTERQUEUE||{number}|1"))
    fate = dice.random()
    if fate < ABANDONS:
        wait = int(dice.expovariate(1 / 60)) + 1
        lines.append((at + wait, 4, f"{call}|{queue}|NONE|ABANDON|1|1|{wait}"))
        return
    if fate < ABANDONS + TIMES_OUT:
        lines.append((at + 120, 4, f"{call}|{queue}|NONE|EXITWITHTIMEOUT|1|1|120"))
        return
    free_at, who = heapq.heappop(free)
    answered = max(at, int(free_at)) + dice.randrange(2, 9)
    if dice.random() < NO_ANSWER:
        lines.append((answered, 4, f"{call}|{queue}|{_agent(dice.randrange(AGENTS))}|RINGNOANSWER|15000"))
        answered += 16
    ring, talk = dice.randrange(2, 9), int(dice.lognormvariate(4.8, 0.7)) + 5
    agent, wait = _agent(who), answered - at
    lines.append((answered, 5, f"{call}|{queue}|{agent}|CONNECT|{wait}|{at}.{2 * n + 1}|{ring}"))
    how = "COMPLETECALLER" if dice.random() < 0.6 else "COMPLETEAGENT"
    lines.append((answered + talk, 4, f"{call}|{queue}|{agent}|{how}|{wait}|{talk}|1"))
    heapq.heappush(free, (float(answered + talk + 10), who))


def _agent(n: int) -> str:
    return f"PJSIP/{2000 + n}"
