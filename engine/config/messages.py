"""What a model found wrong, in words: where it stands, what was expected, what stands there instead, what may be meant."""

import difflib
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from engine.config.source import Path_, Problem, Source, shown
from ivr.check import listed

__all__ = ["path_of", "problem_of", "unknown"]

SECRETS = ("secret", "database_url", "redis_url")
"""Their values, which may hold passwords, are never shown."""

_EXPECTED = {
    "missing": "is missing",
    "string_type": "expected text",
    "string_too_short": "expected at least {min_length} characters",
    "string_too_long": "expected at most {max_length} characters",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_parsing_size": "expected a whole number of ordinary size",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "finite_number": "expected a number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "dict_type": "expected keys and their values",
    "model_type": "expected keys and their values",
    "list_type": "expected a list",
    "tuple_type": "expected a list",
    "too_short": "expected at least {min_length} of them, got none",
    "greater_than_equal": "expected at least {ge}",
    "less_than_equal": "expected at most {le}",
    "literal_error": "expected {expected}",
    "enum": "expected {expected}",
    "union_tag_invalid": "expected one of {expected_tags}",
    "union_tag_not_found": "is missing",
    "date_from_datetime_parsing": "expected a date such as 2026-10-01",
    "date_parsing": "expected a date such as 2026-10-01",
    "date_type": "expected a date such as 2026-10-01",
    "value_error": "{error}",
}
_UNION_TAGS = ("union_tag_invalid", "union_tag_not_found")


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """no queue "repiar" (did you mean "repair"?)"""
    names = list(known)
    near = difflib.get_close_matches(name[:40], names, n=1)
    hint = f'did you mean "{near[0]}"?' if near else f"there are: {listed(names)}"
    return f'no {kind} "{name[:40]}" ({hint})'


def _hint(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name[:40], known, n=1)
    return f'did you mean "{near[0]}"?' if near else f"there are: {', '.join(known) or 'none'}"


def problem_of(source: Source, model: Any, detail: ErrorDetails) -> Problem:
    """One of pydantic's errors as a problem of the file; `model` is what the whole file should be."""
    path = path_of(source, detail)
    if detail["type"] == "extra_forbidden":
        known = _keys_at(model, detail["loc"][:-1])
        return source.problem(path, f"unknown key ({_hint(str(path[-1]), known)})")
    message = _EXPECTED.get(detail["type"], "{msg}").format(**detail.get("ctx", {}), msg=detail["msg"])
    if detail["type"] in ("missing", "too_short", "union_tag_not_found"):
        return source.problem(path, message)
    value = detail["input"].get("type") if detail["type"] == "union_tag_invalid" else detail["input"]
    return source.problem(path, f"{message}{_instead(path, value)}")


def _instead(path: Path_, value: Any) -> str:
    if any(part in SECRETS for part in path):
        return ""
    match value:
        case None:
            return ", got nothing"
        case bool():
            return f", got {str(value).lower()} (in quotes it is text)"
        case dict() | BaseModel():
            return ""
        case list() | tuple():
            return ", got a list"
        case _:
            return f", got {shown(value)}"


def path_of(source: Source, detail: ErrorDetails) -> Path_:
    """The keys of the file. Pydantic also names the kind of node it took, and that a key itself is wrong; neither stands in
    the file."""
    if not detail["loc"]:
        return ()
    *parts, last = detail["loc"]
    path: Path_ = ()
    for part in parts:
        path = (*path, part) if (*path, part) in source.places else path
    if last != "[key]":
        path = (*path, last)
    return (*path, "type") if detail["type"] in _UNION_TAGS else path


def _keys_at(model: Any, location: tuple[int | str, ...]) -> list[str]:
    """The keys that may stand at this place."""
    here: list[Any] = [model]
    for part in location:
        here = [inner for annotation in here for inner in _inside(annotation, part)]
    return [key for annotation in here for found in _models(annotation) for key in _keys(found)]


def _inside(annotation: Any, part: int | str) -> Iterator[Any]:
    """What may stand under this key or index; a kind of node stays what it is."""
    for found in _models(annotation):
        if part in _keys(found):
            yield _keys(found)[str(part)]
        elif "type" in found.model_fields and part in get_args(found.model_fields["type"].annotation):
            yield found
    for found in _unwrapped(annotation):
        if get_origin(found) in (dict, list, tuple):
            yield get_args(found)[1 if get_origin(found) is dict else 0]


def _keys(model: type[BaseModel]) -> dict[str, Any]:
    """By the key that stands in the file, what may stand under it."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _models(annotation: Any) -> list[type[BaseModel]]:
    return [found for found in _unwrapped(annotation) if isinstance(found, type) and issubclass(found, BaseModel)]


def _unwrapped(annotation: Any) -> Iterator[Any]:
    """The alternatives of a union, without what Annotated adds."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _unwrapped(get_args(annotation)[0])
    elif origin in (dict, list, tuple, None, Literal):
        yield annotation
    else:
        for alternative in get_args(annotation):
            yield from _unwrapped(alternative)
