"""The realtime table queue_log as people have it: `INSERT INTO` of mysqldump and pg_dump, PostgreSQL's COPY, and CSV with a
line of column names.

Columns are known by name: Asterisk's own, and QueueMetrics' (time_id, call_id, queue, verb). A table without names has
Asterisk's order. Times are epoch seconds, or text in the time zone the caller names (Asterisk writes local time unless told
otherwise).
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["csv_rows", "dump_rows", "is_csv", "is_dump"]

Numbered = tuple[int, list[str]]
NAMES: Final = {
    **dict.fromkeys(("time", "time_id", "eventtime", "epoch"), 0),
    **dict.fromkeys(("callid", "call_id"), 1),
    **dict.fromkeys(("queuename", "queue", "qname"), 2),
    **dict.fromkeys(("agent", "qagent"), 3),
    **dict.fromkeys(("event", "verb", "qevent"), 4),
    "data": 5,
    **{f"data{n}": 4 + n for n in range(1, 6)},
}
"""Where each column stands in a line."""
NEEDED: Final = {0, 1, 2, 3, 4}
OWN_ORDER: Final = ("time", "callid", "queuename", "agent", "event")
DATA: Final = tuple(f"data{n}" for n in range(1, 6))

INSERT: Final = re.compile(
    r"\s*INSERT\s+(?:IGNORE\s+)?INTO\s+[`\"\w.]*queue_?log\w*[`\"]?\s*(?:\(([^)]*)\))?\s*VALUES\s*", re.I
)
COPY: Final = re.compile(r"\s*COPY\s+[`\"\w.]*queue_?log\w*\"?\s*\(([^)]*)\)\s+FROM\s+stdin", re.I)
CREATE: Final = re.compile(r"\s*CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?[`\"\w.]*queue_?log\w*[`\"]?\s*\(", re.I)
COLUMN: Final = re.compile(r"\s*[`\"]?(\w+)[`\"]?\s+\w")
NO_COLUMN: Final = frozenset({"primary", "key", "unique", "index", "constraint", "check", "foreign"})
TOKEN: Final = re.compile(r"[EeNn]?'((?:[^'\\]|\\.|'')*+)'|([^\s,()';]+)|([(),;])", re.S)
ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "Z": "\x1a", "b": "\b", "N": ""}


def is_dump(text: str) -> bool:
    """Whether this is the beginning of an SQL dump with a queue_log in it."""
    return any(pattern.match(line) for line in text.splitlines() for pattern in (INSERT, COPY, CREATE))


def is_csv(text: str) -> bool:
    """Whether the first line names the columns of a queue_log."""
    head = next(csv.reader([text.split("\n", 1)[0]], delimiter=_delimiter(text)), [])
    return _order(head) is not None


def csv_rows(lines: Iterable[tuple[int, str]], zone: ZoneInfo) -> Iterator[Numbered]:
    """Rows of a CSV file whose first line names its columns."""
    numbers: list[int] = [0]
    source = iter(lines)

    def texts() -> Iterator[str]:
        for number, text in source:
            numbers[0] = number
            yield text

    _, first = next(source)
    delimiter = _delimiter(first)
    columns = next(csv.reader([first], delimiter=delimiter))
    into_line = _Line(columns, zone)
    for values in csv.reader(texts(), delimiter=delimiter):
        yield numbers[0], into_line(values)


def dump_rows(lines: Iterable[tuple[int, str]], zone: ZoneInfo) -> Iterator[Numbered]:
    """Rows of all the statements that fill a queue_log; what else is in the dump is passed over."""
    source = iter(lines)
    declared: list[str] = []
    for number, text in source:
        if (copy := COPY.match(text)) is not None:
            yield from _copied(source, _Line(_names(copy[1]), zone))
        elif CREATE.match(text):
            declared = list(_declared(source))
        elif (insert := INSERT.match(text)) is not None:
            columns = _names(insert[1]) if insert[1] else declared
            yield from _inserted(number, text[insert.end() :], source, columns, zone)


class _Line:
    """From a table's row to the fields of a line."""

    def __init__(self, columns: Sequence[str], zone: ZoneInfo) -> None:
        self._order = _order(columns)
        self._zone = zone
        self._known = ("", "")

    def __call__(self, values: Sequence[str]) -> list[str]:
        order = self._order or _order(_by_count(len(values)))
        if order is None or len(values) <= max(order) or any("\0" in value for value in values):
            return ["|".join(values)]
        row = [values[place] if place >= 0 else "" for place in order]
        if len(order) == 6 and "|" in row[5]:
            row[5:] = row[5].split("|")
        row[0] = self._time(row[0])
        return row

    def _time(self, text: str) -> str:
        """As seconds since the epoch; what is no time stays as it is, to be told."""
        if text[:19] == self._known[0]:
            return self._known[1]
        if text.replace(".", "", 1).isdigit():
            return text
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            return text
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._zone)
        self._known = (text[:19], str(int(moment.timestamp())))
        return self._known[1]


def _order(columns: Sequence[str]) -> list[int] | None:
    """Where time, callid, queue, agent, event and data stand in a row (-1: nowhere); None: it is no queue_log."""
    places = {NAMES[name]: n for n, column in enumerate(columns) if (name := column.strip().lower()) in NAMES}
    if not set(places) >= NEEDED:
        return None
    return [places.get(field, -1) for field in range(max(places) + 1)]


def _by_count(count: int) -> Sequence[str]:
    """A table that names no columns: Asterisk's, with or without a number in front, with one field of data or five."""
    return {
        6: (*OWN_ORDER, "data"),
        7: ("id", *OWN_ORDER, "data"),
        10: (*OWN_ORDER, *DATA),
        11: ("id", *OWN_ORDER, *DATA),
    }.get(count, ())


def _names(text: str) -> list[str]:
    return [name.strip(' `"\n\t') for name in text.split(",")]


def _declared(lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    for _, text in lines:
        if text.lstrip().startswith(")"):
            return
        column = COLUMN.match(text)
        if column is not None and column[1].lower() not in NO_COLUMN:
            yield column[1]


def _copied(lines: Iterator[tuple[int, str]], into_line: _Line) -> Iterator[Numbered]:
    for number, text in lines:
        if text.startswith("\\."):
            return
        yield number, into_line(["" if one == "\\N" else _plain(one) for one in text.rstrip("\r\n").split("\t")])


def _inserted(
    number: int, text: str, lines: Iterator[tuple[int, str]], columns: Sequence[str], zone: ZoneInfo
) -> Iterator[Numbered]:
    """The rows of one INSERT, which may go on over several lines, and a text in it as well."""
    into_line, depth = _Line(columns, zone), 0
    row: list[str] = []
    while True:
        at = 0
        for token in TOKEN.finditer(text):
            if text[at : token.start()].strip() == "'" or "'" in text[at : token.start()]:
                break  # a text that goes on in the next line
            at = token.end()
            quoted, bare, mark = token.groups()
            if mark == ";":
                return
            if mark == "(" and depth == 0:
                depth, row = 1, []
            elif mark == ")" and depth == 1:
                depth = 0
                yield number, into_line(row)
            elif quoted is not None:
                row.append(_plain(quoted.replace("''", "'")))
            elif bare is not None and depth:
                row.append("" if bare.upper() == "NULL" else bare)
        following = next(lines, None)
        if following is None:
            return
        rest = text[at:]
        text = rest + following[1] if "'" in rest else following[1]
        number = number if "'" in rest else following[0]


def _plain(text: str) -> str:
    """With its escapes undone, and nothing in it that would break a line."""
    if "\\" in text:
        text = re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[1]), text, flags=re.S)
    return text


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)
