"""Each thing that can be wrong is told once, with file, line, column, path, what was expected and what stands there."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from engine.config import BadConfiguration, load, models
from engine.config.agent_models import AgentModel, AgentsFile, FeatureCodesModel
from engine.config.check import FILES, MAY_BE_MISSING
from engine.config.hours_models import HolidaysFile, HoursFile
from engine.config.ivr_models import IvrFile
from engine.config.metrics_models import MetricsFile
from engine.config.queue_models import QueuesFile
from engine.config.source import dotted, read
from engine.config.telephony import telephony_problems
from ivr.hours import Span
from metrics.definitions import Band
from tests.unit.engine.sites import SITE, edited, folder_of, problems

CASES = (Path(__file__).with_name("broken_configuration.txt")).read_text("utf-8").split("\n\n")[1:]
EXAMPLES = Path(__file__).parents[3] / "config"


def test_the_small_site_has_no_problems(tmp_path: Path) -> None:
    assert problems(tmp_path, SITE) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case.replace("!", "+").split("\n+ ")[0].split()))
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, case: str) -> None:
    file, *lines = case.strip("\n").split("\n")
    old, new, expected = ([line[2:] for line in lines if line.startswith(f"{mark} ")] for mark in "-+!")
    assert len(old) + len(new) + len(expected) == len(lines)
    line_end = "" if new else "\n"
    assert problems(tmp_path, edited(file, "\n".join(old) + line_end, "\n".join(new))) == expected


def all_paths() -> list[tuple[str, tuple[str | int, ...]]]:
    return [(name, path) for name in FILES for path in read(EXAMPLES / f"{name}.yaml").places if path]


@pytest.mark.parametrize(
    ("name", "path"), all_paths(), ids=lambda value: value if isinstance(value, str) else dotted(value)
)
def test_every_value_of_the_wrong_kind_is_told_at_its_own_place(
    tmp_path: Path, name: str, path: tuple[str | int, ...]
) -> None:
    """Every key and list item of the example files: what should be one value is many, what should be many is one."""
    source = read(EXAMPLES / f"{name}.yaml")
    holder = source.data
    for part in path[:-1]:
        holder = holder[part]
    many = isinstance(holder[path[-1]], dict | list)
    holder[path[-1]] = "no such thing!" if many else {"no": "such thing"}
    example = {file: (EXAMPLES / f"{file}.yaml").read_bytes() for file in FILES}
    told = problems(tmp_path, {**example, name: yaml.safe_dump(source.data, allow_unicode=True)})
    place = read(tmp_path / "config" / f"{name}.yaml").places[path]
    here = f"{name}.yaml:{place.line}:{place.column}: {dotted(path)}"
    inside = f" {dotted((*path, 'no'))}: "  # what may be a value or keys is looked into
    assert [line for line in told if line.startswith((f"{here}: ", f"{here}.")) or inside in line], told


def test_all_problems_of_all_files_are_told_in_one_run(tmp_path: Path) -> None:
    site = {
        "system": edited("system", "port: 5070", "port: 99999")["system"].replace("[offered]", "[ofered]"),
        "queues": edited("queues", "ring: 15s", "rnig: 15s")["queues"].replace("{queue: repair}", "{queue: repiar}"),
        "agents": edited("agents", "name: 王小明, ", "")["agents"].replace("[press]", "[pres]"),
        "ivr": edited("ivr", "type: announce", "type: anounce")["ivr"].replace("queue: sales", "queue: sails"),
        "hours": edited("hours", "Asia/Shanghai", "Asia/Shanghia")["hours"].replace("08:30", "8:30"),
    }
    assert [line.partition(": ")[0] for line in problems(tmp_path, site)] == [
        "agents.yaml:2:3",
        "agents.yaml:3:34",
        "hours.yaml:3:5",
        "hours.yaml:5:13",
        "ivr.yaml:5:5",
        "ivr.yaml:21:5",
        "queues.yaml:8:5",
        "queues.yaml:10:16",
        "system.yaml:5:22",
        "system.yaml:9:14",
    ]


def test_limits_that_lead_round_by_nodes_of_the_flow_are_told(tmp_path: Path) -> None:
    """From queue to queue they may point at each other: limits ask only callers who come from the flow."""
    ivr = SITE["ivr"] + "  repairs:\n    type: enqueue\n    queue: repair\n"
    queues = SITE["queues"].replace("    ring: 15s\n", "    limits: {nobody: {node: repairs}}\n")
    queues = queues.replace("    last_agent:", "    limits: {nobody: {node: person}}\n    last_agent:")
    what = "callers would be sent in a circle between full, closed or empty queues"
    assert problems(tmp_path, {**SITE, "ivr": ivr, "queues": queues}) == [
        f"queues.yaml:8:23: queues.sales.limits.nobody.node: {what}",
        f"queues.yaml:13:23: queues.repair.limits.nobody.node: {what}",
    ]
    by_queues = queues.replace("{node: repairs}", "{queue: repair}").replace("{node: person}", "{queue: sales}")
    assert problems(tmp_path, {**SITE, "queues": by_queues}) == []


def test_problems_within_one_queue_and_one_node_do_not_hide_each_other(tmp_path: Path) -> None:
    queues = edited("queues", "ring: 15s", "ring: soon")["queues"].replace("{queue: repair}", "{queue: repiar}")
    ivr = edited("ivr", "timeout: 5s", "timeout: soon")["ivr"].replace("1: person", "1: persn")
    assert [line.split(": ")[1] for line in problems(tmp_path, {**SITE, "queues": queues, "ivr": ivr})] == [
        "nodes.menu.keys.1",
        "nodes.menu.timeout",
        "queues.sales.ring",
        "queues.sales.overflow.queue",
    ]


@pytest.mark.parametrize("missing", [name for name in FILES if name not in MAY_BE_MISSING])
def test_a_missing_file_is_named_and_nothing_it_would_define_is_missed(tmp_path: Path, missing: str) -> None:
    site = {name: text for name, text in SITE.items() if name != missing}
    told = problems(tmp_path, site)
    assert told == [f"{missing}.yaml:1:1: the file is missing (looked in {tmp_path / 'config'})"]


@pytest.mark.parametrize(
    ("contents", "told"),
    [
        (b"", "queues.yaml:1:1: queues: is missing"),
        (b"# nothing but a comment\n", "queues.yaml:1:1: queues: is missing"),
        (b"- a\n- list\n", "queues.yaml:1:1: expected keys and their values, got a list"),
        (b"word\n", "queues.yaml:1:1: expected keys and their values, got 'word'"),
        (b"queues:\n  a: {name: {zh: \xc4}}\n", "queues.yaml:2:18: not UTF-8 text; save it in that encoding"),
        (b"queues: [\n", "queues.yaml:2:1: not YAML: did not find expected node content"),
        (b"queues:\n\tname: x\n", "queues.yaml:2:1: not YAML: found character that cannot start any token"),
        (b"queues: {}\n---\nqueues: {}\n", "queues.yaml:2:1: not YAML: but found another document"),
        (b"queues: *nowhere\n", "queues.yaml:1:9: not YAML: found undefined alias"),
        (b"queues:\n", "queues.yaml:1:1: queues: expected keys and their values, got nothing"),
        (b"queues: {}\n", "queues.yaml:1:1: queues: expected at least 1 of them, got none"),
    ],
    ids=repr,
)
def test_a_file_that_is_no_configuration_at_all_is_told_as_such(tmp_path: Path, contents: bytes, told: str) -> None:
    assert told in problems(tmp_path, {**SITE, "queues": contents})


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration) as caught:
        load(tmp_path / "none")
    assert str(caught.value) == f"{tmp_path}/none: there is no such folder"


def test_what_the_renderer_of_asterisks_files_would_refuse_is_told_with_our_places(tmp_path: Path) -> None:
    """With models that let everything through: each of the renderer's rules must lead to a place in our files."""
    system = models.SystemFile.model_construct(
        site="a b",
        language="fr",
        numbers=["123", "x"],
        trunks=[models.TrunkModel.model_construct(name="c", addresses=["203.0.113.7", "nowhere"])],
        sip=models.SipModel.model_construct(bind="x", port=70000),
        rtp=models.RtpModel.model_construct(start=10, end=11),
        agi=models.AgiModel.model_construct(bind="a b", port=4573),
        ami=models.AmiModel.model_construct(bind="x", port=5038),
        engine_away=models.AwayModel.model_construct(music=0.5, last_resort=0.5),
        longest_call=0.5,
    )
    codes = FeatureCodesModel.model_construct(login="1", logout="1", ready="*1x", not_ready="", wrap_up_done="[;]")
    agents = AgentsFile.model_construct(
        feature_codes=codes,
        agents={"1001": AgentModel.model_construct(name='"'), "10 02": AgentModel(name="x")},
    )
    sources = [read(folder_of(tmp_path) / f"{name}.yaml") for name in ("system", "agents")]
    told = [(problem.file, problem.path) for problem in telephony_problems(system, agents, *sources)]
    assert sorted(told) == sorted(
        [
            *(("system.yaml", path) for path in ("site", "language", "numbers.1", "trunks.0.addresses.1")),
            *(("system.yaml", path) for path in ("sip.bind", "sip.port", "rtp.end", "agi.bind", "ami.bind")),
            *(("system.yaml", path) for path in ("engine_away.music", "engine_away.last_resort", "longest_call")),
            ("agents.yaml", "feature_codes"),
            *(
                ("agents.yaml", f"feature_codes.{code}")
                for code in ("login", "logout", "ready", "not_ready", "wrap_up_done")
            ),
            *(("agents.yaml", path) for path in ("agents.1001.name", "agents.10 02")),
        ]
    )


