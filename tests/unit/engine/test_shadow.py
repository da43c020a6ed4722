"""Other rules look on: what they would have decided, from journals that the core wrote."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from acd import events as ev
from acd.model import CallId, QueueId
from acd.rules import Overflow, Rules, Strategy
from agents.roster import AgentId
from agents.state import PhoneState
from cti.explain import Names
from engine.config import load
from engine.shadow.command import shadow
from engine.shadow.judge import Judge, Verdict
from engine.shadow.tail import JournalTail
from engine.shadow.words import Summary, line_of, lines_of
from tests.unit.acd.floors import Stage, queue, restored, rules
from tests.unit.engine.lives import Life, dice_of, fresh_rules
from tests.unit.engine.sites import SITE, edited, folder_of

ANNA, BEN, CLEO = AgentId("anna"), AgentId("ben"), AgentId("cleo")
SALES = QueueId("sales")
AGENTS = {"anna": ["sales"], "ben": ["sales"]}


def idle_longest(**more: Any) -> Rules:
    return rules(AGENTS, [queue("sales", strategy=Strategy.LONGEST_IDLE)], **more)


class Watched:
    """A live floor and a judge who is told the same events."""

    def __init__(self, live: Rules, other: Rules, *on_duty: str) -> None:
        self.stage = Stage(live, *on_duty)
        self.judge = Judge(restored(self.stage.floor), other, self.stage.now)
        self.verdicts: list[Verdict] = []

    def tell(self, *events: ev.Event, later_s: float = 0.0) -> list[Verdict]:
        self.stage.now += later_s
        told = []
        for event in events:
            self.stage.tell(event)
            told += self.judge.take(event, self.stage.now)
        self.verdicts += told
        return told

    def call(self, name: str, later_s: float = 1.0, number: str = "") -> list[Verdict]:
        arrived = ev.CallArrived(call=CallId(name), channel="PJSIP/x", number=number, did="400")
        return self.tell(arrived, ev.CallQueued(call=CallId(name), queue=SALES), later_s=later_s)

    def agents(self) -> tuple[list[Any], list[Any]]:
        """Who does what on both floors."""
        one, other = (
            [(agent.id, agent.state, agent.offer) for agent in floor.agents.values()]
            for floor in (self.judge.live, self.judge.shadow)
        )
        return one, other


async def test_the_same_rules_never_decide_otherwise_however_wild_the_day(tmp_path: Path) -> None:
    life = Life(tmp_path).begin(fresh_rules())
    life.tell(ev.LinkRegained())
    judge = Judge(restored(life.floor), fresh_rules(), life.now)
    tail = JournalTail(tmp_path)
    list(tail.lines())
    life.live(dice_of(7), 1500)
    verdicts = [verdict for line in tail.lines() for verdict in judge.take(line.e, line.t)]
    life.kill()
    assert len(verdicts) > 100
    assert [verdict for verdict in verdicts if not verdict.same] == []
    assert judge.failures == 0


@pytest.mark.parametrize("seed", range(4))
async def test_no_day_under_any_other_rules_makes_it_fail_or_leaves_the_floors_apart(tmp_path: Path, seed: int) -> None:
    life = Life(tmp_path).begin(fresh_rules())
    life.tell(ev.LinkRegained())
    other = rules(
        {"anna": ["sales"], "ben": ["sales", "repair"], "dan": ["repair"]},
        [
            queue("sales", strategy=Strategy.RING_ALL, require={"english": 1} if seed % 2 else {}, wrap_up_s=3.0),
            queue("repair", strategy=Strategy.RANDOM, max_wait_s=20.0, overflow=Overflow(queue=SALES), max_calls=1),
        ],
        version="other",
        settings={"anna": {"skills": {"english": 2}}},
    )
    judge, tail = Judge(restored(life.floor), other, life.now), JournalTail(tmp_path)
    list(tail.lines())
    life.live(dice_of(seed), 600)
    verdicts = [verdict for line in tail.lines() for verdict in judge.take(line.e, line.t)]
    life.kill()
    assert judge.failures == 0
    assert any(not verdict.same for verdict in verdicts)
    for call in judge.shadow.calls.values():
        assert (call.state, call.queue) == (judge.live.calls[call.id].state, judge.live.calls[call.id].queue)
    for agent in judge.shadow.agents.values():
        assert agent.state is judge.live.agents[agent.id].state


def test_difference_names_both_agents_and_both_reasons() -> None:
    other = rules(AGENTS, [queue("sales", strategy=Strategy.MOST_SKILLED, require={"english": 1})], version="v2",
                  settings={"ben": {"skills": {"english": 2}}})  # fmt: skip
    watched = Watched(idle_longest(), other, "anna", "ben")
    (verdict,) = watched.call("c1")
    assert (verdict.same, verdict.live.agents, verdict.shadow.agents) == (False, (ANNA,), (BEN,))
    names = Names.of(watched.judge.live.rules, {}), Names.of(other, {})
    line = line_of(verdict, *names, ZoneInfo("Asia/Shanghai"), "en")
    assert "queue sales, call c1: live rules rang Anna anna; the other rules rang Ben ben. Live: " in line
    assert "excluded Anna anna (needs english 1, has none); chosen Ben ben, the only one free; rules v2" in line
    assert "现行规则 派给 Anna anna，另一规则 派给 Ben ben" in line_of(verdict, *names, ZoneInfo("Asia/Shanghai"), "zh")


def test_every_decision_is_judged_from_the_situation_the_live_rules_made() -> None:
    other = rules(AGENTS, [queue("sales", strategy=Strategy.LINEAR)], version="v2")
    watched = Watched(idle_longest(), other, "ben")
    watched.tell(
        ev.PhoneChanged(agent=ANNA, phone=PhoneState.IDLE), ev.AgentLoggedIn(agent=ANNA), ev.AgentReady(agent=ANNA),
        later_s=5.0,
    )  # fmt: skip
    (first,) = watched.call("c1")
    assert (first.live.agents, first.shadow.agents) == ((BEN,), (ANNA,))
    one, other_floor = watched.agents()
    assert one == other_floor, "Ben is rung on both floors, though the other rules had chosen Anna"
    (second,) = watched.call("c2")
    assert (second.live.agents, second.same) == ((ANNA,), True)


def test_caller_only_the_other_rules_would_let_through_is_told_once() -> None:
    live = rules(AGENTS, [queue("sales", require={"english": 1}, retry_s=10.0)])
    watched = Watched(live, rules(AGENTS, [queue("sales")], version="v2"), "anna")
    (verdict,) = watched.call("c1")
    assert (verdict.live.agents, verdict.live.decision and verdict.live.decision.reason) == ((), "nobody_suits")
    assert verdict.shadow.agents == (ANNA,)
    again = watched.tell(ev.CallDetached(call=CallId("c1")), ev.CallRejoined(call=CallId("c1")), later_s=5.0)
    assert again == []


def test_time_that_runs_out_only_under_the_other_rules_is_seen_at_its_moment() -> None:
    limited = [queue("sales", max_wait_s=30.0, overflow=Overflow(prompt="sorry"))]
    watched = Watched(idle_longest(), rules(AGENTS, limited, version="v2"))
    watched.call("c1", later_s=0.0)
    began = watched.stage.now
    (verdict,) = watched.tell(ev.AgentLoggedIn(agent=ANNA), later_s=45.0)
    assert (verdict.at, verdict.shadow.left, verdict.live.left) == (began + 30.0, "max_wait", "")
    assert CallId("c1") in watched.judge.shadow.calls, "he waits on, as he does in truth"


def test_priority_goes_by_each_rules_own_points() -> None:
    live = idle_longest()
    other = idle_longest(version="v2", vip={"13800000001": 1}, vip_priority={1: 10})
    watched = Watched(live, other)
    watched.call("c1")
    watched.call("c2", number="13800000001")
    answer = watched.tell(
        ev.PhoneChanged(agent=ANNA, phone=PhoneState.IDLE), ev.AgentLoggedIn(agent=ANNA), ev.AgentReady(agent=ANNA)
    )
    by_call = {verdict.call: (verdict.live.agents, verdict.shadow.agents) for verdict in answer if not verdict.same}
    assert by_call == {CallId("c1"): ((ANNA,), ()), CallId("c2"): ((), (ANNA,))}


def test_queue_the_other_rules_do_not_have_is_said_and_left_out() -> None:
    other = rules({"anna": ["repair"]}, [queue("repair")], version="v2")
    watched = Watched(idle_longest(), other, "anna")
    (verdict,) = watched.call("c1")
    assert (verdict.live.agents, verdict.shadow.left) == ((ANNA,), "refused:unknown_queue")
    assert CallId("c1") not in watched.judge.shadow.calls
    watched.tell(ev.OfferAnswered(offer=next(iter(watched.stage.floor.offers))), later_s=3.0)
    assert watched.judge.failures == 0


def test_new_live_rules_are_lived_by_and_the_other_ones_stay() -> None:
    watched = Watched(idle_longest(), idle_longest(version="v2"), "anna", "ben")
    watched.tell(ev.RulesLoaded(rules=rules(AGENTS, [queue("sales", strategy=Strategy.RING_ALL)], version="v3")))
    assert (watched.judge.live.rules.version, watched.judge.shadow.rules.version) == ("v3", "v2")
    (verdict,) = watched.call("c1")
    assert (len(verdict.live.agents), len(verdict.shadow.agents)) == (2, 1)


def test_summary_counts_by_queue_and_by_reason() -> None:
    other = rules(AGENTS, [queue("sales", require={"english": 1})], version="v2")
    watched = Watched(idle_longest(), other, "anna", "ben")
    summary = Summary()
    for verdict in [*watched.call("c1"), *watched.call("c2"), *watched.call("c3")]:
        summary.add(verdict)
    assert lines_of(summary, Names.of(idle_longest(), {}), "en") == [
        "all queues: 3 decisions, 1 the same, 2 other",
        "queue sales: 3 decisions, 1 the same, 2 other",
        "live best_score, other nobody_suits: 1",
        "live only_candidate, other nobody_suits: 1",
    ]


# --- the journal ---------------------------------------------------------------------------------------------------------


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.jsonl"))


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in folder.iterdir()}


async def test_tail_reads_on_over_files_and_waits_for_the_end_of_a_line(tmp_path: Path) -> None:
    life = Life(tmp_path).begin(fresh_rules())
    tail = JournalTail(tmp_path)
    assert tail.snapshot() is None
    assert [line.n for line in tail.lines()] == [1, 2]
    life.tell(ev.LinkRegained())
    life.save()
    life.tell(ev.LinkLost(), ev.LinkRegained())
    assert [line.n for line in tail.lines()] == [3, 4, 5]
    newest = segments(tmp_path)[-1]
    line = msgspec.json.encode({"n": 6, "t": 2000.0, "e": {"type": "LinkLost"}}) + b"\n"
    with newest.open("ab") as stream:
        stream.write(line[:10])
        stream.flush()
        assert list(tail.lines()) == []
        stream.write(line[10:])
    assert [one.n for one in tail.lines()] == [6]
    with newest.open("ab") as stream:
        stream.write(b'{"n": torn\n' + line.replace(b"6", b"7", 1))
    assert [one.n for one in tail.lines()] == [7]
    assert tail.unreadable == 1
    life.kill()
    fresh = JournalTail(tmp_path)
    snapshot = fresh.snapshot()
    assert snapshot is not None
    assert [snapshot.n, *(one.n for one in fresh.lines())] == [3, 4, 5, 6, 7]


@pytest.fixture
async def recorded(tmp_path: Path) -> Path:
    """The journal of an engine that is still running: a caller of sales, and Wang who takes him."""
    live = load(folder_of(tmp_path / "live", SITE)).rules
    life = Life(tmp_path / "journal").begin(live)
    wang, call = AgentId("1001"), CallId("x-1.0")
    life.tell(ev.LinkRegained(), ev.PhoneChanged(agent=wang, phone=PhoneState.IDLE))
    life.tell(ev.AgentLoggedIn(agent=wang), ev.AgentReady(agent=wang))
    life.tell(ev.CallArrived(call=call, channel="PJSIP/x", number="13900000000", did="4008869119"))
    life.tell(ev.CallQueued(call=call, queue=SALES))
    return tmp_path / "journal"


def other_files(tmp_path: Path) -> Path:
    """Wang no longer serves sales; O Brien does."""
    site = edited("agents", "queues: [sales, repair]", "queues: [repair]")
    site["agents"] = site["agents"].replace("queues: [press]", "queues: [press, sales]")
    return folder_of(tmp_path / "other", site)


def told_by(journal: Path, other: Path, **how: Any) -> list[str]:
    lines: list[str] = []
    assert shadow(load(other), journal, minutes=0, out=lines.append, **how) == 0
    return lines


async def test_command_tells_differences_and_the_summary_and_writes_nothing(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_LANG", "en")
    before = contents(recorded)
    lines = told_by(recorded, other_files(tmp_path))
    assert "live rules rang 王小明 1001; the other rules rang nobody" in lines[0]
    assert "excluded O Brien 1002 (not logged in); nobody is free" in lines[0]
    assert lines[1] == "all queues: 1 decisions, 0 the same, 1 other"
    assert lines[-1] == "live only_candidate, other nobody_free: 1"
    assert contents(recorded) == before


async def test_command_speaks_json_for_programs(recorded: Path, tmp_path: Path) -> None:
    found, summary = (
        msgspec.json.decode(line) for line in told_by(recorded, other_files(tmp_path), as_lines_of_json=True)
    )
    assert (found["call"], found["live"]["agents"], found["shadow"]["agents"]) == ("x-1.0", ["1001"], [])
    assert found["shadow"]["decision"]["reason"] == "nobody_free"
    assert (summary["summary"]["decisions"], summary["summary"]["same"]) == (1, 0)
    assert summary["summary"]["queues"] == {"sales": {"decisions": 1, "same": 0}}


async def test_command_follows_for_its_minutes_and_ends(recorded: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += 10.0

    assert (
        shadow(load(other_files(tmp_path)), recorded, minutes=1, out=lines.append, sleep=sleep, clock=lambda: now[0])
        == 0
    )
    assert now == [60.0]


def test_command_without_a_journal_says_which_folder_it_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shadow(load(folder_of(tmp_path / "other", SITE)), tmp_path / "none", minutes=0) == 1
    assert str(tmp_path / "none") in capsys.readouterr().err
