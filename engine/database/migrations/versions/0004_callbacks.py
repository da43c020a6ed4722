"""Customers who are called back, the attempts, and which calls these were."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "callbacks",
        sa.Column("callback", sa.String(), primary_key=True),
        sa.Column("call", sa.String()),
        sa.Column("number", sa.String()),
        sa.Column("did", sa.String()),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("asked_at", sa.Double()),
        sa.Column("place_at", sa.Double()),
        sa.Column("closed_at", sa.Double()),
        sa.Column("how", sa.String()),
        sa.Column("attempts", sa.Integer()),
        sa.Column("closed_by_call", sa.String()),
    )
    op.create_index("callbacks_by_number", "callbacks", ["number", "asked_at"])
    op.create_index("callbacks_by_queue", "callbacks", ["queue", "asked_at"])
    op.create_index("callbacks_by_call", "callbacks", ["call"])
    op.create_table(
        "callback_attempts",
        sa.Column("callback", sa.String(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("agent", sa.String()),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("next_at", sa.Double()),
    )
    op.add_column("calls", sa.Column("callback", sa.String()))


def downgrade() -> None:
    op.drop_column("calls", "callback")
    op.drop_table("callback_attempts")
    op.drop_table("callbacks")
