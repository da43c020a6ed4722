"""What a queue_log says and what it cannot: each of its traps."""

from acd.model import OfferOutcome, QueueId
from acd.records import CallEnded, Record
from acd.rules import Rules, ServiceLevel
from agents.roster import AgentId, AgentSettings
from metrics.queue_log import log_line
from planning.counted import Counted, Scope, Table, table
from planning.queue_log import QueueLogDay, read_queue_log
from planning.recorded import LeftOut
from planning.replay import replay
from tests.unit.acd.floors import queue

SINCE, UNTIL = 1_700_000_000.0 // 1800 * 1800, 1_700_000_000.0 // 1800 * 1800 + 7200
T = int(SINCE)
QUEUES = [queue("sales", service_level=ServiceLevel(within_s=20.0)), queue("repair")]
RULES = Rules.of(
    "v1",
    QUEUES,
    [
        AgentSettings(id=AgentId("1001"), name="王小明", queues=(QueueId("sales"), QueueId("repair"))),
        AgentSettings(id=AgentId("1002"), name="Li Na", queues=(QueueId("sales"),)),
    ],
)


def day(*texts: str) -> QueueLogDay:
    lines = [line for text in texts if (line := log_line(text)) is not None]
    return read_queue_log(lines, RULES, SINCE, UNTIL)


def at(seconds: int, *rest: str) -> str:
    return "|".join([str(T + seconds), *rest])


def figures(found: QueueLogDay) -> Table:
    counted = Counted(RULES)
    counted(found.records)
    return table(counted, RULES, SINCE, UNTIL)


SERVED = (
    at(0, "NONE", "sales", "PJSIP/agent-1001", "ADDMEMBER", ""),
    at(10, "1.1", "sales", "NONE", "ENTERQUEUE", "", "13800138000", "1"),
    at(25, "1.1", "sales", "Agent/1001", "CONNECT", "15", "1.2", "4"),
    at(125, "1.1", "sales", "Agent/1001", "COMPLETECALLER", "15", "100", "1"),
)


def test_served_call_has_its_wait_its_ringing_and_its_talk() -> None:
    found = day(*SERVED)
    [call] = found.day.calls
    assert (call.arrived.number, call.queue, call.waited_s, call.gave_up) == ("13800138000", "sales", 15.0, False)
    assert (call.answered_by, call.talk_s) == ("1001", 100.0)
    assert [(rung.after_s, rung.outcome) for rung in call.rung[AgentId("1001")]] == [(4.0, OfferOutcome.ACCEPTED)]
    site = figures(found)[Scope("site")]
    assert (site["service_level"], site["asa"], site["talk_time"]) == (1.0, 15.0, 100.0)


def test_agents_are_known_by_interface_by_id_and_by_name() -> None:
    names = ("Agent/1001", "PJSIP/agent-1001", "Local/1001@agents", "王小明", "SIP/9999")
    found = day(*(at(10 * n, "NONE", "sales", name, "ADDMEMBER", "") for n, name in enumerate(names)))
    logged_in = {event.agent for _, event in found.day.doings if hasattr(event, "agent")}
    assert logged_in == {"1001", "9999"}


def test_bar_in_a_callers_name_is_cut_off_with_the_name() -> None:
    found = day(at(10, "1.1", "sales", "NONE", "ENTERQUEUE", "", "139", "1", "A|B|C"))
    assert [call.arrived.number for call in found.day.calls] == ["139"]


def test_ringing_is_told_in_milliseconds_and_connected_rings_in_seconds() -> None:
    found = day(
        at(0, "1.1", "sales", "NONE", "ENTERQUEUE", "", "139", "1"),
        at(16, "1.1", "sales", "Agent/1002", "RINGNOANSWER", "15000"),
        *SERVED[2:],
    )
    rung = found.day.calls[0].rung
    assert rung[AgentId("1002")][0].after_s == 15.0
    assert rung[AgentId("1002")][0].outcome is OfferOutcome.NO_ANSWER
    assert rung[AgentId("1001")][0].after_s == 4.0


def test_caller_who_gives_up_shows_his_patience_from_his_first_queue_on() -> None:
    found = day(
        at(0, "1.1", "sales", "NONE", "ENTERQUEUE", "", "139", "1"),
        at(60, "1.1", "sales", "NONE", "EXITWITHTIMEOUT", "1", "1", "60"),
        at(60, "1.1", "repair", "NONE", "ENTERQUEUE", "", "139", "1"),
        at(90, "1.1", "repair", "NONE", "ABANDON", "1", "1", "30"),
    )
    [call] = found.day.calls
    assert (call.queue, call.waited_s, call.gave_up) == ("sales", 90.0, True)
    rows = figures(found)
    assert rows[Scope("queue", "sales")]["overflowed"] == 1
    assert rows[Scope("queue", "repair")]["abandoned"] == 1
    assert rows[Scope("site")]["abandoned"] == 1
    assert rows[Scope("site")]["offered"] == 1


