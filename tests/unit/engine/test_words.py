"""The terminal speaks Chinese to those whose surroundings do, English to everybody else."""

import pytest

from engine.config.environment import ENVIRONMENT, setting
from engine.words import language, say


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_US.UTF-8", "HOTLINE_LANG": "zh"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "HOTLINE_LANG": "EN"}, "en"),
        ({"LANG": "", "LC_ALL": ""}, "en"),
        ({"HOTLINE_LANG": "", "LANG": "zh_CN"}, "zh"),
    ],
    ids=str,
)
def test_language_follows_hotline_lang_then_the_locale(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    for name in ("HOTLINE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language() == expected
    assert say("中文", "English") == {"zh": "中文", "en": "English"}[expected]


def test_an_empty_variable_counts_as_not_set() -> None:
    assert setting("HOTLINE_HTTP_BIND", "127.0.0.1", {"HOTLINE_HTTP_BIND": ""}) == "127.0.0.1"


def test_only_variables_of_the_list_are_read() -> None:
    with pytest.raises(AssertionError, match="HOTLINE_HTPP_BIND"):
        setting("HOTLINE_HTPP_BIND")
    assert all(text and name.startswith("HOTLINE_") for name, text in ENVIRONMENT.items())
