"""The kinds of panels our dashboards are made of: a big number, lines over time, a table with a row per queue."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from grafana_foundation_sdk.builders import common as common_builder
from grafana_foundation_sdk.builders import dashboard as dashboard_builder
from grafana_foundation_sdk.builders import prometheus, stat, table, timeseries
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from metrics.definitions import Band

__all__ = ["STATE_NAMES", "Column", "Steps", "big_number", "falling", "lines", "queue_table", "rising"]

SOURCE: Final = dashboard.DataSourceRef(type_val="prometheus", uid="${datasource}")
NO_DATA: Final = "–"

STATE_NAMES: Final = {
    "offline": "离线 Offline",
    "not_ready": "未就绪 Not ready",
    "ready": "就绪 Ready",
    "offered": "振铃 Offered",
    "talking": "通话 Talking",
    "holding": "保持 Holding",
    "wrap_up": "事后处理 Wrap-up",
}

Steps = Sequence[tuple[float | None, str]]
"""Colours, each from a value on; the first has no value."""


class Column(NamedTuple):
    """A column of the queue table: the expression gives one value per queue."""

    title: str
    expr: str
    unit: str = "short"
    steps: Steps | None = None


def rising(band: Band, bad: float) -> Steps:
    """More is better: green from the band's low end on, red below `bad`."""
    return [(None, "red"), (bad, "orange"), (band.low, "green")]


def falling(warn: float, bad: float) -> Steps:
    """Less is better: orange above `warn`, red above `bad`."""
    return [(None, "green"), (warn, "orange"), (bad, "red")]


def big_number(
    title: str, expr: str, unit: str, steps: Steps, *, width: int = 4, decimals: int = 0, meaning: str = ""
) -> stat.Panel:
    """One value of now, coloured, with its course as a shadow."""
    return (
        stat.Panel()
        .title(title)
        .description(meaning)
        .datasource(SOURCE)
        .with_target(_query(expr, "A"))
        .unit(unit)
        .decimals(decimals)
        .no_value(NO_DATA)
        .thresholds(_thresholds(steps))
        .color_mode(common.BigValueColorMode.BACKGROUND_SOLID)
        .graph_mode(common.BigValueGraphMode.AREA)
        .reduce_options(common_builder.ReduceDataOptions().calcs(["lastNotNull"]))
        .height(5)
        .span(width)
    )


def lines(
    title: str,
    queries: Mapping[str, str],
    unit: str = "short",
    *,
    width: int = 12,
    stacked: bool = False,
    names: Mapping[str, str] | None = None,
    limit: float | None = None,
) -> timeseries.Panel:
    """Series over time; `queries` maps a legend to its expression, `limit` draws a dashed line."""
    panel = (
        timeseries.Panel()
        .title(title)
        .datasource(SOURCE)
        .unit(unit)
        .min(0)
        .no_value(NO_DATA)
        .fill_opacity(40 if stacked else 5)
        .show_points(common.VisibilityMode.NEVER)
        .tooltip(common_builder.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI))
        .height(8)
        .span(width)
    )
    for position, (legend, expr) in enumerate(queries.items()):
        panel.with_target(_query(expr, chr(ord("A") + position)).legend_format(legend))
    if stacked:
        panel.stacking(common_builder.StackingConfig().mode(common.StackingMode.NORMAL))
    if limit is not None:
        panel.thresholds(_thresholds([(None, "green"), (limit, "red")]))
        panel.thresholds_style(common_builder.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED))
    for value, name in (names or {}).items():
        panel.override_by_name(value, [dashboard.DynamicConfigValue("displayName", name)])
    return panel


def queue_table(title: str, columns: Sequence[Column]) -> table.Panel:
    """A row per queue."""
    refs = [chr(ord("A") + position) for position in range(len(columns))]
    panel = table.Panel().title(title).datasource(SOURCE).no_value(NO_DATA).height(8).span(24)
    panel.with_transformation(dashboard.DataTransformerConfig("merge", options={}))
    panel.with_transformation(dashboard.DataTransformerConfig("organize", options=_order(refs)))
    panel.override_by_name("queue", [dashboard.DynamicConfigValue("displayName", "队列 Queue")])
    for ref, column in zip(refs, columns, strict=True):
        panel.with_target(_query(column.expr, ref).instant().format(PromQueryFormat.TABLE))
        panel.override_by_name(f"Value #{ref}", _column_look(column))
    return panel


def _order(refs: Sequence[str]) -> dict[str, object]:
    columns = ["queue", *(f"Value #{ref}" for ref in refs)]
    return {
        "excludeByName": {"Time": True, "site": True},
        "indexByName": {name: position for position, name in enumerate(columns)},
        "renameByName": {},
    }


def _column_look(column: Column) -> list[dashboard.DynamicConfigValue]:
    look = [
        dashboard.DynamicConfigValue("displayName", column.title),
        dashboard.DynamicConfigValue("unit", column.unit),
    ]
    if column.steps is not None:
        look.append(dashboard.DynamicConfigValue("thresholds", _thresholds(column.steps).build()))
        look.append(dashboard.DynamicConfigValue("custom.cellOptions", {"type": "color-background"}))
    return look


def _query(expr: str, ref: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(expr).ref_id(ref).datasource(SOURCE)


def _thresholds(steps: Steps) -> dashboard_builder.ThresholdsConfig:
    return (
        dashboard_builder.ThresholdsConfig()
        .mode(dashboard.ThresholdsMode.ABSOLUTE)
        .steps([dashboard.Threshold(value=value, color=color) for value, color in steps])
    )
