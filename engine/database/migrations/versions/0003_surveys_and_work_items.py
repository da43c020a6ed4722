"""What callers answered after their talk; what people have to do after the calls, and every step of it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _surveys()
    _survey_answers()
    _work_items()
    _work_steps()


def downgrade() -> None:
    for table in ("work_steps", "work_items", "survey_answers", "surveys"):
        op.drop_table(table)


def _surveys() -> None:
    op.create_table(
        "surveys",
        sa.Column("call", sa.String(), primary_key=True),
        sa.Column("offer", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("survey", sa.String(), nullable=False),
        sa.Column("language", sa.String()),
        sa.Column("asked_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double()),
        sa.Column("outcome", sa.String()),
        sa.Column("why", sa.String()),
    )
    op.create_index("surveys_by_queue", "surveys", ["queue", "asked_at"])
    op.create_index("surveys_by_agent", "surveys", ["agent", "asked_at"])


def _survey_answers() -> None:
    op.create_table(
        "survey_answers",
        sa.Column("call", sa.String(), primary_key=True),
        sa.Column("question", sa.String(), primary_key=True),
        sa.Column("offer", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("survey", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("score", sa.Integer()),
    )
    op.create_index("survey_answers_by_queue", "survey_answers", ["queue", "at"])
    op.create_index("survey_answers_by_agent", "survey_answers", ["agent", "at"])


def _work_items() -> None:
    op.create_table(
        "work_items",
        sa.Column("item", sa.String(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("call", sa.String()),
        sa.Column("queue", sa.String()),
        sa.Column("number", sa.String()),
        sa.Column("did", sa.String()),
        sa.Column("opened_at", sa.Double()),
        sa.Column("seconds", sa.Double()),
        sa.Column("state", sa.String(), nullable=False, server_default="open"),
        sa.Column("owner", sa.String()),
        sa.Column("changed_at", sa.Double()),
        sa.Column("closed_at", sa.Double()),
        sa.Column("steps", sa.Integer(), nullable=False, server_default="0"),
    )
    op.create_index("work_items_by_state", "work_items", ["state", "opened_at"])
    op.create_index("work_items_by_opening", "work_items", ["opened_at"])
    op.create_index("work_items_by_number", "work_items", ["number", "closed_at"])


def _work_steps() -> None:
    op.create_table(
        "work_steps",
        sa.Column("item", sa.String(), primary_key=True),
        sa.Column("step", sa.String(), primary_key=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("owner", sa.String()),
        sa.Column("note", sa.String(), nullable=False),
    )
