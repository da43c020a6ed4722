"""A caller's stay in a queue: the door, the wait and what recipes make of it, and where he goes when he is not kept."""

from typing import Final

from acd import places, recipes
from acd.announcing import begin_announcing, say
from acd.commands import EndCall, GoToNode
from acd.doors import is_closed, way_out
from acd.floor import Floor, join_line, leave_line, set_timer
from acd.matching import explain, release, seek_agent
from acd.model import Agent, Call, CallState, Disposition
from acd.outcome import Outcome
from acd.pacing import expected_wait, note_arrival, note_exit
from acd.records import QueueEntered, QueueLeft
from acd.routing import AgentChoice, group_of
from acd.rules import AtClose, Do, Overflow, QueueRules, Recipe
from acd.suiting import suits
from agents.roster import AgentId, QueueId
from agents.state import LOGGED_IN, ON_DUTY, PhoneState

__all__ = [
    "PLACE_RESUMED",
    "close_queue",
    "enter_queue",
    "farewell",
    "key_pressed",
    "leave_for",
    "leave_segment",
    "let_go_of_held",
    "look_at_recipes",
    "nobody_left",
    "overflow_at",
    "overflow_due",
]

PLACE_RESUMED: Final = "place_resumed"
"""What he hears who has his place back."""

DEAF_S: Final = 0.5
"""So long after he came into a queue his keys are not listened to."""


# --- the door -----------------------------------------------------------------------------------------------------------


def enter_queue(
    floor: Floor, call: Call, queue: QueueId, now: float, out: Outcome, overflow_from: QueueId | None = None
) -> None:
    """Begin a stay in a queue and look for an agent; or, at the door of his first one, be sent elsewhere by a limit of it."""
    rules = floor.rules.queues[queue]
    resumed = overflow_from is None and places.resume(floor, call, rules, now)
    comes_back = overflow_from is None and call.sought and call.queue == queue  # from a node his queue sent him to
    _begin_stay(floor, call, rules, now, out, comes_back=comes_back)
    limit: tuple[str, Overflow] | None = None
    if overflow_from is not None:
        limit = _closed_meanwhile(floor, rules)
    elif not comes_back:
        limit = _turned_away(floor, call, rules, now, has_place=resumed)
    if call.callback is None:
        floor.present[queue] += 1
        out.records.append(_entered(call, queue, overflow_from, now, resumed=resumed))
    if limit is not None:
        leave_for(floor, call, limit[1], limit[0], now, out)
        return
    if (at := overflow_at(floor, call)) is not None:
        set_timer(floor, at, "max_wait", call.id)
    has_bells = bool(rules.recipes or floor.rules.reserves[queue])
    call.bell_at = now if has_bells else 0.0  # whoever is rung at once is looked at when nobody answers
    seek_agent(floor, call, now, out, asked="caller_entered")
    if call.state is CallState.WAITING and call.held_for is None:
        join_line(floor, call, now)
    if has_bells and call.state is CallState.WAITING:
        look_at_recipes(floor, call, now, out)
    if resumed:
        call.unsaid = [PLACE_RESUMED]
    begin_announcing(floor, call, now, out)
    if call.queue == queue:
        note_arrival(floor, call, now, out)


def _entered(call: Call, queue: QueueId, overflow_from: QueueId | None, now: float, *, resumed: bool) -> QueueEntered:
    expected = call.expected
    return QueueEntered(
        call=call.id,
        segment=call.segment,
        queue=queue,
        at=now,
        priority=call.priority,
        vip=call.vip,
        overflow_from=overflow_from,
        resumed=resumed,
        expected_low_s=expected.low_s if expected else None,
        expected_s=expected.middle_s if expected else None,
        expected_high_s=expected.high_s if expected else None,
    )


def _begin_stay(floor: Floor, call: Call, queue: QueueRules, now: float, out: Outcome, *, comes_back: bool) -> None:
    call.state, call.queue, call.segment_at = CallState.WAITING, queue.id, now
    call.segment += 1
    call.sought = False
    if not comes_back:  # else he takes his stay up where he left it: what was done for him stays done
        call.stay_at, call.added, call.done = now, [], {}
        call.unsaid, call.told, call.promised = [], {}, None
        call.require = _both(queue.require, call.menu_require)
    if not call.order:  # a place he has already, from a callback of his or an earlier call, he keeps
        call.queued_at = now
        floor.orders += 1
        call.order = floor.orders
    call.expected = expected_wait(floor, call, now, out)


