"""Lines as app_queue would have written them, and read back: the same figures as the tally's."""

from itertools import pairwise
from typing import Any

import pytest

from acd import events as ev
from acd.commands import OfferCall
from acd.core import step
from acd.floor import Floor
from acd.model import CallId, OfferOutcome, QueueId
from acd.rules import Overflow, QueueRules, Rules
from agents.roster import AgentId, AgentSettings
from agents.state import PhoneState
from metrics.queue_log import Entry, Memory, QueueLogReader, Teller, Words
from metrics.queue_log.teller import field
from tests.unit.metrics.records import LI, REPAIR, SALES, WANG
from tests.unit.metrics.test_core_and_tally import Day

NOW = 1_700_000_000.0


class LoggedDay(Day):
    """A day of chance with its lines."""

    def __init__(self, seed: int) -> None:
        self.teller = Teller(Words())
        self.lines: list[str] = []
        super().__init__(seed)

    def tell(self, event: ev.Event) -> None:
        outcome = step(self.floor, event, self.now)
        for record in outcome.records:
            self.tally.apply(record)
        self.ringing += [command.offer for command in outcome.commands if isinstance(command, OfferCall)]
        if outcome.records:
            self.lines += [entry.text for entry in self.teller.entries(outcome.records, self.floor, self.now)]


@pytest.mark.parametrize("seed", range(25))
def test_lines_of_a_day_read_back_give_the_tallys_figures(seed: int) -> None:
    day = LoggedDay(seed)
    for _ in range(400):
        day.something_happens()
    reader = QueueLogReader(lambda name: AgentId(name.removeprefix("Agent/")))
    reader.read(enumerate([line.rstrip("\n").split("|") for line in day.lines], 1))
    reader.finish()
    assert reader.faults.counts == {}
    for queue in (SALES, REPAIR):
        counted, told = day.tally.since_start.queues[queue], reader.queues[queue]
        assert (told.offered, told.answered, told.talks) == (counted.offered, counted.answered, counted.talks)
        assert told.abandoned == counted.abandoned + counted.short_abandoned
        assert sum(count for event, count in told.exits.items() if event != "SYSCOMPAT") == counted.overflowed
        assert told.exits.get("SYSCOMPAT", 0) == counted.switch_lost
        assert told.hold_s == pytest.approx(counted.answered_wait_s, abs=counted.answered + 0.5)
        assert told.talk_s == pytest.approx(counted.talk_s, abs=counted.talks / 2 + 0.5)
    calls, hours = reader.take_away()
    offers = [offer.outcome for call in calls for stay in call.stays for offer in stay.offers]
    assert offers.count(OfferOutcome.ACCEPTED) > 0
    times = [(one.agent, one.state) for one in hours]
    assert {agent for agent, _ in times} == {LI, WANG}
    for agent in (LI, WANG):
        mine = sorted((one.started_at, one.ended_at) for one in hours if one.agent == agent)
        assert all(before[1] <= after[0] for before, after in pairwise(mine))


@pytest.mark.parametrize("seed", range(5))
def test_every_line_has_asterisks_form(seed: int) -> None:
    day = LoggedDay(seed)
    for _ in range(300):
        day.something_happens()
    before = 0
    for line in day.lines:
        assert line.endswith("\n")
        assert line.count("\n") == 1
        at, _, _, _, event, *data = line[:-1].split("|")
        assert int(at) >= before
        before = int(at)
        assert 1 <= len(data) <= 5
        assert len(data) == FIELDS[event], line
        assert all(len(one) <= 40 for one in data)


FIELDS = {
    "QUEUESTART": 1,
    "CONFIGRELOAD": 1,
    "ADDMEMBER": 1,
    "REMOVEMEMBER": 1,
    "PAUSE": 1,
    "UNPAUSE": 1,
    "PAUSEALL": 1,
    "UNPAUSEALL": 1,
    "ENTERQUEUE": 3,
    "CONNECT": 3,
    "COMPLETEAGENT": 3,
    "COMPLETECALLER": 3,
    "ABANDON": 3,
    "EXITWITHTIMEOUT": 3,
    "EXITEMPTY": 3,
    "EXITWITHKEY": 4,
    "RINGNOANSWER": 1,
    "RINGCANCELED": 1,
    "SYSCOMPAT": 1,
}


