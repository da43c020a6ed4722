"""How records become counts: where each is booked, once or twice, and what is kept."""

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.model import Disposition, OfferOutcome, QueueId
from acd.records import Record
from acd.rules import QueueRules, Rules, ServiceLevel
from agents.state import AgentState
from metrics.definitions import AgentTimes, QueueCounts
from metrics.figures import site_figures
from metrics.intervals import INTERVAL_S, Book, Histogram, Intervals, Tally, interval_of, pieces
from tests.unit.metrics.records import (
    LI,
    NINE,
    REPAIR,
    SALES,
    answered,
    asked,
    ended,
    entered,
    left,
    node,
    offer_ended,
    offered,
    opened,
    replied,
    talked,
    was,
)


def tally_of(*records: Record | Iterable[Record]) -> Tally:
    tally = Tally()
    for item in records:
        for record in [item] if isinstance(item, Record) else item:
            tally.apply(record)
    return tally


def of_queue(tally: Tally, queue: QueueId = SALES) -> QueueCounts:
    return tally.since_start.queues[queue]


def test_caller_who_is_answered_counts_before_he_hangs_up() -> None:
    tally = tally_of(opened("a", NINE), entered("a", NINE + 5), answered("a", NINE + 17, 12.0))
    for counts in (of_queue(tally), tally.since_start.site):
        assert (counts.offered, counts.answered, counts.answered_within_sl) == (1, 1, 1)
        assert counts.answered_wait_s == 12.0
    assert tally.since_start.site.calls == 1


def test_answer_after_the_service_level_is_answered_but_not_in_time() -> None:
    counts = of_queue(tally_of(entered("a", NINE), answered("a", NINE + 30, 30.0, in_time=False)))
    assert (counts.answered, counts.answered_within_sl) == (1, 0)


def test_stay_is_booked_in_the_interval_in_which_it_began() -> None:
    late = NINE + INTERVAL_S - 5
    tally = tally_of(entered("a", late), answered("a", late + 12, 12.0), talked("a", late + 100, 88.0))
    first, second = (tally.intervals[interval_of(NINE) + n].queue(SALES) for n in (0, 1))
    assert (first.offered, first.answered, first.talks) == (1, 1, 0)
    assert (second.offered, second.answered, second.talks) == (0, 0, 1)


@pytest.mark.parametrize(
    ("how", "phase", "field"),
    [
        ("abandoned", "waiting", "abandoned_waiting"),
        ("abandoned", "ringing", "abandoned_ringing"),
        ("short_abandon", "waiting", "short_abandoned"),
        ("switch_lost", "ringing", "switch_lost"),
    ],
)
def test_caller_who_leaves_is_counted_under_the_way_he_left(how: str, phase: str, field: str) -> None:
    tally = tally_of(entered("a", NINE), left("a", NINE + 40, 40.0, how, phase=phase))
    for counts in (of_queue(tally), tally.since_start.site):
        assert getattr(counts, field) == 1
        assert counts.answered + counts.abandoned + counts.short_abandoned + counts.switch_lost == 1


def test_waits_of_abandons_and_short_abandons_are_kept_apart() -> None:
    tally = tally_of(
        entered("a", NINE), left("a", NINE + 40, 40.0, "abandoned"),
        entered("b", NINE), left("b", NINE + 3, 3.0, "short_abandon"),
    )  # fmt: skip
    counts = of_queue(tally)
    assert (counts.abandoned_wait_s, counts.short_abandoned_wait_s, counts.abandoned_within_sl) == (40.0, 3.0, 1)


def test_service_level_of_the_queue_decides_which_abandons_were_within_it() -> None:
    tally = Tally()
    tally.follow(Rules.of("r1", [QueueRules(id=SALES, service_level=ServiceLevel(within_s=60.0))], []))
    tally.apply(left("a", NINE + 40, 40.0, "abandoned"))
    assert of_queue(tally).abandoned_within_sl == 1


