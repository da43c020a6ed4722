"""Writes the dashboards as JSON, a folder per language: python -m deploy.grafana.build"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard, RowPanel

from deploy.grafana.agents import agents
from deploy.grafana.board import Board
from deploy.grafana.engine import engine
from deploy.grafana.floor import floor
from deploy.grafana.menu import menu
from deploy.grafana.month import month
from deploy.grafana.queue import queue
from deploy.grafana.words import LANGUAGES, Language

__all__ = ["FOLDER", "render"]

FOLDER: Final = Path(__file__).parent / "dashboards"

_BOARDS: Final[dict[str, Callable[[Language], Board]]] = {
    "floor": floor,
    "queue": queue,
    "agents": agents,
    "menu": menu,
    "engine": engine,
    "month": month,
}


def render() -> dict[str, str]:
    """The text of each file below dashboards/."""
    return {
        f"{language}/{name}.json": _text(board(language).builder.build())
        for language in LANGUAGES
        for name, board in _BOARDS.items()
    }


def _text(board: Dashboard) -> str:
    """Panels are numbered in their order: the same code gives the same file."""
    for number, panel in enumerate(board.panels or [], start=1):
        assert isinstance(panel, RowPanel) or panel.grid_pos
        panel.id_val = number
    return json.dumps(board, cls=JSONEncoder, ensure_ascii=False, indent=2) + "\n"


def main() -> None:
    """Bring dashboards/ up to date."""
    for name, text in render().items():
        path = FOLDER / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"wrote {FOLDER.name}/{name}")


if __name__ == "__main__":
    main()