# --- metrics.yaml ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "message"),
    [
        ("08:10-16:00", "expected times in whole quarters of an hour, such as 08:15-16:30"),
        ("8-16", "expected hours such as 08:30-17:30"),
        ("08:00-08:00", "the span is empty"),
    ],
)
def test_shift_that_figures_cannot_be_counted_for_is_told(span: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        MetricsFile.model_validate({"shifts": {"early": span}})


def test_shifts_may_go_over_midnight_and_bands_of_the_site_go_before_the_usual_ones() -> None:
    file = MetricsFile.model_validate({"shifts": {"night": "22:00-06:15"}, "bands": {"asa": {"high": 30}}})
    assert file.shifts == {"night": Span(22 * 60, 30 * 60 + 15)}
    bands = file.bands_in_force()
    assert (bands["asa"], bands["service_level"]) == (Band(high=30.0), Band(low=0.80))


# --- the example files -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "model"),
    [
        ("system", models.SystemFile),
        ("queues", QueuesFile),
        ("agents", AgentsFile),
        ("ivr", IvrFile),
        ("hours", HoursFile),
        ("holidays", HolidaysFile),
        ("metrics", MetricsFile),
    ],
)
def test_the_example_files_show_every_key_there_is(file: str, model: type[BaseModel]) -> None:
    """Commented out or not: a key that stands in no example is one nobody finds."""
    text = (EXAMPLES / f"{file}.yaml").read_text("utf-8")
    missing = [key for key in sorted(keys_of(model)) if f"{key}:" not in text]
    assert missing == []


@pytest.mark.parametrize("model", [QueuesFile, AgentsFile], ids=lambda model: model.__name__)
def test_the_reference_for_ops_tells_every_key_there_is(model: type[BaseModel]) -> None:
    documents = "".join((EXAMPLES.parent / "docs" / name).read_text("utf-8") for name in ("rules.md", "operations.md"))
    assert [key for key in sorted(keys_of(model)) if not re.search(rf"[`.{{]{key}\b", documents)] == []


def keys_of(model: type[BaseModel]) -> set[str]:
    schema = model.model_json_schema()
    return {key for part in (schema, *schema.get("$defs", {}).values()) for key in part.get("properties", {})}


def test_the_example_files_can_be_used_as_they_are() -> None:
    configuration = load(EXAMPLES)
    assert len(configuration.rules.queues) == 3
    assert configuration.script.flow.start in configuration.script.flow.nodes