class Scene:
    """One queue, one agent; what happens, in lines without their times."""

    def __init__(self, words: Words | None = None, **queue: Any) -> None:
        self.rules = Rules.of(
            "r1",
            [QueueRules(id=SALES, **queue)],
            [AgentSettings(id=LI, name="李|明", queues=(SALES,))],
        )
        self.floor = Floor.under(self.rules)
        self.teller = Teller(words or Words())
        self.now = NOW
        self.offers: list[Any] = []
        self.entries: list[Entry] = []
        self.tell(ev.LinkRegained())
        self.tell(ev.PhoneChanged(agent=LI, phone=PhoneState.IDLE))

    def tell(self, event: ev.Event, after_s: float = 0.0) -> list[str]:
        self.now += after_s
        outcome = step(self.floor, event, self.now)
        self.offers += [command for command in outcome.commands if isinstance(command, OfferCall)]
        found = self.teller.entries(outcome.records, self.floor, self.now) if outcome.records else []
        self.entries += found
        return ["|".join((one.call, one.queue, one.agent, one.event, *one.data)) for one in found]

    def call(self, number: str = "13800138000", name: str = "c1") -> list[str]:
        self.tell(ev.CallArrived(call=CallId(name), channel="x", number=number, did="400"), 1.0)
        return self.tell(ev.CallQueued(call=CallId(name), queue=SALES), 1.0)


def test_agent_comes_pauses_and_goes() -> None:
    scene = Scene()
    agent = f"Agent/{LI}"
    login = scene.tell(ev.AgentLoggedIn(agent=LI))
    assert login[0] == f"NONE|{SALES}|{agent}|ADDMEMBER|PAUSED"
    ready = scene.tell(ev.AgentReady(agent=LI))
    assert ready == [f"NONE|NONE|{agent}|UNPAUSEALL|", f"NONE|{SALES}|{agent}|UNPAUSE|"]
    pause = scene.tell(ev.AgentNotReady(agent=LI, reason="meal"))
    assert pause == [f"NONE|NONE|{agent}|PAUSEALL|meal", f"NONE|{SALES}|{agent}|PAUSE|meal"]
    assert scene.tell(ev.AgentLoggedOut(agent=LI)) == [f"NONE|{SALES}|{agent}|REMOVEMEMBER"]


def on_duty(scene: Scene) -> Scene:
    scene.tell(ev.AgentLoggedIn(agent=LI))
    scene.tell(ev.AgentReady(agent=LI))
    return scene


def test_served_call() -> None:
    scene = on_duty(Scene())
    entered = scene.call()
    assert entered == [f"c1|{SALES}|NONE|ENTERQUEUE||13800138000|1"]
    offer = scene.offers[0].offer
    scene.tell(ev.OfferRinging(offer=offer, channel="PJSIP/li-1", leg="171.9"), 0.4)
    answered = scene.tell(ev.OfferAnswered(offer=offer), 6.0)
    assert answered == [f"c1|{SALES}|Agent/{LI}|CONNECT|6|171.9|6"]
    over = scene.tell(ev.CallLeftByCaller(call=CallId("c1")), 61.0)
    assert over == [f"c1|{SALES}|Agent/{LI}|COMPLETECALLER|6|61|1"]
    assert scene.teller.memory.callers == {}


def test_agent_who_hangs_up_first_has_completed() -> None:
    scene = on_duty(Scene())
    scene.call()
    offer = scene.offers[0].offer
    scene.tell(ev.OfferAnswered(offer=offer), 3.0)
    assert scene.tell(ev.TalkEnded(offer=offer), 10.0)[0] == f"c1|{SALES}|Agent/{LI}|COMPLETEAGENT|3|10|1"


