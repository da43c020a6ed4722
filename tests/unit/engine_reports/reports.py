"""A small report to be shown in every form."""

from datetime import date
from zoneinfo import ZoneInfo

from acd.rules import QueueRules, Rules
from agents.roster import AgentId, AgentSettings, QueueId
from engine.reports.asked import columns_of
from engine.reports.document import Because, Document
from engine.reports.shown import Language, Names
from metrics.definitions import AgentTimes, QueueCounts, Sums, bands_in_force
from metrics.dimensions import Dimension
from metrics.periods import Step, midnight, periods
from metrics.reports import build

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 25)
SINCE, UNTIL = midnight(DAY, ZONE), midnight(date(2026, 11, 26), ZONE)
RULES = Rules.of(
    "r1",
    [
        QueueRules(id=QueueId("repair"), names={"zh": "=报修", "en": "Repair"}),
        QueueRules(id=QueueId("sales"), names={"zh": "咨询", "en": "<b>Sales</b>"}),
    ],
    [
        AgentSettings(id=AgentId("1001"), name="王小明", queues=(QueueId("repair"),), groups=("east",)),
        AgentSettings(id=AgentId("1002"), name="李娜", queues=(QueueId("repair"), QueueId("sales")), groups=("east",)),
    ],
)


def counts(offered: int, in_time: int, wait_s: float) -> QueueCounts:
    return QueueCounts(offered=offered, answered=offered, answered_within_sl=in_time, answered_wait_s=wait_s)


def document(language: Language = "zh") -> Document:
    hours = periods(SINCE, UNTIL, Step.HOUR, ZONE)
    nine, ten = hours[9], hours[10]
    times = AgentTimes(talking_s=1800.0, ready_s=1800.0, not_ready_s=5400.0)
    cells = {
        (nine, "repair"): Sums(counts(10, 5, 300.0), times),
        (nine, "sales"): Sums(counts(2, 2, 4.0), times),
        (ten, "repair"): Sums(counts(30, 30, 60.0), times),
    }
    bands = bands_in_force({})
    names = ("offered", "service_level", "asa", "time_not_ready", "cost_per_call", "survey_score")
    report = build(Dimension.QUEUE, Step.HOUR, (SINCE, UNTIL), columns_of(names, Dimension.QUEUE, bands), cells)
    curve = build(
        Dimension.SITE,
        Step.HOUR,
        (SINCE, UNTIL),
        columns_of(("offered", "service_level", "asa"), Dimension.SITE, bands),
        {(period, ""): sums for (period, key), sums in cells.items() if key == "repair"},
    )
    return Document(
        report=report,
        curve=curve,
        names=Names.of(RULES),
        language=language,
        zone=ZONE,
        made_at=UNTIL + 6.5 * 3600,
        because=(Because("service_level", "服务水平 50 %", ("来电比平日多 40 %",)),),
    )
