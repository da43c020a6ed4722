"""Why figures of a stretch of time are out of their bands: from the database, under a configuration."""

from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from acd.rules import Rules
from agents.roster import QueueId
from engine.config import Configuration
from engine.why.days import Span, comparable
from engine.why.gather import Unfinished, gather
from metrics.definitions import Band
from metrics.why import Answer, Names, Stretch, answer, explain

__all__ = ["Known", "answers", "bands_of", "find_out", "names_of", "own_bands"]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a stretch and of the comparable ones before it."""

    queue: QueueId | None
    now: Stretch
    before: tuple[Stretch, ...]
    within_s: float


async def find_out(
    session: AsyncSession,
    configuration: Configuration,
    queue: QueueId | None,
    span: Span,
    unfinished: Iterable[Unfinished] = (),
    earlier: Known | None = None,
) -> Known:
    """Read all that is needed to explain any figure of the queue, or of the site. `earlier`: what was known a moment ago of the
    same stretch; the days before it need not be read again."""
    zone, rules = ZoneInfo(configuration.system.timezone), configuration.rules
    now = await gather(session, queue, span, rules, zone, unfinished)
    if earlier is not None:
        before = earlier.before
    else:
        spans = comparable(*span, zone, configuration.script.calendars.values())
        before = tuple([await gather(session, queue, one, rules, zone) for one in spans])
    return Known(queue=queue, now=now, before=before, within_s=_within_s(configuration, queue, now))


def _within_s(configuration: Configuration, queue: QueueId | None, now: Stretch) -> float:
    """The service level's time; the site's is the mean of its queues', by their callers."""
    queues = configuration.rules.queues
    if queue is not None:
        return queues[queue].service_level.within_s
    callers = {known: now.queues[known].offered for known in queues if known in now.queues}
    shares = callers if sum(callers.values()) else dict.fromkeys(queues, 1)
    return sum(queues[one].service_level.within_s * n for one, n in shares.items()) / sum(shares.values())


def own_bands(rules: Rules, queue: QueueId) -> dict[str, Band]:
    """What queues.yaml says a queue should reach; it goes before the bands of metrics.yaml."""
    return {"service_level": Band(low=rules.queues[queue].service_level.target)}


def bands_of(configuration: Configuration, queue: QueueId | None) -> Mapping[str, Band]:
    """Where each figure of the queue, or of the site, should be."""
    return configuration.metrics.bands_in_force() | ({} if queue is None else own_bands(configuration.rules, queue))


def names_of(configuration: Configuration) -> Names:
    """What people call queues, agents and reasons."""
    reasons = configuration.agents.not_ready_reasons
    return Names(
        queues={queue.id: queue.names for queue in configuration.rules.queues.values()},
        agents={agent.id: agent.name for agent in configuration.rules.agents.values()},
        reasons={name: {"zh": names.zh, "en": names.en or names.zh} for name, names in reasons.items()},
        zone=ZoneInfo(configuration.system.timezone),
    )


def answers(known: Known, configuration: Configuration, figures: Sequence[str]) -> list[Answer]:
    """Each of these figures explained. Takes milliseconds each: off the event loop."""
    bands, names = bands_of(configuration, known.queue), names_of(configuration)
    found = []
    for figure in figures:
        explained = explain(figure, bands.get(figure, Band()), known.now, known.before, known.within_s)
        found.append(answer(explained, names, known.queue, known.now.start, known.now.end))
    return found
