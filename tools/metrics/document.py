"""The tables of docs/metrics.md, which are never written by hand.

PYTHONPATH=. .venv/bin/python -m tools.metrics.document
"""

from collections.abc import Iterable
from pathlib import Path

from metrics.definitions import FIGURES, Band, Figure, Unit
from metrics.outside import OUTSIDE

__all__ = ["DOCUMENT", "with_tables"]

DOCUMENT = Path(__file__).parents[2] / "docs" / "metrics.md"
UNITS = {
    Unit.RATIO: "%",
    Unit.SECONDS: "s",
    Unit.POINTS: "points",
    Unit.RINGS: "rings",
    Unit.CALLS: "calls",
    Unit.PER_HOUR: "calls/h",
    Unit.YUAN: "yuan",
}


def with_tables(text: str) -> str:
    """The document with its tables as the definitions have them."""
    norms = sorted(_defaults(), key=lambda figure: figure.norm or 99)
    head = "| # | figure | id | formula | unit | band | source |\n|---|---|---|---|---|---|---|"
    variants = [figure for figure in FIGURES.values() if figure.variant_of]
    variants_head = "| variant of | figure | id | formula | source |\n|---|---|---|---|---|"
    told = [f"| `{name}` | {kind.names['zh']} {kind.names['en']} | {kind.unit} |" for name, kind in OUTSIDE.items()]
    text = _between(text, "figures", [head, *map(_row, norms)])
    text = _between(text, "variants", [variants_head, *map(_variant, variants)])
    return _between(text, "outside", ["| name | what | unit |\n|---|---|---|", *told])


def _defaults() -> list[Figure]:
    return [figure for figure in FIGURES.values() if figure.variant_of is None]


def _row(figure: Figure) -> str:
    names = f"{figure.names['zh']} {figure.names['en']}"
    formula = f"{figure.formula}<br>{figure.formula_zh}"
    cells = (str(figure.norm or ""), names, f"`{figure.id}`", formula, UNITS[figure.unit], _band(figure), figure.source)
    return f"| {' | '.join(cells)} |"


def _variant(figure: Figure) -> str:
    names = f"{figure.names['zh']} {figure.names['en']}"
    formula = f"{figure.formula}<br>{figure.formula_zh}"
    return f"| `{figure.variant_of}` | {names} | `{figure.id}` | {formula} | {figure.source} |"


def _band(figure: Figure) -> str:
    match figure.band:
        case None:
            return "each centre's own"
        case Band(low=low, high=None):
            return f">= {_number(low, figure)}"
        case Band(low=None, high=high):
            return f"<= {_number(high, figure)}"
        case Band(low=low, high=high):
            return f"{_number(low, figure)}-{_number(high, figure)}"


def _number(value: float | None, figure: Figure) -> str:
    assert value is not None
    return f"{round(value * 100, 6) if figure.unit is Unit.RATIO else value:g}"


def _between(text: str, name: str, lines: Iterable[str]) -> str:
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, after = text.index(begin) + len(begin), text.index(end)
    return text[:before] + "\n".join(lines) + "\n" + text[after:]


if __name__ == "__main__":
    DOCUMENT.write_text(with_tables(DOCUMENT.read_text("utf-8")), "utf-8")
