"""Other systems asked over HTTP while a caller is in the flow: a CRM, an order system.

An answer in time or none: a caller waits for it. At most so many requests to one system are under way at once, and one that
has failed again and again is left alone for a while: callers then go on at once by the branch for failures. Answers are kept
for as long as the configuration says. No log line has what was asked, what was answered, or a header's value.
"""

import asyncio
import logging
import os
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from ivr.nodes import Lookup

__all__ = ["LONGEST_VALUE", "Lookups", "picked"]

log = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 32
LARGEST_ANSWER: Final = 65_536
LONGEST_VALUE: Final = 200
"""Characters of a value that are kept."""
MOST_KEPT: Final = 2_000
"""Answers, of all systems together; the oldest give way."""
FAILURES: Final = 5
"""So many failures in a row, and a system is left alone."""
LEFT_ALONE_S: Final = 10.0
_NAME: Final = re.compile(r"\{([^{}]*)\}")

Answer = dict[str, str]


class _Unanswered(Exception):
    """No usable answer; the message says why, without a value in it."""


class _System:
    """One lookup's state."""

    def __init__(self) -> None:
        self.free = asyncio.Semaphore(MOST_AT_ONCE)
        self.failures = 0
        self.alone_until = 0.0


class Lookups:
    """All of them. `environment` has the values of headers, by variable; times are the event loop's."""

    def __init__(self, environment: Callable[[str], str | None] = os.environ.get) -> None:
        self._environment = environment
        self._session: aiohttp.ClientSession | None = None
        self._systems: dict[str, _System] = {}
        self._kept: OrderedDict[tuple[object, ...], tuple[float, Answer]] = OrderedDict()

    async def ask(self, lookup: Lookup, values: Mapping[str, str]) -> Answer | None:
        """The answer's fields by attribute, those that are there; None when there is no answer in time."""
        now = asyncio.get_running_loop().time()
        system = self._systems.setdefault(lookup.url, _System())
        try:
            url, body = _filled(lookup, values)
            key = (lookup.name, url, tuple(body.items()), tuple(lookup.fields.items()))
            if (kept := self._kept.get(key)) is not None and now < kept[0]:
                return kept[1]
            if now < system.alone_until:
                raise _Unanswered("left alone after failures")
            found = await self._asked(system, lookup, url, body)
        except _Unanswered as reason:
            log.warning("lookup %s: %s", lookup.name, reason)
            return None
        if lookup.cache_s:
            self._keep(key, now + lookup.cache_s, found)
        return found

    async def close(self) -> None:
        """No more requests."""
        if self._session is not None:
            await self._session.close()

    async def _asked(self, system: _System, lookup: Lookup, url: str, body: dict[str, str]) -> Answer:
        headers = self._headers(lookup)
        try:
            async with asyncio.timeout(lookup.timeout_s), system.free:
                found = await self._request(lookup, url, body, headers)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, _Unanswered) as error:
            system.failures += 1
            if system.failures >= FAILURES:
                system.alone_until = asyncio.get_running_loop().time() + LEFT_ALONE_S
            reason = str(error) if isinstance(error, _Unanswered) else type(error).__name__
            raise _Unanswered(reason) from None
        system.failures = 0
        return found

    async def _request(self, lookup: Lookup, url: str, body: dict[str, str], headers: dict[str, str]) -> Answer:
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        json = body if lookup.method == "POST" else None
        async with self._session.request(
            lookup.method, URL(url, encoded=True), json=json, headers=headers, allow_redirects=False
        ) as response:
            if response.status == 404:
                return {}
            if not 200 <= response.status < 300:
                raise _Unanswered(f"answered {response.status}")
            raw = await response.content.read(LARGEST_ANSWER + 1)
            while len(raw) <= LARGEST_ANSWER and (more := await response.content.read(LARGEST_ANSWER)):
                raw += more
        if len(raw) > LARGEST_ANSWER:
            raise _Unanswered(f"answered more than {LARGEST_ANSWER} bytes")
        try:
            return picked(lookup.fields, msgspec.json.decode(raw))
        except msgspec.DecodeError:
            raise _Unanswered("answered no JSON") from None

    def _headers(self, lookup: Lookup) -> dict[str, str]:
        found = {header: self._environment(variable) for header, variable in lookup.headers.items()}
        missing = [variable for header, variable in lookup.headers.items() if not found[header]]
        if missing:
            raise _Unanswered(f"environment variable {missing[0]} is not set")
        return {header: value for header, value in found.items() if value}

    def _keep(self, key: tuple[object, ...], until: float, found: Answer) -> None:
        self._kept[key] = until, found
        self._kept.move_to_end(key)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)


def _filled(lookup: Lookup, values: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The address and body with the values in; without a value that belongs into the address there is nothing to ask."""
    for name in _NAME.findall(lookup.url):
        if not values.get(name):
            raise _Unanswered(f"nothing is known for {{{name}}}")
    url = _NAME.sub(lambda match: quote(values[match[1]], safe=""), lookup.url)
    body = {key: _NAME.sub(lambda match: values.get(match[1], ""), text) for key, text in lookup.body.items()}
    return url, body


def picked(fields: Mapping[str, str], answer: Any) -> Answer:
    """The fields of a JSON answer that are texts, numbers or truth values, as text."""
    found: Answer = {}
    for attribute, path in fields.items():
        value = _at(answer, path)
        if isinstance(value, bool):
            found[attribute] = "true" if value else "false"
        elif isinstance(value, str | int | float):
            found[attribute] = str(value)[:LONGEST_VALUE]
    return found


def _at(answer: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(answer, dict):
            answer = answer.get(part)
        elif isinstance(answer, list) and part.isdecimal() and int(part) < len(answer):
            answer = answer[int(part)]
        else:
            return None
    return answer
