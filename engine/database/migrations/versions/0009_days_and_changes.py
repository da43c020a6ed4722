"""Counts summed by day; and which quarters of an hour are to be counted again: of a database with facts, all that have any."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

COUNTS = (
    *("offered", "direct", "answered", "answered_within_sl", "abandoned_waiting", "abandoned_ringing"),
    *("short_abandoned", "abandoned_within_sl", "overflowed", "switch_lost", "queued_left", "talks", "wrap_ups"),
    *("surveys_asked", "surveys_answered", "survey_scores", "survey_points", "held", "transferred", "rung", "calls"),
    *("completed_ivr", "abandoned_ivr", "offers_accepted", "offers_declined", "offers_no_answer"),
    *("offers_unreachable", "offers_withdrawn"),
)
SECONDS = (
    *(
        "answered_wait_s",
        "abandoned_wait_s",
        "short_abandoned_wait_s",
        "queued_wait_s",
        "talk_s",
        "hold_s",
        "wrap_up_s",
    ),
    *("rung_s", "agent_not_ready_s", "agent_ready_s", "agent_offered_s", "agent_talking_s", "agent_holding_s"),
    "agent_wrap_up_s",
)
TIMES = (
    *(("calls", "opened_at"), ("segments", "entered_at"), ("offers", "ended_at"), ("offers", "talk_ended_at")),
    *(("surveys", "asked_at"), ("agent_intervals", "started_at"), ("agent_intervals", "ended_at")),
)
ROWS_AT_ONCE = 500
LONGEST = 96
"""Quarters: a state of more than a day is a mistake somebody has made at log-out."""


def upgrade() -> None:
    changed = op.create_table(
        "changed_intervals",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("quarter", sa.Integer(), nullable=False),
    )
    op.create_index("changed_intervals_by_quarter", "changed_intervals", ["quarter"])
    op.create_table(
        "days",
        sa.Column("dimension", sa.String(), primary_key=True),
        sa.Column("quarter", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("key", sa.String(), primary_key=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        *(sa.Column(name, sa.Double(), nullable=False) for name in SECONDS),
    )
    op.create_table(
        "summed_days",
        sa.Column("quarter", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("until", sa.Integer(), nullable=False),
    )
    quarters = sorted(_with_facts(op.get_bind()))
    for at in range(0, len(quarters), ROWS_AT_ONCE):
        op.bulk_insert(changed, [{"quarter": quarter} for quarter in quarters[at : at + ROWS_AT_ONCE]])


def _with_facts(connection: sa.Connection) -> set[int]:
    quarters: set[int] = set()
    for table, column in TIMES:
        number = _quarter(connection, column)
        found = f"SELECT DISTINCT {number} FROM {table} WHERE {column} IS NOT NULL"  # noqa: S608 - names from above
        quarters.update(connection.scalars(sa.text(found)))
    first, last = _quarter(connection, "started_at"), _quarter(connection, "ended_at")
    spans = (
        f"SELECT DISTINCT {first}, {last} FROM agent_intervals WHERE state <> 'offline' AND ended_at - started_at > 900"  # noqa: S608
    )
    for begin, end in connection.execute(sa.text(spans)):
        quarters.update(range(begin, min(end, begin + LONGEST)))
    return quarters


def _quarter(connection: sa.Connection, column: str) -> str:
    number = f"{column} / 900.0"
    return f"CAST({number if connection.dialect.name == 'sqlite' else f'floor({number})'} AS INTEGER)"


def downgrade() -> None:
    op.drop_table("summed_days")
    op.drop_table("days")
    op.drop_table("changed_intervals")
