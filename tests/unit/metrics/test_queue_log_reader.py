"""What a queue_log comes to: calls, hours, and every way in which it can be damaged."""

import random
from collections.abc import Iterable

import pytest

from acd.model import Disposition, OfferOutcome
from agents.roster import AgentId
from agents.state import AgentState
from metrics.queue_log import Fault, LoggedCall, LoggedInterval, QueueLogReader

T = 1_700_000_000


def at(seconds: int, *rest: str) -> str:
    return "|".join([str(T + seconds), *rest])


def reader(*texts: str, own: str = "") -> QueueLogReader:
    made = QueueLogReader(
        lambda name: AgentId(name.rpartition("/")[2]), lambda call: bool(own) and call.startswith(own)
    )
    made.start_file("queue_log")
    feed(made, texts)
    return made


def feed(made: QueueLogReader, texts: Iterable[str], first: int = 1) -> None:
    made.read(enumerate([text.split("|") for text in texts], first))


def read(*texts: str, own: str = "") -> tuple[list[LoggedCall], list[LoggedInterval], QueueLogReader]:
    made = reader(*texts, own=own)
    made.finish()
    calls, hours = made.take_away()
    return calls, hours, made


ENTER = at(10, "c1", "sales", "NONE", "ENTERQUEUE", "", "13800138000", "1")
CONNECT = at(25, "c1", "sales", "Agent/1001", "CONNECT", "15", "1.2", "4")
COMPLETE = at(125, "c1", "sales", "Agent/1001", "COMPLETECALLER", "15", "100", "1")


def test_served_caller_has_his_wait_his_agent_his_ringing_and_his_talk() -> None:
    [call], hours, made = read(ENTER, CONNECT, COMPLETE)
    [stay] = call.stays
    assert (call.number, call.disposition, call.ended_by, call.ended_at) == ("13800138000", "served", "caller", T + 125)
    assert (stay.queue, stay.entered_at, stay.left_at, stay.how) == ("sales", T + 10, T + 25, "answered")
    assert stay.answered is not None
    assert (stay.answered.agent, stay.answered.made_at, stay.answered.talk_s) == ("1001", T + 21, 100.0)
    assert hours == [LoggedInterval(AgentId("1001"), AgentState.TALKING, "", T + 25, T + 125, "sales")]
    assert made.faults.counts == {}
    assert (made.queues["sales"].mean_hold_s, made.queues["sales"].mean_talk_s) == (15.0, 100.0)


def test_time_on_hold_is_summed_where_the_log_has_it() -> None:
    held = [at(at_s, "c1", "sales", "Agent/1001", "CALLEROFFHOLD", held_s) for at_s, held_s in ((50, "12"), (90, "30"))]
    [call], _, made = read(ENTER, CONNECT, *held, COMPLETE)
    assert call.stays[0].answered is not None
    assert (call.stays[0].answered.hold_s, made.faults.counts) == (42.0, {})


def test_caller_who_hangs_up_while_phones_ring_has_abandoned_ringing() -> None:
    [call], _, _ = read(
        ENTER,
        at(40, "c1", "sales", "Agent/1001", "RINGCANCELED", "9000"),
        at(40, "c1", "sales", "NONE", "ABANDON", "1", "1", "30"),
    )
    assert call.disposition is Disposition.ABANDONED_RINGING
    assert call.stays[0].ringing == "1001"
    assert [(offer.made_at, offer.outcome) for offer in call.stays[0].offers] == [(T + 31, OfferOutcome.WITHDRAWN)]


def test_several_queues_of_one_call_are_its_stays_and_a_transfer_is_a_new_call() -> None:
    calls, _, made = read(
        ENTER,
        at(70, "c1", "sales", "NONE", "EXITWITHTIMEOUT", "1", "1", "60"),
        at(71, "c1", "repair", "NONE", "ENTERQUEUE", "", "138", "1"),
        at(80, "c1", "repair", "Agent/1001", "CONNECT", "9", "1.2", "4"),
        at(90, "c1", "repair", "Agent/1001", "BLINDTRANSFER", "200", "internal", "9", "10", "1"),
        at(91, "c1", "sales", "NONE", "ENTERQUEUE", "", "138", "1"),
        at(95, "c1", "sales", "NONE", "ABANDON", "1", "1", "4"),
    )
    assert [(call.again, [(stay.queue, stay.how) for stay in call.stays]) for call in calls] == [
        (1, [("sales", "overflowed"), ("repair", "answered")]),
        (2, [("sales", "abandoned")]),
    ]
    assert calls[0].stays[1].answered is not None
    assert calls[0].stays[1].answered.transferred
    assert made.queues["sales"].exits == {"EXITWITHTIMEOUT": 1}


