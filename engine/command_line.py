"""What several commands have in common at the terminal."""

import argparse
from collections.abc import Callable
from pathlib import Path

from engine.config.environment import setting
from engine.words import say

__all__ = ["Add", "with_config"]

Add = Callable[[str, str, str], argparse.ArgumentParser]
"""Adds a command: its name, and what it does in Chinese and English."""


def with_config(command: argparse.ArgumentParser) -> None:
    """The folder of the configuration it goes by."""
    command.add_argument(
        "--config",
        type=Path,
        default=Path(setting("HOTLINE_CONFIG", "config")),
        metavar="DIR",
        help=say("配置目录（默认 config）", "folder of the configuration (default: config)"),
    )
