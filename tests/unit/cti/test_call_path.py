"""docs/call-path.md names every event, command and record, and points at files that are there."""

import re
from typing import get_args

import pytest

from acd.commands import Command
from acd.events import Event, HangUpCause
from acd.model import Disposition
from acd.records import Record
from engine.site import REPOSITORY

TEXT = (REPOSITORY / "docs" / "call-path.md").read_text("utf-8")
KINDS = [kind.__name__ for union in (Event, Command, Record) for kind in get_args(union)]
FILES = re.findall(r"(?<![\w/])((?:[a-z_-]+/)+[a-z_-]+\.(?:py|conf\.tmpl|md))", TEXT)


@pytest.mark.parametrize("kind", KINDS)
def test_everything_that_is_told_has_its_line(kind: str) -> None:
    assert f"`{kind}`" in TEXT, f"docs/call-path.md: {kind} is missing from the tables at its end"


@pytest.mark.parametrize("word", [*Disposition, *(cause for cause in HangUpCause if cause is not HangUpCause.HUNG_UP)])
def test_every_end_of_a_call_has_its_line(word: str) -> None:
    assert word in TEXT


@pytest.mark.parametrize("file", sorted(set(FILES)))
def test_file_it_points_at_is_there(file: str) -> None:
    assert (REPOSITORY / file).is_file()


@pytest.mark.parametrize("line", re.findall(r"\[([a-z_/]+\.py): (\w+)\]", TEXT), ids="::".join)
def test_name_it_points_at_is_in_that_file(line: tuple[str, str]) -> None:
    file, name = line
    assert re.search(rf"^\s*(?:async )?(?:def|class) {name}\b|^{name}\b", (REPOSITORY / file).read_text("utf-8"), re.M)
