"""What is wrong on the floor, as sentences with their numbers."""

import msgspec
import pytest

from acd import events as ev
from acd.core import next_deadline, step
from acd.floor import Floor
from acd.model import CallId, QueueId
from acd.rules import QueueRules, Rules
from agents.roster import AgentId, AgentSettings, BreakRule
from agents.state import PhoneState
from cti.alarms import ENOUGH_CALLERS, Alarm, Severity, alarms
from metrics.definitions import Band, QueueCounts

REPAIR, ZHANG = QueueId("repair"), AgentId("1001")
BANDS = {"abandon_rate": Band(high=0.05)}


@pytest.fixture
def floor() -> Floor:
    rules = Rules.of(
        "r",
        [QueueRules(id=REPAIR, names={"zh": "报修", "en": "Repair"})],
        [AgentSettings(id=ZHANG, name="张伟", queues=(REPAIR,), groups=("day",))],
        breaks={"day": BreakRule(longest_s=900.0)},
    )
    made = Floor.under(rules)
    step(made, ev.LinkRegained(), 0.0)
    return made


def ready(floor: Floor) -> None:
    step(floor, ev.PhoneChanged(agent=ZHANG, phone=PhoneState.IDLE), 0.0)
    step(floor, ev.AgentLoggedIn(agent=ZHANG), 0.0)
    step(floor, ev.AgentReady(agent=ZHANG), 0.0)


def call(floor: Floor, name: str, at: float) -> None:
    step(floor, ev.CallArrived(call=CallId(name), channel=name, number="13800000000", did="400"), at)
    step(floor, ev.CallQueued(call=CallId(name), queue=REPAIR), at)


def found(floor: Floor, now: float, **counts: float) -> dict[str, Alarm]:
    day: dict[QueueId | None, QueueCounts] = {REPAIR: msgspec.structs.replace(QueueCounts(), **counts)}
    return {alarm.kind: alarm for alarm in alarms(floor, now, day, BANDS, 120.0, {})}


def test_quiet_floor_has_none(floor: Floor) -> None:
    assert found(floor, 1000.0) == {}


def test_caller_with_nobody_on_duty_is_one_at_once(floor: Floor) -> None:
    call(floor, "a", 10.0)
    alarm = found(floor, 11.0)["no_agents"]
    assert alarm.severity is Severity.CRITICAL
    assert alarm.words == {
        "zh": "报修：1 个来电等待，无座席值守",
        "en": "Repair: 1 caller waits and no agent is on duty",
    }
    assert alarm.cause["en"] == "0 not ready, 1 not logged in"
    assert alarm.since == 10.0


def test_long_wait_says_how_many_wait_and_where_the_agents_are(floor: Floor) -> None:
    ready(floor)
    call(floor, "a", 10.0)
    step(floor, ev.OfferAnswered(offer=next(iter(floor.offers))), 12.0)
    call(floor, "b", 20.0)
    assert found(floor, 140.0) == {}
    alarm = found(floor, 140.1)["long_wait"]
    assert alarm.words == {"zh": "报修：最久等待超过 2 分钟", "en": "Repair: longest wait over 2 min"}
    assert alarm.cause == {"zh": "1 个来电等待；座席通话 1", "en": "1 caller waits; agents: 1 talking"}


def test_text_of_an_alarm_stays_the_same_while_its_facts_do(floor: Floor) -> None:
    call(floor, "a", 10.0)
    assert found(floor, 20.0) == found(floor, 500.0)


def test_service_level_under_its_target_comes_with_the_days_counts(floor: Floor) -> None:
    alarm = found(floor, 0.0, offered=20, answered=15, answered_within_sl=12, abandoned_waiting=1)["service_level"]
    assert alarm.severity is Severity.WARNING
    assert alarm.words["zh"] == "报修：服务水平 60%，目标 80%"
    assert alarm.cause["en"] == "20 calls today, 12 answered within 20 s, 1 abandoned"


def test_service_level_that_just_misses_its_target_does_not_read_like_it(floor: Floor) -> None:
    alarm = found(floor, 0.0, offered=1000, answered=900, answered_within_sl=797)["service_level"]
    assert alarm.words["en"] == "Repair: service level 79.7%, target 80.0%"


def test_abandon_rate_over_its_band_says_after_which_wait_they_gave_up(floor: Floor) -> None:
    counts = {
        "offered": 20,
        "answered": 18,
        "answered_within_sl": 18,
        "abandoned_waiting": 2,
        "abandoned_wait_s": 130.0,
    }
    alarm = found(floor, 0.0, **counts)["abandon_rate"]
    assert alarm.words["en"] == "Repair: abandon rate 10%, limit 5%"
    assert alarm.cause["zh"] == "2 个来电放弃，平均等待 65 秒后挂机"


def test_few_callers_make_no_alarm(floor: Floor) -> None:
    few = ENOUGH_CALLERS - 1
    assert found(floor, 0.0, offered=few, abandoned_waiting=few) == {}


def test_break_that_lasts_too_long_names_the_agent_and_the_limit(floor: Floor) -> None:
    ready(floor)
    step(floor, ev.AgentNotReady(agent=ZHANG, reason="break"), 100.0)
    deadline = next_deadline(floor)
    assert deadline is not None
    step(floor, ev.DeadlinePassed(), deadline)
    alarm = found(floor, deadline)["break_overrun"]
    assert alarm.words == {"zh": "张伟 小休超过 15 分钟", "en": "张伟: break over 15 min"}
    assert (alarm.since, alarm.id) == (100.0, "break_overrun:1001")


def test_lost_link_and_an_emergency_of_all_queues_concern_the_site(floor: Floor) -> None:
    step(
        floor, ev.EmergencyDeclared(queues=(), prompt="emergency_closed", why="storm, ask 13800138000", by="boss"), 5.0
    )
    step(floor, ev.LinkLost(), 6.0)
    seen = found(floor, 7.0)
    assert list(seen) == ["link_lost", "emergency"]
    assert (seen["emergency"].queue, seen["emergency"].words["en"]) == (None, "All queues: closed by an emergency")
    assert (seen["link_lost"].since, seen["emergency"].since) == (6.0, 5.0)
    assert seen["emergency"].cause["zh"] == "storm, ask 138****8000"


def test_critical_ones_come_first(floor: Floor) -> None:
    call(floor, "a", 10.0)
    counts = {"offered": 20, "answered": 1, "abandoned_waiting": 10}
    assert next(alarm.severity for alarm in found(floor, 11.0, **counts).values()) is Severity.CRITICAL
