from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from acd.events import RulesLoaded
from acd.rules import QueueRules, Strategy
from agents.roster import BreakRule
from tests.unit.cti_http.site import REPAIR, SmallSite


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[SmallSite]:
    """A linked site with nobody logged in."""
    small = SmallSite(tmp_path)
    await small.start()
    small.link()
    yield small
    await small.stop()


@pytest.fixture
def ring_all(site: SmallSite) -> Callable[[], None]:
    """Let all agents of repair ring together."""

    def change() -> None:
        load_with(site, repair(site, strategy=Strategy.RING_ALL))

    return change


@pytest.fixture
def allow_extensions(site: SmallSite) -> Callable[[int], None]:
    """Let agents ask for more time after a repair call, so often."""

    def change(times: int) -> None:
        load_with(site, repair(site, wrap_up_extensions=times))

    return change


@pytest.fixture
def limit_breaks(site: SmallSite) -> Callable[[int], None]:
    """Let so many of the day shift be on a break at once."""

    def change(at_most: int) -> None:
        breaks = {"day": BreakRule(at_most=at_most)}
        site.tell(RulesLoaded(rules=msgspec.structs.replace(site.floor.rules, breaks=breaks)))

    return change


def repair(site: SmallSite, **changes: object) -> QueueRules:
    return msgspec.structs.replace(site.floor.rules.queues[REPAIR], **changes)


def load_with(site: SmallSite, queue: QueueRules) -> None:
    rules = site.floor.rules
    site.tell(RulesLoaded(rules=msgspec.structs.replace(rules, queues={**rules.queues, queue.id: queue})))
