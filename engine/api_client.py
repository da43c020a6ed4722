"""The engine's API as the commands of this machine use it: where it is, and a token for it."""

import json
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from agents.accounts import Accounts, BadTokenFile, Role
from agents.roster import AgentId
from engine.site import home_folder
from engine.words import language, say

__all__ = ["TOKEN_FILE", "NotReachable", "api_session", "ask", "engine_url", "find_token", "refusal"]

TIMEOUT = aiohttp.ClientTimeout(total=30.0)
TOKEN_FILE = "secrets/tokens.json"  # noqa: S105 - a path below the home folder
ANYWHERE = ("0.0.0.0", "[::]", "::")  # noqa: S104 - compared with, not bound


class NotReachable(Exception):
    """The engine cannot be asked; the message says what to do."""


def engine_url(url: str | None, home: Path | None = None) -> str:
    """The given URL, or that of the engine running in the home folder. Raises NotReachable."""
    if url:
        return url.rstrip("/")
    file = (home or home_folder()) / "endpoints.json"
    try:
        host, _, port = str(json.loads(file.read_text("utf-8"))["http"]).rpartition(":")
    except (OSError, ValueError, KeyError, TypeError):
        raise NotReachable(
            say(
                f"找不到引擎地址（{file}）。请先运行 ./hotline up，或用 --url 指定。",
                f"no engine found ({file}). Start one with ./hotline up, or give its --url.",
            )
        ) from None
    return f"http://{'127.0.0.1' if host in ANYWHERE else host}:{port}"


def find_token(token: str | None, agent: str | None = None, home: Path | None = None) -> str:
    """The given token, else the agent's own from this machine's secrets, else the administrator's. Raises NotReachable."""
    if token:
        return token
    file = (home or home_folder()) / TOKEN_FILE
    found = None
    try:
        if file.exists():
            accounts = Accounts.open(file, [])
            found = (accounts.token_of(AgentId(agent)) if agent else None) or accounts.token_for(Role.ADMINISTRATOR)
    except (BadTokenFile, OSError) as error:
        raise NotReachable(str(error)) from None
    if not found:
        raise NotReachable(
            say(
                f"没有可用的令牌（{file}）。请用 --token 指定。",
                f"no token found ({file}). Give one with --token.",
            )
        )
    return found


def api_session(token: str) -> aiohttp.ClientSession:
    """A session that shows this token."""
    return aiohttp.ClientSession(timeout=TIMEOUT, headers={"Authorization": f"Bearer {token}"})


async def ask(session: aiohttp.ClientSession, method: str, url: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    """The status and the answer. Raises NotReachable."""
    try:
        async with session.request(method, url, json=body) as response:
            answer = msgspec.json.decode(await response.read(), type=dict[str, Any])
            return response.status, answer
    except (aiohttp.ClientError, OSError, TimeoutError, msgspec.DecodeError, msgspec.ValidationError):
        raise NotReachable(say(f"连不上引擎（{url}）。", f"cannot reach the engine at {url}.")) from None


def refusal(status: int, answer: dict[str, Any]) -> str:
    """Why the engine did not do it, in the terminal's language."""
    words = answer.get("message_zh" if language() == "zh" else "message") or answer.get("message") or status
    return "\n".join(
        [say(f"引擎没有采用：{words}", f"the engine did not take it: {words}"), *map(str, answer.get("problems", ()))]
    )
