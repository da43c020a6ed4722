"""A dashboard in one language, filled from top to bottom."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from grafana_foundation_sdk.builders import dashboard as dashboard_builder
from grafana_foundation_sdk.models import dashboard

from deploy.grafana import figures
from deploy.grafana.panels import SOURCE, Column, Steps, big_number, lines, table_of
from deploy.grafana.words import Language, Words

__all__ = ["QUEUE", "SITE", "Board", "Cell", "quantiles"]

SITE: Final = '{site=~"$site"}'
QUEUE: Final = '{site=~"$site", queue=~"$queue"}'
"""What the dashboard's variables choose."""

HOTLINE: Final = "http://127.0.0.1:8080"
"""Where browsers reach the engine, unless somebody writes another address into the dashboard."""

Legends = Mapping[Words | str, str]
"""By legend, its expression. A legend of labels, such as {{queue}}, is the same in all languages."""

_VARIABLES: Final = {
    "site": (Words("站点", "Site"), "label_values(callcenter_calls_total, site)"),
    "queue": (Words("队列", "Queue"), 'label_values(callcenter_queue_offered_total{site=~"$site"}, queue)'),
    "group": (Words("班组", "Group"), 'label_values(callcenter_group_agents{site=~"$site"}, group)'),
}


class Cell(NamedTuple):
    """A column of a table, in both languages: the expression gives one value per row."""

    title: Words
    expr: str
    unit: str = "short"
    steps: Steps | None = None


class Board:
    """One dashboard being made. `name` is its file's."""

    def __init__(self, name: str, title: Words, about: Words, language: Language, variables: Sequence[str]) -> None:
        self._language = language
        self.builder = (
            dashboard_builder.Dashboard(title.said(language))
            .uid(f"hotline-{name}-{language}")
            .description(about.said(language))
            .tags(["hotline", f"hotline-{language}"])
            .readonly()
            .refresh("5s")
            .time("now-3h", "now")
            .timezone("browser")
            .link(self._link_to_the_others())
            .link(self._link_to_the_wallboard())
        )
        source = Words("数据源", "Data source").said(language)
        self.builder.with_variable(dashboard_builder.DatasourceVariable("datasource").label(source).type("prometheus"))
        address = Words("Hotline 地址", "Hotline's address").said(language)
        here = dashboard.VariableOption(text=HOTLINE, value=HOTLINE)
        self.builder.with_variable(
            dashboard_builder.TextBoxVariable("hotline").label(address).default_value(HOTLINE).current(here)
        )
        for variable in variables:
            label, query = _VARIABLES[variable]
            self.builder.with_variable(_query_variable(variable, label.said(language), query))

    def _link_to_the_others(self) -> dashboard_builder.DashboardLink:
        return (
            dashboard_builder.DashboardLink("Hotline")
            .type(dashboard.DashboardLinkType.DASHBOARDS)
            .tags([f"hotline-{self._language}"])
            .as_dropdown(False)
            .keep_time(True)
            .include_vars(True)
        )

    def _link_to_the_wallboard(self) -> dashboard_builder.DashboardLink:
        """Single agents and waiting callers are there."""
        return (
            dashboard_builder.DashboardLink(Words("大屏", "Wallboard").said(self._language))
            .type(dashboard.DashboardLinkType.LINK)
            .url(f"${{hotline}}/wallboard?lang={self._language}")
            .target_blank(True)
        )

    def row(self, title: Words) -> None:
        """What follows is about this."""
        self.builder.with_row(dashboard_builder.Row(title.said(self._language)))

    def number(
        self, title: Words, expr: str, unit: str = "short", steps: Steps = figures.PLAIN, *, width: int = 4
    ) -> None:
        """One value, as it is now."""
        self.builder.with_panel(big_number(title.said(self._language), expr, unit, steps, width=width))

    def figure(self, figure: str, expr: str, *, width: int = 4) -> None:
        """The value of a defined figure, with its own name, unit, formula and colours."""
        title, formula = figures.name(figure).said(self._language), figures.meaning(figure).said(self._language)
        unit, steps = figures.unit(figure), figures.steps(figure)
        self.builder.with_panel(big_number(title, expr, unit, steps, width=width, decimals=1, meaning=formula))

    def figure_lines(self, figure: str, queries: Legends, *, width: int = 12) -> None:
        """The course of a defined figure, with its band."""
        title, formula = figures.name(figure).said(self._language), figures.meaning(figure).said(self._language)
        said = self._said(queries)
        unit, steps = figures.unit(figure), figures.steps(figure)
        self.builder.with_panel(lines(title, said, unit, width=width, steps=steps, meaning=formula))

    def lines(
        self,
        title: Words,
        queries: Legends,
        unit: str = "short",
        *,
        width: int = 12,
        stacked: bool = False,
        names: Mapping[str, Words] | None = None,
        steps: Steps | None = None,
    ) -> None:
        """Series over time; `names` say how the values of a label are read."""
        read_as = {value: words.said(self._language) for value, words in (names or {}).items()}
        said = self._said(queries)
        heading = title.said(self._language)
        self.builder.with_panel(lines(heading, said, unit, width=width, stacked=stacked, names=read_as, steps=steps))

    def table(self, title: Words, label: str, key: Words, cells: Sequence[Cell]) -> None:
        """A row per value of the label."""
        language = self._language
        columns = [Column(cell.title.said(language), cell.expr, cell.unit, cell.steps) for cell in cells]
        self.builder.with_panel(table_of(label, key.said(language), title.said(language), columns))

    def _said(self, queries: Legends) -> dict[str, str]:
        return {
            legend.said(self._language) if isinstance(legend, Words) else legend: expr
            for legend, expr in queries.items()
        }


def quantiles(histogram: str, labels: str) -> dict[Words | str, str]:
    """Half, nine in ten, and 99 in a hundred took no longer."""
    buckets = f"sum by (le) (rate({histogram}_bucket{labels}[$__rate_interval]))"
    return {f"p{round(100 * part)}": f"histogram_quantile({part}, {buckets})" for part in (0.5, 0.9, 0.99)}


def _query_variable(name: str, label: str, query: str) -> dashboard_builder.QueryVariable:
    everything = dashboard.VariableOption(text="All", value="$__all")
    return (
        dashboard_builder.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query(query)
        .multi(True)
        .include_all(True)
        .current(everything)
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.ALPHABETICAL_ASC)
    )
