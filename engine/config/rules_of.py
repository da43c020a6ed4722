"""The checked files as the rules the core decides by."""

from collections.abc import Iterable

from acd.rules import (
    Affinity,
    Announce,
    AtClose,
    CallbackRules,
    Comfort,
    Dialling,
    Do,
    Overflow,
    QueueRules,
    Recipe,
    Rules,
    ServiceLevel,
    When,
)
from agents.roster import AgentId, AgentSettings, BreakRule, Membership, QueueId
from agents.workload import LeastBusyWeights
from engine.config.agent_models import AgentModel, AgentsFile, BreakModel, MembershipModel
from engine.config.callers_of import caller_rules
from engine.config.models import DiallingModel
from engine.config.queue_models import (
    AffinityModel,
    AnnounceModel,
    CallbackModel,
    DoModel,
    OverflowModel,
    QueueModel,
    QueuesFile,
    WhenModel,
)
from ivr.hours import DAY_MIN, WEEKDAYS, Span

__all__ = ["rules_of"]


def rules_of(
    version: str,
    queues: QueuesFile,
    agents: AgentsFile,
    time_zone: str,
    menu_skills: Iterable[str] = (),
    dialling: DiallingModel | None = None,
) -> Rules:
    """Rules of one version; the recipes' hours and weekdays are by the clock of `time_zone`. `menu_skills`: what menu choices
    ask for. `dialling`: whom the site may call."""
    numbers, prefixes = caller_rules(queues)
    return Rules.of(
        version=version,
        queues=[_queue(name, queue) for name, queue in queues.queues.items()],
        agents=[_agent(name, agent) for name, agent in agents.agents.items()],
        numbers=numbers,
        prefixes=prefixes,
        vip_priority=dict(queues.vip.levels),
        breaks={group: _break(rule) for group, rule in agents.breaks.items()},
        point_s=queues.priority_point,
        time_zone=time_zone,
        menu_skills=tuple(sorted(set(menu_skills))),
        dialling=_dialling(dialling),
    )


def _dialling(dialling: DiallingModel | None) -> Dialling | None:
    if dialling is None:
        return None
    prefixes = tuple(pattern.removesuffix("*") for pattern in dialling.numbers)
    return Dialling(prefixes=prefixes, caller_id=dialling.caller_id or "")


def _agent(name: str, agent: AgentModel) -> AgentSettings:
    return AgentSettings(
        id=AgentId(name),
        name=agent.name,
        queues=tuple(QueueId(served.queue) for served in agent.queues),
        groups=tuple(agent.groups),
        memberships={QueueId(served.queue): _membership(served) for served in agent.queues if _is_unusual(served)},
        skills=dict(agent.skills),
        takes=agent.takes,
        capacity={"voice": agent.capacity.voice},
    )


def _is_unusual(served: MembershipModel) -> bool:
    return _membership(served) != Membership()


def _membership(served: MembershipModel) -> Membership:
    return Membership(tier=served.tier, after_s=served.after, share=served.share)


def _break(rule: BreakModel) -> BreakRule:
    return BreakRule(at_most=rule.at_most, longest_s=rule.longest, reasons=tuple(rule.reasons))


