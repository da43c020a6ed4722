"""Classes of waiting music: the melody that comes with Hotline, and folders of sound files, music/NAME beside queues.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

__all__ = ["DEFAULT", "PLAYABLE", "music_classes", "sound_files"]

FOLDER: Final = "music"
DEFAULT: Final = "default"
PLAYABLE: Final = (".alaw", ".ulaw", ".wav")
"""Endings of what Asterisk plays as it is, with the formats that modules.conf loads. The more codecs a sound is there in, the
fewer calls need it transcoded."""


def music_classes(folder: Path) -> Mapping[str, Path]:
    """The folder of each class of the site's own; `folder` is the configuration's."""
    found = folder / FOLDER
    return {entry.name: entry for entry in sorted(found.iterdir()) if entry.is_dir()} if found.is_dir() else {}


def sound_files(folder: Path) -> list[Path]:
    """What Asterisk can play of a class, by name."""
    return sorted(entry for entry in folder.iterdir() if entry.is_file() and entry.suffix in PLAYABLE)
