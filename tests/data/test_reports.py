"""Reports of both databases: their numbers are those of the calls behind them, whichever number and however told apart."""

import asyncio
import re
import threading
from datetime import date, datetime, timedelta
from html import escape, unescape
from pathlib import Path
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from acd.records import CallOpened, NodeEntered
from agents.roster import AgentId
from cti.http.services import QuestionRefused
from engine.config import load
from engine.database import Database
from engine.database.intervals import roll_up
from engine.database.outside import keep
from engine.database.upserts import upsert
from engine.facts import rows_of
from engine.reports.agent_day import read_day
from engine.reports.apart import AT_ONCE, apart
from engine.reports.asked import BadQuestion, Wanted, columns_of
from engine.reports.asking import wanted_of
from engine.reports.behind import Question, behind
from engine.reports.making import FORMATS, file_of, make
from engine.reports.service import SqlReports
from engine.reports.site import Surroundings, surroundings
from metrics.columns import COLUMNS, UNCOUNTED
from metrics.definitions import bands_in_force
from metrics.dimensions import Dimension
from metrics.outside import Entry
from metrics.periods import Step, midnight
from metrics.reports import Report
from tests.unit.metrics.records import NINE
from tests.unit.metrics.test_core_and_tally import RULES, Day

pytestmark = pytest.mark.data

ZONE = ZoneInfo("Asia/Shanghai")
CONFIG = Path(__file__).parents[2] / "config"
AROUND = Surroundings(rules=RULES, zone=ZONE, bands=bands_in_force({}))
SINCE, UNTIL = NINE - 900, NINE + 4 * 3600
COUNTS = [name for name, column in COLUMNS.items() if column.is_count]


@pytest.fixture(params=[5, 6])
async def past(request: pytest.FixtureRequest, database: Database) -> Database:
    day = Day(request.param)
    for _ in range(500):
        day.something_happens()
    opened = [record for record in day.records if isinstance(record, CallOpened)]
    steps = [
        NodeEntered(call=one.call, at=one.at, node=f"node{n % 3}", key="" if n % 3 == 0 else "1", step=1)
        for n, one in enumerate(opened)
    ]
    async with database.transaction() as connection:
        await upsert(connection, [row for record in (*day.records, *steps) for row in rows_of(record)])
    await roll_up(database, SINCE, UNTIL)
    return database


async def report(database: Database, by: Dimension, step: Step, *figures: str) -> Report:
    wanted = Wanted(since=SINCE, until=UNTIL, by=by, step=step, columns=columns_of(figures, by, AROUND.bands))
    async with database.session() as session:
        return (await make(session, wanted, AROUND, "en")).report


@pytest.mark.parametrize("by", [by for by in Dimension if by not in (Dimension.GROUP, Dimension.SKILL)])
async def test_every_number_is_that_of_the_calls_behind_it(past: Database, by: Dimension) -> None:
    found = await report(past, by, Step.HOUR, *COUNTS)
    differences, listed_in_all = [], 0
    async with past.session() as session:
        for line in found.lines:
            assert line.period is not None
            assert line.key is not None
            for count, told in zip(COUNTS, line.values, strict=True):
                if count == "wrap_ups" and by in (Dimension.VIP, Dimension.DID, Dimension.MENU):
                    continue
                key = None if by is Dimension.SITE else line.key
                asked = Question(count=count, by=by, key=key, since=line.period.start, until=line.period.end)
                listed = await behind(session, asked, RULES)
                listed_in_all += len(listed)
                if told is None:
                    assert count in UNCOUNTED[by]
                if len(listed) != (told or 0):
                    differences.append(f"{count} of {line.key!r} at {line.period.label}: {told}, listed {len(listed)}")
    assert differences == []
    if by is Dimension.MENU:
        assert {line.key for line in found.by_key} == {"", "node1", "node2"}
    assert listed_in_all > 50


async def test_longer_periods_are_the_sums_of_shorter_ones(past: Database) -> None:
    quarters, day = [await report(past, Dimension.QUEUE, step, *COUNTS) for step in (Step.QUARTER, Step.DAY)]
    assert len(quarters.lines) > len(day.lines)
    assert [line.values for line in quarters.by_key] == [line.values for line in day.by_key]


