"""The tables of finished facts.

Times are seconds since the epoch in double precision: exact to the microsecond, the same number in records, journal, SQLite
and PostgreSQL, and free of time zones (a view for people may say `to_timestamp(opened_at)`). Durations are seconds.

A row grows with the facts that arrive, so what only a later fact knows is NULL until then; and there are no foreign keys,
because a fact that was set aside may not keep the others out.
"""

from typing import Any

from msgspec.structs import fields
from sqlalchemy import JSON, Column, Double, Index, Integer, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from acd.model import OfferOutcome
from desk.tables import DeskTables
from metrics.definitions import AgentTimes, QueueCounts
from recordings.ledger import LedgerTables

__all__ = [
    "METADATA",
    "AgentIntervalRow",
    "CallRow",
    "CallbackAttemptRow",
    "CallbackRow",
    "ChangedIntervalRow",
    "DayRow",
    "DecisionRow",
    "FactTables",
    "IntervalRow",
    "IvrStepRow",
    "OfferRow",
    "OutsideFigureRow",
    "QueueLogRow",
    "SegmentRow",
    "SummedDayRow",
    "SurveyAnswerRow",
    "SurveyRow",
]


class FactTables(DeclarativeBase):
    """The tables filled from the core's records."""

    type_annotation_map = {float: Double, list[str]: JSON, dict[str, Any]: JSON}  # noqa: RUF012 - SQLAlchemy reads it so


class CallRow(FactTables):
    """One call, from its arrival to its end. `queue` and `agent` are the last it had."""

    __tablename__ = "calls"

    call: Mapped[str] = mapped_column(primary_key=True)
    opened_at: Mapped[float]
    ended_at: Mapped[float | None]
    number: Mapped[str]
    name: Mapped[str]
    did: Mapped[str]
    vip: Mapped[int]
    rules: Mapped[str]
    disposition: Mapped[str | None]
    left_in: Mapped[str | None]
    ended_by: Mapped[str | None]
    queue: Mapped[str | None]
    agent: Mapped[str | None]
    path: Mapped[list[str] | None]
    customer: Mapped[str | None]
    """Which customer it was, as far as anybody said; empty: nobody did. NULL: the call came to no queue."""
    attributes: Mapped[dict[str, Any] | None]
    """What else was known of the caller: region, line, what the caller rules say, what a CRM told."""
    callback: Mapped[str | None]
    """The callback it was to fulfil: a call that went out, and counts as none that came in."""
    why: Mapped[str | None]
    """Why it ended, where more is known than that somebody hung up; see acd.records.CallEnded."""
    transferred_to: Mapped[str | None]
    """The number outside the flow has connected him with; empty: none."""

    __table_args__ = (
        Index("calls_by_opening", "opened_at"),
        Index("calls_by_number", "number", "opened_at"),
        Index("calls_by_customer", "customer", "opened_at"),
    )


class IvrStepRow(FactTables):
    """One node of the IVR the caller reached, and the key that led there."""

    __tablename__ = "ivr_steps"

    call: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[float]
    node: Mapped[str]
    key: Mapped[str]


class SegmentRow(FactTables):
    """One stay of a call in a queue: the caller's side. `offer` is the one that was answered and leads to the talk.

    `agent` answered, or was being rung when the caller left: `answered_at` tells which.
    """

    __tablename__ = "segments"

    call: Mapped[str] = mapped_column(primary_key=True)
    segment: Mapped[int] = mapped_column(primary_key=True)
    queue: Mapped[str]
    entered_at: Mapped[float | None]
    left_at: Mapped[float | None]
    priority: Mapped[int | None]
    vip: Mapped[int | None]
    overflow_from: Mapped[str | None]
    wait_s: Mapped[float | None]
    total_wait_s: Mapped[float | None]
    how: Mapped[str | None]
    phase: Mapped[str | None]
    agent: Mapped[str | None]
    offer: Mapped[str | None]
    answered_at: Mapped[float | None]
    in_service_level: Mapped[bool | None]
    why: Mapped[str | None]
    """With `overflowed`: which limit, recipe or supervisor sent him away."""
    expected_low_s: Mapped[float | None]
    """The wait that was expected when he entered: four of five are to lie between this and `expected_high_s`."""
    expected_s: Mapped[float | None]
    expected_high_s: Mapped[float | None]
    within_s: Mapped[float | None]
    """The time of the queue's service level when he left it."""

    __table_args__ = (
        Index("segments_by_queue", "queue", "entered_at"),
        Index("segments_by_agent", "agent", "entered_at"),
        Index("segments_by_entry", "entered_at"),
    )


