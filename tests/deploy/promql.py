"""Which metrics and labels a PromQL expression uses, and whether Hotline has them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import promql_parser
import yaml
from prometheus_client.parser import text_string_to_metric_families

from metrics.exporter import Exporter
from metrics.families import FAMILIES, Kind
from metrics.intervals import Tally
from tests.unit.metrics.floor import StillFloor

RULES = sorted((Path(__file__).parents[2] / "deploy/prometheus/rules").glob("*.yml"))

TARGET_LABELS = frozenset({"job", "instance", "site"})
"""Those Prometheus adds to each series of a target (deploy/prometheus/prometheus.yml)."""

ASTERISK = {
    "asterisk_channels_count": "gauge",
    "asterisk_calls_count": "gauge",
    "asterisk_calls_sum": "counter",
    "asterisk_bridges_count": "gauge",
    "asterisk_endpoints_count": "gauge",
    "asterisk_core_uptime_seconds": "counter",
    "asterisk_core_last_reload_seconds": "counter",
    "asterisk_core_scrape_time_ms": "gauge",
}
"""Of Asterisk's res_prometheus, what prometheus.yml lets in: nothing by channel, bridge or phone. Each has the label eid."""


def known_series() -> dict[str, frozenset[str]]:
    """The labels of every series name a rule or dashboard may use."""
    known = dict.fromkeys(("up", "scrape_duration_seconds"), TARGET_LABELS)
    known["ALERTS"] = frozenset({"alertname", "alertstate", "severity", "site", "queue"})
    known |= dict.fromkeys(ASTERISK, TARGET_LABELS | {"eid"})
    for family in FAMILIES.values():
        labels = TARGET_LABELS | set(family.labels)
        if family.kind is Kind.HISTOGRAM:
            known |= {f"{family.name}_bucket": labels | {"le"}, f"{family.name}_sum": labels}
            known[f"{family.name}_count"] = labels
        else:
            known[family.name] = labels
    return {**known, **_process_series(), **_recorded_series()}


def _process_series() -> dict[str, frozenset[str]]:
    page = Exporter(Tally, StillFloor()).render().decode()
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    return {sample.name: TARGET_LABELS for sample in samples if sample.name.startswith("process_")}


def _recorded_series() -> dict[str, frozenset[str]]:
    """Recorded figures are summed `by` their level, which is the first part of their name."""
    levels = {"queue": frozenset({"site", "queue"}), "site": frozenset({"site"})}
    return {rule["record"]: levels[rule["record"].split(":")[0]] for rule in rules() if "record" in rule}


def rules() -> list[dict[str, Any]]:
    """All recording and alerting rules, in YAML's own shapes (promtool checks them)."""
    groups = [group for path in RULES for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]]
    return [rule for group in groups for rule in group["rules"]]


def problems(expression: str, known: Mapping[str, frozenset[str]]) -> list[str]:
    """What is wrong with an expression: syntax, a metric or a label that does not exist."""
    try:
        tree = promql_parser.parse(expression)
    except ValueError as error:
        return [f"{error}: {expression}"]
    return list(_problems(tree, known))


def _problems(node: object, known: Mapping[str, frozenset[str]]) -> Iterator[str]:
    if isinstance(node, promql_parser.MatrixSelector):
        node = node.vector_selector
    if isinstance(node, promql_parser.VectorSelector):
        yield from _selector_problems(node, known)
        return
    for label in _grouping(node):
        if not any(label in known.get(name, ()) for name in selected(node)):
            yield f'nothing in "{node.prettify()}" has the label {label}'  # type: ignore[attr-defined]
    for child in _children(node):
        yield from _problems(child, known)


def _selector_problems(selector: promql_parser.VectorSelector, known: Mapping[str, frozenset[str]]) -> Iterator[str]:
    labels = known.get(selector.name or "")
    if labels is None:
        yield f"there is no metric {selector.name}"
        return
    for matcher in selector.matchers.matchers:
        if matcher.name not in labels:
            yield f"{selector.name} has no label {matcher.name}"


def selected(node: object) -> list[str]:
    """The series names below this node."""
    if isinstance(node, promql_parser.MatrixSelector):
        node = node.vector_selector
    if isinstance(node, promql_parser.VectorSelector):
        return [node.name or ""]
    return [name for child in _children(node) for name in selected(child)]


def _children(node: object) -> Sequence[object]:
    match node:
        case promql_parser.BinaryExpr():
            return (node.lhs, node.rhs)
        case promql_parser.Call():
            return node.args
        case promql_parser.NumberLiteral() | promql_parser.StringLiteral():
            return ()
        case _:  # aggregate, parenthesis, sign, subquery
            return (node.expr,)  # type: ignore[attr-defined]


def _grouping(node: object) -> Sequence[str]:
    """Labels named after by, without, on, ignoring."""
    if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
        return node.modifier.labels
    if isinstance(node, promql_parser.BinaryExpr) and node.modifier is not None and node.modifier.matching is not None:
        return node.modifier.matching.labels
    return ()
