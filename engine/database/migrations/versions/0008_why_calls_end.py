"""Why calls ended, and the number outside they were transferred to."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("why", sa.String()))
    op.add_column("calls", sa.Column("transferred_to", sa.String()))


def downgrade() -> None:
    op.drop_column("calls", "transferred_to")
    op.drop_column("calls", "why")
