"""A customer who was called first: he hears who calls, in his language, and his agent's phone rings."""

import asyncio

import pytest

from acd import events as ev
from acd.model import CallbackId, CallId, CallState
from acd.records import CallAnswered
from acd.rules import CallbackRules, Dialling
from ivr.entry import CalledBack, entry_of
from ivr.ports import DialResult
from ivr.prompts import Prompt, Prompts
from ivr.session import CallerSession
from ivr.visit import Caller, Script
from tests.unit.acd.floors import SALES, Stage, queue, rules
from tests.unit.ivr.flows import flow
from tests.unit.ivr.legs import CoreDesk, FakeLeg

NUMBER = "13800138000"
WISH = CallbackId("w")
PROMPTS = Prompts(
    Prompt(id=id, language=language, text="", voice="", file=f"{language}/{id}.wav")
    for id in ("callback_hello", "goodbye")
    for language in ("zh", "en")
)


def called(language: str = "en") -> tuple[Stage, CallId]:
    """Anna is kept for him while his phone rings."""
    sales = queue("sales", callback=CallbackRules(customer_first=True))
    stage = Stage(rules({"anna": ["sales"]}, [sales], dialling=Dialling(prefixes=("1",))), "anna")
    wish = ev.CallbackRequested(callback=WISH, call=CallId("old"), number=NUMBER, queue=SALES, language=language)
    stage.tell(wish)
    live = stage.floor.callbacks[WISH].live
    assert live is not None
    return stage, live


async def test_customer_who_answers_hears_who_calls_while_his_agents_phone_rings() -> None:
    stage, call = called()
    leg, desk = FakeLeg([], [DialResult(answered=True, status="ANSWER")]), CoreDesk(stage)
    caller = Caller(call=call, channel="PJSIP/trunk-2", number=NUMBER, did="400")
    script = Script(flow=flow(), calendars={}, prompts=PROMPTS, music={})
    entry = entry_of(stage.floor.calls[call], language="en")
    assert entry == CalledBack(SALES, "en")
    desk.session = CallerSession(caller, leg, desk, script, lambda: stage.now, entry)
    await desk.session.run()
    assert leg.did == [
        ("dial", "anna", 15.0, f"{call}-1", "greeting-en"),
        ("play", "hotline/en/goodbye"),
        ("hang_up",),
    ]
    assert desk.kinds() == ["CustomerReached", "OfferAnswered", "TalkEnded", "CallRejoined", "CallClosed"]
    assert stage.last(CallAnswered).callback == WISH


@pytest.mark.parametrize(("rang_s", "hellos"), [(1.0, 1), (20.0, 0)])
async def test_customer_whose_agent_declined_at_once_hears_who_calls_while_he_waits(rang_s: float, hellos: int) -> None:
    stage, call = called()
    leg, desk = FakeLeg(), CoreDesk(stage)
    caller = Caller(call=call, channel="PJSIP/trunk-2", number=NUMBER, did="400")
    script = Script(flow=flow(), calendars={}, prompts=PROMPTS, music={})
    entry = entry_of(stage.floor.calls[call], language="en")
    desk.session = CallerSession(caller, leg, desk, script, lambda: stage.now, entry)
    running = asyncio.create_task(desk.session.run())
    await leg.reached("dial", "anna", 15.0, f"{call}-1", "greeting-en")
    stage.now += rang_s
    leg.dial_over(DialResult(answered=False, status="BUSY"))
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(leg.acts("announce")) == hellos
    assert leg.acts("dial") == [("dial", "anna", 15.0, f"{call}-1", "greeting-en")]
    running.cancel()


async def test_customer_who_comes_back_after_a_restart_in_the_hello_waits_as_a_caller() -> None:
    stage, call = called()
    stage.tell(ev.CustomerReached(call=call, channel="PJSIP/trunk-2"), ev.EngineStarted(), ev.LinkRegained())
    live = stage.floor.calls[call]
    assert not isinstance(entry_of(live), CalledBack)
    stage.tell(ev.CallRejoined(call=call))
    assert live.state in (CallState.WAITING, CallState.OFFERED)
