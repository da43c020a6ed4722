"""A story that tells something else than what happens must fail, and say where and how."""

from pathlib import Path

import pytest

from tests.scenarios.story import play, read_story

HEADER = "queues: {sales: {}}\nagents: {anna: [sales]}\non_duty: {anna: 1}\n---\n"


def tell(tmp_path: Path, table: str) -> None:
    path = tmp_path / "story.txt"
    path.write_text(HEADER + table, encoding="utf-8")
    play(read_story(path))


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("10 CallQueues call=c1 queue=sales", r"story.txt:5: 10 CallQueues: told .*\n\+ OfferCall offer=c1-1"),
        ("10 CallArrived call=c1\n-> OfferCall call=c1", r"story.txt:5: .*\n- OfferCall call=c1"),
        (
            "10 CallQueues call=c1 queue=sales\n-> OfferCall agent=ben",
            r"- OfferCall agent=ben\n.*\n*\+ OfferCall agent=anna",
        ),
        ("10 CallArrived call=c1\n-> nothing", "expected nothing, got\nCallOpened call=c1"),
        ("10 AgentReady agent=ben", "got .*unknown_agent"),
        ("10 AgentReady agent=anna\n-> Refused error=illegal_transition", "got none"),
        ("10 CallArrived call=c1\n== call c1 state=waiting", r"- call c1 state=waiting\n\+ call c1 state=ivr"),
        ("10 CallArrived call=c1\n== line sales c1", r"- line sales c1\n\+ line sales"),
        ("10 DeadlinePassed", "the next deadline is at None"),
        ("-> OfferCall", "line 5: nothing has happened yet"),
        (
            "10 CallQueues call=c1 queue=sales\n-> OfferCall call=c1\n99 CallArrived call=c2",
            r"story.txt:7: 99 CallArrived: before it, at 30, the story does not say:\nWithdrawOffer",
        ),
    ],
)
def test_story_that_goes_otherwise_is_told_by_file_line_and_difference(
    tmp_path: Path, table: str, complaint: str
) -> None:
    with pytest.raises(AssertionError, match=complaint):
        tell(tmp_path, table)


def test_story_that_goes_as_told_passes(tmp_path: Path) -> None:
    tell(tmp_path, "10 CallQueues call=c1 queue=sales\n-> OfferCall call=c1 agent=anna\n")
