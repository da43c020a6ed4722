"""The kinds of panels our dashboards are made of: a big number, lines over time, a table with a row per queue or group."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from grafana_foundation_sdk.builders import common as common_builder
from grafana_foundation_sdk.builders import dashboard as dashboard_builder
from grafana_foundation_sdk.builders import prometheus, stat, table, timeseries
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

__all__ = ["SOURCE", "Column", "Steps", "big_number", "lines", "table_of"]

SOURCE: Final = dashboard.DataSourceRef(type_val="prometheus", uid="${datasource}")
NO_DATA: Final = "–"

Steps = Sequence[tuple[float | None, str]]
"""Colours, each from a value on; the first has no value."""


class Column(NamedTuple):
    """A column of a table: the expression gives one value per row."""

    title: str
    expr: str
    unit: str = "short"
    steps: Steps | None = None


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
    steps: Steps | None = None,
    meaning: str = "",
) -> timeseries.Panel:
    """Series over time; `queries` maps a legend to its expression, `names` what a legend is to be read as; `steps` are drawn
    as dashed lines."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(meaning)
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
    if steps is not None:
        panel.thresholds(_thresholds(steps))
        panel.thresholds_style(common_builder.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED))
    for value, name in (names or {}).items():
        panel.override_by_name(value, [dashboard.DynamicConfigValue("displayName", name)])
    return panel


def table_of(label: str, key: str, title: str, columns: Sequence[Column]) -> table.Panel:
    """A row per value of `label`, whose column is headed `key`."""
    refs = [chr(ord("A") + position) for position in range(len(columns))]
    panel = table.Panel().title(title).datasource(SOURCE).no_value(NO_DATA).height(8).span(24)
    panel.with_transformation(dashboard.DataTransformerConfig("merge", options={}))
    panel.with_transformation(dashboard.DataTransformerConfig("organize", options=_order(label, refs)))
    panel.override_by_name(label, [dashboard.DynamicConfigValue("displayName", key)])
    for ref, column in zip(refs, columns, strict=True):
        panel.with_target(_query(column.expr, ref).instant().format(PromQueryFormat.TABLE))
        panel.override_by_name(f"Value #{ref}", _column_look(column))
    return panel


def _order(label: str, refs: Sequence[str]) -> dict[str, object]:
    columns = [label, *(f"Value #{ref}" for ref in refs)]
    return {
        "excludeByName": {"Time": True},
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
