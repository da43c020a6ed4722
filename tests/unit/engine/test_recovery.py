"""A killed engine is back where it was: floor and figures to the byte, from snapshot and events, whenever it was killed."""

from pathlib import Path

import msgspec
import pytest

from acd import core
from acd import events as ev
from acd.core import Outcome, Refused, step
from acd.floor import Floor
from acd.model import CallId, CallState, QueueId
from acd.records import CallAnswered, CallOpened, Record
from agents.roster import AgentId
from agents.state import AgentState, PhoneState
from engine.recovery import EngineBefore, recover
from tests.unit.acd.floors import outcome_bytes
from tests.unit.engine.lives import Life, dice_of, fresh_rules, random_event, state_bytes

ANNA = AgentId("anna")


@pytest.mark.parametrize("seed", range(40))
async def test_a_kill_at_any_moment_loses_nothing(tmp_path: Path, seed: int) -> None:
    """Three lives of random events, with snapshots in between; after each kill all is as before, and so is what follows."""
    dice = dice_of(seed)
    life = Life(tmp_path).begin(fresh_rules())
    made: list[Record] = []
    saved = 0
    for _ in range(3):
        for _ in range(dice.randrange(1, 5)):
            life.live(dice, dice.randrange(1, 60))
            if dice.random() < 0.5:
                life.save()
                saved = len(made) + len(life.records)
        life.kill()
        made += life.records
        killed, life = life, Life(tmp_path, life.now)
        assert state_bytes(life) == state_bytes(killed)
        assert msgspec.json.encode(life.kept) == msgspec.json.encode(made[saved:])
        assert life.journal.missing_events == life.journal.damaged_lines == 0
        life.begin(fresh_rules())


async def test_after_a_restart_the_same_events_lead_to_the_same_decisions(tmp_path: Path) -> None:
    commands = 0
    for seed in range(10):
        dice = dice_of(seed)
        life = Life(tmp_path / str(seed)).begin(fresh_rules())
        life.live(dice, 120)
        life.save()
        life.live(dice, 30)
        life.kill()
        back, now = Life(tmp_path / str(seed)), life.now
        for number in range(150):
            event = random_event(back.floor, dice, 1000 + number)
            outcome = _outcome(back.floor, event, now)
            assert outcome_bytes(outcome) == outcome_bytes(_outcome(life.floor, event, now))
            commands += len(outcome.commands)
            now += dice.choice((0.0, 1.0, 11.0))
        back.kill()
    assert commands > 30


def _outcome(floor: Floor, event: ev.Event, now: float) -> Outcome:
    try:
        return step(floor, event, now)
    except Refused:
        return Outcome()


async def test_a_refused_event_in_the_journal_does_no_harm(tmp_path: Path) -> None:
    life = Life(tmp_path).begin(fresh_rules())
    with pytest.raises(Refused):
        life.runner.tell(ev.AgentReady(agent=ANNA))  # he has not logged in
    life.tell(ev.AgentLoggedIn(agent=ANNA))
    life.kill()
    back = Life(tmp_path)
    assert back.floor.agents[ANNA].state is AgentState.NOT_READY
    assert back.journal.number == life.journal.number == 4


async def test_agents_stay_logged_in_and_callers_keep_place_and_waiting_time(tmp_path: Path) -> None:
    life = Life(tmp_path).begin(fresh_rules())
    life.tell(ev.AgentLoggedIn(agent=ANNA), ev.AgentNotReady(agent=ANNA, reason="meal"))
    for name in ("first", "second", "third"):
        call = CallId(name)
        life.tell(ev.CallArrived(call=call, channel=f"PJSIP/{name}", number="139", did="400"))
        life.tell(ev.CallQueued(call=call, queue=QueueId("sales")))
        life.now += 7.0
    life.kill()
    back = Life(tmp_path, life.now + 4.0).begin(fresh_rules())
    assert back.floor.agents[ANNA].state is AgentState.NOT_READY
    assert back.floor.agents[ANNA].reason == "meal"
    for name in ("third", "first", "second"):  # they come back in any order
        back.tell(ev.CallRejoined(call=CallId(name)))
    assert [back.floor.position(back.floor.calls[CallId(name)]) for name in ("first", "second", "third")] == [1, 2, 3]
    assert [call.queued_at for call in back.floor.calls.values()] == [1000.0, 1007.0, 1014.0]


