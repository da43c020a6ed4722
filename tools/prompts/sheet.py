"""Draws the wave of each prompt, small, with its measurements: docs/pictures/prompts.svg.

python -m tools.prompts.sheet            draw it
python -m tools.prompts.sheet --check    exit 1 when it is not what the committed audio looks like
"""

import html
import sys
from pathlib import Path
from typing import Final

import numpy as np

from ivr.audio import RATES_HZ, measure, read_prompt
from ivr.prompts import FOLDER, Prompt, read_manifest

SHEET: Final = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "prompts.svg"
COLUMNS: Final = ("zh", "en")
COLUMN_W: Final = 520
ROW_H: Final = 40
PIXELS_A_SECOND: Final = 48
HALF_H: Final = 14
NARROW: Final = ".wav"


def main() -> int:
    """Draw or check."""
    drawn = sheet(read_manifest())
    if "--check" in sys.argv[1:]:
        return 0 if SHEET.exists() and SHEET.read_text("utf-8") == drawn else 1
    SHEET.write_text(drawn, "utf-8")
    return 0


def sheet(entries: tuple[Prompt, ...]) -> str:
    """The whole picture: a row for each id, a column for each language."""
    rows = list(dict.fromkeys(entry.id for entry in entries))
    drawn = [
        _drawing(entry, COLUMNS.index(entry.language) * COLUMN_W + 8, rows.index(entry.id) * ROW_H + 4)
        for entry in entries
    ]
    size = f'width="{COLUMN_W * len(COLUMNS)}" height="{ROW_H * len(rows) + 8}"'
    style = "<style>text{font:10px sans-serif;fill:#333}path{stroke:#2a6fb0;stroke-width:1}</style>"
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', style, *drawn, "</svg>", ""])


def _drawing(entry: Prompt, x: int, y: int) -> str:
    rate_hz = RATES_HZ[NARROW]
    samples = read_prompt(FOLDER / entry.file)
    sound = measure(samples, rate_hz)
    columns = np.array_split(samples, max(round(sound.duration_s * PIXELS_A_SECOND), 1))
    middle = y + 11 + HALF_H
    strokes = []
    for at, column in enumerate(columns):
        up, down = round(float(column.max()) * HALF_H), round(-float(column.min()) * HALF_H)
        strokes.append(f"M{x + at} {middle - max(up, 0)}v{max(up, 0) + max(down, 0)}")
    told = f"{entry.id}  {sound.duration_s:.1f} s  {sound.level_db:.1f} dB  {entry.text}"
    shown = told if len(told) <= 88 else f"{told[:86]}..."
    return f'<text x="{x}" y="{y + 9}">{html.escape(shown)}</text><path d="{"".join(strokes)}"/>'


if __name__ == "__main__":
    sys.exit(main())
