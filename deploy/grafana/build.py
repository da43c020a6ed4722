"""Writes the dashboards as JSON: python -m deploy.grafana.build"""

import json
from pathlib import Path
from typing import Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard, RowPanel

from deploy.grafana.floor import floor

__all__ = ["FOLDER", "render"]

FOLDER: Final = Path(__file__).parent / "dashboards"

_DASHBOARDS: Final = {"floor.json": floor}


def render() -> dict[str, str]:
    """The text of each file in dashboards/."""
    return {name: _text(build().build()) for name, build in _DASHBOARDS.items()}


def _text(board: Dashboard) -> str:
    """Panels are numbered in their order: the same code gives the same file."""
    for number, panel in enumerate(board.panels or [], start=1):
        assert isinstance(panel, RowPanel) or panel.grid_pos
        panel.id_val = number
    return json.dumps(board, cls=JSONEncoder, ensure_ascii=False, indent=2) + "\n"


def main() -> None:
    """Bring dashboards/ up to date."""
    for name, text in render().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"wrote {FOLDER.name}/{name}")


if __name__ == "__main__":
    main()
