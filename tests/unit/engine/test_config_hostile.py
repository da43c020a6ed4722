"""Whatever stands in a file, the answer is a list of problems or a configuration: never a trace, a hang or a flood."""

import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.config import load
from engine.config.check import FILES
from engine.config.source import LARGEST_FILE
from tests.unit.engine.sites import SITE, edited, folder_of, problems

HOSTILE = {
    "line end": "a\\r\\nAction: Originate",
    "only a line feed at the end": "name\\n",
    "nul": "a\\0b",
    "escape": "\\x1b[2J",
    "direction override": "\\u202egnp.exe",
    "line separator": "a\\u2028b",
    "lone surrogate": "\\ud800",
    "10 KB": "x" * 10_000,
}
TEXTS = [
    ("system", "name: carrier", "name: {}"),
    ("system", "203.0.113.7", "{}"),
    ("system", "bind: 0.0.0.0", "bind: {}"),
    ("system", '"4008869119"', "{}"),
    ("system", "https://crm.example/hotline", "{}"),
    ("system", "https://crm.example/hotline", "https://crm.example/\n    secret: {}"),
    ("system", "[offered]", "[{}]"),
    ("system", "webhooks:", "site: {}\nwebhooks:"),
    ("system", "webhooks:", "timezone: {}\nwebhooks:"),
    ("system", "webhooks:", "database_url: {}\nwebhooks:"),
    ("system", "webhooks:", "redis_url: {}\nwebhooks:"),
    ("system", "webhooks:", "longest_call: {}\nwebhooks:"),
    ("queues", "13800138000: 2", "{}: 2"),
    ("queues", "{zh: 销售}", "{{zh: {}}}"),
    ("queues", "  press:", "  {}:"),
    ("queues", "queues:", "callers: {{{}: {{vip: 1}}}}\nqueues:"),
    ("queues", "queues:", 'callers: {{"139*": {{attributes: {{city: {}}}}}}}\nqueues:'),
    ("queues", "ring: 15s", "require: {{{}: 1}}"),
    ("queues", "ring: 15s", "recipes: [{{name: {}, do: {{raise: 1}}}}]"),
    ("queues", "ring: 15s", "recipes: [{{name: a, when: {{nodes: [{}]}}, do: {{play: sorry}}}}]"),
    ("queues", "ring: 15s", "recipes: [{{name: a, when: {{attributes: {{a: {}}}}}, do: {{play: sorry}}}}]"),
    ("queues", "ring: 15s", "recipes: [{{name: a, do: {{play: {}}}}}]"),
    ("queues", "ring: 15s", "limits: {{nobody: {{node: {}}}}}"),
    ("queues", "ring: 15s", "hours: {{calendar: {}}}"),
    ("queues", "ring: 15s", "ring_at_once: {}"),
    ("queues", "agents_busy", "{}"),
    ("queues", "{queue: repair}", "{{queue: {}}}"),
    ("queues", "ring: 15s", "strategy: {}"),
    ("agents", "王小明", "{}"),
    ("agents", "[press]", "[press, {}]"),
    ("agents", "[press]", "[press], groups: [{}]"),
    ("agents", "  1002:", "  {}:"),
    ("agents", "[press]", "[press, {{queue: {}, tier: 1}}]"),
    ("agents", "[press]", "[press], skills: {{{}: 1}}"),
    ("agents", "agents:", "breaks: {{{}: {{at_most: 1}}}}\nagents:"),
    ("agents", "agents:", "feature_codes: {{login: {}}}\nagents:"),
    ("agents", "agents:", "not_ready_reasons: {{break: {{zh: {}}}}}\nagents:"),
    ("ivr", "start: welcome", "start: {}"),
    ("ivr", "next: hours", "next: {}"),
    ("ivr", "calendar: service", "calendar: {}"),
    ("ivr", "prompts: welcome", "prompts: {}"),
    ("ivr", "1: person", "{}: person"),
    ("ivr", "timeout: 5s", "timeout: 5s\n    repeat: {}"),
    ("ivr", "type: announce", "type: {}"),
    ("ivr", "prompts: closed", "prompts: closed\n    reason: {}"),
    ("hours", "Asia/Shanghai", "{}"),
    ("hours", "08:30-17:30", "{}"),
    ("hours", "2026-10-01", "{}"),
]


