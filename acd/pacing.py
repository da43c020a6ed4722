"""What the floor's paces are told of each caller and agent, and the wait a caller may expect by them (acd.estimate).

A terse floor whose rules ask for no expectation goes without: nobody would look at it.
"""

from acd.estimate import Expectation, Pace
from acd.floor import Floor, line_key
from acd.line import Key
from acd.model import Agent, Call, Offer
from acd.outcome import Outcome
from acd.routing import group_of
from acd.rules import QueueRules
from acd.suiting import caller_group, suits
from agents.roster import QueueId

__all__ = [
    "expected_for_the_next",
    "expected_wait",
    "note_answer",
    "note_arrival",
    "note_exit",
    "note_talk",
    "note_wrap_up",
]


def expected_wait(floor: Floor, call: Call, now: float, out: Outcome) -> Expectation | None:
    """The wait, from now to the answer, of a caller who stands, or is about to stand, in his queue; None: nothing to go by."""
    if not _is_paced(floor, out):
        return None
    queue = floor.queue_of(call)
    callers = group_of(floor, call, queue.id, now)
    return _expected(floor, _pace(floor, queue.id), queue, line_key(call, floor.rules), callers, call.priority)


def expected_for_the_next(floor: Floor, queue: QueueRules, now: float) -> Expectation | None:
    """The wait of an ordinary caller who would come now, for displays. Nothing is changed."""
    callers = caller_group(queue.require, now, now, floor.rules.reserves[queue.id])
    key = (now - queue.priority * floor.rules.point_s, float("inf"))
    return _expected(floor, floor.paces.get(queue.id) or Pace(), queue, key, callers, queue.priority)


def _expected(floor: Floor, pace: Pace, queue: QueueRules, key: Key, callers: str, priority: int) -> Expectation | None:
    ahead = float(floor.waiting[queue.id].ahead_of(key))
    free = _free_for(floor, queue, callers)
    if ahead >= free:
        for other, share in floor.rules.rivals[queue.id].items():
            if line := floor.waiting[other]:
                ahead += share * line.ahead_of(key)
    agents = floor.on_duty(queue.id)
    return pace.expect(
        ahead=ahead,
        agents=agents if queue.max_calls is None else min(agents, queue.max_calls),
        free=free,
        wrapping_up=floor.standings[queue.id].get("wrap_up", 0),
        may_be_passed=priority < max(floor.rules.vip_priority.values(), default=1),
    )


def _free_for(floor: Floor, queue: QueueRules, callers: str) -> int:
    if floor.at_limit(queue):
        return 0
    free = 0
    for group, line in floor.ready[queue.id].groups.items():
        if suits(group, callers):
            free += len(line.entries)
    return free


def note_arrival(floor: Floor, call: Call, now: float, out: Outcome) -> None:
    """A caller has begun his stay, and stands in the line if no agent had him at once."""
    if not _is_paced(floor, out) or call.queue is None:
        return
    line = floor.waiting[call.queue]
    if call.id in line:
        before_him = len(line) - 1
        _pace(floor, call.queue).arrived(before_him - line.ahead_of(line.key(call.id)), before_him)
    _take_stock(floor, call.queue, now)


def note_answer(floor: Floor, call: Call, offer: Offer, agent: Agent, now: float, out: Outcome) -> None:
    """The caller has his agent, who is lost to the agent's other queues for a while."""
    if not _is_paced(floor, out):
        return
    at = offer.answered_at if offer.answered_at is not None else now
    if call.callback is None:
        _pace(floor, offer.queue).answered(at - call.segment_at, at - offer.made_at, call.expected)
    else:  # the line moves on, but nobody has learnt how long callers wait
        _pace(floor, offer.queue).lent()
    for queue in agent.groups:
        if queue != offer.queue:
            _pace(floor, queue).lent()
    _take_stock(floor, offer.queue, now)


def note_exit(floor: Floor, call: Call, waited_s: float, now: float, out: Outcome) -> None:
    """He gave up, or his queue did not keep him."""
    if not _is_paced(floor, out) or call.queue is None or call.queue not in floor.waiting:
        return
    _pace(floor, call.queue).left_unserved(waited_s, call.expected)
    _take_stock(floor, call.queue, now)


def note_talk(floor: Floor, queue: QueueRules, talk_s: float, now: float, out: Outcome) -> None:
    """A talk is over."""
    if not _is_paced(floor, out):
        return
    pace = _pace(floor, queue.id)
    pace.talked(talk_s)
    if queue.wrap_up_s == 0.0:
        pace.wrapped_up(0.0)
    _take_stock(floor, queue.id, now)


def note_wrap_up(floor: Floor, queue: QueueId | None, wrap_up_s: float, now: float, out: Outcome) -> None:
    """So is the paperwork after one."""
    if queue is not None and queue in floor.waiting and _is_paced(floor, out):
        _pace(floor, queue).wrapped_up(wrap_up_s)
        _take_stock(floor, queue, now)


def _is_paced(floor: Floor, out: Outcome) -> bool:
    return not out.terse or floor.rules.asks_for_expectations


def _pace(floor: Floor, queue: QueueId) -> Pace:
    pace = floor.paces.get(queue)
    if pace is None:
        pace = floor.paces[queue] = Pace()
    return pace


def _take_stock(floor: Floor, queue: QueueId, now: float) -> None:
    _pace(floor, queue).stand(now, len(floor.waiting[queue]), floor.on_duty(queue))
