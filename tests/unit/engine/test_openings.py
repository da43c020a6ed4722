"""Queues that open and close by their hours, under a clock that goes where the test says."""

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from acd.events import Event, QueueClosed, QueueOpened, RulesLoaded
from acd.floor import Floor
from acd.model import QueueId
from acd.rules import Rules
from acd.runner import Runner
from engine.openings import Openings
from ivr.hours import WEEKDAYS, Hours, Span
from tests.unit.acd.floors import queue, rules

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = Hours(time_zone="Asia/Shanghai", weekly={day: (Span(510, 1020),) for day in WEEKDAYS[:5]})
SALES, REPAIR = QueueId("sales"), QueueId("repair")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp()


def by_calendar(name: str = "office") -> Rules:
    return rules({"anna": ["sales", "repair"]}, [queue("sales", calendar=name), queue("repair")])


class Place:
    """A floor whose queue sales has opening hours."""

    def __init__(self, now: str) -> None:
        self.now = at(now)
        self.events: list[Event] = []
        self.calendars = {"office": OFFICE}
        self.heard: list[QueueId] = []
        self.runner = Runner(Floor.under(by_calendar()), lambda: self.now, self)
        self.openings = Openings(self.runner, lambda: self.calendars, self.heard.append)

    def append(self, event: Event, now: float) -> None:
        self.events.append(event)

    def follow_at(self, now: str) -> list[Event]:
        """What is told when it looks at this moment."""
        self.now, self.events = at(now), []
        self.openings.follow()
        return self.events


CLOSED, OPENED = QueueClosed(queue=SALES, by="hours"), QueueOpened(queue=SALES, by="hours")


@pytest.fixture
def place() -> Place:
    return Place("2026-09-14 06:00")


def test_queue_is_closed_and_opened_at_the_exact_minute_and_told_so_once(place: Place) -> None:
    assert place.follow_at("2026-09-14 07:00") == [CLOSED]
    assert place.follow_at("2026-09-14 08:29:59.9") == []
    assert place.follow_at("2026-09-14 08:30") == [OPENED]
    assert place.follow_at("2026-09-14 16:59:59.9") == []
    assert place.follow_at("2026-09-14 17:00") == [CLOSED]
    assert place.heard == [SALES] * 3
    assert REPAIR not in place.runner.floor.closed


def test_queue_a_supervisor_closed_too_stays_closed_when_its_hours_begin(place: Place) -> None:
    place.follow_at("2026-09-14 07:00")
    place.runner.tell(QueueClosed(queue=SALES, by="li"))
    place.follow_at("2026-09-14 09:00")
    assert place.runner.floor.closed[SALES] == ["hand"]


def test_queue_that_loses_its_hours_is_open_at_once(place: Place) -> None:
    place.follow_at("2026-09-14 07:00")
    place.runner.tell(RulesLoaded(rules=by_calendar("")))
    assert place.follow_at("2026-09-14 07:01") == [OPENED]


def test_engine_that_comes_back_after_closing_time_closes_then(place: Place) -> None:
    place.follow_at("2026-09-14 12:00")
    floor = msgspec.json.decode(msgspec.json.encode(place.runner.floor), type=Floor)
    later = Place("2026-09-14 17:20")
    later.runner.floor = floor
    assert later.follow_at("2026-09-14 17:20") == [CLOSED]


def test_it_sleeps_until_the_minute_and_looks_now_and_then(place: Place) -> None:
    seen = []
    for now in ("2026-09-14 08:15:00.5", "2026-09-14 08:25:00.5", "2026-09-14 08:30"):
        place.follow_at(now)
        seen.append(place.openings.sleep_s())
    assert seen == [600.0, pytest.approx(299.5), 600.0]


async def test_reload_wakes_it(place: Place) -> None:
    task = asyncio.create_task(place.openings.run())
    await asyncio.sleep(0)
    place.events = []
    place.calendars = {"office": Hours(time_zone="Asia/Shanghai", weekly={"mon": (Span(0, 1440),)})}
    place.openings.follow()
    assert place.events == [OPENED]
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