def test_overflowing_caller_is_offered_to_both_queues_and_once_to_the_site() -> None:
    tally = tally_of(
        entered("a", NINE),
        left("a", NINE + 60, 60.0, "overflowed"),
        entered("a", NINE + 60, REPAIR, segment=2),
        answered("a", NINE + 70, 10.0, queue=REPAIR, total_s=70.0),
        ended("a", NINE, NINE + 99),
    )
    first, second, site = of_queue(tally), of_queue(tally, REPAIR), tally.since_start.site
    assert (first.offered, first.overflowed, first.answered) == (1, 1, 0)
    assert (second.offered, second.answered, second.answered_within_sl) == (1, 1, 1)
    assert (site.offered, site.overflowed, site.answered, site.answered_wait_s) == (1, 0, 1, 70.0)
    assert site.answered_within_sl == 0, "70 s in all is not within 20 s"


def test_caller_told_that_the_wait_is_over_counts_as_overflowed_for_the_site() -> None:
    tally = tally_of(
        entered("a", NINE),
        left("a", NINE + 60, 60.0, "overflowed"),
        ended("a", NINE, NINE + 65, Disposition.OVERFLOWED),
    )
    site = tally.since_start.site
    assert (site.offered, site.overflowed, site.queued_wait_s) == (1, 1, 60.0)
    assert tally.since_start.ended == {Disposition.OVERFLOWED: 1}


def test_hanging_up_soon_after_an_overflow_is_no_misdial_for_the_site() -> None:
    tally = tally_of(
        entered("a", NINE),
        left("a", NINE + 60, 60.0, "overflowed"),
        entered("a", NINE + 60, REPAIR, segment=2),
        left("a", NINE + 62, 2.0, "short_abandon", queue=REPAIR),
    )
    site = tally.since_start.site
    assert (site.abandoned, site.abandoned_wait_s, site.short_abandoned) == (1, 62.0, 0)
    assert of_queue(tally, REPAIR).short_abandoned == 1


def test_call_lost_with_the_switch_after_its_overflow_had_overflowed() -> None:
    tally = tally_of(
        entered("a", NINE),
        left("a", NINE + 60, 60.0, "overflowed"),
        ended("a", NINE, NINE + 61, Disposition.SWITCH_LOST),
    )
    assert (tally.since_start.site.overflowed, tally.since_start.site.switch_lost) == (1, 0)


def test_call_answered_twice_is_answered_once_for_the_site() -> None:
    tally = tally_of(
        entered("a", NINE), answered("a", NINE + 10, 10.0),
        entered("a", NINE + 100, REPAIR, segment=2), left("a", NINE + 160, 60.0, "abandoned", queue=REPAIR),
    )  # fmt: skip
    site = tally.since_start.site
    assert (site.offered, site.answered, site.abandoned, site.queued_left) == (1, 1, 0, 1)
    assert of_queue(tally, REPAIR).abandoned == 1


def test_caller_offered_at_once_did_not_have_to_queue() -> None:
    tally = tally_of(
        entered("a", NINE), offered("a", NINE, 0.0), answered("a", NINE + 6, 6.0),
        entered("b", NINE), offered("b", NINE + 40, 40.0), answered("b", NINE + 45, 45.0),
    )  # fmt: skip
    for counts in (of_queue(tally), tally.since_start.site):
        assert (counts.offered, counts.direct, counts.queued_left, counts.queued_wait_s) == (2, 1, 1, 45.0)


def test_second_offer_does_not_make_a_caller_direct_twice() -> None:
    tally = tally_of(entered("a", NINE), offered("a", NINE, 0.0), offered("a", NINE + 0.5, 0.5))
    assert of_queue(tally).direct == 1


def test_caller_offered_at_once_in_his_second_queue_is_direct_there() -> None:
    tally = tally_of(
        entered("a", NINE),
        left("a", NINE + 60, 60.0, "overflowed"),
        entered("a", NINE + 60, REPAIR, segment=2),
        offered("a", NINE + 60, 60.0, REPAIR, segment=2),
    )
    assert (of_queue(tally, REPAIR).direct, tally.since_start.site.direct) == (1, 0)


