"""The configuration that was last in force, kept beside the journal.

An engine that is restarted while somebody has a half-edited file open must go on with what it had: callers are waiting. So
each configuration that comes into force is copied, and `load_or_last_good` takes the copy when the files have problems.
`hotline up` and `hotline check` do not: whoever stands at the terminal is told. The versions before are kept as well
(engine.versions), for `hotline rollback`.
"""

import logging
import shutil
import time
from pathlib import Path

from msgspec.structs import replace

from engine.config import BadConfiguration, Configuration, load
from engine.config.own_prompts import LIST, list_of
from engine.site import write_private
from engine.versions import keep_version

__all__ = ["keep_as_last_good", "load_or_last_good"]

log = logging.getLogger(__name__)


def keep_as_last_good(configuration: Configuration, home: Path) -> None:
    """Copy the files of a configuration that is in force now; not if they have been changed since they were read."""
    folder, fresh = _folder(home), _folder(home).with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    for file in configuration.folder.glob("*.yaml"):
        write_private(fresh / file.name, file.read_text("utf-8"))
    if own := configuration.script.prompts.own:
        write_private(fresh / LIST, list_of(own))
    try:
        unchanged = load(fresh, home).version == configuration.version
    except BadConfiguration:
        unchanged = False
    if not unchanged:
        shutil.rmtree(fresh, ignore_errors=True)
        return
    keep_version(fresh, configuration.version, home, time.time())
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def load_or_last_good(folder: Path, home: Path) -> tuple[Configuration, BadConfiguration | None]:
    """The configuration, and what was wrong with the files if it is the last good one. Raises BadConfiguration when there
    is none. A later reload reads `folder` again."""
    try:
        return load(folder, home), None
    except BadConfiguration as bad:
        if not _folder(home).is_dir():
            raise
        for problem in bad.problems:
            log.error("configuration not loaded, the last good one stays in force: %s", problem)
        return replace(load(_folder(home), home), folder=folder), bad


def _folder(home: Path) -> Path:
    return home / "last-good-configuration"
