"""`./hotline holidays seed` and `./hotline holidays list`: the table of holidays.yaml, renewed from the library and shown."""

import os
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from engine.config.hours_models import HolidaysFile
from engine.config.messages import problem_of
from engine.config.source import BadConfiguration, Source, parse, read_if_there
from engine.hours.library import LIBRARY, LibraryDay, YearNotKnown, days_of
from engine.hours.table_file import CannotEdit, renewed, with_table
from engine.hours.weekdays import weekday
from engine.words import say

__all__ = ["FILE", "list_holidays", "seed"]

FILE = "holidays.yaml"


def seed(folder: Path, table: str, today: date, year: int | None = None) -> int:
    """Put the library's days of a year (none named: this one and the next) into the table. Exit code 0: done; 1: the library
    does not know the year, or the file cannot be edited. Raises BadConfiguration when the file is broken."""
    file = folder / FILE
    _checked(read_if_there(file))
    years, unknown = _known_years([year] if year else [today.year, today.year + 1])
    for one in unknown:
        _complain_of(one)
    if not years:
        return 1
    try:
        source = parse(FILE, with_table(read_if_there(file), table))
        text = renewed(source, table, years)
    except CannotEdit as problem:
        print(f"{FILE}: {problem}", file=sys.stderr)
        return 1
    _checked(parse(FILE, text))
    _write(file, text)
    said = ", ".join(f"{one} ({len(days)})" for one, days in years.items())
    print(say(f"{file}：表 {table} 已更新，天数：{said}", f"{file}: table {table} is renewed, days: {said}"))
    return 0


def list_holidays(folder: Path, year: int | None = None) -> int:
    """Print the tables, in order of date; with `year` only its days. Raises BadConfiguration when the file is broken."""
    tables = _checked(read_if_there(folder / FILE)).tables
    if not tables:
        print(
            say(
                f"{folder} 中没有节假日表；运行 ./hotline holidays seed",
                f"there is no table in {folder}: ./hotline holidays seed",
            )
        )
    for name, table in tables.items():
        until = table.known_until or max(table.days, default=None)
        print(say(f"{name}：数据截至 {until or '-'}", f"{name}: known until {until or '-'}"))
        for day in sorted(table.days):
            one = table.days[day]
            if year is None or day.year == year:
                kind = say("休" if one.kind == "holiday" else "班", f"{one.kind:8}")
                print(f"  {day} {weekday(day)}  {kind}  {say(one.zh, one.en or one.zh)}  {one.source}".rstrip())
    return 0


def _known_years(wanted: Iterable[int]) -> tuple[dict[int, dict[date, LibraryDay]], list[YearNotKnown]]:
    known, unknown = {}, []
    for year in wanted:
        try:
            known[year] = dict(days_of(year))
        except YearNotKnown as not_known:
            unknown.append(not_known)
    return known, unknown


def _complain_of(unknown: YearNotKnown) -> None:
    print(
        say(
            f"{LIBRARY} 没有 {unknown.year} 年的数据：国务院一般在上一年 11 月公布。升级该库后再运行，或手工填写。",
            f"{unknown}: it is announced in the November before. Run this with a newer release, or enter the days by hand.",
        ),
        file=sys.stderr,
    )


def _checked(source: Source) -> HolidaysFile:
    problems = list(source.problems)
    try:
        file = HolidaysFile.model_validate(source.data)
    except ValidationError as error:
        raise BadConfiguration(
            [*problems, *(problem_of(source, HolidaysFile, one) for one in error.errors())]
        ) from None
    if problems:
        raise BadConfiguration(problems)
    return file


def _write(file: Path, text: str) -> None:
    """Whole or not at all: the running engine may be reading it."""
    new = file.with_name(f".{file.name}.new")
    new.write_text(text, "utf-8")
    if file.exists():
        new.chmod(file.stat().st_mode & 0o777)
    os.replace(new, file)
