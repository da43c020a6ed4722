"""The wallboard in a real browser."""

import asyncio
import re

import pytest
from playwright.async_api import Page, expect

from acd import events as ev
from acd.model import CallState
from agents.accounts import Role
from agents.roster import AgentId, QueueId
from agents.state import AgentState
from cti.http.app import make_app
from cti.http.server import HttpServer
from tests.browser.conftest import Open
from tests.browser.hall import QUEUES, Hall

WHOLE_NUMBER = re.compile(r"1[3-9]\d{9}")

CONTRASTS = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = parts(getComputedStyle(one).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const [text, element] = [walker.currentNode.textContent.trim(), walker.currentNode.parentElement];
    if (text === '' || element.getClientRects().length === 0) continue;
    const style = getComputedStyle(element);
    const front = element instanceof SVGElement ? style.fill : style.color;
    const [a, b] = [light(parts(front)), light(behind(element))].sort((x, y) => y - x);
    found.push([Math.round((a + 0.05) / (b + 0.05) * 100) / 100, text, element.getAttribute('class') ?? element.tagName]);
  }
  return found.sort((x, y) => x[0] - y[0]);
}"""


async def overflow_px(page: Page) -> int:
    width: int = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


async def test_queues_agents_callers_alarms_and_the_day_are_on_the_screen(hall: Hall, open_page: Open) -> None:
    page = await open_page(height=2400)
    for _, name, _ in QUEUES:
        await expect(page.locator(".queue h3", has_text=name)).to_be_visible()
    here = [agent for agent in hall.floor.agents.values() if agent.state is not AgentState.OFFLINE]
    await expect(page.locator(".agent")).to_have_count(len(here))
    waiting = sum(call.state in (CallState.WAITING, CallState.OFFERED) for call in hall.floor.calls.values())
    assert waiting > 0
    await expect(page.locator('[data-figure="waiting"] dd')).to_have_text(str(waiting))
    await expect(page.locator(".alarms li").first).to_be_visible()
    await expect(page.locator(".chart canvas")).to_be_visible()


async def test_no_whole_number_is_in_the_page_or_in_a_frame(hall: Hall, open_page: Open) -> None:
    page = await open_page(wait_for=".callers li")
    heard: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(str(frame))))
    await page.reload()
    await page.wait_for_selector(".callers li")
    hall.caller(QueueId("complaint"), "13787654321")
    for _ in range(60):
        if "137****4321" in "".join(heard):
            break
        await page.wait_for_timeout(50)
    told = "".join(heard)
    assert "137****4321" in told
    numbers = {call.number for call in hall.floor.calls.values()}
    assert not [number for number in numbers if number in told or number in await page.content()]
    assert WHOLE_NUMBER.search(await page.inner_text("body")) is None


async def test_change_of_an_agents_state_reaches_the_screen(hall: Hall, open_page: Open) -> None:
    page = await open_page(height=2400)
    agent = next(one.id for one in hall.floor.agents.values() if one.state is AgentState.READY)
    tile = page.locator(f'[data-agent="{agent}"]')
    await expect(tile).to_have_attribute("data-state", "ready")
    hall.act(ev.AgentNotReady(agent=agent, reason="meal"))
    await expect(tile).to_have_attribute("data-state", "not_ready", timeout=1000)
    await expect(tile.locator(".state")).to_have_text("用餐")


async def test_waiting_callers_count_goes_up_with_a_caller(hall: Hall, open_page: Open) -> None:
    page = await open_page()
    for agent in list(hall.floor.agents):
        if hall.floor.agents[agent].state is AgentState.READY:
            hall.act(ev.AgentNotReady(agent=agent, reason="break"))
    number = page.locator('[data-queue="repair"] .waiting')
    before = int(await number.inner_text())
    hall.caller(QueueId("repair"))
    await expect(number).to_have_text(str(before + 1), timeout=1000)


async def test_screen_that_is_cut_off_says_since_when_and_comes_back(hall: Hall, open_page: Open) -> None:
    page = await open_page()
    await hall.server.stop()
    await expect(page.locator(".not-live")).to_contain_text("数据自 14:23:00 起未更新", timeout=5000)
    await expect(page.locator(".wallboard")).to_have_class(re.compile("stale"))
    frozen = await page.locator(".agent time").first.inner_text()
    await asyncio.sleep(1.2)
    assert await page.locator(".agent time").first.inner_text() == frozen
    hall.server = HttpServer(make_app(hall.services), "127.0.0.1", hall.port)
    await hall.server.start()
    await expect(page.locator(".live.on")).to_be_visible(timeout=15_000)
    await expect(page.locator(".not-live")).to_have_count(0)


async def test_language_is_the_addresss_and_can_be_switched(open_page: Open) -> None:
    page = await open_page("lang=en&theme=dark")
    await expect(page.locator(".queue h3").first).to_have_text("Repair")
    assert await page.evaluate("document.documentElement.lang") == "en"
    await page.click("button.language")
    await expect(page.locator(".queue h3").first).to_have_text("报修")
    assert "lang=zh" in page.url
    assert "#token=" in page.url


async def test_theme_is_the_systems_until_somebody_chooses(open_page: Open) -> None:
    page = await open_page("lang=zh", color_scheme="light")
    background = "getComputedStyle(document.body).backgroundColor"
    light = await page.evaluate(background)
    await page.emulate_media(color_scheme="dark")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = await page.evaluate(background)
    assert light != dark
    await page.click("button.theme")
    await page.click("button.theme")
    await expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert "theme=light" in page.url


async def test_phone_shows_all_without_scrolling_sideways(open_page: Open) -> None:
    page = await open_page(width=360, height=740)
    assert await overflow_px(page) == 0
    await expect(page.locator(".queue")).to_have_count(len(QUEUES))


async def test_big_screen_uses_its_space(open_page: Open) -> None:
    page = await open_page(width=3840, height=2160)
    assert await overflow_px(page) == 0
    boxes = await page.evaluate(
        "['.agents', 'aside', '.queues'].map((one) => document.querySelector(one).getBoundingClientRect().toJSON())"
    )
    assert max(box["right"] for box in boxes) > 3840 - 60
    assert max(box["bottom"] for box in boxes) > 2160 - 60
    assert await page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") > 30
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")


async def test_key_numbers_can_be_read_from_five_metres(open_page: Open) -> None:
    """A two-hundredth of the distance: 25 mm, on a screen of 55 inches, 1218 mm wide."""
    page = await open_page()
    sizes = await page.evaluate(
        "[...document.querySelectorAll('.key, .site .big dd')].map((one) => parseFloat(getComputedStyle(one).fontSize))"
    )
    digit_of_font = 0.72
    assert min(sizes) * digit_of_font * 1218 / 1920 >= 25


async def test_colours_say_what_is_out_of_its_band(hall: Hall, open_page: Open) -> None:
    page = await open_page(height=2400)
    colour = "(one) => getComputedStyle(one).color"
    seen = set()
    for queue, _, _ in QUEUES:
        counts = hall.figures.counts(QueueId(queue))
        share = counts.answered_within_sl / counts.offered
        level = "good" if share >= 0.8 else "near" if share >= 0.72 else "bad"
        ring = page.locator(f'[data-queue="{queue}"] .ring')
        await expect(ring).to_have_class(re.compile(level))
        await expect(ring.locator("text")).to_have_text(f"{share * 100:.0f}%")
        wanted = await page.evaluate(f"getComputedStyle(document.documentElement).getPropertyValue('--{level}').trim()")
        shown = await ring.evaluate(colour)
        assert shown == "rgb({}, {}, {})".format(*bytes.fromhex(wanted[1:]))
        seen.add(level)
    assert len(seen) > 1, seen


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_all_texts_stand_out_from_their_ground(open_page: Open, theme: str) -> None:
    page = await open_page(f"lang=zh&theme={theme}")
    found = await page.evaluate(CONTRASTS)
    assert len(found) > 100
    assert [one for one in found if one[0] < 4.5] == []


async def test_screen_without_a_token_asks_for_one_and_says_when_it_is_wrong(hall: Hall, open_page: Open) -> None:
    page = await open_page(token="", wait_for=".sign-in")
    await page.fill(".sign-in input", "nobody's token, long enough")
    await page.click(".sign-in button")
    await expect(page.locator(".sign-in [role=alert]")).to_contain_text("令牌无效", timeout=5000)
    await page.fill(".sign-in input", hall.token(AgentId("1001")))
    await page.click(".sign-in button")
    await expect(page.locator(".sign-in [role=alert]")).to_be_visible()
    await page.fill(".sign-in input", hall.token(Role.TEAM_LEADER))
    await page.click(".sign-in button")
    await expect(page.locator(".live.on")).to_be_visible(timeout=5000)


async def test_screen_of_some_queues_shows_these_and_their_agents(hall: Hall, open_page: Open) -> None:
    page = await open_page("lang=zh&theme=dark&queues=sales,orders", height=2400)
    await expect(page.locator(".queue")).to_have_count(2)
    wanted = {QueueId("sales"), QueueId("orders")}
    theirs = [
        agent
        for agent in hall.floor.agents.values()
        if agent.state is not AgentState.OFFLINE and wanted & set(hall.floor.rules.agents[agent.id].queues)
    ]
    await expect(page.locator(".agent")).to_have_count(len(theirs))


async def test_markup_in_a_name_is_text(hall: Hall, open_page: Open) -> None:
    page = await open_page()
    hall.act(ev.EmergencyDeclared(queues=(QueueId("repair"),), prompt="emergency_closed", why="<img src=x>", by="boss"))
    await expect(page.locator('[data-alarm="emergency:repair"] .cause')).to_have_text("<img src=x>", timeout=2000)
    await expect(page.locator('[data-queue="repair"] .badge')).to_have_text("紧急关闭")
