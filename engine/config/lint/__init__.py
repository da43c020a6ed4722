"""What can be used, and still is hardly meant: rules that never apply, queues nobody can serve, limits that contradict.

Each finding is a warning with its place. `./hotline check` tells them; nothing else asks, and nothing is refused for one.
"""

from datetime import date

from engine.config.check import Examined
from engine.config.lint.calendars import calendar_doubts
from engine.config.lint.callbacks import callback_doubts
from engine.config.lint.callers import caller_doubts
from engine.config.lint.limits import limit_doubts
from engine.config.lint.music import music_doubts
from engine.config.lint.recipes import recipe_doubts
from engine.config.lint.staffing import staffing_doubts
from engine.config.lint.starvation import starvation_doubts
from engine.config.lint.surveys import survey_doubts
from engine.config.lint.ways import way_doubts
from engine.config.source import Problem

__all__ = ["doubts"]


def doubts(examined: Examined, today: date) -> list[Problem]:
    """Everything that looks odd, in the order of the files."""
    found = [
        *calendar_doubts(examined, today),
        *callback_doubts(examined),
        *caller_doubts(examined),
        *limit_doubts(examined),
        *music_doubts(examined),
        *recipe_doubts(examined),
        *staffing_doubts(examined),
        *starvation_doubts(examined),
        *survey_doubts(examined),
        *way_doubts(examined),
    ]
    return sorted(set(found))
