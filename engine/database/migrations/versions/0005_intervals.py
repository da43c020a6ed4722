"""Counts by quarter of an hour, and what it takes to make them from facts: each stay's service level, indexes by end."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
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
INDEXES = (
    ("offers_by_end", "offers", "ended_at"),
    ("offers_by_talk", "offers", "talk_ended_at"),
    ("agent_intervals_by_end", "agent_intervals", "ended_at"),
    ("surveys_by_time", "surveys", "asked_at"),
)


def upgrade() -> None:
    op.create_table(
        "intervals",
        sa.Column("dimension", sa.String(), primary_key=True),
        sa.Column("quarter", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("key", sa.String(), primary_key=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        *(sa.Column(name, sa.Double(), nullable=False) for name in SECONDS),
    )
    op.add_column("segments", sa.Column("within_s", sa.Double()))
    for name, table, column in INDEXES:
        op.create_index(name, table, [column])


def downgrade() -> None:
    for name, table, _ in reversed(INDEXES):
        op.drop_index(name, table)
    op.drop_column("segments", "within_s")
    op.drop_table("intervals")