def test_who_left_a_queue_and_entered_no_other_within_five_minutes_has_left() -> None:
    left = at(70, "c1", "sales", "NONE", "EXITEMPTY", "1", "1", "60")
    again = ("c1", "repair", "NONE", "ENTERQUEUE", "", "138", "1")
    calls, _, _ = read(ENTER, left, at(371, *again), at(380, "c1", "repair", "NONE", "ABANDON", "1", "1", "9"))
    assert [(call.again, call.disposition) for call in calls] == [(1, "overflowed"), (2, "abandoned_waiting")]
    assert calls[0].ended_at == T + 70


def test_number_dialled_is_told_before_the_caller_waits_or_after() -> None:
    did = at(9, "c1", "sales", "NONE", "DID", "4008869119")
    info = at(11, "c1", "sales", "NONE", "INFO", "DID", "4008869119")
    for lines in ((did, ENTER, CONNECT, COMPLETE), (ENTER, info, CONNECT, COMPLETE)):
        [call], _, made = read(*lines)
        assert call.did == "4008869119"
        assert made.faults.counts == {}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (at(11, "c9", "sales"), Fault.CUT),
        (at(11, "c9", "sales", "Agent/1001", "COMPLETEAGENT", "5"), Fault.CUT),
        (at(11, "c9", "sales", "NONE", ""), Fault.CUT),
        ("\0\0\0" + at(11, "c9", "sales", "NONE", "ABANDON"), Fault.NUL),
        ("17000000O0|c9|sales|NONE|ABANDON|1|1|5", Fault.NO_TIME),
        ("17000000000|c9|sales|NONE|ABANDON|1|1|5", Fault.NO_TIME),
        (at(11, "c9", "sales", "Agent/1001", "COMPLETEAGENT", "5", "x", "1"), Fault.NO_NUMBER),
        (at(11, "c9", "sales", "NONE", "DANCED", "1"), Fault.UNKNOWN_EVENT),
        (at(11, "c9", "sales", "Agent/1001", "COMPLETEAGENT", "5", "10", "1"), Fault.ORPHAN),
        (at(11, "c9", "sales", "NONE", "ABANDON", "1", "1", "5"), Fault.ORPHAN),
        (ENTER, Fault.TWICE),
    ],
)
def test_damaged_line_is_counted_with_its_place_and_harms_no_other(line: str, fault: Fault) -> None:
    calls, _, made = read(ENTER, line, CONNECT, COMPLETE)
    assert made.faults.counts == {fault: 1}
    assert made.faults.places[fault] == ["queue_log:2"]
    assert [call.disposition for call in calls] == ["served"]


def test_first_line_without_a_time_is_told_and_not_used() -> None:
    calls, _, made = read("|c1|sales|NONE|ENTERQUEUE||138|1", CONNECT, COMPLETE)
    assert calls == []
    assert made.faults.places[Fault.NO_TIME] == ["queue_log:1"]


def test_talk_without_an_entry_does_not_make_a_call() -> None:
    calls, hours, made = read(CONNECT, COMPLETE)
    assert (calls, hours) == ([], [])
    assert made.faults.counts == {Fault.ORPHAN: 2}
    assert made.queues["sales"].orphans == 2


def test_line_earlier_than_the_one_before_is_told_and_taken_with_its_own_time() -> None:
    [call], _, made = read(
        at(4000, "NONE", "sales", "Agent/1001", "ADDMEMBER", ""),
        ENTER.replace(str(T + 10), str(T + 400)),
        CONNECT,
        COMPLETE,
    )
    assert made.faults.counts == {Fault.BACKWARDS: 2}
    assert call.stays[0].left_at == call.stays[0].entered_at == T + 400  # never before he came


