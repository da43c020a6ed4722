"""The last configurations that were in force, by version, so that one of them can be taken up again.

Each is a folder `configurations/TIME-VERSION` in the home folder, TIME in UTC; the newest is the one in force. A version that
comes back is kept once, under its new time. The files are copied when they have come into force (`last_good`), so that a
version can be had again whatever becomes of the files in the configuration's own folder.
"""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from engine.site import write_private

__all__ = ["MOST_KEPT", "KeptVersion", "UnknownVersion", "keep_version", "list_versions", "path_of"]

FOLDER = "configurations"
MOST_KEPT = 10
UNFINISHED = ".new"
_TIME = "%Y%m%dT%H%M%S.%fZ"


class UnknownVersion(Exception):
    """No such version is kept; the message says which are."""

    def __init__(self, version: str, kept: list[str]) -> None:
        super().__init__(f'no version "{version[:40]}" is kept (there are: {", ".join(kept) or "none"})')
        self.version = version


class KeptVersion(msgspec.Struct, frozen=True):
    """A version, since when it was in force (seconds since the epoch), and where its files are."""

    version: str
    at: float
    folder: Path


def keep_version(files: Path, version: str, home: Path, now: float) -> None:
    """Copy the files of a version that is in force from now on, and let go of the oldest ones."""
    moment = datetime.fromtimestamp(now, UTC).strftime(_TIME)
    fresh = home / FOLDER / f"{moment}-{version}"
    unfinished = fresh.with_name(fresh.name + UNFINISHED)
    for left in (home / FOLDER).glob(f"*{UNFINISHED}"):  # by a kill
        shutil.rmtree(left, ignore_errors=True)
    for file in sorted(files.glob("*.yaml")):
        write_private(unfinished / file.name, file.read_text("utf-8"))
    before = list_versions(home)
    unfinished.rename(fresh)
    others = [kept for kept in before if kept.version != version]
    for kept in [kept for kept in before if kept.version == version] + others[MOST_KEPT - 1 :]:
        shutil.rmtree(kept.folder, ignore_errors=True)


def list_versions(home: Path) -> list[KeptVersion]:
    """What is kept, the newest first; each version once."""
    found: dict[str, KeptVersion] = {}
    for folder in sorted((home / FOLDER).glob("*-*"), reverse=True):
        time, _, version = folder.name.rpartition("-")
        try:
            at = datetime.strptime(time, _TIME).replace(tzinfo=UTC).timestamp()
        except ValueError:  # not ours
            continue
        if not version.endswith(UNFINISHED):
            found.setdefault(version, KeptVersion(version, at, folder))
    return list(found.values())


def path_of(version: str, home: Path) -> Path:
    """The folder of a version; its beginning will do if no other begins like it. Raises UnknownVersion."""
    kept = list_versions(home)
    fitting = [one for one in kept if version and one.version.startswith(version)]
    exact = [one for one in fitting if one.version == version]
    if len(exact or fitting) != 1:
        raise UnknownVersion(version, [one.version for one in kept])
    return (exact or fitting)[0].folder
