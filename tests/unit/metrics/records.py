"""Records as the core makes them, with only what a test says."""

from acd.model import CallId, CallState, Disposition, OfferId, OfferOutcome, QueueId
from acd.records import (
    AgentInterval,
    CallAnswered,
    CallEnded,
    CallOpened,
    NodeEntered,
    OfferEnded,
    OfferMade,
    QueueEntered,
    QueueLeft,
    SurveyAsked,
    SurveyReplied,
    TalkFinished,
)
from agents.roster import AgentId
from agents.state import AgentState

NINE = 1_800_000_000.0
"""The beginning of a half hour, and so of an interval."""

SALES = QueueId("sales")
REPAIR = QueueId("repair")
LI = AgentId("1001")
WANG = AgentId("1002")


def opened(call: str, at: float) -> CallOpened:
    return CallOpened(call=CallId(call), at=at, number="13800138000", name="", did="4008869119", vip=0, rules="r1")


def node(name: str) -> NodeEntered:
    return NodeEntered(call=CallId("a"), at=NINE, node=name, key="", step=1)


def entered(call: str, at: float, queue: QueueId = SALES, segment: int = 1) -> QueueEntered:
    return QueueEntered(call=CallId(call), segment=segment, queue=queue, at=at, priority=0, vip=0)


def offered(call: str, at: float, waited_s: float, queue: QueueId = SALES, segment: int = 1) -> OfferMade:
    return OfferMade(
        offer=OfferId(f"{call}-1"),
        call=CallId(call),
        segment=segment,
        queue=queue,
        agent=LI,
        at=at,
        number="13800138000",
        name="",
        did="4008869119",
        wait_s=waited_s,
        path=(),
        vip=0,
        last_agent=None,
        last_contact_at=None,
        reasons=(),
    )


def offer_ended(
    call: str, at: float, outcome: OfferOutcome, queue: QueueId = SALES, rang_at: float | None = None
) -> OfferEnded:
    return OfferEnded(
        offer=OfferId(f"{call}-1"),
        call=CallId(call),
        segment=1,
        queue=queue,
        agent=LI,
        made_at=at,
        rang_at=rang_at,
        ended_at=at,
        outcome=outcome,
    )


def answered(
    call: str,
    at: float,
    wait_s: float,
    *,
    in_time: bool = True,
    queue: QueueId = SALES,
    total_s: float | None = None,
    expected: tuple[float, float, float] | None = None,
) -> list[CallAnswered | QueueLeft]:
    """The two records of an answer. `expected`: low end, middle and high end of the wait that was expected."""
    low_s, expected_s, high_s = expected or (None, None, None)
    answer = CallAnswered(
        call=CallId(call),
        segment=1,
        queue=queue,
        agent=LI,
        offer=OfferId(f"{call}-1"),
        at=at,
        wait_s=wait_s,
        total_wait_s=wait_s if total_s is None else total_s,
        in_service_level=in_time,
        expected_low_s=low_s,
        expected_s=expected_s,
        expected_high_s=high_s,
    )
    return [answer, left(call, at, wait_s, "answered", queue=queue)]


def left(call: str, at: float, wait_s: float, how: str, *, phase: str = "waiting", queue: QueueId = SALES) -> QueueLeft:
    return QueueLeft(
        call=CallId(call),
        segment=1,
        queue=queue,
        entered_at=at - wait_s,
        left_at=at,
        wait_s=wait_s,
        how=how,
        phase=phase,
    )


def talked(call: str, ended_at: float, talk_s: float, hold_s: float = 0.0, queue: QueueId = SALES) -> TalkFinished:
    return TalkFinished(
        offer=OfferId(f"{call}-1"),
        call=CallId(call),
        segment=1,
        queue=queue,
        agent=LI,
        answered_at=ended_at - talk_s,
        ended_at=ended_at,
        talk_s=talk_s,
        hold_s=hold_s,
    )


def asked(call: str, at: float, queue: QueueId = SALES) -> SurveyAsked:
    return SurveyAsked(
        call=CallId(call), offer=OfferId(f"{call}-1"), queue=queue, agent=LI, at=at, survey="s", language="zh"
    )


def replied(call: str, asked_at: float, at: float, score: int | None, *, first: bool = True) -> SurveyReplied:
    return SurveyReplied(
        call=CallId(call),
        offer=OfferId(f"{call}-1"),
        queue=SALES,
        agent=LI,
        at=at,
        survey="s",
        asked_at=asked_at,
        question="score" if first else "solved",
        answer=str(score),
        score=score,
        first=first,
    )


def ended(call: str, opened_at: float, at: float, disposition: Disposition = Disposition.SERVED) -> CallEnded:
    return CallEnded(
        call=CallId(call),
        opened_at=opened_at,
        ended_at=at,
        number="13800138000",
        name="",
        did="4008869119",
        vip=0,
        disposition=disposition,
        left_in=CallState.AFTER,
        ended_by="caller",
        queue=SALES,
        agent=LI,
        path=(),
        rules="r1",
    )


def was(
    state: AgentState, start: float, end: float, agent: AgentId = LI, queue: QueueId | None = None
) -> AgentInterval:
    return AgentInterval(agent=agent, state=state, reason="", started_at=start, ended_at=end, queue=queue)
