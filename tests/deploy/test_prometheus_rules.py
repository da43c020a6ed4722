"""Prometheus' configuration, rules and alerts: well-formed, right in what they compute, and about metrics that exist."""

import re
from pathlib import Path

import pytest
import yaml

from metrics.exporter import Exporter
from metrics.intervals import Tally
from tests.deploy.prometheus import promtool
from tests.deploy.promql import ASTERISK, RULES, known_series, problems, rules
from tests.unit.metrics.floor import StillFloor
from tests.unit.metrics.test_exporter import MORNING, tally_of

REPOSITORY = Path(__file__).parents[2]
PROMETHEUS = REPOSITORY / "deploy/prometheus"
ALERTS = [rule for rule in rules() if "alert" in rule]


def test_prometheus_takes_the_configuration() -> None:
    promtool("check", "config", PROMETHEUS / "prometheus.yml")


def test_prometheus_takes_the_rules() -> None:
    promtool("check", "rules", "--lint-fatal", *RULES)


@pytest.mark.parametrize("tests", sorted((PROMETHEUS / "tests").glob("*.yml")), ids=lambda path: path.stem)
def test_rules_compute_and_alert_as_worked_out_by_hand(tests: Path, tmp_path: Path) -> None:
    """Texts that never change are taken out of the rules first: promtool compares every text of an alert that fires."""
    for path in RULES:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        for rule in (rule for group in document["groups"] for rule in group["rules"] if "alert" in rule):
            rule["annotations"] = {name: rule["annotations"][name] for name in ("summary_zh", "summary_en")}
        (tmp_path / path.name).write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    (tmp_path / "tests.yml").write_text(tests.read_text(encoding="utf-8").replace("../rules/", ""), encoding="utf-8")
    promtool("test", "rules", tmp_path / "tests.yml")


@pytest.mark.parametrize("tally", [Tally(), tally_of(MORNING)], ids=["before the first call", "with calls"])
def test_metrics_page_keeps_the_naming_rules_of_prometheus(tally: Tally) -> None:
    promtool("check", "metrics", page=Exporter(lambda: tally, StillFloor()).render())


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.get("record") or rule["alert"])
def test_rule_uses_metrics_and_labels_that_exist(rule: dict[str, str]) -> None:
    assert problems(rule["expr"], known_series()) == []


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_alert_says_what_is_wrong_and_what_to_do_in_both_languages(rule: dict[str, dict[str, str]]) -> None:
    said = rule["annotations"]
    parts = ("summary", "description", "action")
    assert said.keys() == {f"{part}_{language}" for part in parts for language in ("zh", "en")}
    assert all(re.search(r"[一-鿿]", said[f"{part}_zh"]) for part in parts)
    assert not any(re.search(r"[一-鿿]", said[f"{part}_en"]) for part in parts)
    assert not any("{{" in text for name, text in said.items() if not name.startswith("summary"))
    assert rule["labels"]["severity"] in {"warning", "critical"}


def test_every_alert_stands_in_the_operations_manual_with_what_to_do() -> None:
    manual = (REPOSITORY / "docs/operations.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(Hotline\w+)`(?: \(critical\))? \| .+ \| (.+) \|$", manual, re.MULTILINE))
    assert told.keys() == {rule["alert"] for rule in ALERTS}
    assert all(len(action) > 10 for action in told.values())


def test_every_alert_has_a_test_in_which_it_fires() -> None:
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in (PROMETHEUS / "tests").glob("*.yml")]
    checks = [check for file in files for test in file["tests"] for check in test.get("alert_rule_test", ())]
    fired = {check["alertname"] for check in checks if check["exp_alerts"]}
    assert fired == {rule["alert"] for rule in ALERTS}


def test_prometheus_asks_the_engine_where_compose_puts_it() -> None:
    compose = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8"))
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))
    port = compose["services"]["engine"]["environment"]["HOTLINE_HTTP_PORT"]
    assert config["scrape_configs"][0]["static_configs"][0]["targets"] == [f"engine:{port}"]
    asterisk = config["scrape_configs"][1]
    port = compose["services"]["engine"]["environment"]["HOTLINE_ASTERISK_METRICS_PORT"]
    assert asterisk["static_configs"][0]["targets"] == [f"asterisk:{port}"]
    kept = re.compile(asterisk["metric_relabel_configs"][0]["regex"])
    assert all(kept.fullmatch(name) for name in ASTERISK)
    assert not kept.fullmatch("asterisk_channels_state")
    assert "./deploy/prometheus/rules:/etc/prometheus/rules:ro" in compose["services"]["prometheus"]["volumes"]


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("sum(", "unclosed left parenthesis: sum("),
        ("callcenter_queue_waiting", "there is no metric callcenter_queue_waiting"),
        ('callcenter_agents{agent="1001"}', "callcenter_agents has no label agent"),
        ("sum by (node) (up)", 'nothing in "sum by (node) (up)" has the label node'),
    ],
)
def test_check_finds_what_is_wrong_with_an_expression(expression: str, problem: str) -> None:
    assert problems(expression, known_series()) == [problem]