class OfferRow(FactTables):
    """One attempt to give a call to an agent, and the talk that came of it: the agent's side."""

    __tablename__ = "offers"

    offer: Mapped[str] = mapped_column(primary_key=True)
    call: Mapped[str]
    segment: Mapped[int]
    queue: Mapped[str]
    agent: Mapped[str]
    made_at: Mapped[float | None]
    rang_at: Mapped[float | None]
    ended_at: Mapped[float | None]
    outcome: Mapped[str | None]
    cause: Mapped[str | None]
    wait_s: Mapped[float | None]
    """How long the caller had waited in this queue when the offer was made."""
    last_agent: Mapped[str | None]
    last_contact_at: Mapped[float | None]
    reasons: Mapped[list[str] | None]
    answered_at: Mapped[float | None]
    talk_ended_at: Mapped[float | None]
    talk_s: Mapped[float | None]
    """Includes hold."""
    hold_s: Mapped[float | None]
    handed_on: Mapped[bool | None]
    """Whether the agent ended the talk by handing the caller on: imported logs alone tell of it."""

    __table_args__ = (
        Index("offers_by_call", "call", "segment", "made_at"),
        Index("offers_by_agent", "agent", "made_at"),
        Index("offers_by_queue", "queue", "made_at"),
        Index("offers_by_end", "ended_at"),
        Index("offers_by_talk", "talk_ended_at"),
    )


class AgentIntervalRow(FactTables):
    """An agent was in one state from start to end."""

    __tablename__ = "agent_intervals"

    agent: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[float] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    ended_at: Mapped[float]
    queue: Mapped[str | None]

    __table_args__ = (
        Index("agent_intervals_by_start", "started_at"),
        Index("agent_intervals_by_end", "ended_at"),
    )


class DecisionRow(FactTables):
    """Why a caller was given to this agent, or to nobody yet; `body` is the whole decision record."""

    __tablename__ = "decisions"

    call: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[float]
    queue: Mapped[str]
    chosen: Mapped[str | None]
    reason: Mapped[str]
    body: Mapped[dict[str, Any]]

    __table_args__ = (Index("decisions_by_time", "at"),)


class CallbackRow(FactTables):
    """A customer who asked to be called back. While `closed_at` is NULL he is to be called."""

    __tablename__ = "callbacks"

    callback: Mapped[str] = mapped_column(primary_key=True)
    call: Mapped[str | None]
    """The call in which he asked."""
    number: Mapped[str | None]
    did: Mapped[str | None]
    queue: Mapped[str]
    asked_at: Mapped[float | None]
    place_at: Mapped[float | None]
    """Since when he has waited: his place in the queue."""
    closed_at: Mapped[float | None]
    how: Mapped[str | None]
    """done | given_up | merged (he rang again himself) | cancelled"""
    attempts: Mapped[int | None]
    closed_by_call: Mapped[str | None]
    """In which he was served, or rang again."""

    __table_args__ = (
        Index("callbacks_by_number", "number", "asked_at"),
        Index("callbacks_by_queue", "queue", "asked_at"),
        Index("callbacks_by_call", "call"),
    )


class CallbackAttemptRow(FactTables):
    """One attempt to call a customer back."""

    __tablename__ = "callback_attempts"

    callback: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    call: Mapped[str]
    """The attempt's own call: its offers, recording and decisions go by it."""
    queue: Mapped[str]
    at: Mapped[float]
    agent: Mapped[str | None]
    outcome: Mapped[str]
    next_at: Mapped[float | None]
    """Not before this he is called again; NULL: this was the last."""


