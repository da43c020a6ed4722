"""Queues whose music is not there: Asterisk plays its default instead."""

from collections.abc import Iterator

from engine.config.check import Examined
from engine.config.messages import unknown
from engine.config.music import DEFAULT, PLAYABLE, music_classes, sound_files
from engine.config.source import Path_, Problem
from engine.words import say

__all__ = ["music_doubts"]


def music_doubts(examined: Examined) -> Iterator[Problem]:
    """A class without a folder, or without a sound file in it."""
    classes = music_classes(examined.configuration.folder)
    source = examined.sources["queues"]
    for name, queue in examined.queues.queues.items():
        here: Path_ = ("queues", name, "music")
        if queue.music == DEFAULT:
            continue
        if queue.music not in classes:
            yield source.problem(here, unknown("music class", queue.music, [DEFAULT, *classes]))
        elif not sound_files(classes[queue.music]):
            endings = ", ".join(PLAYABLE)
            yield source.problem(
                here,
                say(
                    f"文件夹 music/{queue.music} 中没有可播放的音频（{endings}）",
                    f"folder music/{queue.music} has no sound file that can be played ({endings})",
                ),
            )
