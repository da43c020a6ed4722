"""`./hotline prompts`: which prompts there are and where they come from; `prompts check`: whether each can be played well."""

import sys
from pathlib import Path

from engine.config.check import examine
from engine.config.own_prompts import converted_folder, own_prompts
from engine.config.source import Problem
from engine.words import say
from ivr.prompts import OWN, built_in, file_problems, seconds_of
from ivr.speech import PIECES

__all__ = ["check_prompts", "list_prompts"]


def list_prompts(folder: Path, *, pieces: bool = False) -> int:
    """A line for each prompt; with `pieces` those of spoken values as well. Raises BadConfiguration."""
    for prompt, path in examine(folder).configuration.script.prompts:
        own = prompt.voice == OWN
        if own or pieces or prompt.id not in PIECES[prompt.language]:
            source = say("自有", "own") if own else say("内置", "built-in")
            print(f"{prompt.id:24} {prompt.language}  {seconds_of(path):5.1f} s  {source:8}  {prompt.text}")
    return 0


def check_prompts(folder: Path) -> int:
    """Measure every file: 0 when all can be played well, 1 with a line for each problem."""
    problems: list[Problem] = []
    own = own_prompts(folder, converted_folder(), problems)
    lines = [*map(str, problems), *file_problems(built_in())]
    for line in lines:
        print(line, file=sys.stderr)
    count = len(built_in()) + len(own)
    if not lines:
        print(
            say(
                f"{count} 条提示与片段全部正常，其中自有 {len(own)} 条。",
                f"All {count} prompts and pieces are in order; {len(own)} of them are your own.",
            )
        )
    return 1 if lines else 0
