"""The picture of the floor."""

import io
from datetime import UTC

import pytest
from rich.console import Console

from acd.model import CallState, OfferId
from agents.roster import AgentId
from agents.state import AgentState
from engine.demo.news import News
from engine.demo.screen import Frame, picture
from tests.unit.engine_demo.scenes import NOON, agent, call, scene

VIP = call("138****8888", CallState.WAITING, vip=2, position=1)
BUSY = scene(
    VIP,
    *(call(f"136****{n:04}", CallState.WAITING, position=n) for n in range(2, 12)),
    call("137****0001", CallState.TALKING, offer=OfferId("o"), agent=AgentId("1002")),
    agent("1002", AgentState.TALKING, call="137****0001", queue="repair"),
    agent("1004", AgentState.NOT_READY, reason="no_answer"),
    agent("1005", AgentState.NOT_READY, reason="break"),
)
NEWS = [News(NOON + n, "call", f"caller {n}") for n in range(40)]


def lines(width: int, height: int) -> list[str]:
    frame = Frame(
        scene=BUSY,
        news=NEWS,
        taken={AgentId("1002"): 3},
        passed_s=30.0,
        length_s=120.0,
        where="somewhere",
        width=width,
        height=height,
        zone=UTC,
    )
    out = Console(width=width, height=height, record=True, force_terminal=True, file=io.StringIO())
    out.print(picture(frame), height=height)
    return out.export_text().splitlines()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (160, 50)])
def test_picture_fits_its_terminal_and_shows_the_essentials(
    width: int, height: int, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_LANG", language)
    shown = lines(width, height)
    text = "\n".join(shown)
    assert len(shown) == height
    assert "138****8888 ★2" in text
    assert "1003 Zhang" in text
    assert {"zh": "多次未接 12s", "en": "missed 12s"}[language] in text
    assert {"zh": "小休 12s", "en": "Break 12s"}[language] in text
    assert "75%" in text
    assert "caller 39" in text, "the newest event"
    assert "1:30" in text, "the time left"


def test_calls_that_do_not_fit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_LANG", "en")
    assert "… 8 more" in "\n".join(lines(80, 24))


def test_wide_picture_is_cut_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_LANG", "en")
    floor = lines(100, 30)[2:10]
    assert not any("…" in line for line in floor)
