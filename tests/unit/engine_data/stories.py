"""Records of a few calls, as the core would give them."""

from collections.abc import Iterator
from typing import Any

import msgspec

from acd.model import (
    AttemptOutcome,
    CallbackEnd,
    CallbackId,
    CallId,
    CallState,
    Disposition,
    MessageId,
    OfferId,
    OfferOutcome,
    QueueId,
)
from acd.records import (
    AgentChanged,
    AgentInterval,
    CallAnswered,
    CallbackAttempted,
    CallbackClosed,
    CallbackOpened,
    CallEnded,
    CallOpened,
    Candidate,
    Decision,
    Exclusion,
    MessageTaken,
    NodeEntered,
    OfferEnded,
    OfferMade,
    QueueEntered,
    QueueLeft,
    Record,
    SurveyAsked,
    SurveyClosed,
    SurveyReplied,
    TalkFinished,
)
from agents.roster import AgentId
from agents.state import AgentState, PhoneState

REPAIR, SALES = QueueId("repair"), QueueId("sales")
ANNA, BO = AgentId("1001"), AgentId("1002")


def served_call(n: int = 12, at: float = 1763800000.125, number: str = "13800138000") -> list[Record]:
    """In sales too long, over to repair, Bo does not answer, Anna does and they talk."""
    call = CallId(f"demo-{int(at)}.{n}")
    missed, taken = OfferId(f"{call}-1"), OfferId(f"{call}-2")
    return [
        _opened(call, at, number),
        NodeEntered(call=call, at=at + 1, node="welcome", key="", step=0),
        NodeEntered(call=call, at=at + 3, node="menu", key="1", step=1),
        QueueEntered(call=call, segment=1, queue=SALES, at=at + 4, priority=5, vip=2),
        _left(call, 1, SALES, at + 4, at + 34, "overflowed"),
        QueueEntered(
            call=call,
            segment=2,
            queue=REPAIR,
            at=at + 34,
            priority=5,
            vip=2,
            overflow_from=SALES,
            expected_low_s=10.0,
            expected_s=25.0,
            expected_high_s=60.0,
        ),
        *_offer(call, missed, BO, at + 35, OfferOutcome.NO_ANSWER),
        *_offer(call, taken, ANNA, at + 51, OfferOutcome.ACCEPTED),
        CallAnswered(
            call=call,
            segment=2,
            queue=REPAIR,
            agent=ANNA,
            offer=taken,
            at=at + 66,
            wait_s=32.0,
            total_wait_s=62.0,
            in_service_level=False,
        ),
        _left(call, 2, REPAIR, at + 34, at + 66, "answered", ANNA),
        TalkFinished(
            offer=taken,
            call=call,
            segment=2,
            queue=REPAIR,
            agent=ANNA,
            answered_at=at + 66,
            ended_at=at + 186,
            talk_s=120.0,
            hold_s=20.5,
        ),
        AgentChanged(agent=ANNA, at=at + 186, state=AgentState.WRAP_UP, reason="", phone=PhoneState.IDLE),
        AgentInterval(
            agent=ANNA,
            state=AgentState.TALKING,
            reason="",
            started_at=at + 66,
            ended_at=at + 186,
            queue=REPAIR,
        ),
        *survey(call, taken, at + 187, number),
        _ended(call, at, at + 200, number, Disposition.SERVED, REPAIR, ANNA),
    ]


def survey(call: CallId, offer: OfferId, at: float, number: str) -> list[Record]:
    """He gives four points, says a few words, and hangs up."""
    about: dict[str, Any] = {"call": call, "offer": offer, "queue": REPAIR, "agent": ANNA, "survey": "satisfaction"}
    comment = MessageId(f"{offer}-comment")
    reply: dict[str, Any] = {"asked_at": at, **about}
    message: dict[str, Any] = {"call": call, "number": number, "did": "4001", "queue": REPAIR}
    return [
        SurveyAsked(at=at, language="zh", **about),
        SurveyReplied(at=at + 2, question="score", answer="4", score=4, first=True, **reply),
        MessageTaken(message=comment, at=at + 9, seconds=6.5, comment=True, **message),
        SurveyReplied(at=at + 9, question="comment", answer=comment, score=None, first=False, **reply),
        SurveyClosed(at=at + 10, outcome="partly", why="hung_up", **reply),
    ]


def requests(at: float = 1763800200.5) -> list[Record]:
    """A message, and a wish to be called back."""
    whose: dict[str, Any] = {
        "call": CallId(f"demo-{int(at)}.14"),
        "at": at,
        "number": "13700137000",
        "did": "4001",
        "queue": SALES,
    }
    return [
        MessageTaken(message=MessageId("m-1"), seconds=12.5, **whose),
        CallbackOpened(callback=CallbackId("b-1"), place_at=at - 60.0, **whose),
    ]


