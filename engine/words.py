"""The language of the terminal: zh when the surroundings say so, else English."""

import os

from engine.config.environment import setting

__all__ = ["language", "say"]


def language() -> str:
    """zh or en, by HOTLINE_LANG, else by the locale."""
    wanted = setting("HOTLINE_LANG")
    if not wanted:
        wanted = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "en")
    return "zh" if wanted.lower().startswith("zh") else "en"


def say(zh: str, en: str) -> str:
    """The text in the terminal's language."""
    return zh if language() == "zh" else en
