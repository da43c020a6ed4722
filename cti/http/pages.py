"""The browser's pages: `/wallboard`, and the files they are made of. They hold no data and need no token.

They are built from `web/` into a folder (`./hotline web`). A built file's name changes with its content, so browsers may keep
it for ever; the page itself is asked for anew each time.
"""

import asyncio
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

from cti.http.errors import ApiError
from cti.http.services import SERVICES

__all__ = ["built_file", "wallboard"]

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Its own programs and styles, and nothing inline: a caller's name could not run even if it got into a page as markup."""
FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"
NOT_BUILT: Final = """<!doctype html>
<html lang="zh">
<meta charset="utf-8">
<title>Hotline</title>
<h1>大屏页面尚未生成 · The wallboard has not been built</h1>
<p>请在引擎所在的目录运行，然后刷新本页（引擎无须重启）：
<p>Run this where the engine was started, then load this page again (the engine goes on meanwhile):
<pre>./hotline web</pre>
"""


async def wallboard(request: web.Request) -> web.StreamResponse:
    """The wallboard's page, or one that says how to make it."""
    page = request.app[SERVICES].pages / "wallboard" / "index.html"
    headers = {hdrs.CACHE_CONTROL: ASK_AGAIN, hdrs.CONTENT_SECURITY_POLICY: POLICY}
    if not await asyncio.to_thread(page.is_file):
        return web.Response(status=503, text=NOT_BUILT, content_type="text/html", headers=headers)
    return web.FileResponse(page, headers=headers)


async def built_file(request: web.Request) -> web.StreamResponse:
    """A program, a style, a picture."""
    path = await asyncio.to_thread(_below, request.app[SERVICES].pages / "assets", request.match_info["file"])
    return web.FileResponse(path, headers={hdrs.CACHE_CONTROL: FOR_EVER})


def _below(folder: Path, name: str) -> Path:
    """The file of this name in the folder itself, links followed. Raises ApiError 404."""
    path = (folder / name).resolve()
    if path.parent != folder.resolve() or not path.is_file():
        raise ApiError(404, "not_found", "there is no such file")
    return path
