"""Settings that cannot be written to Asterisk's files are refused before anything is written, all problems at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.asterisk.render import TEMPLATES, render
from engine.asterisk.settings import AgentPhone, AsteriskSettings, AsteriskSettingsRefused, FeatureCodes
from tests.telephony.conftest import asterisk_settings


@pytest.fixture
def good(tmp_path: Path) -> AsteriskSettings:
    """Settings without a fault."""
    return asterisk_settings(tmp_path)


def test_all_problems_are_named_at_once_and_nothing_is_written(good: AsteriskSettings) -> None:
    broken = replace(
        good,
        name="a;b",
        sip_port=0,
        trunk_addresses=("127.0.0.1", "carrier"),
        dids=("4008869119", "_X."),
        agents=(*good.agents, AgentPhone("1001", "x", "short secret")),
        feature_codes=FeatureCodes(login="*62"),
    )
    with pytest.raises(AsteriskSettingsRefused) as refused:
        render(broken)
    assert [line.partition(": ")[0] for line in refused.value.problems] == [
        "name",
        "dids.1",
        "feature_codes",
        "sip_port",
        "trunk_addresses.1",
        "agents.3.secret",
        "agents.3.id",
    ]
    assert "short secret" not in str(refused.value)
    assert not good.folder.exists()


@pytest.mark.parametrize(
    "text", ["a\nb", "a\rb", "a;b", "a]b", "[a", 'a"b', "a<b", "${a}", "a\\b", "a,b", "", "n" * 61]
)
def test_agent_name_that_would_change_the_file_is_refused(good: AsteriskSettings, text: str) -> None:
    broken = replace(good, agents=(AgentPhone("1001", text, "s" * 20),))
    assert [line.partition(": ")[0] for line in broken.problems()] == ["agents.0.name"]


@pytest.mark.parametrize(
    "field", ["name", "ami_user", "trunk_name", "music_class", "ami_secret", "agi_host", "language"]
)
@pytest.mark.parametrize("text", ["a\nb", "a;b", "a[b", "a b", ""])
def test_word_that_would_change_the_file_is_refused(good: AsteriskSettings, field: str, text: str) -> None:
    (problem,) = replace(good, **{field: text}).problems()  # type: ignore[arg-type]
    assert problem.startswith(f"{field}: expected ")


def test_folder_too_deep_for_the_control_socket_is_refused(good: AsteriskSettings) -> None:
    (problem,) = replace(good, folder=Path("/" + "deep/" * 20)).problems()
    assert "control socket" in problem


def test_no_placeholder_is_left_in_a_rendered_file(good: AsteriskSettings) -> None:
    render(good)
    written = {path.name for path in (good.folder / "etc").iterdir()}
    assert written == {path.name.removesuffix(".tmpl") for path in TEMPLATES.iterdir()} - {"pjsip-agent.conf"}
    for path in (good.folder / "etc").iterdir():
        assert "@{" not in path.read_text("utf-8"), path
