"""`./hotline close` and `./hotline open`: the running engine is asked to close queues, or the whole site, at once."""

import asyncio
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from engine.api_client import NotReachable, api_session, ask, engine_url, find_token, refusal
from engine.words import say

__all__ = ["close", "emergencies_in_force", "open_again"]


def close(
    queues: Iterable[str],
    *,
    prompt: str | None = None,
    until: str | None = None,
    why: str = "",
    url: str | None = None,
    token: str | None = None,
    home: Path | None = None,
) -> int:
    """Close these queues, or the whole site when none is named. Exit code 0 when it is done; 1 when not, with the reason."""
    wish: dict[str, Any] = {"queues": list(queues) or "all", "why": why}
    wish |= {"prompt": prompt} if prompt else {}
    wish |= {"until": until} if until else {}
    return _post("/api/emergencies", wish, url, token, home)


def open_again(
    queues: Iterable[str], *, url: str | None = None, token: str | None = None, home: Path | None = None
) -> int:
    """Lift the emergency of these queues, or every one when none is named. Exit code as `close`."""
    return _post("/api/emergencies/lift", {"queues": list(queues) or "all"}, url, token, home)


def emergencies_in_force(url: str | None = None, token: str | None = None, home: Path | None = None) -> dict[str, Any]:
    """What `GET /api/emergencies` answers. Raises NotReachable."""
    status, answer = asyncio.run(_ask("GET", "/api/emergencies", None, url, token, home))
    if status != 200:
        raise NotReachable(refusal(status, answer))
    return answer


def _post(path: str, wish: Mapping[str, Any], url: str | None, token: str | None, home: Path | None) -> int:
    try:
        status, answer = asyncio.run(_ask("POST", path, wish, url, token, home))
    except NotReachable as error:
        print(error, file=sys.stderr)
        return 1
    if status != 200:
        print(refusal(status, answer), file=sys.stderr)
        return 1
    zone = ZoneInfo(answer["time_zone"])
    for one in answer["emergencies"]:
        print(_line(one, zone))
    if not answer["emergencies"]:
        print(say("没有紧急关闭。", "nothing is closed in an emergency."))
    return 0


async def _ask(
    method: str, path: str, body: Any, url: str | None, token: str | None, home: Path | None
) -> tuple[int, dict[str, Any]]:
    where = engine_url(url, home) + path
    async with api_session(find_token(token, home=home)) as session:
        return await ask(session, method, where, body)


def _line(one: Mapping[str, Any], zone: ZoneInfo) -> str:
    what = say("全部队列", "all queues") if one["queue"] == "all" else one["queue"]
    end = say("直至 ./hotline open", "until ./hotline open")
    if one["until"] is not None:
        at = datetime.fromtimestamp(one["until"], zone).strftime("%Y-%m-%d %H:%M")
        end = say(f"至 {at}", f"until {at}")
    why = f" ({one['why']})" if one["why"] else ""
    return say(
        f"{what}：紧急关闭，{end}，播放 {one['prompt']}{why}",
        f"{what}: closed in an emergency {end}, callers hear {one['prompt']}{why}",
    )
