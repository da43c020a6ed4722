"""What an agent did on a day: his states one after the other, his talks, and the breaks that were too long."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from acd.rules import Rules
from agents.roster import AgentId
from agents.state import AgentState
from engine.database.models import AgentIntervalRow, OfferRow
from engine.reports.site import Surroundings
from metrics.periods import midnight
from metrics.why.stretch import REFUSED

__all__ = ["AgentDay", "Spell", "TalkOn", "read_day"]


class Spell(msgspec.Struct, frozen=True):
    """A stretch of time in one state. `over_s`: by how much a break was longer than its group's rules allow."""

    state: AgentState
    reason: str
    start: float
    end: float
    over_s: float = 0.0


class TalkOn(msgspec.Struct, frozen=True):
    """A talk: with whom is not told."""

    start: float
    end: float
    queue: str


class AgentDay(msgspec.Struct, frozen=True, kw_only=True):
    """From the site's midnight to the next."""

    agent: str
    name: str
    day: date
    start: float
    end: float
    zone: str
    spells: Sequence[Spell]
    talks: Sequence[TalkOn]
    missed: int
    """Offers he did not take."""
    reasons: Mapping[str, Mapping[str, str]] = {}
    """What people call the reasons for not being ready, by language."""


async def read_day(session: AsyncSession, agent: str, day: date, around: Surroundings) -> AgentDay:
    """The day, as far as SQL has it. An agent nobody has heard of has an empty one."""
    start, end = midnight(day, around.zone), midnight(day + timedelta(days=1), around.zone)
    rows = await session.scalars(
        select(AgentIntervalRow)
        .where(AgentIntervalRow.agent == agent, AgentIntervalRow.started_at < end, AgentIntervalRow.ended_at > start)
        .order_by(AgentIntervalRow.started_at)
    )
    talks = await session.execute(
        select(OfferRow.answered_at, OfferRow.talk_ended_at, OfferRow.queue, OfferRow.outcome)
        .where(OfferRow.agent == agent, OfferRow.made_at >= start, OfferRow.made_at < end)
        .order_by(OfferRow.made_at)
    )
    offers = list(talks)
    settings = around.rules.agents.get(AgentId(agent))
    return AgentDay(
        agent=agent,
        name=settings.name if settings is not None else "",
        day=day,
        start=start,
        end=end,
        zone=around.zone.key,
        spells=[spell for row in rows if (spell := _spell(row, start, end, around.rules)) is not None],
        talks=[
            TalkOn(began, ended, queue) for began, ended, queue, _ in offers if began is not None and ended is not None
        ],
        missed=sum(outcome in REFUSED for *_, outcome in offers),
        reasons=around.reasons,
    )


def _spell(row: AgentIntervalRow, start: float, end: float, rules: Rules) -> Spell | None:
    state = AgentState(row.state)
    if state is AgentState.OFFLINE:
        return None
    limit = rules.longest_break_s(AgentId(row.agent), row.reason) if state is AgentState.NOT_READY else None
    over_s = max(row.ended_at - row.started_at - limit, 0.0) if limit is not None else 0.0
    return Spell(state, row.reason, max(row.started_at, start), min(row.ended_at, end), over_s)
