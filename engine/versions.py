"""The last configurations that were in force, by version, so that one of them can be taken up again.

Each is a folder `configurations/VERSION` in the home folder, with the time since when it was in force in the file SINCE; the
newest is the one in force. The files are copied when they have come into force (`last_good`): a version can be had again
whatever becomes of the files in the configuration's own folder. A version that comes back keeps its folder.
"""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from engine.site import write_private

__all__ = ["MOST_KEPT", "KeptVersion", "UnknownVersion", "keep_version", "list_versions", "path_of"]

FOLDER = "configurations"
SINCE = "in_force_since"
MOST_KEPT = 10
UNFINISHED = ".new"


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
    folder = home / FOLDER / version
    since = datetime.fromtimestamp(now, UTC).isoformat()
    if folder.is_dir():
        write_private(folder / SINCE, since)
    else:
        fresh = folder.with_name(folder.name + UNFINISHED)
        shutil.rmtree(fresh, ignore_errors=True)
        for file in sorted(files.glob("*.yaml")):
            write_private(fresh / file.name, file.read_text("utf-8"))
        write_private(fresh / SINCE, since)
        fresh.rename(folder)
    for kept in list_versions(home)[MOST_KEPT:]:
        shutil.rmtree(kept.folder, ignore_errors=True)


def list_versions(home: Path) -> list[KeptVersion]:
    """What is kept, the newest first."""
    found = []
    for folder in (home / FOLDER).glob("*"):
        try:
            at = datetime.fromisoformat((folder / SINCE).read_text("ascii").strip()).timestamp()
        except (OSError, ValueError):  # not ours
            continue
        if not folder.name.endswith(UNFINISHED):  # left by a kill
            found.append(KeptVersion(folder.name, at, folder))
    return sorted(found, key=lambda kept: (kept.at, kept.version), reverse=True)


def path_of(version: str, home: Path) -> Path:
    """The folder of a version; its beginning will do if no other begins like it. Raises UnknownVersion."""
    kept = list_versions(home)
    fitting = [one for one in kept if version and one.version.startswith(version)]
    exact = [one for one in fitting if one.version == version]
    if len(exact or fitting) != 1:
        raise UnknownVersion(version, [one.version for one in kept])
    return (exact or fitting)[0].folder
