"""What two looks at the floor make of a call."""

import pytest

from acd.model import CallId, CallState, OfferId, QueueId
from agents.roster import AgentId
from agents.state import AgentState
from cti.views import EndedCallView
from engine.demo.news import agents_news, calls_news, gone_news, new_offers
from engine.demo.scene import Scene
from tests.unit.engine_demo.scenes import NOON, agent, call, scene

NUMBER = "136****0037"
OFFERED = call(NUMBER, CallState.OFFERED, offer=OfferId("o1"), agent=AgentId("1004"))


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_LANG", "en")


def kinds(before: Scene, now: Scene) -> list[str]:
    return [news.kind for news in (*calls_news(before, now), *agents_news(before, now))]


def ended(disposition: str) -> EndedCallView:
    return EndedCallView(
        call=CallId(NUMBER),
        number=NUMBER,
        name="",
        did="",
        vip=0,
        opened_at=NOON - 30,
        ended_at=NOON,
        disposition=disposition,
        left_in="",
        ended_by="caller",
        queue=QueueId("repair"),
        agent=None,
        path=(),
        rules="",
    )


def test_nothing_new_is_no_news() -> None:
    assert kinds(scene(OFFERED), scene(OFFERED)) == []
    assert new_offers(scene(OFFERED), scene(OFFERED)) == []


def test_caller_who_presses_a_key_waits_with_his_place_told() -> None:
    waiting = call(NUMBER, CallState.WAITING, position=3)
    (news,) = calls_news(scene(call(NUMBER, CallState.IVR)), scene(waiting))
    assert (news.kind, news.text) == ("waits", f"{NUMBER} pressed 1, Repairs, place 3")


def test_agent_who_does_not_answer_is_told_before_the_next_one_is_rung() -> None:
    next_one = call(NUMBER, CallState.OFFERED, offer=OfferId("o2"), agent=AgentId("1002"))
    (news,) = calls_news(scene(OFFERED), scene(next_one))
    assert news.kind == "missed"
    assert "1004 Liu Yang" in news.text
    assert new_offers(scene(OFFERED), scene(next_one)) == [next_one]


def test_answer_between_two_looks_is_seen_although_the_ringing_was_not() -> None:
    talking = call(NUMBER, CallState.TALKING, offer=OfferId("o1"), agent=AgentId("1004"))
    waiting = call(NUMBER, CallState.WAITING, position=1)
    assert kinds(scene(waiting), scene(talking)) == ["answered"]
    assert new_offers(scene(waiting), scene(talking)) == [talking]


def test_overflow_names_both_queues() -> None:
    (news,) = calls_news(
        scene(call(NUMBER, CallState.WAITING, queue=QueueId("consultation"))), scene(call(NUMBER, CallState.WAITING))
    )
    assert (news.kind, news.text) == ("overflow", f"{NUMBER} has waited too long: Enquiries to Repairs")


def test_end_of_a_talk_is_told_with_its_length_by_the_engines_clock() -> None:
    talking = agent("1002", AgentState.TALKING, since=NOON - 40, call=CallId(NUMBER))
    paperwork = agent("1002", AgentState.WRAP_UP, since=NOON - 26)
    caller = call(NUMBER, CallState.TALKING)
    (news,) = agents_news(scene(caller, talking), scene(paperwork))
    assert (news.kind, news.at, news.text) == ("ended", NOON - 26, f"1002 Li Na talked to {NUMBER} for 14 s")


def test_break_and_return_are_told_with_the_reason_people_know() -> None:
    resting = agent("1005", AgentState.NOT_READY, reason="break")
    (goes,) = agents_news(scene(), scene(resting))
    (comes,) = agents_news(scene(resting), scene())
    assert goes.text == "1005 Chen Jing is not ready: Break"
    assert comes.text == "1005 Chen Jing is ready again"


@pytest.mark.parametrize(
    ("disposition", "kind"),
    [
        ("abandoned_ivr", "gave up"),
        ("abandoned_waiting", "gave up"),
        ("abandoned_ringing", "gave up"),
        ("overflowed", "overflow"),
        ("switch_lost", "ended"),
    ],
)
def test_every_other_end_of_a_call_is_told(disposition: str, kind: str) -> None:
    news = gone_news(OFFERED, ended(disposition), scene())
    assert news is not None
    assert news.kind == kind


def test_end_of_a_served_call_is_not_told_twice() -> None:
    assert gone_news(OFFERED, ended("served"), scene()) is None