def test_caller_who_timed_out_and_was_put_into_no_other_queue_has_overflowed() -> None:
    found = day(
        at(0, "1.1", "sales", "NONE", "ENTERQUEUE", "", "139", "1"),
        at(60, "1.1", "sales", "NONE", "EXITEMPTY", "1", "1", "60"),
    )
    assert (found.day.calls[0].waited_s, found.day.calls[0].gave_up) == (60.0, False)
    assert figures(found)[Scope("site")]["overflowed"] == 1


def test_talk_ends_where_a_transfer_says_and_the_transferred_caller_is_a_new_call() -> None:
    for event, data, talk_s in (
        ("BLINDTRANSFER", ("200", "internal", "15", "70", "1"), 70.0),
        ("ATTENDEDTRANSFER", ("BRIDGE", "b-1", "15", "80", "1"), 80.0),
        ("ATTENDEDTRANSFER", ("LINK", "chan1", "chan2", "15", "90", "1"), 90.0),
    ):
        found = day(
            *SERVED[:3],
            at(115, "1.1", "sales", "Agent/1001", event, *data),
            at(116, "1.1", "repair", "NONE", "ENTERQUEUE", "", "138", "1"),
        )
        assert [(call.call, call.talk_s) for call in found.day.calls] == [("1.1", talk_s), ("1.1#2", None)], event


def test_lost_complete_leaves_the_talk_without_a_length_and_the_agent_free() -> None:
    found = day(
        *SERVED[:3],
        at(200, "1.9", "sales", "NONE", "ENTERQUEUE", "", "137", "1"),
        at(205, "1.9", "sales", "Agent/1001", "CONNECT", "5", "1.10", "3"),
        at(265, "1.9", "sales", "Agent/1001", "COMPLETEAGENT", "5", "60", "1"),
    )
    assert [call.talk_s for call in found.day.calls] == [None, 60.0]
    assert found.day.left_out[LeftOut.TALK_ENDS] == 1
    now = replay(found.day, RULES, seed=1)
    assert now.figures[Scope("site")]["answered"] == 2
    assert now.sources.talks_drawn == 1


def test_pause_counts_when_no_queue_of_the_agent_is_left() -> None:
    found = day(
        at(0, "NONE", "sales", "Agent/1001", "ADDMEMBER", ""),
        at(0, "NONE", "repair", "Agent/1001", "ADDMEMBER", ""),
        at(100, "NONE", "sales", "Agent/1001", "PAUSE", "lunch"),
        at(200, "NONE", "repair", "Agent/1001", "PAUSE", "lunch"),
        at(800, "NONE", "sales", "Agent/1001", "UNPAUSE", "lunch"),
        at(900, "NONE", "sales", "Agent/1001", "REMOVEMEMBER", ""),
        at(901, "NONE", "repair", "Agent/1001", "REMOVEMEMBER", ""),
    )
    told = [(int(when - SINCE), type(event).__name__) for when, event in found.day.doings]
    assert told == [
        (0, "PhoneChanged"),
        (0, "AgentLoggedIn"),
        (0, "AgentReady"),
        (200, "AgentNotReady"),
        (800, "AgentReady"),
        (901, "AgentLoggedOut"),
    ]


def test_member_of_queues_conf_is_at_work_from_his_first_sign_to_his_last() -> None:
    found = day(*SERVED[1:])
    told = [(when - SINCE, type(event).__name__) for when, event in found.day.doings]
    assert told[0] == (20.0, "PhoneChanged")  # a second before his phone began to ring
    assert told[-1][1] == "AgentLoggedOut"
    assert found.day.left_out == {LeftOut.NO_LOG_IN: 1}


def test_lines_that_are_none_are_not_taken_for_lines() -> None:
    assert log_line("hello") is None
    assert log_line("x|1.1|sales|NONE|ABANDON|1|1|5") is None
    line = log_line("1700000000|NONE|NONE|NONE|QUEUESTART|\n")
    assert line is not None
    assert (line.event, line.data) == ("QUEUESTART", ())
    assert line.seconds(3) is None


def test_call_from_before_the_beginning_is_left_out_and_told() -> None:
    found = day(SERVED[2], SERVED[3])
    assert found.day.calls == []
    assert found.day.left_out[LeftOut.FROM_BEFORE] == 2


def test_idle_and_talking_time_make_the_occupancy() -> None:
    found = day(*SERVED, at(225, "NONE", "sales", "PJSIP/agent-1001", "REMOVEMEMBER", ""))
    assert figures(found)[Scope("site")]["occupancy"] == 100 / 225


def test_records_end_every_call_once() -> None:
    found = day(*SERVED)
    ended: list[Record] = [record for record in found.records if isinstance(record, CallEnded)]
    assert len(ended) == 1