def _queue(name: str, queue: QueueModel) -> QueueRules:
    limits, hours, wrap_up = queue.limits, queue.hours, queue.wrap_up
    return QueueRules(
        id=QueueId(name),
        names={"zh": queue.name.zh, "en": queue.name.en or queue.name.zh},
        strategy=queue.strategy,
        weights=LeastBusyWeights(talk=queue.weights.talk, count=queue.weights.count, window_s=queue.weights.window),
        ring_at_once=queue.ring_at_once,
        require=dict(queue.require),
        recipes=tuple(
            Recipe(
                name=recipe.name,
                after_s=recipe.after,
                when=_when(recipe.when),
                do=_do(recipe.do),
                every_s=recipe.every,
            )
            for recipe in queue.recipes
        ),
        priority=queue.priority,
        weight=queue.weight,
        ring_s=queue.ring,
        retry_s=queue.retry_same_agent,
        no_answer_limit=queue.no_answer_limit,
        wrap_up_s=wrap_up.time,
        wrap_up_extension_s=wrap_up.extension,
        wrap_up_extensions=wrap_up.extensions,
        ready_after_wrap_up=wrap_up.then == "ready",
        max_wait_s=queue.max_wait,
        overflow=_overflow(queue.overflow),
        max_waiting=limits.max_waiting,
        full=_overflow(limits.full),
        nobody=_overflow(limits.nobody),
        max_expected_wait_s=limits.max_expected_wait,
        too_long=_overflow(limits.too_long),
        max_calls=limits.max_calls,
        calendar=hours.calendar if hours else "",
        closed=_overflow(hours.closed) if hours else None,
        at_close=hours.at_close if hours else AtClose.SERVE,
        affinity=_affinity(queue.last_agent),
        service_level=ServiceLevel(target=queue.service_level.target, within_s=queue.service_level.within),
        short_abandon_s=queue.short_abandon,
        callback=_callback(queue.callback),
        announce=_announce(queue.announce),
        keys=dict(queue.keys),
        resume_s=queue.resume or 0.0,
        record=queue.record,
        music=queue.music,
    )


def _overflow(way: OverflowModel | None) -> Overflow | None:
    if way is None:
        return None
    return Overflow(
        queue=QueueId(way.queue) if way.queue else None,
        prompt=way.prompt or "",
        busy=bool(way.busy),
        node=way.node or "",
    )


def _announce(announce: AnnounceModel | None) -> Announce | None:
    if announce is None:
        return None
    return Announce(
        position=announce.position,
        expected_wait=announce.expected_wait,
        first_s=announce.first,
        every_s=announce.every,
        comfort=tuple(
            Comfort(after_s=comfort.after, play=comfort.play, every_s=comfort.every)
            for comfort in sorted(announce.comfort, key=lambda comfort: comfort.after)
        ),
        gap_s=announce.gap,
    )


def _affinity(last_agent: AffinityModel | None) -> Affinity | None:
    if last_agent is None:
        return None
    return Affinity(window_s=last_agent.window, wait_s=last_agent.wait, customer=last_agent.by == "customer")


def _callback(callback: CallbackModel | None) -> CallbackRules | None:
    if callback is None:
        return None
    return CallbackRules(
        customer_first=callback.first == "customer",
        attempts=callback.attempts,
        retry_s=callback.retry,
        ring_s=callback.ring,
        hours=tuple(part for span in callback.hours for part in _within_the_day(span)),
        keep_s=callback.keep,
        wrap_up_if_missed=callback.wrap_up_if_missed,
    )


def _when(when: WhenModel) -> When:
    return When(
        position_over=when.position_over,
        waiting_over=when.waiting_over,
        ready_under=when.ready_under,
        on_duty_under=when.on_duty_under,
        expected_wait_over_s=when.expected_wait_over,
        hours=tuple(part for span in when.hours for part in _within_the_day(span)),
        weekdays=tuple(WEEKDAYS.index(day) for day in when.weekdays),
        vip=when.vip,
        nodes=when.nodes,
        attributes=dict(when.attributes),
    )


def _within_the_day(span: Span) -> tuple[tuple[int, int], ...]:
    """22:00-06:00 is two spans of a day: this one's evening and its morning."""
    if span.closes <= DAY_MIN:
        return ((span.opens, span.closes),)
    return ((span.opens, DAY_MIN), (0, span.closes - DAY_MIN))


def _do(do: DoModel) -> Do:
    return Do(
        require=dict(do.require) if do.require is not None else None,
        raise_by=do.raise_by or 0,
        add_queue=QueueId(do.add_queue) if do.add_queue else None,
        play=do.play or "",
        leave=_overflow(do.leave),
    )
