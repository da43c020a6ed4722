"""`./hotline watch AGENT` and `./hotline explain CALL`: the engine's API in a terminal."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import aiohttp
import msgspec
from rich.console import Console
from rich.text import Text
from yarl import URL

from engine.api_client import NotReachable, engine_url, find_token
from engine.words import language, say

__all__ = ["explain", "line_of", "watch"]

FIRST_RETRY_S: Final = 0.5
LONGEST_RETRY_S: Final = 10.0
HEARTBEAT_S: Final = 10.0
TIMEOUT: Final = aiohttp.ClientTimeout(total=10.0)

_STYLES: Final = {"offered": "bold yellow", "answered": "bold green", "withdrawn": "dim", "ended": "cyan"}
_EVENTS: Final = {
    "offered": ("来电", "offered"),
    "withdrawn": ("已撤回", "withdrawn"),
    "answered": ("已接听", "answered"),
    "ended": ("已结束", "ended"),
}
_STATES: Final = {
    "offline": ("未签入", "offline"),
    "not_ready": ("示忙", "not ready"),
    "ready": ("就绪", "ready"),
    "offered": ("振铃", "offered"),
    "talking": ("通话", "talking"),
    "holding": ("保持", "holding"),
    "wrap_up": ("事后处理", "wrap-up"),
}

Fields = Mapping[str, Any]


class _Refused(Exception):
    """The engine will not let us; trying again does not help."""


async def watch(agent: str, *, url: str | None = None, token: str | None = None, console: Console | None = None) -> int:
    """Print the agent's feed until interrupted, across restarts of the engine. Exit code 1 if it cannot be had."""
    out = console or Console(highlight=False)
    try:
        feed = URL(engine_url(url)) / "api" / "agents" / agent / "feed"
        headers = {"Authorization": f"Bearer {find_token(token, agent)}"}
        await _Watcher(feed, headers, out).run()
    except (NotReachable, _Refused) as error:
        out.print(Text(str(error), "red"))
        return 1
    return 0


class _Watcher:
    def __init__(self, feed: URL, headers: dict[str, str], out: Console) -> None:
        self._feed = feed
        self._headers = headers
        self._out = out
        self._seq: int | None = None

    async def run(self) -> None:
        """Connect again and again, with longer pauses while nobody is there. Raises _Refused."""
        retry_s = FIRST_RETRY_S
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
            while True:
                try:
                    await self._listen(session)
                    retry_s = FIRST_RETRY_S
                    self._note(say("连接中断，正在重连", "connection lost, connecting again"))
                except aiohttp.WSServerHandshakeError as error:
                    if 400 <= error.status < 500:
                        raise _Refused(_why(error.status)) from None
                    self._note(say("引擎暂不可用", "the engine is not available"))
                except (aiohttp.ClientError, OSError, TimeoutError):
                    self._note(say("连不上引擎，正在重试", "cannot reach the engine, trying again"))
                await asyncio.sleep(retry_s)
                retry_s = min(retry_s * 2, LONGEST_RETRY_S)

    async def _listen(self, session: aiohttp.ClientSession) -> None:
        url = self._feed if self._seq is None else self._feed.with_query(after=self._seq)
        async with session.ws_connect(url, headers=self._headers, heartbeat=HEARTBEAT_S) as socket:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._show(msgspec.json.decode(message.data))

    def _show(self, event: Fields) -> None:
        self._seq = max(self._seq or 0, event["seq"])
        if event["type"] == "snapshot":
            self._out.print(line_of({**event, "type": "agent"}))
            for pop in event["pops"]:
                self._out.print(line_of({"type": pop["state"], "at": event["at"], "pop": pop}))
        else:
            self._out.print(line_of(event))

    def _note(self, text: str) -> None:
        self._out.print(Text(f"{datetime.now():%H:%M:%S}  {text}", "dim"))


def _why(status: int) -> str:
    match status:
        case 401:
            return say("令牌无效。", "the token is not valid.")
        case 403:
            return say("该令牌无权查看此座席。", "this token may not watch this agent.")
        case 404:
            return say("没有此座席。", "there is no such agent.")
        case _:
            return say(f"引擎拒绝了请求（{status}）。", f"the engine refused the request ({status}).")