def test_one_line_far_ahead_of_its_neighbours_has_a_damaged_time_and_invents_nothing() -> None:
    calls, hours, made = read(
        at(0, "NONE", "sales", "Agent/1002", "ADDMEMBER", ""),
        ENTER,
        at(300_000_000, "NONE", "sales", "Agent/1002", "PAUSE", "lunch"),
        CONNECT,
        COMPLETE,
        at(200, "NONE", "sales", "Agent/1002", "REMOVEMEMBER", ""),
    )
    assert made.faults.places == {Fault.NO_TIME: ["queue_log:3"]}
    assert [call.disposition for call in calls] == ["served"]
    assert [(one.state, one.ended_at) for one in hours if one.agent == "1002"] == [(AgentState.READY, T + 200)]


def test_night_without_a_call_is_no_fault() -> None:
    night = 12 * 3600
    calls, _, made = read(
        ENTER,
        at(20, "c1", "sales", "NONE", "ABANDON", "1", "1", "10"),
        at(night, "c2", "sales", "NONE", "ENTERQUEUE", "", "139", "1"),
        at(night + 9, "c2", "sales", "NONE", "ABANDON", "1", "1", "9"),
        at(2 * night, "NONE", "NONE", "NONE", "CONFIGRELOAD"),
    )
    assert [call.stays[0].entered_at for call in calls] == [T + 10, T + night]
    assert (made.faults.counts, made.lines, made.last_at) == ({}, 5, T + 2 * night)


def test_a_second_of_disorder_is_none() -> None:
    _, _, made = read(
        at(26, "NONE", "sales", "Agent/1", "PAUSE", ""), at(25, "NONE", "sales", "Agent/1", "UNPAUSE", "")
    )
    assert made.faults.counts == {}


def test_entry_that_never_ends_counts_as_far_as_it_is_known() -> None:
    later = at(5 * 3600, "NONE", "NONE", "NONE", "CONFIGRELOAD")
    [call], _, made = read(ENTER, later)
    assert (call.disposition, call.stays[0].how, call.stays[0].left_at) == (None, "", None)
    assert made.faults.places == {Fault.NO_END: ["queue_log:1"]}
    assert made.queues["sales"].no_end == 1


def test_lost_end_of_a_talk_leaves_the_agent_free_when_he_is_seen_again() -> None:
    calls, hours, made = read(
        at(0, "NONE", "sales", "Agent/1001", "ADDMEMBER", ""),
        ENTER,
        CONNECT,
        at(200, "c2", "sales", "NONE", "ENTERQUEUE", "", "137", "1"),
        at(205, "c2", "sales", "Agent/1001", "CONNECT", "5", "1.10", "3"),
        at(265, "c2", "sales", "Agent/1001", "COMPLETEAGENT", "5", "60", "1"),
        at(5 * 3600, "NONE", "sales", "Agent/1001", "REMOVEMEMBER", ""),
    )
    assert [(call.call, call.disposition, call.ended_at) for call in calls] == [
        ("c2", "served", T + 265),
        ("c1", "served", None),
    ]
    assert made.faults.counts == {Fault.NO_END: 1}
    assert [(one.state, one.started_at - T, one.ended_at - T) for one in hours] == [
        ("ready", 0, 25),
        ("talking", 205, 265),
        ("ready", 265, 18000),
    ]


def test_start_of_asterisk_ends_what_was_open() -> None:
    calls, hours, made = read(
        at(0, "NONE", "sales", "Agent/1001", "ADDMEMBER", ""),
        ENTER,
        at(60, "NONE", "NONE", "NONE", "QUEUESTART", ""),
        at(70, "NONE", "sales", "Agent/1001", "PAUSE", "tea"),
    )
    assert [call.disposition for call in calls] == [None]
    assert made.faults.counts == {Fault.NO_END: 1}
    assert hours == []


def test_calls_open_at_the_last_line_are_left_for_the_next_time() -> None:
    calls, _, made = read(ENTER, CONNECT)
    assert (calls, made.unfinished, made.faults.counts) == ([], 1, {})


