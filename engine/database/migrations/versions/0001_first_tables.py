"""The first tables: calls and what belongs to them, agents' intervals, the ledger of recordings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _calls()
    _segments()
    _offers()
    _agent_intervals()
    _decisions()
    _recordings()


def downgrade() -> None:
    for table in ("recordings", "decisions", "agent_intervals", "offers", "segments", "ivr_steps", "calls"):
        op.drop_table(table)


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("call", sa.String(), primary_key=True),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double()),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("did", sa.String(), nullable=False),
        sa.Column("vip", sa.Integer(), nullable=False),
        sa.Column("rules", sa.String(), nullable=False),
        sa.Column("disposition", sa.String()),
        sa.Column("left_in", sa.String()),
        sa.Column("ended_by", sa.String()),
        sa.Column("queue", sa.String()),
        sa.Column("agent", sa.String()),
        sa.Column("path", sa.JSON()),
    )
    op.create_index("calls_by_opening", "calls", ["opened_at"])
    op.create_index("calls_by_number", "calls", ["number", "opened_at"])
    op.create_table(
        "ivr_steps",
        sa.Column("call", sa.String(), primary_key=True),
        sa.Column("step", sa.Integer(), primary_key=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
    )


def _segments() -> None:
    op.create_table(
        "segments",
        sa.Column("call", sa.String(), primary_key=True),
        sa.Column("segment", sa.Integer(), primary_key=True),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("entered_at", sa.Double()),
        sa.Column("left_at", sa.Double()),
        sa.Column("priority", sa.Integer()),
        sa.Column("vip", sa.Integer()),
        sa.Column("overflow_from", sa.String()),
        sa.Column("wait_s", sa.Double()),
        sa.Column("total_wait_s", sa.Double()),
        sa.Column("how", sa.String()),
        sa.Column("phase", sa.String()),
        sa.Column("agent", sa.String()),
        sa.Column("offer", sa.String()),
        sa.Column("answered_at", sa.Double()),
        sa.Column("in_service_level", sa.Boolean()),
    )
    op.create_index("segments_by_queue", "segments", ["queue", "entered_at"])
    op.create_index("segments_by_agent", "segments", ["agent", "entered_at"])
    op.create_index("segments_by_entry", "segments", ["entered_at"])


def _offers() -> None:
    op.create_table(
        "offers",
        sa.Column("offer", sa.String(), primary_key=True),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("made_at", sa.Double()),
        sa.Column("rang_at", sa.Double()),
        sa.Column("ended_at", sa.Double()),
        sa.Column("outcome", sa.String()),
        sa.Column("cause", sa.String()),
        sa.Column("wait_s", sa.Double()),
        sa.Column("last_agent", sa.String()),
        sa.Column("last_contact_at", sa.Double()),
        sa.Column("reasons", sa.JSON()),
        sa.Column("answered_at", sa.Double()),
        sa.Column("talk_ended_at", sa.Double()),
        sa.Column("talk_s", sa.Double()),
        sa.Column("hold_s", sa.Double()),
    )
    op.create_index("offers_by_call", "offers", ["call"])
    op.create_index("offers_by_agent", "offers", ["agent", "made_at"])
    op.create_index("offers_by_queue", "offers", ["queue", "made_at"])


def _agent_intervals() -> None:
    op.create_table(
        "agent_intervals",
        sa.Column("agent", sa.String(), primary_key=True),
        sa.Column("started_at", sa.Double(), primary_key=True),
        sa.Column("state", sa.String(), primary_key=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=False),
        sa.Column("queue", sa.String()),
    )
    op.create_index("agent_intervals_by_start", "agent_intervals", ["started_at"])


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("call", sa.String(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("chosen", sa.String()),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
    )
    op.create_index("decisions_by_time", "decisions", ["at"])


def _recordings() -> None:
    op.create_table(
        "recordings",
        sa.Column("offer", sa.String(), primary_key=True),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("linkedid", sa.String(), nullable=False),
        sa.Column("queue", sa.String()),
        sa.Column("agent", sa.String()),
        sa.Column("started_at", sa.Double()),
        sa.Column("ended_at", sa.Double()),
        sa.Column("state", sa.String(), nullable=False, server_default="expected"),
        sa.Column("path", sa.String()),
        sa.Column("duration_s", sa.Double()),
        sa.Column("size", sa.BigInteger()),
        sa.Column("sha256", sa.String()),
        sa.Column("note", sa.String()),
    )
    op.create_index("recordings_by_call", "recordings", ["call"])
    op.create_index("recordings_by_start", "recordings", ["started_at"])
    op.create_index("recordings_by_agent", "recordings", ["agent", "started_at"])
    op.create_index("recordings_by_queue", "recordings", ["queue", "started_at"])
