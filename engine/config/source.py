"""YAML with places: reads a file into plain data and remembers at which line and column each value stands."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import msgspec
import yaml

__all__ = ["Place", "Problem", "Source", "read"]

Path_ = tuple[str | int, ...]


class Place(msgspec.Struct, frozen=True):
    """Line and column, counted from 1 as editors do."""

    line: int
    column: int


class Problem(msgspec.Struct, frozen=True, order=True):
    """One thing wrong with the configuration."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}"
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


class Source(msgspec.Struct):
    """A file's data, the place of each key and list item by path, and what was wrong with it as YAML."""

    file: str
    data: Any
    places: dict[Path_, Place]
    problems: list[Problem]

    def problem(self, path: Path_, message: str) -> Problem:
        """A problem at the place of `path`, or of the nearest thing above it that stands in the file."""
        for end in range(len(path), -1, -1):
            if place := self.places.get(path[:end]):
                return Problem(self.file, place.line, place.column, dotted(path), message)
        return Problem(self.file, 1, 1, dotted(path), message)


def dotted(path: Path_) -> str:
    """queues.repair.ring, agents.3.name"""
    return ".".join(str(part) for part in path)


def read(file: Path) -> Source:
    """Read one YAML file. A file that is missing, not UTF-8 or not YAML gives a Source with problems and no data."""
    source = Source(file.name, {}, {(): Place(1, 1)}, [])
    try:
        node = yaml.compose(file.read_text("utf-8"), Loader=yaml.SafeLoader)
    except FileNotFoundError:
        source.problems.append(Problem(file.name, 1, 1, "", f"the file is missing (looked in {file.parent})"))
    except UnicodeDecodeError as error:
        source.problems.append(Problem(file.name, 1, 1, "", f"not UTF-8 text: {error.reason} at byte {error.start}"))
    except OSError as error:
        source.problems.append(Problem(file.name, 1, 1, "", f"cannot be read: {error.strerror}"))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        source.problems.append(Problem(file.name, line, column, "", f"not YAML: {error.problem}"))
    else:
        if node is not None:
            source.data = _construct(node, (), source)
    return source


def _construct(node: yaml.Node, path: Path_, source: Source) -> Any:
    source.places.setdefault(path, Place(node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, yaml.MappingNode):
        return _construct_mapping(node, path, source)
    if isinstance(node, yaml.SequenceNode):
        return [_construct(item, (*path, index), source) for index, item in enumerate(node.value)]
    return _scalar(node)


def _construct_mapping(node: yaml.MappingNode, path: Path_, source: Source) -> dict[Any, Any]:
    mapping: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = _scalar(key_node)
        here = (*path, key if isinstance(key, int) else str(key))
        if not isinstance(key, Hashable) or key in mapping:
            place = Place(key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            message = "stands here twice; which of the two is meant?"
            source.problems.append(Problem(source.file, place.line, place.column, dotted(here), message))
            continue
        source.places[here] = Place(key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        mapping[key] = _construct(value_node, here, source)
    return mapping


def _scalar(node: yaml.Node) -> Any:
    """A key or value in its YAML type; what only looks like one (2026-13-45) stays text and is judged by the model."""
    if not isinstance(node, yaml.ScalarNode):
        return str(node.value)
    try:
        return _SCALARS.construct_object(node, deep=True)
    except (ValueError, yaml.YAMLError):
        return node.value


_SCALARS = yaml.SafeLoader("")