def test_call_older_than_the_log_is_left_to_the_file_before() -> None:
    old = f"{T - 30}.7"
    calls, _, made = read(
        at(0, old, "repair", "NONE", "ENTERQUEUE", "", "138", "1"),
        at(5, old, "repair", "NONE", "ABANDON", "1", "1", "5"),
        at(9, f"pbx-{T - 30}.8", "repair", "NONE", "ABANDON", "1", "1", "5"),
    )
    assert calls == []
    assert made.faults.counts == {Fault.FROM_BEFORE: 3}


def test_calls_of_hotlines_own_and_calls_that_went_out_are_left_alone_and_told() -> None:
    calls, _, made = read(
        at(0, "hotline-1.1", "sales", "NONE", "ENTERQUEUE", "", "138", "1"),
        at(1, "o1", "out", "NONE", "CALLOUTBOUND", "", "139"),
        at(5, "o1", "out", "Agent/1001", "CONNECT", "4", "1.2", "4"),
        at(9, "o1", "out", "Agent/1001", "COMPLETEAGENT", "4", "4", "1"),
        own="hotline-",
    )
    assert (calls, made.own, made.outside, made.faults.counts) == ([], 1, 1, {})


def test_pause_counts_when_no_queue_is_left_and_log_out_when_all_are_gone() -> None:
    _, hours, _ = read(
        at(0, "NONE", "sales", "Agent/1001", "ADDMEMBER", ""),
        at(0, "NONE", "repair", "Agent/1001", "ADDMEMBER", ""),
        at(100, "NONE", "sales", "Agent/1001", "PAUSE", "lunch"),
        at(200, "NONE", "repair", "Agent/1001", "PAUSE", "lunch"),
        at(800, "NONE", "sales", "Agent/1001", "UNPAUSE", ""),
        at(900, "NONE", "sales", "Agent/1001", "REMOVEMEMBER", ""),
        at(901, "NONE", "repair", "Agent/1001", "REMOVEMEMBER", ""),
        at(999, "NONE", "repair", "Agent/1001", "ADDMEMBER", "PAUSED"),
        at(1009, "NONE", "repair", "Agent/1001", "REMOVEMEMBER", ""),
    )
    assert [(one.state, one.reason, one.started_at - T, one.ended_at - T) for one in hours] == [
        ("ready", "", 0, 100),
        ("ready", "", 100, 200),
        ("not_ready", "lunch", 200, 800),
        ("ready", "", 800, 900),
        ("not_ready", "lunch", 900, 901),
        ("not_ready", "paused", 999, 1009),
    ]


def test_pause_of_all_queues_and_log_in_of_the_pool() -> None:
    _, hours, _ = read(
        at(0, "NONE", "NONE", "Agent/1001", "AGENTLOGIN", "SIP/1"),
        at(50, "NONE", "NONE", "Agent/1001", "PAUSEALL", "tea"),
        at(60, "NONE", "NONE", "Agent/1001", "UNPAUSEALL", ""),
        at(90, "NONE", "NONE", "Agent/1001", "AGENTLOGOFF", "SIP/1", "90"),
    )
    assert [(one.state, one.reason, one.ended_at - T) for one in hours] == [
        ("ready", "", 50),
        ("not_ready", "tea", 60),
        ("ready", "", 90),
    ]


def test_agents_who_never_log_in_have_their_talks_alone() -> None:
    _, hours, made = read(ENTER, CONNECT, COMPLETE, at(130, "NONE", "sales", "Agent/1001", "PAUSE", "tea"))
    assert [one.state for one in hours] == [AgentState.TALKING]
    assert made.without_log_in == 1