@pytest.mark.parametrize("by", [Dimension.QUEUE, Dimension.SITE])
async def test_time_in_which_nobody_called_is_in_the_totals_of_short_periods_too(past: Database, by: Dimension) -> None:
    names = ("time_ready", "time_not_ready", "time_logged_in")
    quarters, day = [await report(past, by, step, *names) for step in (Step.QUARTER, Step.DAY)]
    assert day.whole.values[0]
    for short, long in zip([*quarters.by_key, quarters.whole], [*day.by_key, day.whole], strict=True):
        assert short.key == long.key
        assert short.values == pytest.approx(long.values)


async def test_agents_of_no_group_are_in_no_report_of_groups(past: Database) -> None:
    found = await report(past, Dimension.GROUP, Step.DAY, "answered", "time_logged_in")
    assert (found.lines, found.whole.values) == ((), (0, 0.0))


async def test_a_queues_times_are_the_same_however_many_periods_are_read_at_once(
    past: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = await report(past, Dimension.QUEUE, Step.QUARTER, "occupancy", "time_ready")
    monkeypatch.setattr("engine.reports.gather.AGENTS_AT_ONCE", 2 * len(RULES.agents))
    by_two = await report(past, Dimension.QUEUE, Step.QUARTER, "occupancy", "time_ready")
    assert [line.values for line in by_two.lines] == [line.values for line in at_once.lines]


async def test_the_whole_site_counts_each_call_once_and_each_agent_once(past: Database) -> None:
    names = ("offered", "time_logged_in")
    queues, site, agents = [
        (await report(past, by, Step.DAY, *names)).whole.values
        for by in (Dimension.QUEUE, Dimension.SITE, Dimension.AGENT)
    ]
    assert queues[0] is not None
    assert site[0] is not None
    assert queues[0] > site[0] > 0
    assert queues[1] == site[1] == agents[1]


async def test_what_cannot_be_listed_is_refused_by_name(past: Database) -> None:
    async with past.session() as session:
        for count, by in (
            ("service_level", Dimension.QUEUE),
            ("nonsense", Dimension.QUEUE),
            ("wrap_ups", Dimension.VIP),
        ):
            with pytest.raises(BadQuestion, match="count"):
                await behind(session, Question(count=count, by=by, key="1", since=SINCE, until=UNTIL), RULES)


async def test_a_report_with_too_many_lines_is_refused(past: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.reports.gather.MOST_LINES", 3)
    with pytest.raises(BadQuestion, match="more than 3 lines"):
        await report(past, Dimension.QUEUE, Step.QUARTER, "offered")


@pytest.mark.parametrize("form", FORMATS)
async def test_a_day_can_be_had_in_every_form(past: Database, form: str) -> None:
    today = date.fromtimestamp(NINE) + timedelta(days=1)
    wanted = wanted_of({"from": f"{today - timedelta(days=1)}", "figures": "all"}, [], AROUND, today)
    async with past.session() as session:
        document = await make(session, wanted, AROUND, "zh")
    assert len(file_of(document, form).content) > 1000


async def test_an_agents_day_is_the_time_he_was_logged_in(past: Database) -> None:
    today = date.fromtimestamp(NINE)
    async with past.session() as session:
        day = await read_day(session, "1001", today, AROUND)
        nobody = await read_day(session, "9999", today, AROUND)
    assert day.start == midnight(today, ZONE)
    assert day.talks
    assert all(one.end <= two.start + 1e-6 for one, two in zip(day.spells, day.spells[1:], strict=False))
    assert nobody.spells == []


async def test_what_was_told_from_outside_is_in_the_lines_and_in_the_whole(past: Database) -> None:
    today = datetime.fromtimestamp(NINE, ZONE).date()
    start = midnight(today, ZONE)
    cost = Entry(name="cost", dimension=Dimension.SITE, key="", since=start, until=start + 86400, value=2400.0)
    async with past.transaction() as connection:
        await keep(connection, [cost], NINE)
    wanted = wanted_of({"by": "site", "from": f"{today}", "figures": "cost_per_call,calls"}, [], AROUND, today)
    async with past.session() as session:
        hours = (await make(session, replace(wanted, step=Step.HOUR), AROUND, "en")).report
        day = (await make(session, replace(wanted, step=Step.DAY), AROUND, "en")).report
    sums = [line.sums for line in hours.lines]
    assert {one.outside.cost for one in sums} == {100.0}  # a 24th of the day's
    assert hours.whole.sums.outside.cost == 2400.0
    assert day.lines[0].values == day.whole.values == hours.whole.values
    assert hours.whole.values[0] is not None


@pytest.mark.parametrize("by", ["queue", "menu", "site"])
async def test_every_link_of_the_page_leads_to_as_many_calls_as_it_says(past: Database, by: str) -> None:
    configuration = replace(load(CONFIG), rules=RULES)
    reports = SqlReports(past, lambda: configuration, lambda: NINE)
    day = f"{datetime.fromtimestamp(NINE, ZONE).date()}"
    figures = "offered,answered,abandoned,short_abandoned,overflowed,talks,offers_declined"
    page = await reports.page({"from": day, "to": day, "by": by, "step": "hour", "figures": figures, "language": "en"})
    links = re.findall(r'<a href="/reports/calls\?([^"]+)">([\d,]+)</a>', page)
    assert len(links) > 10
    for link, number in links:
        question = dict(parse_qsl(unescape(link)))
        assert len(await reports.calls(question)) == int(number.replace(",", "")), link
        assert f": {number.replace(',', '')}</h1>" in await reports.calls_page(question)


async def test_a_question_that_cannot_be_answered_leaves_the_form_and_says_why(past: Database) -> None:
    configuration = replace(load(CONFIG), rules=RULES)
    reports = SqlReports(past, lambda: configuration, lambda: NINE)
    page = await reports.page({"figures": "servce_level", "key": '"><script>'})
    assert "did you mean &quot;service_level&quot;?" in page
    assert "<form" in page
    assert "<script" not in page
    nobody = await reports.agent_day(AgentId('1"\r\nX: y'), {"day": f"{datetime.fromtimestamp(NINE, ZONE).date()}"})
    assert nobody.name.isascii()
    assert not set('"\r\n') & set(nobody.name)
    with pytest.raises(QuestionRefused, match="expected a day"):
        await reports.agent_day(AgentId("1001"), {"day": "yesterday"})


async def test_reports_are_made_in_a_thread_of_their_own_because_callers_wait_on_the_loop(past: Database) -> None:
    async def where(_own: Database) -> int:
        return threading.get_ident()

    assert await apart(past, where) != threading.get_ident()


async def test_reports_nobody_waits_for_any_longer_keep_others_waiting_and_take_no_more_threads(past: Database) -> None:
    go_on, at_work = threading.Event(), []

    async def long(_own: Database) -> None:
        at_work.append(threading.get_ident())
        await asyncio.to_thread(go_on.wait, 10.0)

    given_up = [asyncio.create_task(apart(past, long)) for _ in range(6)]
    while len(at_work) < AT_ONCE:  # noqa: ASYNC110 - other threads' work
        await asyncio.sleep(0)
    for task in given_up:
        task.cancel()
    after = asyncio.create_task(apart(past, long))
    await asyncio.wait(given_up)
    assert len(at_work) == AT_ONCE
    go_on.set()
    await after
    assert len(at_work) == AT_ONCE + 1


async def test_a_days_report_says_why_its_figures_are_out_of_their_bands(past: Database) -> None:
    configuration = replace(load(CONFIG), rules=RULES)
    around = surroundings(configuration)
    day = f"{datetime.fromtimestamp(NINE, ZONE).date()}"
    wanted = wanted_of({"from": day, "to": day, "by": "queue"}, [], around, date(2027, 1, 16))
    async with past.session() as session:
        documents = {language: await make(session, wanted, around, language) for language in ("zh", "en")}
        week = await make(session, replace(wanted, since=wanted.since - 7 * 86400), around, "en")
    zh, en = documents["zh"].because, documents["en"].because
    assert en
    assert [one.figure for one in zh] == [one.figure for one in en]
    assert all(one.sentences and " · " in one.headline for one in (*zh, *en))
    assert week.because == []  # a week has no comparable day
    page = file_of(documents["en"], "html").content.decode()
    assert escape(en[0].sentences[0]) in page
