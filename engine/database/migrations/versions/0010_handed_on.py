"""Talks that ended because the agent handed the caller on; whether a stay was offered at once is told by an index alone."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("offers", sa.Column("handed_on", sa.Boolean()))
    op.drop_index("offers_by_call", "offers")
    op.create_index("offers_by_call", "offers", ["call", "segment", "made_at"])


def downgrade() -> None:
    op.drop_index("offers_by_call", "offers")
    op.create_index("offers_by_call", "offers", ["call"])
    op.drop_column("offers", "handed_on")
