"""`./hotline rollback [VERSION]`: ask the running engine to take up a configuration that was in force before."""

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from engine.api_client import NotReachable, api_session, ask, engine_url, find_token, refusal
from engine.site import home_folder
from engine.versions import KeptVersion, UnknownVersion, list_versions, path_of
from engine.words import say

__all__ = ["rollback", "show_versions"]


def show_versions(home: Path | None = None) -> int:
    """Print the versions that are kept, the newest first."""
    kept = list_versions(home or home_folder())
    for one in kept:
        print(f"{one.version}  {_moment(one)}  {one.folder}")
    if not kept:
        print(say("还没有保存任何版本。", "no version is kept yet."))
    return 0


def rollback(version: str | None, *, url: str | None = None, token: str | None = None, home: Path | None = None) -> int:
    """Exit code 0 when the engine has taken it up; 1 when it has not, with the reason. Without a version: the one before."""
    home = home or home_folder()
    try:
        return asyncio.run(_rollback(version, engine_url(url, home), find_token(token, home=home), home))
    except (NotReachable, UnknownVersion) as error:
        print(error, file=sys.stderr)
        return 1


async def _rollback(wanted: str | None, url: str, token: str, home: Path) -> int:
    async with api_session(token) as session:
        _, about = await ask(session, "GET", f"{url}/api/version")
        now = str(about.get("rules", ""))
        version = wanted or _before(now, home)
        status, answer = await ask(session, "POST", f"{url}/api/rollback", {"version": _whole(version, home)})
    if status != 200:
        print(refusal(status, answer), file=sys.stderr)
        return 1
    version = str(answer.get("version", version))
    print(say(f"规则版本 {now} 已换回 {version}。", f"rules {now} are replaced by {version}."))
    folder = path_of(version, home) if any(one.version == version for one in list_versions(home)) else home
    print(
        say(
            f"配置目录中的文件没有改动，下次加载会再次使用它们；此版本的文件在 {folder}。",
            f"The files of the configuration's folder are as they were, and the next reload reads them again; those of this "
            f"version are in {folder}.",
        )
    )
    return 0


def _before(now: str, home: Path) -> str:
    """The newest version that is not in force now. Raises UnknownVersion."""
    kept = [one.version for one in list_versions(home)]
    before = next((version for version in kept if version != now), None)
    if before is None:
        raise UnknownVersion(say("上一个版本", "the one before"), kept)
    return before


def _whole(version: str, home: Path) -> str:
    """The version that begins like this; an engine elsewhere keeps others, and is asked for just what was typed."""
    if not list_versions(home):
        return version
    return path_of(version, home).name


def _moment(kept: KeptVersion) -> str:
    return datetime.fromtimestamp(kept.at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
