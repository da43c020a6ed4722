"""Why callers left a queue and what wait was expected; which customer a call was, and what else was known of him."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("segments", sa.Column("why", sa.String()))
    for name in ("expected_low_s", "expected_s", "expected_high_s"):
        op.add_column("segments", sa.Column(name, sa.Double()))
    op.add_column("calls", sa.Column("customer", sa.String()))
    op.add_column("calls", sa.Column("attributes", sa.JSON()))
    op.create_index("calls_by_customer", "calls", ["customer", "opened_at"])


def downgrade() -> None:
    op.drop_index("calls_by_customer", "calls")
    op.drop_column("calls", "attributes")
    op.drop_column("calls", "customer")
    for name in ("expected_high_s", "expected_s", "expected_low_s", "why"):
        op.drop_column("segments", name)
