"""YAML with places: reads a file into plain data and remembers at which line and column each value stands.

What YAML 1.1 makes of some words is undone: a number is one only when it is written plainly (0571 and 1:30 stay text), and
keys are text as they stand there (no, 1001, 2026-10-01). Nothing in a file can make reading it hang, recurse or grow
without bounds.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import yaml

__all__ = [
    "BadConfiguration",
    "Path_",
    "Place",
    "Problem",
    "Source",
    "dotted",
    "names_in",
    "parse",
    "read",
    "read_if_there",
    "shown",
]

Path_ = tuple[str | int, ...]
"""Keys (always text) and list indices from the top of a file."""

LARGEST_FILE = 4_000_000
DEEPEST = 40
MOST_REPEATED = 10_000
"""Values that may come from aliases in all: enough for shared settings, too few for a bomb."""
LONGEST_SHOWN = 80
LONGEST_MESSAGE = 300
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Place(msgspec.Struct, frozen=True):
    """Line and column, counted from 1 as editors do."""

    line: int
    column: int


class Problem(msgspec.Struct, frozen=True, order=True):
    """One thing wrong with the configuration. Line 0: it has no place in a file (an environment variable)."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


class BadConfiguration(Exception):
    """The configuration has problems, each with its place; nothing of it is used."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Source(msgspec.Struct):
    """A file's data, the place of each key and list item by path, and what was wrong with it as YAML."""

    file: str
    data: Any
    places: dict[Path_, Place]
    problems: list[Problem]
    raw: bytes = b""

    def problem(self, path: Path_, message: str) -> Problem:
        """A problem at the place of `path`, or of the nearest thing above it that stands in the file."""
        message = _plain(message)
        for end in range(len(path), -1, -1):
            if place := self.places.get(path[:end]):
                return Problem(self.file, place.line, place.column, dotted(path), message)
        return Problem(self.file, 1, 1, dotted(path), message)


def dotted(path: Path_) -> str:
    """queues.repair.ring, agents.3.name; names too long or unprintable are shortened and quoted."""
    return ".".join(_printable(str(part)) for part in path)


def _plain(message: str) -> str:
    """One line that a terminal and a log can show, whatever names of the file are in it."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in message[:LONGEST_MESSAGE])
    return text if len(message) <= LONGEST_MESSAGE else f"{text}..."


def _printable(name: str) -> str:
    return name if name.isprintable() and len(name) <= LONGEST_SHOWN else shown(name)


def shown(value: Any) -> str:
    """A value as a message shows it: one line, not too long."""
    text = repr(value if not isinstance(value, str | bytes) else value[: LONGEST_SHOWN + 1])
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."


def read(file: Path) -> Source:
    """Read one YAML file. A file that is missing, not UTF-8 or not YAML gives a Source with problems and no data."""
    source = Source(file.name, {}, {(): Place(1, 1)}, [])
    try:
        source.raw = _contents(file)
        _take_in(source)
    except _Unusable as error:
        source.problems.append(Problem(file.name, *error.place, "", str(error)))
    except FileNotFoundError:
        source.problems.append(Problem(file.name, 1, 1, "", f"the file is missing (looked in {file.parent})"))
    except OSError as error:
        source.problems.append(Problem(file.name, 1, 1, "", f"cannot be read: {error.strerror}"))
    return source


def parse(name: str, text: str) -> Source:
    """As `read`, of a text that is to become the file of this name."""
    source = Source(name, {}, {(): Place(1, 1)}, [], text.encode("utf-8"))
    try:
        _take_in(source)
    except _Unusable as error:
        source.problems.append(Problem(name, *error.place, "", str(error)))
    return source


def _take_in(source: Source) -> None:
    try:
        text = source.raw.decode("utf-8")
        _check_depth(text)
        node = yaml.compose(text, Loader=_LOADER)
        if node is not None:
            source.data = _Reader(source).construct(node, ())
    except UnicodeDecodeError as error:
        line = source.raw.count(b"\n", 0, error.start) + 1
        column = error.start - source.raw.rfind(b"\n", 0, error.start)
        source.problems.append(Problem(source.file, line, column, "", "not UTF-8 text; save it in that encoding"))
    except yaml.YAMLError as error:
        source.problems.append(_not_yaml(source.file, error))


def read_if_there(file: Path) -> Source:
    """As `read`, of a file that need not be there: then there is nothing in it."""
    return read(file) if file.exists() or file.is_symlink() else Source(file.name, {}, {(): Place(1, 1)}, [])


def names_in(source: Source, *path: str) -> list[str]:
    """What a file defines, read off the file itself: names can be checked although something else in it is wrong."""
    defined = source.data
    for part in path:
        defined = defined.get(part) if isinstance(defined, dict) else None
    return list(defined) if isinstance(defined, dict) else []


class _Unusable(Exception):
    """The file is no configuration at all, whatever YAML says of it."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.place = line, column


def _contents(file: Path) -> bytes:
    if file.exists() and not file.is_file():
        raise _Unusable("not a regular file")
    with file.open("rb") as stream:
        raw = stream.read(LARGEST_FILE + 1)
    if len(raw) > LARGEST_FILE:
        raise _Unusable(f"larger than {LARGEST_FILE // 1_000_000} MB: this cannot be meant")
    return raw


def _check_depth(text: str) -> None:
    """Refuse deep nesting before it is composed: that recurses, in the C library beyond any limit of Python's."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                place = _place(event)
                raise _Unusable(f"nested more than {DEEPEST} deep", place.line, place.column)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _not_yaml(file: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return Problem(file, line, column, "", _plain(f"not YAML: {what}"))


class _Reader:
    """Makes plain data of YAML's nodes, noting the place of each."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._scalars = yaml.SafeLoader("")
        self._seen: set[int] = set()
        self._open: set[int] = set()
        self._repeated = 0

    def construct(self, node: yaml.Node, path: Path_) -> Any:
        place = _place(node)
        self._source.places.setdefault(path, place)
        if id(node) in self._open:
            raise _Unusable("an alias (*) stands inside the very thing it stands for", place.line, place.column)
        self._count(node, place)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            return [self.construct(item, (*path, index)) for index, item in enumerate(node.value)]
        finally:
            self._open.remove(id(node))

    def _count(self, node: yaml.Node, place: Place) -> None:
        """A node is met again only through an alias; aliases of aliases grow without bounds."""
        self._repeated += id(node) in self._seen
        self._seen.add(id(node))
        if self._repeated > MOST_REPEATED:
            raise _Unusable("aliases (*) repeat too much", place.line, place.column)

    def _mapping(self, node: yaml.MappingNode, path: Path_) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._problem(_place(key_node), path, "a key must be a single word")
                continue
            key = str(key_node.value)
            here = (*path, key)
            if key in mapping:
                self._problem(_place(key_node), here, "stands here twice; which of the two is meant?")
                continue
            self._source.places[here] = _place(key_node)
            mapping[key] = self.construct(value_node, here)
        return mapping

    def _problem(self, place: Place, path: Path_, message: str) -> None:
        self._source.problems.append(Problem(self._source.file, place.line, place.column, dotted(path), message))

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        """A value in its YAML type; what only looks like one (2026-13-45) stays text and is judged by the model."""
        try:
            value = self._scalars.construct_object(node, deep=True)
        except (ValueError, yaml.YAMLError):
            return node.value
        is_odd_number = type(value) is int and str(value) != node.value
        return node.value if is_odd_number else value


def _place(node: yaml.Node | yaml.CollectionStartEvent) -> Place:
    assert node.start_mark is not None
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)