def test_ringing_is_counted_of_offers_that_were_accepted_after_the_phone_rang() -> None:
    tally = tally_of(
        offer_ended("a", NINE + 12, OfferOutcome.ACCEPTED, rang_at=NINE + 2),
        offer_ended("b", NINE + 12, OfferOutcome.ACCEPTED),
        offer_ended("c", NINE + 12, OfferOutcome.NO_ANSWER, rang_at=NINE),
    )
    for counts in (of_queue(tally), tally.since_start.site):
        assert (counts.rung, counts.rung_s) == (1, 10.0)


def test_agent_has_what_he_did_himself_and_nobody_is_offered_to_him() -> None:
    late = NINE + INTERVAL_S - 5
    tally = tally_of(
        entered("a", late), offered("a", late, 0.0),
        offer_ended("a", late + 8, OfferOutcome.ACCEPTED, rang_at=late + 1), answered("a", late + 8, 8.0),
        talked("a", late + 100, 92.0, hold_s=5.0), was(AgentState.WRAP_UP, late + 100, late + 130, queue=SALES),
        asked("a", late + 100), replied("a", late + 100, late + 110, 5),
    )  # fmt: skip
    first, second = (tally.intervals[interval_of(NINE) + n].agent_counts[LI] for n in (0, 1))
    assert first == QueueCounts(answered=1, answered_within_sl=1, answered_wait_s=8.0)
    assert second == QueueCounts(
        offers={"accepted": 1}, rung=1, rung_s=7.0, talks=1, talk_s=92.0, held=1, hold_s=5.0,
        wrap_ups=1, wrap_up_s=30.0, surveys_asked=1, surveys_answered=1, survey_scores=1, survey_points=5,
    )  # fmt: skip
    assert tally.since_start.agent_counts == {}, "what Prometheus is told does not grow with the staff"


def test_queues_answers_and_talks_are_those_of_its_agents() -> None:
    tally = tally_of(DAY)
    for book in tally.intervals.values():
        of_agents, of_queues = (QueueCounts.total(part.values()) for part in (book.agent_counts, book.queues))
        for count in ("answered", "talks", "talk_s", "hold_s", "wrap_ups", "wrap_up_s", "rung_s", "offers"):
            assert getattr(of_agents, count) == getattr(of_queues, count)


def test_talk_without_hold_is_none_in_which_the_caller_was_held() -> None:
    tally = tally_of(talked("a", NINE + 90, 80.0), talked("b", NINE + 90, 80.0, hold_s=12.0))
    assert (of_queue(tally).held, of_queue(tally).hold_s) == (1, 12.0)


def test_calls_and_their_ends_in_the_menu_are_booked_where_they_came_in() -> None:
    tally = tally_of(
        opened("a", NINE), ended("a", NINE, NINE + INTERVAL_S, Disposition.COMPLETED_IVR),
        opened("b", NINE), ended("b", NINE, NINE + 5, Disposition.ABANDONED_IVR),
        opened("c", NINE), ended("c", NINE, NINE + 60),
    )  # fmt: skip
    for site in (tally.intervals[interval_of(NINE)].site, tally.since_start.site):
        assert (site.calls, site.completed_ivr, site.abandoned_ivr) == (3, 1, 1)


def test_offers_are_counted_by_outcome() -> None:
    tally = tally_of(
        *(offer_ended("a", NINE, outcome) for outcome in (OfferOutcome.ACCEPTED, *[OfferOutcome.NO_ANSWER] * 2))
    )
    assert of_queue(tally).offers == tally.since_start.site.offers == {"accepted": 1, "no_answer": 2}


def test_talk_and_wrap_up_count_when_they_end() -> None:
    tally = tally_of(
        talked("a", NINE + 300, 200.0, hold_s=20.0),
        was(AgentState.WRAP_UP, NINE + 300, NINE + 330, queue=SALES),
    )
    counts = of_queue(tally)
    assert (counts.talks, counts.talk_s, counts.hold_s) == (1, 200.0, 20.0)
    assert (counts.wrap_ups, counts.wrap_up_s) == (1, 30.0)


