"""What an alarm says of its cause: what was found out in the data, else the day's own counts."""

from acd.floor import Floor
from acd.model import QueueId
from cti.alarms import alarms
from metrics.definitions import Band, QueueCounts
from metrics.why import Answer, Cause, Explanation, Kind, Names, Side, answer
from tests.unit.acd.floors import rules

SALES = QueueId("sales")
DAY: dict[QueueId | None, QueueCounts] = {
    SALES: QueueCounts(offered=40, answered=30, answered_within_sl=20, abandoned_waiting=10, abandoned_wait_s=500.0)
}
BANDS = {"abandon_rate": Band(high=0.05)}
MORE_CALLS = Cause(kind=Kind.CALLS, now=40.0, usual=20.0, effect=0.3, would_be=0.85)


def found(figure: str, *causes: Cause) -> Answer:
    explained = Explanation(
        figure=figure, value=0.5, band=Band(low=0.8), side=Side.LOW, usual=0.8, days=4, causes=causes
    )
    return answer(explained, Names(), SALES, 0.0, 900.0)


def causes_of(known: dict[tuple[QueueId, str], Answer]) -> dict[str, tuple[str, str]]:
    floor = Floor.under(rules({"anna": ["sales"]}))
    floor.linked = True
    return {
        alarm.kind: (alarm.cause["zh"], alarm.cause["en"]) for alarm in alarms(floor, 1000.0, DAY, BANDS, 60.0, known)
    }


def test_first_cause_that_was_found_out_is_the_alarm_s() -> None:
    seen = causes_of({(SALES, "service_level"): found("service_level", MORE_CALLS)})
    assert seen["service_level"] == (
        "来电 40 通，比平日 20 通多 100%；如平日则约 85%。",
        "40 calls, 100 % more than usual (20); as usual about 85 %.",
    )
    assert seen["abandon_rate"][1] == "10 callers gave up, after 50 s in the mean"


def test_nothing_found_out_leaves_the_day_s_counts() -> None:
    for known in ({}, {(SALES, "service_level"): found("service_level")}):
        assert causes_of(known)["service_level"][1] == "40 calls today, 20 answered within 20 s, 10 abandoned"
