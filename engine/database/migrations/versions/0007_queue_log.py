"""Asterisk's queue_log as a table, where a site wants it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "queue_log",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("time", sa.String(), nullable=False),
        sa.Column("callid", sa.String(), nullable=False),
        sa.Column("queuename", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        *(sa.Column(f"data{n}", sa.String(), nullable=False) for n in range(1, 6)),
    )
    op.create_index("queue_log_by_time", "queue_log", ["time"])
    op.create_index("queue_log_by_call", "queue_log", ["callid"])


def downgrade() -> None:
    op.drop_table("queue_log")
