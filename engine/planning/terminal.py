"""What the three commands have in common on the terminal."""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from acd.rules import Rules

__all__ = ["complain", "named", "progress", "screen", "target", "uncollected"]


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, if that is a terminal; told how far it is."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


def screen(columns: int = 120) -> Console:
    """For results: as wide as the terminal, and wide enough for a table where there is none."""
    return Console(width=None if sys.stdout.isatty() else columns, highlight=False)


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the search for cycles: records have none, and looking for them among a quarter of a million costs a sixth."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def complain(error: Exception) -> int:
    """One line on stderr; exit code 1."""
    print(error, file=sys.stderr)
    return 1


def named(folder: Path, rules: Rules) -> str:
    """A set of rules as tables and pictures call it."""
    return f"{folder} {rules.version}"


def target(rules: Rules) -> float | None:
    """The service level all queues aim at; None when they aim at different ones."""
    targets = {queue.service_level.target for queue in rules.queues.values()}
    return targets.pop() if len(targets) == 1 else None