def abandoned_call(n: int = 13, at: float = 1763800100.5, number: str = "13900139000") -> list[Record]:
    """Waits in sales for a few seconds and hangs up."""
    call = CallId(f"demo-{int(at)}.{n}")
    return [
        _opened(call, at, number),
        QueueEntered(call=call, segment=1, queue=SALES, at=at + 2, priority=0, vip=2),
        _left(call, 1, SALES, at + 2, at + 12, "abandoned"),
        _ended(call, at, at + 12, number, Disposition.ABANDONED_WAITING, SALES, None),
    ]


def _opened(call: CallId, at: float, number: str) -> CallOpened:
    return CallOpened(call=call, at=at, number=number, name="王小明", did="4001", vip=2, rules="v7")


def _left(
    call: CallId, segment: int, queue: QueueId, entered: float, left: float, how: str, agent: AgentId | None = None
) -> QueueLeft:
    return QueueLeft(
        call=call,
        segment=segment,
        queue=queue,
        entered_at=entered,
        left_at=left,
        wait_s=left - entered,
        how=how,
        phase="waiting" if agent is None else "ringing",
        agent=agent,
        why="max_wait" if how == "overflowed" else "",
    )


def _offer(call: CallId, offer: OfferId, agent: AgentId, at: float, outcome: OfferOutcome) -> Iterator[Record]:
    yield Decision(
        call=call,
        number=int(offer.rpartition("-")[2]),
        at=at,
        queue=REPAIR,
        strategy="least-busy",
        rules="v7",
        asked="agent_free",
        chosen=agent,
        reason="best_score",
        candidates=(Candidate(agent=agent, score=(0.25, 3.0)),),
        excluded=(Exclusion(agent=AgentId("1003"), rule="not_ready"),),
        others_excluded={"offline": 40},
    )
    yield OfferMade(
        offer=offer,
        call=call,
        segment=2,
        queue=REPAIR,
        agent=agent,
        at=at,
        number="13800138000",
        name="王小明",
        did="4001",
        wait_s=1.0,
        path=("welcome", "menu:1"),
        vip=2,
        last_agent=ANNA,
        last_contact_at=1763000000.0,
        reasons=("least busy",),
    )
    yield OfferEnded(
        offer=offer,
        call=call,
        segment=2,
        queue=REPAIR,
        agent=agent,
        made_at=at,
        rang_at=at + 0.2,
        ended_at=at + 15,
        outcome=outcome,
    )


def customer_called_back(at: float = 1763803600.0) -> list[Record]:
    """He asked in a call of his, was busy once, and talked to Anna the second time."""
    wish, asked_in = CallbackId("w-1"), CallId("demo-1763800000.12")
    first, second = CallId(f"callback-{int(at)}.1"), CallId(f"callback-{int(at)}.9")
    taken = OfferId(f"{second}-1")
    return [
        CallbackOpened(
            callback=wish, call=asked_in, at=at, number="13800138000", did="4001", queue=SALES, place_at=at - 60
        ),
        CallbackAttempted(
            callback=wish,
            number=1,
            call=first,
            queue=SALES,
            at=at + 30,
            agent=BO,
            outcome=AttemptOutcome.BUSY,
            next_at=at + 330,
        ),
        msgspec.structs.replace(_opened(second, at + 330, "13800138000"), callback=wish),
        CallAnswered(
            call=second,
            segment=1,
            queue=SALES,
            agent=ANNA,
            offer=taken,
            at=at + 350,
            wait_s=20.0,
            total_wait_s=410.0,
            in_service_level=True,
            callback=wish,
        ),
        CallbackAttempted(
            callback=wish,
            number=2,
            call=second,
            queue=SALES,
            at=at + 350,
            agent=ANNA,
            outcome=AttemptOutcome.ANSWERED,
            next_at=None,
        ),
        CallbackClosed(callback=wish, at=at + 350, queue=SALES, how=CallbackEnd.DONE, attempts=2, call=second),
    ]


def _ended(
    call: CallId,
    at: float,
    ended: float,
    number: str,
    disposition: Disposition,
    queue: QueueId,
    agent: AgentId | None,
) -> CallEnded:
    return CallEnded(
        call=call,
        opened_at=at,
        ended_at=ended,
        number=number,
        name="王小明",
        did="4001",
        vip=2,
        disposition=disposition,
        left_in=CallState.TALKING if agent else CallState.WAITING,
        ended_by="caller",
        queue=queue,
        agent=agent,
        path=("welcome", "menu:1"),
        rules="v7",
        customer="C-77",
        attributes={"region": "浙江 杭州"},
    )