@pytest.mark.parametrize(("file", "old", "new"), TEXTS, ids=lambda value: value.replace("\n", " "))
def test_no_text_takes_line_ends_control_characters_or_floods(tmp_path: Path, file: str, old: str, new: str) -> None:
    for what, text in HOSTILE.items():
        told = problems(tmp_path, edited(file, old, new.format(f'"{text}"')))
        assert told, what
        for line in told:
            assert line.isprintable(), (what, line)
            assert len(line) < 600, (what, line)


@pytest.mark.parametrize("name", ["${SHELL(id)}", "a;b", 'a"b', "[a]", "a|b", "<b>", "a&b", "a=b", "a,b"])
def test_names_asterisk_would_read_as_something_else_are_told_before_anything_is_rendered(
    tmp_path: Path, name: str
) -> None:
    assert problems(tmp_path, edited("agents", "王小明", f"'{name}'")) == [
        "agents.yaml:2:10: agents.1001.name: expected 1 to 60 characters without quotes or brackets, got " + repr(name)
    ]


@pytest.mark.parametrize("name", ["Zoë Müller", "王　小明", "محمد", "O. de la Cruz-Núñez (east)"])
def test_names_of_people_are_taken(tmp_path: Path, name: str) -> None:
    assert problems(tmp_path, edited("agents", "王小明", f"'{name}'")) == []


@pytest.mark.parametrize("key", ["database_url", "redis_url"])
def test_a_url_that_may_hold_a_password_is_never_shown(tmp_path: Path, key: str) -> None:
    for url in (
        "mysql://root:geheim@x/y",
        "geheim",
        "redis://:geheim@x:port",
        "[geheim]",
        "{geheim: 1}",
        '"redis://geheim\\n"',
    ):
        (line,) = problems(tmp_path, edited("system", "webhooks:", f"{key}: {url}\nwebhooks:"))
        assert line.startswith("system.yaml:7:")
        assert "geheim" not in line.replace(f"{key}.geheim", "")


def test_numbers_are_what_is_written_not_what_yaml_makes_of_it(tmp_path: Path) -> None:
    """0571... would be octal, +86... would lose its plus, 1:30 would be 90."""
    site = edited("system", '"4008869119", "+861012345678"', "057112345, +861012345678")
    assert load(folder_of(tmp_path, site)).system.numbers == ["057112345", "+861012345678"]
    keys = edited("agents", "  1002:", "  no:")
    assert list(load(folder_of(tmp_path, {**SITE, "agents": keys["agents"]})).agents.agents) == ["1001", "no"]