def test_caller_who_gives_up_stands_where_he_stood() -> None:
    scene = Scene()
    scene.call(name="c1")
    assert scene.call(name="c2") == [f"c2|{SALES}|NONE|ENTERQUEUE||13800138000|2"]
    assert scene.tell(ev.CallLeftByCaller(call=CallId("c2")), 20.0) == [f"c2|{SALES}|NONE|ABANDON|2|2|20"]


def test_caller_who_hangs_up_while_a_phone_rings_cancels_it_first() -> None:
    scene = on_duty(Scene())
    scene.call()
    scene.tell(ev.OfferRinging(offer=scene.offers[0].offer, channel="PJSIP/li-1", leg="171.9"))
    assert scene.tell(ev.CallLeftByCaller(call=CallId("c1")), 5.0) == [
        f"c1|{SALES}|Agent/{LI}|RINGCANCELED|5000",
        f"c1|{SALES}|NONE|ABANDON|1|1|5",
    ]


def test_phone_that_nobody_answers_is_told_in_milliseconds() -> None:
    scene = on_duty(Scene())
    scene.call()
    offer = scene.offers[0].offer
    scene.tell(ev.OfferRinging(offer=offer, channel="PJSIP/li-1", leg="171.9"))
    missed = scene.tell(ev.OfferFailed(offer=offer, outcome=OfferOutcome.NO_ANSWER), 15.25)
    assert missed[0] == f"c1|{SALES}|Agent/{LI}|RINGNOANSWER|15250"


def test_patience_of_a_queue_is_a_timeout() -> None:
    scene = Scene(max_wait_s=30.0, overflow=Overflow(prompt="sorry"))
    scene.call()
    assert scene.tell(ev.DeadlinePassed(), 30.0) == [f"c1|{SALES}|NONE|EXITWITHTIMEOUT|1|1|30"]


def test_names_numbers_and_verbs_as_the_site_wants_them() -> None:
    scene = on_duty(Scene(Words(names=True, queuemetrics=True)))
    entered = scene.call("1380|0138\n000'\"")
    assert entered == [f"c1|{SALES}|NONE|INFO|DID|400", f"c1|{SALES}|NONE|ENTERQUEUE||1380 0138 000|1"]
    assert [one.event for one in scene.entries].count("PAUSEREASON") == 1
    assert {one.agent for one in scene.entries} == {"NONE", "李 明"}


@pytest.mark.parametrize(
    "text", ["a|b", "a\nb", "a\r\nb", "a\0b", "a\x1bb", 'a"b', "a(b", "a\\b", "a\u2028b", "a\ud800b"]
)
def test_nothing_breaks_a_line(text: str) -> None:
    assert field(text) == "a b"
    assert len(field(text * 50)) <= 40


def test_time_never_goes_back() -> None:
    scene = on_duty(Scene())
    scene.now -= 100.0
    scene.call()
    assert [one.at for one in scene.entries] == sorted(one.at for one in scene.entries)


def test_other_rules_are_told_and_memberships_follow_them() -> None:
    scene = on_duty(Scene())
    moved = Rules.of(
        "r2",
        [QueueRules(id=SALES), QueueRules(id=QueueId("new"))],
        [AgentSettings(id=LI, name="李", queues=(QueueId("new"),))],
    )
    scene.tell(ev.RulesLoaded(rules=moved))
    told = [f"{one.queue}|{one.event}" for one in scene.entries]
    scene.tell(ev.AgentNotReady(agent=LI, reason="meal"))
    told = [f"{one.queue}|{one.event}" for one in scene.entries]
    assert told[0] == "NONE|QUEUESTART"
    at = told.index("NONE|CONFIGRELOAD")
    assert told[at : at + 3] == ["NONE|CONFIGRELOAD", f"{SALES}|REMOVEMEMBER", "new|ADDMEMBER"]


def test_memory_goes_through_a_snapshot() -> None:
    import msgspec  # noqa: PLC0415 - of this test alone

    scene = on_duty(Scene())
    scene.call()
    raw = msgspec.json.encode(scene.teller.memory)
    assert msgspec.json.decode(raw, type=Memory) == scene.teller.memory
