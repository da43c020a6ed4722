"""The text of the Asterisk Gateway Interface: command lines, replies, the opening environment. No I/O here.

Protocol source: res/res_agi.c of Asterisk 22 (`parse_args`, `agi_handle_command`, `setup_env`, `handle_exec`).
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import msgspec

from cti.errors import BadEnvironment, BadReply, UnsafeText

MAX_COMMAND_BYTES = 2046
"""res_agi reads a line into 2048 bytes with newline and NUL (8192 from late 22.x on); the rest would run as a command."""
MAX_ARGUMENTS = 120
"""res_agi keeps 127 words of a line, the command's own among them, and drops the others."""
MAX_LINE_BYTES = 64 * 1024
"""Longest line we accept from Asterisk; a variable's value is the longest thing it sends."""
MAX_ENVIRONMENT_BYTES = 32 * 1024

_COMMAND_NAME = re.compile(r"[A-Z]+(?: [A-Z]+){0,2}")
_PLAIN_WORD = re.compile(r"[A-Za-z0-9_./*#+-]+")
_FORBIDDEN = re.compile(r"[\r\n\0]")
_REPLY = re.compile(r"([1-5]\d\d) (?:result=([^ ]*))?(.*)", re.DOTALL)
_DATA_LEFT_OPEN = re.compile(r"200 result=[^ ]* \((?!.*\)(?: [a-z]+=\S*)*$)", re.DOTALL)
_DATA = re.compile(r" \((.*)\)(?: [a-z]+=\S*)*", re.DOTALL)
_ENDPOS = re.compile(r" endpos=(\d+)")
_ENVIRONMENT_LINE = re.compile(r"agi_([a-z0-9_]+): (.*)")
_ABSENT = "unknown"
_MANDATORY = ("request", "channel", "uniqueid", "callerid", "dnid", "extension", "context", "threadid")
"""`threadid` comes last but for the arguments: without it the block was cut short or ended by a forged blank line."""


class AgiReply(msgspec.Struct, frozen=True):
    """One complete reply. `data` is the text in parentheses, `text` all that follows the code (a 520's usage too)."""

    code: int
    result: str = ""
    data: str | None = None
    endpos: int | None = None
    text: str = ""


class AgiEnvironment(msgspec.Struct, frozen=True):
    """What Asterisk says about the caller's channel when it opens the session; absent texts are ''.

    Only `channel`, `uniqueid` and `language` cannot be written by the caller; the dialplan cleans the others first.
    """

    channel: str
    uniqueid: str
    language: str
    callerid: str
    name: str
    dnid: str
    rdnis: str
    context: str
    extension: str
    request: str
    path: str
    query: dict[str, str]
    args: tuple[str, ...]


def quoted(word: str) -> str:
    """One argument so that res_agi's parser gives back exactly `word`. CR, LF and NUL cannot be carried: UnsafeText."""
    if _PLAIN_WORD.fullmatch(word):
        return word
    if _FORBIDDEN.search(word):
        raise UnsafeText(f"AGI argument holds CR, LF or NUL: {word[:40]!r}")
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def command_line(name: str, args: tuple[str, ...]) -> bytes:
    """Command name (its words as they are) and quoted arguments as one line with its newline.

    UnsafeText if res_agi would cut the line or split it.
    """
    if not _COMMAND_NAME.fullmatch(name):
        raise UnsafeText(f"no AGI command name: {name[:40]!r}")
    if len(args) > MAX_ARGUMENTS:
        raise UnsafeText(f"AGI command with {len(args)} arguments, at most {MAX_ARGUMENTS}")
    line = " ".join((name, *map(quoted, args))).encode()
    if len(line) > MAX_COMMAND_BYTES:
        raise UnsafeText(f"AGI command of {len(line)} bytes, Asterisk takes {MAX_COMMAND_BYTES}: {line[:40]!r}")
    return line + b"\n"