def test_agents_time_is_split_at_the_intervals_it_spans() -> None:
    tally = tally_of(was(AgentState.READY, NINE + 600, NINE + 2 * INTERVAL_S + 100))
    spent = [tally.intervals[interval_of(NINE) + n].agents[LI].ready_s for n in range(3)]
    assert spent == [300.0, 900.0, 100.0]


def test_every_state_an_agent_can_record_has_its_time() -> None:
    states = [state for state in AgentState if state is not AgentState.OFFLINE]
    tally = tally_of(*(was(state, NINE, NINE + 10) for state in AgentState))
    assert tally.intervals[interval_of(NINE)].agents[LI] == AgentTimes(*[10.0] * len(states))


def test_survey_is_booked_where_it_was_asked_with_all_that_was_answered_to_it() -> None:
    late = NINE + INTERVAL_S - 5
    tally = tally_of(
        asked("a", late),
        replied("a", late, late + 10, 4),
        replied("a", late, late + 15, None, first=False),
        asked("b", late),
    )
    for counts in (tally.intervals[interval_of(NINE)].queues[SALES], of_queue(tally), tally.since_start.site):
        assert (counts.surveys_asked, counts.surveys_answered) == (2, 1)
        assert (counts.survey_scores, counts.survey_points) == (1, 4)


def test_menu_nodes_and_ends_of_calls_are_counted() -> None:
    tally = tally_of(node("menu"), node("menu"), ended("a", NINE, NINE + 9, Disposition.ABANDONED_IVR))
    assert tally.nodes == {"menu": 2}
    assert tally.since_start.ended == {Disposition.ABANDONED_IVR: 1}


def test_intervals_older_than_yesterday_are_dropped_and_totals_stay() -> None:
    tally = Tally()
    for number in range(400):
        tally.apply(entered(f"c{number}", NINE + number * INTERVAL_S))
    assert len(tally.intervals) == 200
    assert min(tally.intervals) == interval_of(NINE) + 200
    assert of_queue(tally).offered == 400
    assert len(tally.stays) == 200, "a call whose end was never told is not kept for ever"


def test_record_of_a_dropped_interval_counts_in_the_totals_alone() -> None:
    tally = tally_of(entered("a", NINE + 250 * INTERVAL_S), talked("b", NINE, 60.0))
    assert interval_of(NINE) not in tally.intervals
    assert of_queue(tally).talks == 1


def test_calls_that_ended_leave_nothing_behind() -> None:
    tally = tally_of(entered("a", NINE), answered("a", NINE + 5, 5.0), ended("a", NINE, NINE + 50))
    assert tally.stays == {}


def test_tally_that_began_in_the_middle_of_a_call_still_counts_its_end() -> None:
    tally = tally_of(answered("a", NINE + 25, 25.0), left("b", NINE + 40, 40.0, "abandoned"))
    assert (of_queue(tally).answered, of_queue(tally).abandoned) == (1, 1)


OLD = {
    "since_start": [
        [20, 5, 15],
        {"sales": [20, 5, 15]},
        {},
        30,
        {"completed_ivr": 6, "abandoned_ivr": 4, "served": 15},
    ],
    "half_hours": {
        "1000000": [[12, 3, 9], {"sales": [12, 3, 9]}, {"1001": [0, 60.0]}, 20, {"completed_ivr": 5, "served": 9}],
        "1000001": [[8, 2, 6], {"sales": [8, 2, 6]}, {"1001": [0, 30.0]}, 10, {"completed_ivr": 1, "abandoned_ivr": 4}],
    },
    "within_s": {"sales": 20.0},
    "newest": 1000001,
}
"""A snapshot as engines wrote it that counted half hours."""


def test_site_that_is_upgraded_at_noon_keeps_what_it_counted_by_half_hours() -> None:
    tally = msgspec.json.decode(msgspec.json.encode(OLD), type=Tally)
    assert sorted(tally.intervals) == [2000000, 2000002]
    assert (tally.latest, tally.half_hours) == (2000002, {})
    since = 1000000 * 1800.0
    day = site_figures(tally, since, since + 7200)
    assert (day.counts.offered, day.counts.answered, day.counts.calls) == (20, 15, 30)
    assert (day.counts.completed_ivr, day.counts.abandoned_ivr) == (6, 4)
    assert (tally.since_start.site.calls, tally.since_start.calls) == (30, 0), "Prometheus' counter does not go back"
    assert tally.intervals[2000000].agents[LI].ready_s == 60.0