def _both(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    if not one and not other:
        return {}
    return {skill: max(one.get(skill, 0), other.get(skill, 0)) for skill in sorted({*one, *other})}


def _turned_away(
    floor: Floor, call: Call, queue: QueueRules, now: float, *, has_place: bool
) -> tuple[str, Overflow] | None:
    """The limit of the queue that does not let him in, and where he goes instead. How many wait, or how long, is no limit for
    one who has a place."""
    if is_closed(floor, queue.id):
        return way_out(floor, queue)
    if queue.nobody is not None and not floor.logged_in(queue.id):
        return "nobody", queue.nobody
    if call.trusted or has_place:
        return None
    if queue.full is not None and _is_full(floor, call, queue):
        return "full", queue.full
    if queue.too_long is not None and _is_too_long(call, queue):
        return "too_long", queue.too_long
    return None


def _closed_meanwhile(floor: Floor, queue: QueueRules) -> tuple[str, Overflow] | None:
    """Who comes from another queue meets no limit but this: a closed queue that tells those who wait tells him. It does not
    send him on to a third one: that may be closed as well."""
    if not is_closed(floor, queue.id) or queue.at_close is not AtClose.TELL:
        return None
    why, target = way_out(floor, queue)
    return (why, target) if target.queue is None else None


def _is_full(floor: Floor, call: Call, queue: QueueRules) -> bool:
    """A queue that may hold nobody still takes callers whom an agent can have at once."""
    waiting = floor.callers_waiting(queue.id)  # he stands nowhere yet
    callers = group_of(floor, call, queue.id, call.segment_at)
    to_be_had = any(suits(group, callers) for group in floor.ready[queue.id].groups)
    served_at_once = not waiting and to_be_had and not floor.at_limit(queue)
    return queue.max_waiting is not None and waiting >= queue.max_waiting and not served_at_once


def _is_too_long(call: Call, queue: QueueRules) -> bool:
    return (
        queue.max_expected_wait_s is not None
        and call.expected is not None
        and call.expected.middle_s > queue.max_expected_wait_s
    )


# --- leaving ------------------------------------------------------------------------------------------------------------


def leave_segment(
    floor: Floor,
    call: Call,
    at: float,
    out: Outcome,
    *,
    how: str,
    phase: str,
    agent: AgentId | None = None,
    why: str = "",
) -> None:
    """The caller's stay in his queue is over."""
    assert call.queue is not None
    if call.callback is not None:
        return  # in no figure of callers who wait
    floor.present[call.queue] -= 1
    if call.sought and how not in ("answered", "switch_lost"):  # not who was turned away at the door
        note_exit(floor, call, at - call.segment_at, at, out)
    out.records.append(
        QueueLeft(
            call=call.id,
            segment=call.segment,
            queue=call.queue,
            entered_at=call.segment_at,
            left_at=at,
            wait_s=at - call.segment_at,
            how=how,
            phase=phase,
            agent=agent,
            why=why,
            within_s=floor.queue_of(call).service_level.within_s,
        )
    )


def overflow_at(floor: Floor, call: Call) -> float | None:
    """When the caller's maximum wait in his queue is over; None: his queue has none."""
    rules = floor.queue_of(call)
    if not call.has_leg:
        return None
    return None if rules.max_wait_s is None or rules.overflow is None else call.stay_at + rules.max_wait_s


def overflow_due(floor: Floor, call: Call, now: float, out: Outcome) -> None:
    """The maximum wait is over."""
    target = floor.queue_of(call).overflow
    assert target is not None
    leave_for(floor, call, target, "max_wait", now, out)


def leave_for(floor: Floor, call: Call, target: Overflow, why: str, now: float, out: Outcome) -> None:
    """He is kept in his queue no longer: another queue at his old place, a node of the flow, or a word and the end."""
    assert call.queue is not None
    leave_line(floor, call)
    leave_segment(floor, call, now, out, how="overflowed", phase="waiting", why=why)
    if target.queue is not None:
        call.been.append(call.queue)
        enter_queue(floor, call, target.queue, now, out, overflow_from=call.queue)
        return
    if target.node:
        call.state, call.node = CallState.IVR, target.node
        out.commands.append(GoToNode(call=call.id, node=target.node))
        return
    call.state, call.ending = CallState.AFTER, Disposition.OVERFLOWED
    call.farewell = (why, target.prompt, target.busy)
    out.commands.append(farewell(call))


def farewell(call: Call) -> EndCall:
    """What a caller is told whose end is decided."""
    reason, prompt, busy = call.farewell
    return EndCall(call=call.id, reason=reason, prompt=prompt, busy=busy)


def key_pressed(floor: Floor, call: Call, key: str, now: float, out: Outcome) -> None:
    """He leaves for where the key leads, and keeps his place. The key that brought him here may be told late: it is none of
    this stay."""
    node = floor.queue_of(call).keys.get(key)
    if node is None or not call.attached or now - call.segment_at < DEAF_S:
        return
    call.sought = True  # he takes his stay up again, whether an agent could be looked for by now or not
    leave_for(floor, call, Overflow(node=node), "key", now, out)


def let_go_of_held(floor: Floor, agent: Agent, now: float, out: Outcome) -> None:
    """Callers waiting for an agent who is no longer to be had look for someone else at once; where nobody is left to serve the
    queue at all, they go where its rules say."""
    if (held := floor.held.get(agent.id)) is not None:
        gone = agent.state not in ON_DUTY or agent.phone is PhoneState.UNREACHABLE
        for call in list(held) if gone or agent.wish is not None else ():
            release(floor, floor.calls[call], now, out)
    if agent.state not in LOGGED_IN:
        for queue in agent.groups:
            nobody_left(floor, floor.rules.queues[queue], now, out)


def nobody_left(floor: Floor, queue: QueueRules, now: float, out: Outcome) -> None:
    """Where none of the queue's agents is logged in any more, those who wait go where its rules say, if they say so."""
    if queue.nobody is None or floor.logged_in(queue.id):
        return
    for call in _all_waiting(floor, queue.id):
        leave_for(floor, call, queue.nobody, "nobody", now, out)


def close_queue(floor: Floor, queue: QueueRules, now: float, out: Outcome) -> None:
    """The queue takes no more callers; those who wait are served, or told."""
    if queue.at_close is AtClose.TELL:
        why, target = way_out(floor, queue)
        for call in _all_waiting(floor, queue.id):
            leave_for(floor, call, target, why, now, out)


def _all_waiting(floor: Floor, queue: QueueId) -> list[Call]:
    """In their order; held ones too. A caller to whose queue this one was only added stays in his own, and a customer who is to
    be called back is not there to be sent elsewhere."""
    waiting = [
        call
        for call in floor.calls.values()
        if call.state is CallState.WAITING and call.queue == queue and call.has_leg
    ]
    return sorted(waiting, key=lambda call: (call.queued_at, call.order))


# --- recipes ------------------------------------------------------------------------------------------------------------


def look_at_recipes(floor: Floor, call: Call, now: float, out: Outcome) -> None:
    """Apply what is due for a waiting caller, and ask to be woken when something may be due next."""
    queue = floor.queue_of(call)
    stay = call.segment
    for recipe in list(recipes.due(floor, call, queue, now, out)) if call.attached else ():
        again = recipe.name in call.done
        call.done[recipe.name] = now
        _apply(floor, call, queue, recipe, now, out, again=again)
        if call.segment != stay or call.state is not CallState.WAITING:
            return
    reaches_more = call.held_for is None and call.attached and _reaches_more(floor, call, now)
    reserves = [after_s for name in (queue.id, *call.added) for after_s in floor.rules.reserves[name]]
    when = recipes.next_look(call, queue, reserves, now)
    call.bell_at = when or 0.0
    if when is not None:
        set_timer(floor, when, "recipe", call.id)
    if reaches_more:
        join_line(floor, call, now)
        if call.sought:
            seek_agent(floor, call, now, out, asked="reserve")


def _apply(
    floor: Floor, call: Call, queue: QueueRules, recipe: Recipe, now: float, out: Outcome, *, again: bool
) -> None:
    do = recipe.do
    name = f"{queue.id}/{recipe.name}"
    if do.leave is not None:
        if not _is_better_off(floor, call, do.leave):
            del call.done[recipe.name]  # another time, perhaps
            return
        explain(floor, call, now, AgentChoice((), "recipe"), out, asked="recipe", recipe=name)
        leave_for(floor, call, do.leave, "recipe", now, out)
        return
    if do.play:
        say(floor, call, do.play, now, out)
    if _widened(call, do, queue.id, again=again) and call.held_for is None:
        join_line(floor, call, now)
        if call.sought:
            seek_agent(floor, call, now, out, asked="recipe", recipe=name)
            return
    explain(floor, call, now, AgentChoice((), "recipe"), out, asked="recipe", recipe=name)


def _widened(call: Call, do: Do, own: QueueId, *, again: bool) -> bool:
    """Do what the recipe says to his needs, points and queues; whether that may bring him an agent or a better place."""
    before = (call.require, call.priority, len(call.added))
    if do.require is not None:
        call.require = {
            skill: min(level, call.require[skill]) for skill, level in do.require.items() if skill in call.require
        }
    if not again:  # once in a stay: else a stream of such callers would push the others past any bound
        call.priority += max(do.raise_by, 0)
    if do.add_queue is not None and do.add_queue != own and do.add_queue not in call.added:
        call.added = [*call.added, do.add_queue]
    return before != (call.require, call.priority, len(call.added))


def _reaches_more(floor: Floor, call: Call, now: float) -> bool:
    """Whether reserve agents have come in for him since he was put in line, in his own queue or an added one."""
    return any(
        tuple(group_of(floor, call, name, now).split("|")[:2])
        != tuple(floor.waiting[name].group_of.get(call.id, "").split("|")[:2])
        for name in (call.queue, *call.added)
        if name is not None
    )


def _is_better_off(floor: Floor, call: Call, target: Overflow) -> bool:
    """Nobody is sent by a recipe to a queue that is closed, that nobody is on duty for, or that he has been in already."""
    if target.queue is None:
        return True
    serves = floor.on_duty(target.queue) > 0 and not is_closed(floor, target.queue)
    return serves and target.queue not in call.been
