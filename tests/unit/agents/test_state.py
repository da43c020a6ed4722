"""The state table, walked over every pair of state and trigger, against the pairs the glossary allows."""

import itertools

import pytest

from agents.state import (
    DEFERRABLE,
    ON_CALL,
    ON_DUTY,
    TRANSITIONS,
    AgentState,
    IllegalTransition,
    Trigger,
    after,
)

ALLOWED = {
    "offline": {"log_in": "not_ready"},
    "not_ready": {"go_ready": "ready", "go_not_ready": "not_ready", "log_out": "offline"},
    "ready": {"offer": "offered", "go_not_ready": "not_ready", "log_out": "offline"},
    "offered": {"offer_ended": "ready", "answer": "talking"},
    "talking": {"hold": "holding", "end_talk": "wrap_up"},
    "holding": {"resume": "talking", "end_talk": "wrap_up"},
    "wrap_up": {"end_wrap_up": "ready"},
}
"""Written out a second time on purpose: a slip in the table shows here."""

PAIRS = list(itertools.product(AgentState, Trigger))


@pytest.mark.parametrize(("state", "trigger"), PAIRS)
def test_every_pair_of_state_and_trigger_leads_where_the_glossary_says_or_is_illegal(
    state: AgentState, trigger: Trigger
) -> None:
    allowed = ALLOWED[state].get(trigger)
    if allowed is not None:
        assert after(state, trigger) is AgentState(allowed)
        return
    with pytest.raises(IllegalTransition) as caught:
        after(state, trigger)
    assert (caught.value.state, caught.value.trigger) == (state, trigger)
    assert str(caught.value) == f"an agent who is {state} cannot {trigger}"


def test_wishes_are_put_off_exactly_where_the_table_forbids_them_to_an_agent_at_work() -> None:
    wishes = itertools.product(AgentState, (Trigger.GO_NOT_READY, Trigger.LOG_OUT))
    assert {pair for pair in wishes if pair not in TRANSITIONS} - DEFERRABLE == {
        (AgentState.OFFLINE, Trigger.GO_NOT_READY),
        (AgentState.OFFLINE, Trigger.LOG_OUT),
    }
    assert not DEFERRABLE & TRANSITIONS.keys()


def test_every_state_can_be_reached_from_log_in_and_left_again() -> None:
    reached = {AgentState.OFFLINE}
    while more := {to for (state, _), to in TRANSITIONS.items() if state in reached} - reached:
        reached |= more
    assert reached == set(AgentState)
    assert {state for state, _ in TRANSITIONS} == set(AgentState)


def test_agent_with_a_call_is_on_duty_and_so_are_the_ready_and_those_who_wrap_up() -> None:
    assert ON_CALL < ON_DUTY
    assert {AgentState.READY, AgentState.WRAP_UP} == ON_DUTY - ON_CALL