def line_of(event: Fields) -> Text:
    """One event as a line. What callers sent is shown as plain characters: neither markup nor control codes get through."""
    kind = str(event["type"])
    line = Text(f"{datetime.fromtimestamp(event['at']):%H:%M:%S}  ")
    if kind == "agent":
        line.append(_agent_words(event["agent"]))
    elif kind in _EVENTS:
        line.append(f"{_pick(_EVENTS[kind]):8} ", _STYLES[kind])
        line.append(_plain("  ".join(_pop_words(kind, event["pop"]))))
    else:
        line.append(_plain(kind))
    return line


def _agent_words(agent: Fields) -> str:
    state = _pick(_STATES.get(agent["state"], (agent["state"], agent["state"])))
    reason = f" ({agent['reason']})" if agent["reason"] else ""
    phone = "" if agent["phone"] == "idle" else say(f"，话机 {agent['phone']}", f", phone {agent['phone']}")
    return _plain(f"{agent['agent']} {agent['name']}: {state}{reason}{phone}")


def _pop_words(kind: str, pop: Fields) -> list[str]:
    words = [pop["number"] or say("无号码", "no number")]
    if pop["name"] and pop["name"] != pop["number"]:
        words.append(pop["name"])
    if pop["vip"]:
        words.append(f"VIP {pop['vip']}")
    words.append(pop["queue_names"].get(language()) or pop["queue"])
    match kind:
        case "offered":
            words += _offer_words(pop)
        case "withdrawn":
            words.append(pop["reason"])
        case "ended":
            words.append(say(f"通话 {pop['talk_s']:.0f} 秒", f"talked {pop['talk_s']:.0f} s"))
        case _:
            words.append(say(f"等待 {pop['wait_s']:.0f} 秒", f"waited {pop['wait_s']:.0f} s"))
    return [*words, f"[{pop['id']}]"]


def _offer_words(pop: Fields) -> list[str]:
    words = [say(f"已等待 {pop['wait_s']:.0f} 秒", f"has waited {pop['wait_s']:.0f} s")]
    if pop["path"]:
        words.append(" > ".join(pop["path"]))
    contact = pop["last_contact"]
    if contact:
        at = datetime.fromtimestamp(contact["at"])
        words.append(say(f"上次 {contact['name']} {at:%m-%d %H:%M}", f"last {contact['name']} {at:%m-%d %H:%M}"))
    return [*words, *pop["reasons"]]


def _pick(words: tuple[str, str]) -> str:
    return say(*words)


def _plain(text: str) -> str:
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


async def explain(
    call: str,
    *,
    url: str | None = None,
    token: str | None = None,
    lang: str | None = None,
    console: Console | None = None,
) -> int:
    """Print every decision about a call, in order and in words. `lang`: zh or en; None: the terminal's. Exit code 1 if nobody
    can say."""
    out = console or Console(highlight=False)
    try:
        address = URL(engine_url(url)) / "api" / "calls" / call / "explain"
        answer = await _get(address, find_token(token))
    except (NotReachable, _Refused) as error:
        out.print(Text(str(error), "red"))
        return 1
    decisions = answer["decisions"]
    for decision in decisions:
        out.print(Text(_plain(decision[lang or language()])))
    if not decisions:
        out.print(say("该通话尚未进行分配。", "nothing has been decided about this call yet."))
    return 0


async def _get(address: URL, token: str) -> Fields:
    try:
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT) as session,
            session.get(address, headers={"Authorization": f"Bearer {token}"}) as response,
        ):
            answer: Fields = msgspec.json.decode(await response.read())
    except (aiohttp.ClientError, OSError, TimeoutError, msgspec.DecodeError):
        raise NotReachable(
            say(f"连不上引擎（{address.origin()}）。", f"cannot reach the engine at {address.origin()}.")
        ) from None
    if response.status != 200:
        raise _Refused(str(answer.get("message_zh" if language() == "zh" else "message", answer.get("message"))))
    return answer
