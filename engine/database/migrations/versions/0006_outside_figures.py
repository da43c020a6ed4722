"""Figures from outside: what Hotline is told because it cannot count it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outside_figures",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("dimension", sa.String(), primary_key=True),
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("since", sa.Double(), primary_key=True),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("entered_at", sa.Double(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("outside_figures")