class ReplyReader:
    """Puts lines together to replies: a `520-` block and a value with line breaks take several, `1xx` none."""

    __slots__ = ("_lines", "_size", "_usage")

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._usage = False
        self._size = 0

    @property
    def inside(self) -> bool:
        """Whether a reply has begun and not ended."""
        return bool(self._lines)

    @property
    def inside_value(self) -> bool:
        """Whether the lines that come belong to a variable's value, whatever they look like."""
        return bool(self._lines) and not self._usage

    def feed(self, line: str) -> AgiReply | None:
        """Take one line without its newline; the reply it completes, if any. BadReply if it cannot be one."""
        if self._lines:
            return self._continue(line)
        usage = line.startswith("520-")
        if usage or _DATA_LEFT_OPEN.match(line):
            self._lines, self._usage, self._size = [line], usage, len(line)
            return None
        reply = _parsed(line)
        return reply if reply.code >= 200 else None

    def _continue(self, line: str) -> AgiReply | None:
        self._size += len(line) + 1
        if self._size > MAX_LINE_BYTES:
            raise BadReply(f"reply longer than {MAX_LINE_BYTES} characters")
        self._lines.append(line)
        if self._usage:
            return self._finish(AgiReply(520, text="\n".join(self._lines))) if line.startswith("520 ") else None
        if not line.endswith(")"):
            return None
        return self._finish(_parsed("\n".join(self._lines)))

    def _finish(self, reply: AgiReply) -> AgiReply:
        self._lines = []
        return reply


def _parsed(line: str) -> AgiReply:
    found = _REPLY.fullmatch(line)
    if found is None:
        raise BadReply(f"no AGI reply: {line[:60]!r}")
    code, result, rest = found.groups()
    if not rest:
        return AgiReply(int(code), result or "")
    data = _DATA.fullmatch(rest)
    endpos = _ENDPOS.search(rest, data.end(1) if data else 0)
    return AgiReply(
        int(code),
        result or "",
        data.group(1) if data else None,
        int(endpos.group(1)) if endpos else None,
        rest.strip(),
    )


def parse_environment(lines: list[str]) -> tuple[AgiEnvironment, int]:
    """The opening block without its blank line, and how many of its lines were not `agi_name: value` (an alarm).

    BadEnvironment if a field comes twice or is missing: a caller may have forged lines, so nothing is guessed.
    """
    fields: dict[str, str] = {}
    odd = 0
    for line in lines:
        found = _ENVIRONMENT_LINE.fullmatch(line)
        if found is None:
            odd += 1
            continue
        if found[1] in fields:
            raise BadEnvironment(f"agi_{found[1]} comes twice")
        fields[found[1]] = found[2]
    missing = [name for name in _MANDATORY if name not in fields]
    if missing:
        raise BadEnvironment("missing: " + ", ".join("agi_" + name for name in missing))
    return _environment(fields), odd


def _environment(fields: dict[str, str]) -> AgiEnvironment:
    path, query = _route(fields["request"])
    return AgiEnvironment(
        channel=fields["channel"],
        uniqueid=fields["uniqueid"],
        language=fields.get("language", ""),
        callerid=_known(fields["callerid"]),
        name=_known(fields.get("calleridname", "")),
        dnid=_known(fields["dnid"]),
        rdnis=_known(fields.get("rdnis", "")),
        context=fields["context"],
        extension=fields["extension"],
        request=fields["request"],
        path=path,
        query=query,
        args=_arguments(fields),
    )


def _known(text: str) -> str:
    return "" if text == _ABSENT else text


def _route(request: str) -> tuple[str, dict[str, str]]:
    try:
        url = urlsplit(request)
        return url.path or "/", dict(parse_qsl(url.query, keep_blank_values=True, max_num_fields=50))
    except ValueError as error:
        raise BadEnvironment(f"agi_request is no URL: {request[:60]!r}") from error


def _arguments(fields: dict[str, str]) -> tuple[str, ...]:
    numbered = {name for name in fields if name.startswith("arg_")}
    wanted = [f"arg_{number}" for number in range(1, len(numbered) + 1)]
    if numbered != set(wanted):
        raise BadEnvironment("agi_arg_N are not numbered from 1 without a gap")
    return tuple(fields[name] for name in wanted)
