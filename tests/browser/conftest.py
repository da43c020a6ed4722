"""A real Chromium before the real page, served by the real HTTP application over a floor that has played for hours."""

from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from agents.accounts import Role
from tests.browser.hall import CHROMIUM, OFFICE_DAY, Hall, Pace, hall_rules
from tests.unit.cti_http.site import ZONE

Open = Callable[..., Coroutine[Any, Any, Page]]
MIDNIGHT = datetime(2026, 11, 25, tzinfo=ZONE).timestamp()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    """48 agents and 8 queues at 14:23, after two busy hours."""
    played = Hall(
        tmp_path, hall_rules(48), Pace(calls_per_s=0.2, hours=OFFICE_DAY), now=MIDNIGHT + 12.4 * 3600, seed=11
    )
    played.open()
    played.run_to(MIDNIGHT + 14 * 3600 + 23 * 60)
    played.figures.midnight = MIDNIGHT
    await played.start()
    yield played
    await played.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM.path, args=CHROMIUM.arguments)
        yield chromium
        await chromium.close()


@pytest.fixture
async def open_page(hall: Hall, browser: Browser) -> AsyncIterator[Open]:
    """Opens the wallboard and waits until it is live. At the end no page may have had an error to tell of."""
    complaints: list[str] = []

    async def opened(
        query: str = "lang=zh&theme=dark",
        *,
        width: int = 1920,
        height: int = 1080,
        token: str | None = None,
        wait_for: str = ".live.on",
        **context: Any,
    ) -> Page:
        page = await browser.new_page(viewport={"width": width, "height": height}, **context)
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        token = hall.token(Role.WALLBOARD) if token is None else token
        await page.goto(f"{hall.url}/wallboard?{query}" + (f"#token={token}" if token else ""))
        await page.wait_for_selector(wait_for, timeout=10_000)
        return page

    yield opened
    assert [text for text in complaints if "WebSocket" not in text and "ERR_CONNECTION_REFUSED" not in text] == []
