"""The flow as a picture: every node and way is in it, and boxes do not lie upon each other."""

from datetime import date
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from engine.config import load
from engine.flowchart import Counts, svg, ways_of
from engine.flowlayout import lay_out

FLOW = load(Path(__file__).parents[3] / "config").script.flow
DAY = date(2026, 11, 25)
SVG = "{http://www.w3.org/2000/svg}"


def texts(picture: str) -> list[str]:
    return [found.text or "" for found in ElementTree.fromstring(picture).iter(f"{SVG}text")]  # noqa: S314 - our own


def test_every_node_has_its_box_and_every_way_its_line() -> None:
    picture = svg(FLOW, Counts(), DAY)
    shown = texts(picture)
    assert set(FLOW.nodes) <= set(shown)
    lines = [one for one in ElementTree.fromstring(picture).iter(f"{SVG}path") if one.get("marker-end")]  # noqa: S314
    assert len(lines) == len(ways_of(FLOW, Counts()))


def test_counts_stand_at_nodes_and_ways_and_the_operators_key_shows_once_it_was_used() -> None:
    counts = Counts({"welcome": 40, "menu": 30}, {("menu", "repair_wait"): 12, ("menu", "to_operator"): 3})
    shown = texts(svg(FLOW, counts, DAY))
    assert {"welcome  (40)", "menu  (30)", "1 (12)"} <= set(shown)
    assert any(text.endswith("(3)") for text in shown)
    assert any("40" in text and "2026-11-25" in text for text in shown)


names = [f"n{index}" for index in range(8)]


@given(st.sets(st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=30))
def test_boxes_never_touch_and_every_way_leads_from_box_to_box(edges: set[tuple[str, str]]) -> None:
    plan = lay_out(names, sorted(edges), box=(100.0, 40.0), gap=(20.0, 50.0))
    for (x0, y0), (x1, y1) in combinations(plan.boxes.values(), 2):
        assert abs(x0 - x1) >= 100.0 - 1e-6 or abs(y0 - y1) >= 40.0
    for source, target in edges:
        if source != target:
            assert (plan.ways[source, target][0], plan.ways[source, target][-1]) == (
                plan.boxes[source],
                plan.boxes[target],
            )
