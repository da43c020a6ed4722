"""./hotline watch and ./hotline explain against a real server."""

import asyncio
import io
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from acd.floor import Floor
from engine.api_client import NotReachable, engine_url, find_token
from engine.watch import explain, watch
from tests.unit.cti_http.site import NINE, WANG, ZHANG, SmallSite


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_LANG", "en")


class Terminal:
    def __init__(self) -> None:
        self._text = io.StringIO()
        self.console = Console(file=self._text, width=300, highlight=False)

    @property
    def text(self) -> str:
        return self._text.getvalue()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 - a terminal rings no bell
            await asyncio.sleep(0.01)


async def test_watch_prints_the_life_of_a_call_and_no_control_characters(site: SmallSite) -> None:
    terminal = Terminal()
    watching = asyncio.create_task(watch("1001", url=site.url, token=site.token(ZHANG), console=terminal.console))
    await until(lambda: "1001 张伟: offline" in terminal.text)
    site.ready(ZHANG)
    site.call("c1", name="\x1b[31mred [bold]x[/bold]")
    site.answered("c1-1")
    site.clock.now += 9
    site.talk_over("c1-1")
    await until(lambda: "talked 9 s" in terminal.text)
    watching.cancel()
    assert "138****8000  \ufffd[31mred [bold]x[/bold]  Repair" in terminal.text
    assert "\x1b" not in terminal.text
    assert [word in terminal.text for word in ("offered", "answered", "ended", "[c1-1]", "wrap-up")] == [True] * 5


async def test_watch_in_chinese(site: SmallSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_LANG", "zh")
    terminal = Terminal()
    site.ready(ZHANG)
    site.call("c1")
    watching = asyncio.create_task(watch("1001", url=site.url, token=site.token(ZHANG), console=terminal.console))
    await until(lambda: "来电" in terminal.text)
    watching.cancel()
    assert "报修" in terminal.text


async def test_watch_comes_back_after_a_restart_of_the_engine(site: SmallSite, tmp_path: Path) -> None:
    terminal = Terminal()
    watching = asyncio.create_task(watch("1001", url=site.url, token=site.token(ZHANG), console=terminal.console))
    await until(lambda: "offline" in terminal.text)
    site.ready(ZHANG)
    site.call("c1")
    await site.server.stop()
    await until(lambda: "connecting again" in terminal.text)
    floor = msgspec.msgpack.decode(msgspec.msgpack.encode(site.floor), type=Floor)
    anew = SmallSite(tmp_path, floor, now=NINE + 5, port=site.port)
    anew.pops.restore()
    await anew.start()
    await until(lambda: terminal.text.count("[c1-1]") == 2)
    watching.cancel()
    await anew.stop()


@pytest.mark.parametrize(
    ("agent", "token", "said"),
    [("1001", "wrong" * 5, "the token is not valid"), ("1001", WANG, "may not watch"), ("nobody", "", "no such agent")],
)
async def test_watch_says_why_it_is_not_let_in_and_does_not_try_again(
    site: SmallSite, agent: str, token: str, said: str
) -> None:
    terminal = Terminal()
    sent = site.accounts.token_of(WANG) if token == WANG else token
    if agent == "nobody":
        sent = find_token(None, home=_home(site))
    assert await watch(agent, url=site.url, token=sent, console=terminal.console) == 1
    assert said in terminal.text


def _home(site: SmallSite) -> Path:
    """A home folder with the site's tokens and endpoints, as the engine leaves it."""
    home = site.archive.folder / "home"
    (home / "secrets").mkdir(parents=True)
    tokens = home / "secrets" / "tokens.json"
    tokens.write_bytes((site.archive.folder / "tokens.json").read_bytes())
    tokens.chmod(0o600)
    (home / "endpoints.json").write_text(json.dumps({"http": f"0.0.0.0:{site.port}"}))
    return home


async def test_on_the_engines_own_machine_neither_url_nor_token_need_be_given(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = _home(site)
    monkeypatch.setenv("HOTLINE_HOME", str(home))
    assert engine_url(None) == site.url
    assert (find_token(None, "1001"), engine_url("http://a/")) == (site.token(ZHANG), "http://a")
    site.call("c1")
    terminal = Terminal()
    assert await explain("c1", console=terminal.console) == 0
    assert "nobody is free" in terminal.text
    assert await explain("c1", lang="zh", console=terminal.console) == 0
    assert "无空闲座席" in terminal.text
    assert await explain("c9", console=terminal.console) == 1
    assert 'there is no call "c9"' in terminal.text


async def test_without_an_engine_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotReachable, match="hotline up"):
        engine_url(None, tmp_path)
    with pytest.raises(NotReachable, match="--token"):
        find_token(None, "1001", tmp_path)
    terminal = Terminal()
    assert await explain("c1", url="http://127.0.0.1:9", token="x" * 20, console=terminal.console) == 1
    assert "cannot reach the engine" in terminal.text
