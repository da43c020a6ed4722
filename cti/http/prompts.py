"""`/api/prompts`: what callers hear, to be listed and listened to by leaders, inspectors and administrators."""

import asyncio

import msgspec
from aiohttp import hdrs, web

from cti.http.access import OVERSEERS, identity_of, require_role
from cti.http.errors import not_found, reply
from cti.http.services import ASK_S, SERVICES
from ivr.prompts import OWN, Prompts, seconds_of

__all__ = ["list_prompts", "play_prompt"]


class PromptView(msgspec.Struct, frozen=True):
    """One prompt in one language. `source`: built_in or own; `text` is empty when ops did not say it."""

    id: str
    language: str
    text: str
    seconds: float
    source: str


async def list_prompts(request: web.Request) -> web.Response:
    """All prompts and the pieces of spoken values, or those of one `language` or one `source`."""
    require_role(identity_of(request), OVERSEERS)
    prompts = request.app[SERVICES].prompts()
    async with asyncio.timeout(ASK_S):
        views = await asyncio.to_thread(_views, prompts)
    wanted = [(name, request.query[name]) for name in ("language", "source") if name in request.query]
    return reply({"prompts": [view for view in views if all(getattr(view, name) == value for name, value in wanted)]})


async def play_prompt(request: web.Request) -> web.StreamResponse:
    """The sound as WAV of 16 kHz, whole or the range that is asked for."""
    require_role(identity_of(request), OVERSEERS)
    language, prompt = request.match_info["language"], request.match_info["prompt"]
    found = request.app[SERVICES].prompts().find(prompt, language)
    path = found[1].with_suffix(".wav16") if found else None
    if path is None or not await asyncio.to_thread(path.is_file):
        raise not_found("prompt", f"{language}/{prompt}")
    return web.FileResponse(path, headers={hdrs.CONTENT_TYPE: "audio/wav"})


def _views(prompts: Prompts) -> list[PromptView]:
    return [
        PromptView(
            prompt.id,
            prompt.language,
            prompt.text,
            round(seconds_of(path), 2),
            "own" if prompt.voice == OWN else "built_in",
        )
        for prompt, path in prompts
    ]