async def test_a_talk_that_was_being_had_is_still_being_had(tmp_path: Path) -> None:
    life = Life(tmp_path).begin(fresh_rules())
    phone = ev.PhoneChanged(agent=ANNA, phone=PhoneState.IDLE)
    life.tell(ev.LinkRegained(), phone, ev.AgentLoggedIn(agent=ANNA), ev.AgentReady(agent=ANNA))
    call = CallId("c")
    life.tell(ev.CallArrived(call=call, channel="PJSIP/c", number="139", did="400"))
    life.tell(ev.CallQueued(call=call, queue=QueueId("sales")))
    life.tell(ev.OfferAnswered(offer=next(iter(life.floor.offers))))
    life.kill()
    back = Life(tmp_path)
    assert back.floor.calls[call].state is CallState.TALKING
    assert back.floor.agents[ANNA].state is AgentState.TALKING
    assert [record.agent for record in back.kept if isinstance(record, CallAnswered)] == [ANNA]


async def test_figures_follow_a_changed_service_level_at_the_same_event_as_they_did_live(tmp_path: Path) -> None:
    life = Life(tmp_path).begin(fresh_rules())
    life.tell(ev.CallArrived(call=CallId("c"), channel="x", number="", did=""))
    life.tell(ev.CallQueued(call=CallId("c"), queue=QueueId("sales")))
    life.tell(ev.RulesLoaded(rules=fresh_rules("v2", within_s=3.0)))
    life.now += 10.0
    life.tell(ev.CallLeftByCaller(call=CallId("c")))
    life.kill()
    back = Life(tmp_path)
    assert back.tally.within_s == life.tally.within_s == {"sales": 3.0, "repair": 3.0, "press": 20.0}
    assert state_bytes(back) == state_bytes(life)
    assert back.tally.since_start.queues[QueueId("sales")].abandoned_within_sl == 0


async def test_an_event_the_core_fails_on_is_passed_over_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect that made the runner go on without an event must not keep the engine from starting."""
    monkeypatch.setitem(core._HANDLERS, ev.CallMoved, _fails_half_way)
    life = Life(tmp_path).begin(fresh_rules())
    life.tell(ev.AgentLoggedIn(agent=ANNA), ev.CallArrived(call=CallId("c"), channel="x", number="", did=""))
    life.save()
    life.tell(ev.CallMoved(call=CallId("c"), node="menu"), ev.AgentNotReady(agent=ANNA, reason="meal"))
    assert life.runner.failures == 1
    life.kill()
    back = Life(tmp_path)
    assert "cannot be done again" in caplog.text
    assert back.journal.number == life.journal.number
    assert back.floor.calls[CallId("c")].node == "menu"
    assert back.floor.agents[ANNA].reason == "meal"
    assert msgspec.json.encode(back.floor) == msgspec.json.encode(life.floor)


def _fails_half_way(floor: Floor, event: ev.CallMoved, now: float, out: Outcome) -> None:
    floor.calls[event.call].node = event.node
    raise KeyError(event.node)


async def test_an_empty_folder_is_a_new_site(tmp_path: Path) -> None:
    life = Life(tmp_path / "new")
    assert (life.journal.number, life.floor.calls, life.floor.agents, life.kept) == (0, {}, {}, [])
    assert recover(life.journal, life.kept.extend)[1].intervals == {}


def test_without_an_engine_before_nothing_is_known_of_callers_before() -> None:
    before = EngineBefore()
    assert (before.met, before.knew_all_since) == (set(), None)


def test_who_came_is_known_as_far_back_as_the_journal_was_read_and_five_seconds_at_most() -> None:
    before = EngineBefore()
    before.ended_at = 1000.0
    opened = [call_opened("c1", 998.0), call_opened("c2", 999.0)]
    assert before.take(opened) == opened
    assert (before.met, before.knew_all_since) == ({"c1", "c2"}, 998.0)
    before.take([call_opened("c0", 900.0)])
    assert before.knew_all_since == 995.0


def call_opened(name: str, at: float) -> CallOpened:
    return CallOpened(call=CallId(name), at=at, number="", name="", did="", vip=0, rules="v1")
