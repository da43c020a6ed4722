"""What agents do: come and go, ready or not, breaks and their quotas, paperwork; and what their phones do."""

from collections.abc import Callable
from typing import Any, Final

from acd import events as ev
from acd.floor import Floor, change_agent, set_timer, settle
from acd.matching import seek_call
from acd.model import Agent
from acd.offering import end_wrap_up, phone_changed
from acd.outcome import Outcome
from acd.refused import Refused
from acd.waiting import let_go_of_held
from agents.roster import AgentId, BreakRule
from agents.state import DEFERRABLE, ON_CALL, AgentState, IllegalTransition, PhoneState, Trigger, after

__all__ = ["HANDLERS", "break_over", "known_agent"]


def known_agent(floor: Floor, agent: AgentId) -> Agent:
    """The agent as he is; Refused when there is none."""
    try:
        return floor.agents[agent]
    except KeyError:
        raise Refused("unknown_agent", f'there is no agent "{agent}"') from None


def _checked(agent: Agent, trigger: Trigger) -> AgentState:
    try:
        return after(agent.state, trigger)
    except IllegalTransition as illegal:
        raise Refused("illegal_transition", f"{agent.id}: {illegal}") from None


def _agent_logged_in(floor: Floor, event: ev.AgentLoggedIn, now: float, out: Outcome) -> None:
    agent = known_agent(floor, event.agent)
    state = _checked(agent, Trigger.LOG_IN)
    agent.logged_in_at, agent.no_answers = now, 0
    change_agent(floor, agent, state, now, out, reason="logged_in")


def _agent_logged_out(floor: Floor, event: ev.AgentLoggedOut, now: float, out: Outcome) -> None:
    agent = known_agent(floor, event.agent)
    if (agent.state, Trigger.LOG_OUT) in DEFERRABLE:
        agent.wish = ""
        let_go_of_held(floor, agent, now, out)
        return
    change_agent(floor, agent, _checked(agent, Trigger.LOG_OUT), now, out)
    let_go_of_held(floor, agent, now, out)


def _agent_ready(floor: Floor, event: ev.AgentReady, now: float, out: Outcome) -> None:
    agent = known_agent(floor, event.agent)
    if agent.state is AgentState.WRAP_UP:
        end_wrap_up(floor, agent, now, now, out, ready=True)
        return
    if agent.state is AgentState.READY or (agent.state in ON_CALL and agent.wish is not None):
        agent.wish = None
        return
    state = _checked(agent, Trigger.GO_READY)
    agent.idle_since, agent.no_answers = now, 0
    change_agent(floor, agent, state, now, out)
    seek_call(floor, agent, now, out)


def _agent_not_ready(floor: Floor, event: ev.AgentNotReady, now: float, out: Outcome) -> None:
    agent = known_agent(floor, event.agent)
    deferred = (agent.state, Trigger.GO_NOT_READY) in DEFERRABLE
    state = agent.state if deferred else _checked(agent, Trigger.GO_NOT_READY)
    if not event.by:
        _refuse_one_too_many(floor, agent, event.reason)
    if deferred:
        agent.wish = event.reason
    elif (agent.state, agent.reason) == (AgentState.NOT_READY, event.reason):
        return  # the same break goes on
    else:
        change_agent(floor, agent, state, now, out, reason=event.reason)
    let_go_of_held(floor, agent, now, out)


def _refuse_one_too_many(floor: Floor, agent: Agent, reason: str) -> None:
    """A break that would be one too many in a group of his; those who asked for theirs during a call count already."""
    for group in floor.rules.agents[agent.id].groups:
        rule = floor.rules.breaks.get(group)
        if rule is None or rule.at_most is None or reason not in rule.reasons:
            continue
        away = sum(_is_on_break(floor, other, group, rule) for other in floor.agents.values() if other is not agent)
        if away >= rule.at_most:
            raise Refused(
                "break_quota_full", f"{away} of group {group} are on a break or about to be; at most {rule.at_most}"
            )


def _is_on_break(floor: Floor, agent: Agent, group: str, rule: BreakRule) -> bool:
    reason = agent.reason if agent.state is AgentState.NOT_READY else agent.wish
    return reason in rule.reasons and group in floor.rules.agents[agent.id].groups


def break_over(floor: Floor, agent: Agent, now: float, out: Outcome) -> None:
    """The longest time a break may last is over, and he is still on it."""
    agent.overrun = True
    settle(floor, agent, now, out)


def _wrap_up_extended(floor: Floor, event: ev.WrapUpExtended, now: float, out: Outcome) -> None:
    agent = known_agent(floor, event.agent)
    _checked(agent, Trigger.END_WRAP_UP)
    queue = floor.rules.queues.get(agent.queue) if agent.queue else None
    if queue is None or agent.extensions >= queue.wrap_up_extensions:
        raise Refused("no_more_extensions", f"{agent.id}: the wrap-up cannot be extended (again)")
    agent.extensions += 1
    agent.wrap_up_until += queue.wrap_up_extension_s
    set_timer(floor, agent.wrap_up_until, "wrap_up", agent.id)


def _wrap_up_done(floor: Floor, event: ev.WrapUpDone, now: float, out: Outcome) -> None:
    agent = known_agent(floor, event.agent)
    _checked(agent, Trigger.END_WRAP_UP)
    end_wrap_up(floor, agent, now, now, out)


def _phone_changed(floor: Floor, event: ev.PhoneChanged, now: float, out: Outcome) -> None:
    agent = floor.agents.get(event.agent)
    if agent is None or agent.phone is event.phone:
        return
    if agent.state in ON_CALL and event.phone is PhoneState.IN_USE:
        return  # that is our own call
    phone_changed(floor, agent, event.phone, now, out)


HANDLERS: Final[dict[type, Callable[[Floor, Any, float, Outcome], None]]] = {
    ev.AgentLoggedIn: _agent_logged_in,
    ev.AgentLoggedOut: _agent_logged_out,
    ev.AgentReady: _agent_ready,
    ev.AgentNotReady: _agent_not_ready,
    ev.WrapUpDone: _wrap_up_done,
    ev.WrapUpExtended: _wrap_up_extended,
    ev.PhoneChanged: _phone_changed,
}