def test_no_damage_of_any_kind_is_fatal_or_loses_a_sound_call() -> None:
    """Lines cut, doubled, mixed up, and bytes thrown over them."""
    for seed in range(60):
        dice = random.Random(seed)  # noqa: S311 - repeatable
        lines = []
        for n in range(40):
            call = f"{T + n}.{n}"
            lines += [
                at(n * 10, call, "sales", "NONE", "ENTERQUEUE", "", "138", "1"),
                at(n * 10 + 3, call, "sales", f"Agent/{n}", "CONNECT", "3", "x", "3"),
                at(n * 10 + 9, call, "sales", f"Agent/{n}", "COMPLETEAGENT", "3", "6", "1"),
            ]
        for _ in range(10):
            spot = dice.randrange(len(lines))
            line = lines[spot]
            lines[spot] = dice.choice(
                (
                    line[: dice.randrange(len(line))],
                    line + line,
                    line.replace("1", "\0"),
                    line.replace("|", ""),
                    "\0" * 50,
                )
            )
        calls, _, made = read(*lines)
        whole = sum(call.disposition is Disposition.SERVED and call.ended_at is not None for call in calls)
        assert whole >= 40 - 10
        assert sum(made.faults.counts.values()) + made.lines >= len(lines) - 10


@pytest.mark.parametrize("seed", range(20))
def test_a_part_of_a_log_gives_no_other_calls_than_the_whole(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - repeatable
    lines = day(dice)
    whole, _, _ = read(*lines)
    known = {(call.call, call.again): call for call in whole}
    start = dice.randrange(len(lines))
    part, _, made = read(*lines[start : start + dice.randrange(len(lines))])
    for call in part:
        assert known[call.call, call.again] == withplaces(call, known[call.call, call.again])
    assert len(part) + made.unfinished <= len(whole)


def withplaces(call: LoggedCall, other: LoggedCall) -> LoggedCall:
    for stay, found in zip(call.stays, other.stays, strict=True):
        stay.place = found.place
    return call


@pytest.mark.parametrize("seed", range(20))
def test_portions_of_any_size_give_what_the_whole_gives(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - repeatable
    lines = day(dice)
    calls, hours, at_once = read(*lines)
    made = reader()
    begin = 0
    while begin < len(lines):
        size = dice.randrange(1, 30)
        feed(made, lines[begin : begin + size], begin + 1)
        begin += size
    made.finish()
    by_portions = made.take_away()
    key = lambda call: (call.call, call.again)  # noqa: E731
    assert sorted(by_portions[0], key=key) == sorted(calls, key=key)
    assert by_portions[1] == hours
    assert made.faults.counts == at_once.faults.counts


def day(dice: random.Random) -> list[str]:
    """Calls that overflow, are transferred, lost; agents who come and go; a start of Asterisk now and then."""
    lines: list[tuple[int, str]] = []
    for n in range(60):
        begin = dice.randrange(0, 40_000)
        call = f"{T + begin}.{n}"
        agent = f"Agent/{dice.randrange(4)}"
        lines.append((begin + 2, f"{call}|sales|NONE|ENTERQUEUE||138|1"))
        clock = begin + 2 + dice.randrange(1, 50)
        if dice.random() < 0.3:
            lines.append((clock, f"{call}|sales|NONE|EXITWITHTIMEOUT|1|1|9"))
            clock += dice.choice((0, 2, 200, 400))
            lines.append((clock, f"{call}|repair|NONE|ENTERQUEUE||138|1"))
            clock += 5
        if dice.random() < 0.2:
            lines.append((clock, f"{call}|sales|NONE|ABANDON|1|1|9"))
            continue
        lines.append((clock, f"{call}|sales|{agent}|CONNECT|9|x|3"))
        clock += dice.choice((5, 300, 3000))
        if dice.random() < 0.9:
            lines.append(
                (clock, f"{call}|sales|{agent}|{dice.choice(('COMPLETEAGENT|9|5|1', 'BLINDTRANSFER|1|x|9|5|1'))}")
            )
        if dice.random() < 0.2:
            lines.append((clock + 1, f"{call}|repair|NONE|ENTERQUEUE||138|1"))
            lines.append((clock + 9, f"{call}|repair|NONE|ABANDON|1|1|8"))
    for _ in range(30):
        event = dice.choice(("ADDMEMBER|", "REMOVEMEMBER|", "PAUSE|tea", "UNPAUSE|", "PAUSEALL|lunch", "UNPAUSEALL|"))
        lines.append((dice.randrange(40_000), f"NONE|sales|Agent/{dice.randrange(4)}|{event}"))
    return [f"{T + when}|{rest}" for when, rest in sorted(lines)]
