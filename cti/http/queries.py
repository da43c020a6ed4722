"""What a request asks for in its query."""

import math
from datetime import tzinfo

from aiohttp import web

from cti.http.errors import ApiError
from metrics.periods import written_moment

__all__ = ["moment", "moment_of", "number_up_to", "sequence_number"]


def moment(request: web.Request, name: str, zone: tzinfo) -> float | None:
    """A time given as ISO 8601 (`zone` if it names none) or as seconds since the epoch. Raises ApiError 400."""
    text = request.query.get(name)
    return None if text is None else moment_of(text, name, zone)


def moment_of(text: str, name: str, zone: tzinfo) -> float:
    """As `moment`, of what stands elsewhere in a request under this name."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = _iso(text, name, zone)
    if not math.isfinite(seconds):
        raise _bad(name, text)
    return seconds


def _iso(text: str, name: str, zone: tzinfo) -> float:
    try:
        return written_moment(text, zone)
    except (ValueError, OverflowError):
        raise _bad(name, text) from None


def _bad(name: str, text: str) -> ApiError:
    return ApiError(400, "bad_request", f"{name}: expected a time such as 2026-11-22T08:30:00+08:00, got {text[:40]!r}")


def number_up_to(request: web.Request, name: str, default: int, most: int) -> int:
    """A whole number from 1 to `most`. Raises ApiError 400."""
    text = request.query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= most):
        raise ApiError(400, "bad_request", f"{name}: expected a number from 1 to {most}, got {text[:40]!r}")
    return int(text)


def sequence_number(request: web.Request, name: str) -> int | None:
    """The number of the last event seen. Raises ApiError 400."""
    text = request.query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ApiError(400, "bad_request", f"{name}: expected the seq of an event, got {text[:40]!r}")
    return int(text)
