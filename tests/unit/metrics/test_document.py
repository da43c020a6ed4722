"""docs/metrics.md says what the definitions say."""

from metrics.definitions import FIGURES
from metrics.outside import OUTSIDE
from tools.metrics.document import DOCUMENT, with_tables


def test_tables_of_the_document_are_those_of_the_definitions() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert with_tables(text) == text, "run: PYTHONPATH=. .venv/bin/python -m tools.metrics.document"


def test_every_figure_and_every_number_from_outside_is_in_the_document() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert [name for name in (*FIGURES, *OUTSIDE) if f"`{name}`" not in text] == []


def test_stale_table_is_noticed() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert with_tables(text.replace("wait of answered callers / answered", "anything else")) == text
