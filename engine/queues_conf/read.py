"""Asterisk's configuration files, as far as queues.conf, queuerules.conf and agents.conf use their syntax.

Sections, templates (`[name](!)`, `[name](template)`), additions (`[name](+)`), `key = value` and `key => value`, `key += more`,
comments (`;` to the end of the line unless written `\\;`, `;-- ... --;` over several), and `#include`. What is to be executed
(`#exec`) is not; it is told, as is a line that is none of these.
"""

import re
from pathlib import Path

import msgspec

__all__ = ["ConfFile", "NotReadable", "Section", "Setting", "read_conf"]

LARGEST_FILE = 4_000_000
DEEPEST = 10
"""Files that include files."""

_SECTION = re.compile(r"\[([^\]]+)\](?:\s*\(([^)]*)\))?\s*")
_SETTING = re.compile(r"([^=+>]+?)\s*(\+=|=>|=)\s*(.*)")


class NotReadable(Exception):
    """The file cannot be had; the message names it and says why."""


class Setting(msgspec.Struct, frozen=True):
    """A key with its value, and where it stands."""

    key: str
    value: str
    file: str
    line: int


class Section(msgspec.Struct):
    """A section with what it has from its templates, in order."""

    name: str
    is_template: bool
    settings: list[Setting] = []

    def last(self, key: str) -> Setting | None:
        """The setting that counts: of several, the last."""
        return next((one for one in reversed(self.settings) if one.key == key), None)


class ConfFile(msgspec.Struct):
    """A file, with those it includes. `not_understood`: lines that were left out, each with its file and number."""

    sections: dict[str, Section] = {}
    not_understood: list[Setting] = []

    def section(self, name: str) -> Section:
        """The section of this name; an empty one if there is none."""
        return self.sections.get(name) or Section(name, is_template=False)


def read_conf(file: Path) -> ConfFile:
    """Read a file. Raises NotReadable."""
    found = ConfFile()
    _Reader(found).read(file, depth=0)
    return found


class _Reader:
    def __init__(self, found: ConfFile) -> None:
        self._found = found
        self._here: Section | None = None

    def read(self, file: Path, depth: int) -> None:
        in_comment = False
        for number, raw in enumerate(_text(file).splitlines(), 1):
            line, in_comment = _without_comments(raw, in_comment)
            if line:
                self._take(line, file, number, depth)

    def _take(self, line: str, file: Path, number: int, depth: int) -> None:
        if line.startswith("#"):
            word, _, target = line.partition(" ")
            if word in ("#include", "#tryinclude") and depth < DEEPEST:
                self._include(file.parent / target.strip().strip('"<>'), file, number, depth, must=word == "#include")
            else:
                self._left_out(line, file, number)
        elif match := _SECTION.fullmatch(line):
            self._open(
                match[1].strip(), [part.strip() for part in (match[2] or "").split(",") if part.strip()], file, number
            )
        elif (match := _SETTING.fullmatch(line)) and self._here is not None:
            self._set(self._here, match[1].strip().lower(), match[2], match[3].strip(), file, number)
        else:
            self._left_out(line, file, number)

    def _include(self, target: Path, file: Path, number: int, depth: int, *, must: bool) -> None:
        try:
            self.read(target, depth + 1)
        except NotReadable:
            if must:
                self._left_out(f"#include {target.name}", file, number)

    def _open(self, name: str, options: list[str], file: Path, number: int) -> None:
        sections = self._found.sections
        before = sections.get(name)
        section = before if before is not None and "+" in options else Section(name, is_template="!" in options)
        for template in (option for option in options if option not in ("!", "+")):
            if template in sections:
                section.settings += sections[template].settings
            else:
                self._left_out(f"[{name}]({template})", file, number)
        sections[name] = self._here = section

    def _set(self, section: Section, key: str, operator: str, value: str, file: Path, number: int) -> None:
        before = section.last(key)
        if operator == "+=" and before is not None:
            section.settings.remove(before)
            value = before.value + value
        section.settings.append(Setting(key, value, file.name, number))

    def _left_out(self, line: str, file: Path, number: int) -> None:
        self._found.not_understood.append(Setting("", line, file.name, number))


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            raw = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise NotReadable(f"{file}: {error.strerror}") from None
    if len(raw) > LARGEST_FILE:
        raise NotReadable(f"{file}: larger than {LARGEST_FILE // 1_000_000} MB")
    return raw.decode("utf-8", errors="replace")


def _without_comments(raw: str, in_comment: bool) -> tuple[str, bool]:
    """The line without comments, and whether a comment over several lines goes on after it. A `;--` begins one
    unless more dashes follow: that is how people underline."""
    kept: list[str] = []
    place = 0
    while place < len(raw):
        if in_comment:
            end = raw.find("--;", place)
            if end < 0:
                return "".join(kept).strip(), True
            place, in_comment = end + 3, False
        elif raw.startswith("\\;", place):
            kept.append(";")
            place += 2
        elif raw.startswith(";--", place) and not raw.startswith(";---", place):
            place, in_comment = place + 3, True
        elif raw[place] == ";":
            break
        else:
            kept.append(raw[place])
            place += 1
    return "".join(kept).strip(), in_comment
