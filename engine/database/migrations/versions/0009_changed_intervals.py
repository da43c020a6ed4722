"""Which quarters of an hour are to be counted again: of a database with facts, all that have any."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

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
    op.drop_table("changed_intervals")