class SurveyRow(FactTables):
    """A caller was asked about the talk he had had, whether or not he answered."""

    __tablename__ = "surveys"

    call: Mapped[str] = mapped_column(primary_key=True)
    offer: Mapped[str]
    queue: Mapped[str]
    agent: Mapped[str]
    survey: Mapped[str]
    language: Mapped[str | None]
    asked_at: Mapped[float]
    ended_at: Mapped[float | None]
    outcome: Mapped[str | None]
    """answered (to its end) | partly | not_answered"""
    why: Mapped[str | None]
    """asked_all | silence | hung_up (the call was over)"""

    __table_args__ = (
        Index("surveys_by_time", "asked_at"),
        Index("surveys_by_queue", "queue", "asked_at"),
        Index("surveys_by_agent", "agent", "asked_at"),
    )


class SurveyAnswerRow(FactTables):
    """What he answered to one question of it; `score` where the question asks for points."""

    __tablename__ = "survey_answers"

    call: Mapped[str] = mapped_column(primary_key=True)
    question: Mapped[str] = mapped_column(primary_key=True)
    offer: Mapped[str]
    queue: Mapped[str]
    agent: Mapped[str]
    survey: Mapped[str]
    at: Mapped[float]
    answer: Mapped[str]
    """The answer's name; of a spoken comment the message's."""
    score: Mapped[int | None]

    __table_args__ = (
        Index("survey_answers_by_queue", "queue", "at"),
        Index("survey_answers_by_agent", "agent", "at"),
    )


def _counted(name: str, when: str) -> Table:
    counts = [(field.name, field.type) for field in fields(QueueCounts) if field.name != "offers"]
    outcomes = [(f"offers_{outcome}", int) for outcome in OfferOutcome]
    times = [(f"agent_{field.name}", float) for field in fields(AgentTimes)]
    return Table(
        name,
        FactTables.metadata,
        Column("dimension", String, primary_key=True),
        Column(when, Integer, primary_key=True, autoincrement=False),
        Column("key", String, primary_key=True),
        *(
            Column(name, Double if kind is float else Integer, nullable=False)
            for name, kind in (*counts, *outcomes, *times)
        ),
    )


class IntervalRow(FactTables):
    """The counts of one key of a dimension (metrics.dimensions) in one quarter of an hour, made from the tables above
    (engine.database.recount). `quarter` is its number from the epoch, as metrics.intervals has it."""

    __table__ = _counted("intervals", "quarter")


class DayRow(FactTables):
    """The same of a whole day of the site's; `quarter` is its first. Only of days in `summed_days`."""

    __table__ = _counted("days", "quarter")


class SummedDayRow(FactTables):
    """A day of which `days` has the sums: all quarters from `quarter` to before `until`."""

    __tablename__ = "summed_days"

    quarter: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    until: Mapped[int]


class ChangedIntervalRow(FactTables):
    """A quarter of which facts have come since it was last counted (engine.database.changes)."""

    __tablename__ = "changed_intervals"

    id: Mapped[int] = mapped_column(primary_key=True)
    quarter: Mapped[int]

    __table_args__ = (Index("changed_intervals_by_quarter", "quarter"),)


class OutsideFigureRow(FactTables):
    """A number Hotline cannot count and was told (metrics.outside): of the site or of a key, for a stretch of time."""

    __tablename__ = "outside_figures"

    name: Mapped[str] = mapped_column(primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[float] = mapped_column(primary_key=True)
    until: Mapped[float]
    value: Mapped[float]
    source: Mapped[str]
    entered_at: Mapped[float]


class QueueLogRow(FactTables):
    """A line of the queue_log, in the columns of Asterisk's realtime table: programs that read that one read this one."""

    __tablename__ = "queue_log"

    id: Mapped[str] = mapped_column(primary_key=True)
    """Made of time and number of the event the line tells of: in their order."""
    time: Mapped[str]
    """In the site's time zone, as Asterisk writes it: 2026-10-01 08:30:00.000000"""
    callid: Mapped[str]
    queuename: Mapped[str]
    agent: Mapped[str]
    event: Mapped[str]
    data1: Mapped[str]
    data2: Mapped[str]
    data3: Mapped[str]
    data4: Mapped[str]
    data5: Mapped[str]

    __table_args__ = (Index("queue_log_by_time", "time"), Index("queue_log_by_call", "callid"))


METADATA = (FactTables.metadata, LedgerTables.metadata, DeskTables.metadata)
"""Everything the database holds; the migrations must lead to exactly this."""
