"""Every story under stories/ goes as it is told, and goes the same when the engine restarts before each of its lines."""

from pathlib import Path

import pytest

from tests.scenarios.story import play, read_story

STORIES = sorted((Path(__file__).parent / "stories").glob("*.txt"))


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_story_goes_as_told_and_the_same_from_a_snapshot_before_every_event(path: Path) -> None:
    story = read_story(path)
    assert play(story) == play(story, restarting=True)
