"""Grafana's dashboards: generated from the code, loadable, and about metrics that exist."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from acd.model import CallState, Disposition, OfferOutcome
from agents.state import AgentState
from deploy.grafana.build import FOLDER, render
from deploy.grafana.figures import steps
from deploy.grafana.words import CALL_STATES, DISPOSITIONS, OUTCOMES, STATES
from metrics.definitions import FIGURES, Figure
from metrics.families import FAMILIES
from tests.deploy.promql import known_series, problems, rules

REPOSITORY = Path(__file__).parents[2]
GRAFANA = REPOSITORY / "deploy/grafana"
BOARDS = {name: json.loads(text) for name, text in render().items()}

VARIABLES = {"$site": "main", "$queue": "sales", "$group": "day", "$__rate_interval": "1m", "$__range": "30d"}
"""What Grafana puts in before it asks Prometheus."""


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for row in board["panels"] for panel in (row, *row.get("panels", ()))]


def queries() -> Iterator[tuple[str, str, str]]:
    """(dashboard, panel, expression as Prometheus gets it)"""
    for name, board in BOARDS.items():
        for panel in panels(board):
            for target in panel.get("targets", ()):
                yield name, panel["title"], filled_in(target["expr"])


def filled_in(expression: str, variables: Mapping[str, str] = VARIABLES) -> str:
    for variable, value in variables.items():
        expression = expression.replace(variable, value)
    return expression


def test_committed_dashboards_are_those_of_the_code() -> None:
    committed = {str(path.relative_to(FOLDER)): path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.json")}
    assert committed == render(), "run: python -m deploy.grafana.build"


@pytest.mark.parametrize(("board", "panel", "expression"), list(queries()))
def test_panel_asks_for_metrics_and_labels_that_exist(board: str, panel: str, expression: str) -> None:
    assert "$" not in expression, f"{board}, {panel}: a variable nobody fills in"
    assert problems(expression, known_series()) == []


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_variable_lists_the_values_of_a_label_that_exists(board: dict[str, Any]) -> None:
    known = known_series()
    asked = [variable for variable in board["templating"]["list"] if variable["type"] == "query"]
    for variable in asked:
        found = re.fullmatch(r"label_values\((.*), (\w+)\)", filled_in(variable["query"]))
        assert found
        assert problems(found[1], known) == []
        assert found[2] in known[found[1].split("{")[0]]
    used = {variable for variable in ("site", "queue", "group") if f"${variable}" in json.dumps(board["panels"])}
    assert used == {variable["name"] for variable in asked}


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_panels_have_their_own_ids_and_do_not_overlap(board: dict[str, Any]) -> None:
    shown = panels(board)
    assert len({panel["id"] for panel in shown}) == len(shown)
    assert all(0 <= panel["gridPos"]["x"] <= 24 - panel["gridPos"]["w"] for panel in shown)
    for one, other in combinations(shown, 2):
        assert not _overlap(one["gridPos"], other["gridPos"]), f"{one['title']} lies over {other['title']}"


def _overlap(a: dict[str, int], b: dict[str, int]) -> bool:
    across = a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"]
    return across and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]


@pytest.mark.parametrize("name", BOARDS)
def test_dashboard_speaks_its_language_alone(name: str) -> None:
    said = [BOARDS[name]["title"], BOARDS[name]["description"], *words_of(BOARDS[name])]
    chinese = [text for text in said if re.search(r"[一-鿿]", text)]
    if name.startswith("en/"):
        assert chinese == []
    else:
        assert {text for text in said if text not in chinese} <= {"Asterisk"}


def words_of(board: dict[str, Any]) -> Iterator[str]:
    """Titles, column heads and legends; those made of labels alone are the same in all languages."""
    for variable in board["templating"]["list"]:
        yield variable["label"]
    for panel in panels(board):
        yield panel["title"]
        for override in panel.get("fieldConfig", {}).get("overrides", ()):
            yield from (entry["value"] for entry in override["properties"] if entry["id"] == "displayName")
        for target in panel.get("targets", ()):
            legend = re.sub(r"\{\{\w+\}\}|[ /]|p\d\d", "", target.get("legendFormat", ""))
            yield from [legend] if legend else ()


def test_both_languages_show_the_same_numbers() -> None:
    chinese, english = (
        [(name[3:], expression) for name, _, expression in queries() if name.startswith(language)]
        for language in ("zh/", "en/")
    )
    assert chinese == english


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_panels_use_the_data_source_chosen_on_the_dashboard(board: dict[str, Any]) -> None:
    for panel in panels(board):
        sources = [panel.get("datasource"), *(target["datasource"] for target in panel.get("targets", ()))]
        assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources if source)
        refs = [target["refId"] for target in panel.get("targets", ())]
        assert len(set(refs)) == len(refs)
        assert refs or panel["type"] == "row"


def test_dashboards_can_be_told_apart_by_a_short_uid() -> None:
    uids = [board["uid"] for board in BOARDS.values()]
    assert len(set(uids)) == len(uids)
    assert all(re.fullmatch(r"[a-z0-9-]{1,40}", uid) for uid in uids)


def test_every_metric_of_ours_is_on_a_dashboard_or_in_a_recorded_figure() -> None:
    used = " ".join(expression for _, _, expression in queries())
    used += " ".join(rule["expr"] for rule in rules())
    unused = {name for name in FAMILIES if name not in used}
    assert unused == set()


def test_every_state_and_outcome_has_a_name_on_the_dashboards() -> None:
    assert set(STATES) == set(AgentState)
    assert set(CALL_STATES) == set(CallState)
    assert set(OUTCOMES) == set(OfferOutcome)
    assert set(DISPOSITIONS) == set(Disposition)


@pytest.mark.parametrize("figure", [figure for figure in FIGURES.values() if figure.band], ids=lambda figure: figure.id)
def test_a_figure_is_green_in_its_band_and_nowhere_else(figure: Figure) -> None:
    """But for the high end itself, which is in the band and where Grafana's next colour begins."""
    band = figure.band
    assert band is not None
    middle = ((band.low or 0.0) + (band.high or 2 * (band.low or 0.0) + 1.0)) / 2
    assert colour(figure.id, middle) == "green"
    for end, outside in ((band.low, 0.99), (band.high, 1.01)):
        if end:
            assert colour(figure.id, end * outside) == "orange"


def colour(figure: str, value: float) -> str:
    return [colour for start, colour in steps(figure) if start is None or value >= start][-1]


def test_grafana_finds_dashboards_and_prometheus_where_compose_puts_them() -> None:
    services = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    provider = yaml.safe_load((GRAFANA / "provisioning/dashboards/hotline.yml").read_text(encoding="utf-8"))
    source = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text(encoding="utf-8"))
    volumes = services["grafana"]["volumes"]
    assert "./deploy/grafana/dashboards:/etc/grafana/dashboards:ro" in volumes
    found = {Path(folder["options"]["path"]) for folder in provider["providers"]}
    assert found == {Path("/etc/grafana/dashboards", path.name) for path in FOLDER.iterdir()}
    assert "./deploy/grafana/provisioning:/etc/grafana/provisioning:ro" in volumes
    assert "prometheus" in services
    assert source["datasources"][0]["url"] == "http://prometheus:9090"
