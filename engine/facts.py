"""From the core's records to rows of SQL: pure, and the only place that knows which fact fills which column.

A row is a partial upsert: it makes the row of that key if there is none and sets the columns it names. Each column is filled
by one kind of record, or by several that say the same, so the same records always give the same final rows.
"""

import re
from typing import Any, Final, assert_never

import msgspec

from acd.model import CallbackEnd, Disposition
from acd.records import (
    AgentChanged,
    AgentInterval,
    CallAnswered,
    CallbackAttempted,
    CallbackClosed,
    CallbackOpened,
    CallEnded,
    CallOpened,
    Decision,
    EmergencyBegan,
    EmergencyOver,
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
from desk.items import ItemKind, ItemState, What
from recordings.ledger import LedgerEntry

__all__ = ["GIVEN_UP", "Row", "row_of_recording", "rows_of"]

GIVEN_UP: Final = (Disposition.ABANDONED_WAITING, Disposition.ABANDONED_RINGING)
"""Callers who are to be called back."""
UNSTORABLE: Final = re.compile("[\\0\\ud800-\\udfff]")


class Row(msgspec.Struct, frozen=True, array_like=True):
    """What to write: plain JSON values, so that the spool can keep it as text."""

    table: str
    key: dict[str, Any]
    values: dict[str, Any]


def rows_of(record: Record) -> tuple[Row, ...]:  # noqa: PLR0911, PLR0912 - one line a kind of record
    """The rows a record fills; none for what only live displays use."""
    match record:
        case CallOpened():
            return (_call(record, opened_at=record.at),)
        case NodeEntered():
            return (_step(record),)
        case QueueEntered():
            return (_entered(record),)
        case OfferMade():
            return (_made(record),)
        case OfferEnded():
            return (_offer_ended(record),)
        case CallAnswered():
            return _answered(record)
        case TalkFinished():
            return (_talk(record),)
        case QueueLeft():
            return (_left(record),)
        case CallEnded():
            return _call_ended(record), *_given_up(record)
        case AgentInterval():
            return (_interval(record),)
        case Decision():
            return (_decision(record),)
        case SurveyAsked():
            return (_survey(record, asked_at=record.at, language=_clean(record.language)),)
        case SurveyReplied():
            return (_survey_answer(record),)
        case SurveyClosed():
            return (
                _survey(record, asked_at=record.asked_at, ended_at=record.at, outcome=record.outcome, why=record.why),
            )
        case MessageTaken():
            kind = ItemKind.SURVEY_COMMENT if record.comment else ItemKind.MESSAGE
            return (_item(record.message, kind, record, opened_at=record.at, seconds=record.seconds),)
        case CallbackOpened():
            item = _item(record.callback, ItemKind.CALLBACK, record, opened_at=record.at)
            return (item, _callback_opened(record))
        case CallbackAttempted():
            return (_callback_attempted(record),)
        case CallbackClosed():
            return _callback_closed(record), *_item_closed(record)
        case AgentChanged() | EmergencyBegan() | EmergencyOver():
            return ()
        case _:
            assert_never(record)


def row_of_recording(entry: LedgerEntry) -> Row:
    """One line of the recordings' ledger; what the entry does not say stays as it is."""
    said = {name: value for name in entry.__struct_fields__ if (value := getattr(entry, name)) is not None}
    return Row("recordings", {"offer": said.pop("offer")}, said)


def _call(record: CallOpened | CallEnded, **more: Any) -> Row:
    values = {
        "number": _clean(record.number),
        "name": _clean(record.name),
        "did": _clean(record.did),
        "vip": record.vip,
        "rules": record.rules,
        "callback": record.callback,
    }
    return Row("calls", {"call": record.call}, values | more)


def _call_ended(record: CallEnded) -> Row:
    return _call(
        record,
        opened_at=record.opened_at,
        ended_at=record.ended_at,
        disposition=record.disposition,
        left_in=record.left_in,
        ended_by=record.ended_by,
        queue=record.queue,
        agent=record.agent,
        path=[_clean(node) for node in record.path],
        customer=_clean(record.customer),
        attributes={_clean(name): _clean(value) for name, value in record.attributes.items()},
        why=_clean(record.why),
        transferred_to=record.transferred_to,
    )


def _step(record: NodeEntered) -> Row:
    values = {"at": record.at, "node": record.node, "key": _clean(record.key)}
    return Row("ivr_steps", {"call": record.call, "step": record.step}, values)


def _segment(record: QueueEntered | CallAnswered | QueueLeft, **values: Any) -> Row:
    return Row("segments", {"call": record.call, "segment": record.segment}, {"queue": record.queue} | values)


def _entered(record: QueueEntered) -> Row:
    return _segment(
        record,
        entered_at=record.at,
        priority=record.priority,
        vip=record.vip,
        overflow_from=record.overflow_from,
        expected_low_s=record.expected_low_s,
        expected_s=record.expected_s,
        expected_high_s=record.expected_high_s,
    )


def _left(record: QueueLeft) -> Row:
    agent = {} if record.agent is None else {"agent": record.agent}
    return _segment(
        record,
        entered_at=record.entered_at,
        left_at=record.left_at,
        wait_s=record.wait_s,
        how=record.how,
        phase=record.phase,
        why=record.why,
        within_s=record.within_s,
        **agent,
    )


def _answered(record: CallAnswered) -> tuple[Row, ...]:
    """A callback is no stay in a queue: only the offer knows of it."""
    if record.callback is not None:
        return (_offer(record, answered_at=record.at),)
    segment = _segment(
        record,
        agent=record.agent,
        offer=record.offer,
        answered_at=record.at,
        total_wait_s=record.total_wait_s,
        in_service_level=record.in_service_level,
    )
    return segment, _offer(record, answered_at=record.at)


def _offer(record: OfferMade | OfferEnded | CallAnswered | TalkFinished, **values: Any) -> Row:
    whose = {"call": record.call, "segment": record.segment, "queue": record.queue, "agent": record.agent}
    return Row("offers", {"offer": record.offer}, whose | values)


def _made(record: OfferMade) -> Row:
    return _offer(
        record,
        made_at=record.at,
        wait_s=record.wait_s,
        last_agent=record.last_agent,
        last_contact_at=record.last_contact_at,
        reasons=list(record.reasons),
    )


def _offer_ended(record: OfferEnded) -> Row:
    return _offer(
        record,
        made_at=record.made_at,
        rang_at=record.rang_at,
        ended_at=record.ended_at,
        outcome=record.outcome,
        cause=_clean(record.cause),
    )


def _talk(record: TalkFinished) -> Row:
    return _offer(
        record,
        answered_at=record.answered_at,
        talk_ended_at=record.ended_at,
        talk_s=record.talk_s,
        hold_s=record.hold_s,
    )


def _callback_opened(record: CallbackOpened) -> Row:
    values = {
        "call": record.call,
        "number": _clean(record.number),
        "did": _clean(record.did),
        "queue": record.queue,
        "asked_at": record.at,
        "place_at": record.place_at,
    }
    return Row("callbacks", {"callback": record.callback}, values)


def _callback_attempted(record: CallbackAttempted) -> Row:
    values = {
        "call": record.call,
        "queue": record.queue,
        "at": record.at,
        "agent": record.agent,
        "outcome": record.outcome,
        "next_at": record.next_at,
    }
    return Row("callback_attempts", {"callback": record.callback, "number": record.number}, values)


def _callback_closed(record: CallbackClosed) -> Row:
    values = {
        "queue": record.queue,
        "closed_at": record.at,
        "how": record.how,
        "attempts": record.attempts,
        "closed_by_call": record.call,
    }
    return Row("callbacks", {"callback": record.callback}, values)


def _interval(record: AgentInterval) -> Row:
    key = {"agent": record.agent, "started_at": record.started_at, "state": record.state}
    values = {"reason": _clean(record.reason), "ended_at": record.ended_at, "queue": record.queue}
    return Row("agent_intervals", key, values)


def _decision(record: Decision) -> Row:
    values = {
        "at": record.at,
        "queue": record.queue,
        "chosen": record.chosen,
        "reason": record.reason,
        "body": msgspec.to_builtins(record),
    }
    return Row("decisions", {"call": record.call, "number": record.number}, values)


def _survey(record: SurveyAsked | SurveyClosed, **values: Any) -> Row:
    whose = {"offer": record.offer, "queue": record.queue, "agent": record.agent, "survey": record.survey}
    return Row("surveys", {"call": record.call}, whose | values)


def _survey_answer(record: SurveyReplied) -> Row:
    values = {
        "offer": record.offer,
        "queue": record.queue,
        "agent": record.agent,
        "survey": record.survey,
        "at": record.at,
        "answer": record.answer,
        "score": record.score,
    }
    return Row("survey_answers", {"call": record.call, "question": record.question}, values)


def _item_closed(record: CallbackClosed) -> tuple[Row, ...]:
    """A callback that is over is an item that is done, whoever has it; one that was given up is left to people."""
    if record.how is CallbackEnd.GIVEN_UP:
        return ()
    closed = {"state": ItemState.DONE, "changed_at": record.at, "closed_at": record.at}
    item = Row("work_items", {"item": record.callback}, {"kind": ItemKind.CALLBACK, "queue": record.queue} | closed)
    values = {"at": record.at, "what": What.DONE, "by": "hotline", "owner": None, "note": record.how}
    return item, Row("work_steps", {"item": record.callback, "step": "callback"}, values)


def _given_up(record: CallEnded) -> tuple[Row, ...]:
    """Who hung up while he waited is somebody to call back, if his number is known and he was no misdial."""
    if record.disposition not in GIVEN_UP or record.short or not record.number or record.callback is not None:
        return ()
    return (_item(record.call, ItemKind.ABANDONED, record, opened_at=record.ended_at),)


def _item(item: str, kind: ItemKind, record: MessageTaken | CallbackOpened | CallEnded, **values: Any) -> Row:
    """A work item as it comes up; its state is not said, so that a record told again takes no step back."""
    whose = {"call": record.call, "queue": record.queue, "number": _clean(record.number), "did": _clean(record.did)}
    return Row("work_items", {"item": item}, {"kind": kind} | whose | values)


def _clean(text: str) -> str:
    """Text that came from outside, with what no database or UTF-8 file can hold (NUL, half characters) shown as U+FFFD."""
    return UNSTORABLE.sub("\ufffd", text)