def test_upgraded_site_counts_on_in_quarters_and_is_taken_over_once() -> None:
    tally = msgspec.json.decode(msgspec.json.encode(OLD), type=Tally)
    late = 2000003 * float(INTERVAL_S)
    tally.apply(opened("z", late))
    again = msgspec.json.decode(msgspec.json.encode(tally), type=Tally)
    assert again == tally
    assert [again.intervals[number].site.calls for number in sorted(again.intervals)] == [20, 10, 1]
    assert again.since_start.site.calls == 31


DAY = [
    opened("a", NINE), node("menu"), entered("a", NINE), offered("a", NINE, 0.0),
    offer_ended("a", NINE + 8, OfferOutcome.ACCEPTED), *answered("a", NINE + 8, 8.0),
    entered("b", NINE + 20), was(AgentState.READY, NINE - 3600, NINE), was(AgentState.OFFERED, NINE, NINE + 8),
    left("b", NINE + 60, 40.0, "overflowed"), entered("b", NINE + 60, REPAIR, segment=2),
    was(AgentState.TALKING, NINE + 8, NINE + 90), talked("a", NINE + 90, 82.0), ended("a", NINE, NINE + 90),
    was(AgentState.WRAP_UP, NINE + 90, NINE + 120, queue=SALES),
    left("b", NINE + 100, 40.0, "abandoned", phase="ringing", queue=REPAIR),
    ended("b", NINE + 15, NINE + 100, Disposition.ABANDONED_RINGING),
]  # fmt: skip


@given(st.integers(0, len(DAY)))
def test_tally_saved_and_restored_at_any_moment_goes_on_as_if_nothing_had_happened(cut: int) -> None:
    whole, first = tally_of(DAY), tally_of(DAY[:cut])
    for codec in (msgspec.msgpack, msgspec.json):
        restored = codec.decode(codec.encode(first), type=Tally)
        for record in DAY[cut:]:
            restored.apply(record)
        assert restored == whole


def test_every_offered_caller_is_accounted_for_once() -> None:
    tally = tally_of(DAY)
    for counts in (*tally.since_start.queues.values(), tally.since_start.site):
        out = counts.answered + counts.abandoned + counts.short_abandoned + counts.overflowed + counts.switch_lost
        assert out == counts.offered


def test_intervals_add_up_to_the_totals() -> None:
    tally = tally_of(DAY)
    assert QueueCounts.total(book.site for book in tally.intervals.values()) == tally.since_start.site
    for queue, counts in tally.since_start.queues.items():
        assert QueueCounts.total(book.queue(queue) for book in tally.intervals.values()) == counts


@given(st.floats(0, 1e6), st.floats(0, 1e5))
def test_pieces_of_a_stretch_of_time_add_up_and_lie_in_their_intervals(start: float, length: float) -> None:
    cut = list(pieces(start, start + length))
    assert sum(seconds for _, seconds in cut) == pytest.approx(start + length - start, abs=1e-6)
    assert [half for half, _ in cut] == sorted({half for half, _ in cut})
    assert all(0 < seconds <= INTERVAL_S for _, seconds in cut)


@pytest.mark.parametrize(("seconds", "bucket"), [(0.0, 0), (5.0, 0), (5.01, 1), (10.0, 1), (11.0, 2)])
def test_duration_on_a_bound_belongs_to_the_bucket_below(seconds: float, bucket: int) -> None:
    histogram = Histogram.over((5.0, 10.0))
    histogram.observe(seconds)
    assert histogram.counts[bucket] == 1
    assert histogram.total_s == seconds


def test_intervals_alone_are_those_of_a_whole_tally() -> None:
    whole, alone = tally_of(DAY), Intervals()
    for record in DAY:
        alone.apply(record)
    assert alone.intervals == whole.intervals != {}
    assert alone.since_start == Book()
