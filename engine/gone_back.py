"""What an engine that went back to earlier rules must remember: they hold over a restart too, until the files are changed.

Whoever goes back has just found out that the files are wrong; a restart, which may come at any moment, must not put them in
force again. So the version of the files is noted, and as long as they are still those, the kept version is loaded instead.
"""

import logging
from pathlib import Path

import msgspec
from msgspec.structs import replace

from engine.config import BadConfiguration, Configuration, load
from engine.last_good import load_or_last_good
from engine.site import write_private
from engine.versions import UnknownVersion, path_of

__all__ = ["configuration_to_start_with", "forget", "note"]

log = logging.getLogger(__name__)


class _Note(msgspec.Struct):
    """gone-back.json"""

    files: str
    """The version of the files that were gone back from."""
    version: str
    """The version that was put in force instead."""


def note(home: Path, folder: Path, version: str) -> None:
    """The engine went back to this version; `folder` has the files it went back from. Broken ones need no note: an engine
    that starts over them goes on with what it had."""
    try:
        files = load(folder, home).version
    except BadConfiguration:
        forget(home)
        return
    write_private(_file(home), msgspec.json.encode(_Note(files, version)).decode())


def forget(home: Path) -> None:
    """The files are in force again."""
    _file(home).unlink(missing_ok=True)


def configuration_to_start_with(folder: Path, home: Path) -> Configuration:
    """The files, or the last good ones while they are broken, or the version that was gone back to while they are the ones
    that were gone back from. Raises BadConfiguration when there is nothing to start with."""
    configuration, _ = load_or_last_good(folder, home)
    gone_back = _read(home)
    if gone_back is None or gone_back.files != configuration.version:
        return configuration
    try:
        kept = load(path_of(gone_back.version, home), home)
    except (BadConfiguration, UnknownVersion) as error:
        log.error("the version that was gone back to cannot be had, the files are used: %s", error)
        return configuration
    log.warning("version %s stays in force: the files are still those that were gone back from", kept.version)
    return replace(kept, folder=folder)


def _read(home: Path) -> _Note | None:
    try:
        return msgspec.json.decode(_file(home).read_bytes(), type=_Note)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        log.error("%s is damaged (%s); the files are used", _file(home), error)
        return None


def _file(home: Path) -> Path:
    return home / "gone-back.json"