# --- the shape of a file ---------------------------------------------------------------------------------------------

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
SHAPES = {
    "bomb of aliases": (BOMB, "aliases (*) repeat too much"),
    "alias of itself": ("queues: &q {a: *q}\n", "an alias (*) stands inside the very thing it stands for"),
    "alias of itself in a list": ("queues: &q [*q]\n", "an alias (*) stands inside the very thing it stands for"),
    "deep brackets": ("queues: " + "[" * 100_000, "nested more than 40 deep"),
    "deep braces": ("queues: " + "{a: " * 100_000, "nested more than 40 deep"),
    "deep dashes": ("- " * 100_000 + "x", "nested more than 40 deep"),
    "deep indentation": ("".join(" " * i + "a:\n" for i in range(500)), "nested more than 40 deep"),
    "too large": ("# " + "x" * LARGEST_FILE, "larger than 4 MB"),
    "raw nul": ("queues:\0", "not YAML"),
    "raw escape": ("queues: \x1b[2J", "not YAML"),
    "python object": ("queues: !!python/object/apply:os.system [id]\n", "expected keys and their values"),
    "unknown tag": ("queues: !include /etc/passwd\n", "expected keys and their values"),
    "set": ("queues: !!set {a, b}\n", "expected keys and their values"),
    "merge": ("queues:\n  a: &a {name: {zh: a}}\n  b: {<<: *a, ring: 5s}\n", "queues.b.<<: unknown key"),
    "binary": ("queues: !!binary aGFsbG8=\n", "expected keys and their values"),
    "number without end": ("queues: {a: {name: {zh: a}, ring: " + "9" * 100_000 + "}}\n", "expected a duration"),
    "list as a key": ("? [a, b]\n: c\n", "a key must be a single word"),
    "keys and keys": ("? {a: b}\n: c\n", "a key must be a single word"),
    "no key": ("? \n: x\n", "unknown key"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_file_of_any_shape_gets_a_plain_answer_soon(tmp_path: Path, shape: str) -> None:
    """In a process of its own: what runs away or crashes there is seen here."""
    contents, told = SHAPES[shape]
    folder = folder_of(tmp_path / "config", {**SITE, "queues": contents})
    command = [sys.executable, "-m", "engine", "check", str(folder)]
    environment = {**os.environ, "HOTLINE_LANG": "en"}
    root = Path(__file__).parents[3]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert any(line.startswith("queues.yaml:") and told in line for line in done.stderr.splitlines()), done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr) < 5_000


def test_shared_settings_by_alias_are_taken(tmp_path: Path) -> None:
    queues = SITE["queues"].replace("{queue: repair}", "&busy {prompt: agents_busy}")
    queues = queues.replace("    overflow: {prompt: agents_busy}", "    overflow: *busy")
    rules = load(folder_of(tmp_path, {**SITE, "queues": queues})).rules
    overflows = [queue.overflow.prompt for queue in rules.queues.values() if queue.overflow]
    assert overflows == ["agents_busy", "agents_busy"]


@pytest.mark.parametrize("what", ["a pipe", "a folder", "a device", "a link to nowhere"])
def test_what_is_no_regular_file_is_told_and_not_read(tmp_path: Path, what: str) -> None:
    folder = folder_of(tmp_path)
    file = folder / "hours.yaml"
    file.unlink()
    match what:
        case "a pipe":
            os.mkfifo(file)
        case "a folder":
            file.mkdir()
        case "a device":
            file.symlink_to("/dev/zero")
        case _:
            file.symlink_to(tmp_path / "nowhere")
    expected = "the file is missing" if what == "a link to nowhere" else "not a regular file"
    command = [sys.executable, "-m", "engine", "check", str(folder)]
    root = Path(__file__).parents[3]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"hours.yaml:1:1: {expected}")


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    site = {name: ("\ufeff" + text).replace("\n", "\r\n") for name, text in SITE.items()}
    assert problems(tmp_path, site) == []
    broken = {**site, "queues": site["queues"].replace("ring: 15s", "rnig: 15s")}
    assert problems(tmp_path, broken)[0].startswith("queues.yaml:8:5: queues.sales.rnig: ")


def test_five_thousand_agents_are_checked_within_seconds(tmp_path: Path) -> None:
    agents = "agents:\n" + "".join(
        f"  {1000 + i}: {{name: 王小明, queues: [sales, repair, press]}}\n" for i in range(5000)
    )
    folder = folder_of(tmp_path, {**SITE, "agents": agents})
    started = time.perf_counter()
    assert len(load(folder).rules.agents) == 5000
    assert time.perf_counter() - started < 10.0


words = st.text(st.characters(codec="utf-8"), max_size=12)
leaves = st.one_of(
    words, st.integers(), st.floats(), st.booleans(), st.none(), st.sampled_from(["sales", "20s", "announce"])
)
keys = st.one_of(
    words, st.sampled_from(["queues", "agents", "nodes", "name", "zh", "type", "vip", "numbers", "keys", "start"])
)
data = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=12
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(file=st.sampled_from(FILES), contents=st.one_of(data.map(msgspec.json.encode), st.binary(max_size=200)))
def test_any_contents_give_problems_with_places(tmp_path: Path, file: str, contents: bytes) -> None:
    for line in problems(tmp_path, {**SITE, file: contents}):
        name, number, column, _ = line.split(":", 3)
        assert name.removesuffix(".yaml") in FILES
        assert int(number) >= 1
        assert int(column) >= 1
        assert line.isprintable()
