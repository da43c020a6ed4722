"""Surveys in queues.yaml: what they become, and what is told of broken ones."""

from pathlib import Path

import pytest

from acd.model import QueueId
from engine.config import load
from ivr.survey import AnsweredBy, Comment, Question, QueueSurvey, Survey
from tests.unit.engine.sites import SITE, folder_of, problems

SURVEYS = """\
surveys:
  satisfaction:
    intro: welcome
    questions:
      - name: score
        prompts: menu
        scale: {lowest: 1, highest: 3}
      - {name: solved, prompts: [menu], keys: {"1": solved, "*": not_solved}}
    comment: {prompts: sorry, longest: 30s}
    thanks: [goodbye]
    timeout: 8s
    attempts: 3
"""


def site(queue: str = "", surveys: str = SURVEYS) -> dict[str, str]:
    """The small site with surveys, and these lines in queue repair."""
    queues = SITE["queues"].replace("  press:\n", f"{queue}  press:\n")
    return {**SITE, "queues": queues + surveys}


def changed(old: str, new: str) -> dict[str, str]:
    """The survey with one place changed, used by queue repair."""
    assert SURVEYS.count(old) == 1
    return site("    survey: satisfaction\n", SURVEYS.replace(old, new))


def test_survey_comes_out_as_what_callers_are_asked(tmp_path: Path) -> None:
    use = "    survey: {use: satisfaction, share: 30%, shortest_talk: 20s, not_for: {survey: [never, no more]}}\n"
    script = load(folder_of(tmp_path / "config", site(use))).script
    assert script.surveys == {
        QueueId("repair"): QueueSurvey(
            survey=Survey(
                name="satisfaction",
                intro=("welcome",),
                questions=(
                    Question(
                        name="score",
                        prompts=("menu",),
                        keys={str(point): AnsweredBy(answer=str(point), score=point) for point in (1, 2, 3)},
                    ),
                    Question(
                        name="solved",
                        prompts=("menu",),
                        keys={"1": AnsweredBy(answer="solved"), "*": AnsweredBy(answer="not_solved")},
                    ),
                ),
                comment=Comment(prompts=("sorry",), longest_s=30.0, silence_s=4.0),
                thanks=("goodbye",),
                timeout_s=8.0,
                attempts=3,
            ),
            share=0.3,
            shortest_talk_s=20.0,
            not_for={"survey": ("never", "no more")},
        )
    }


@pytest.mark.parametrize(("share", "part"), [("30%", 0.3), ("0.5%", 0.005), ("1", 1.0), ("0.25", 0.25), ("100%", 1.0)])
def test_share_is_a_percentage_or_a_number(tmp_path: Path, share: str, part: float) -> None:
    use = f"    survey: {{use: satisfaction, share: {share}}}\n"
    script = load(folder_of(tmp_path / "config", site(use))).script
    assert script.surveys[QueueId("repair")].share == pytest.approx(part)


@pytest.mark.parametrize("share", ["30", "101%", "-1%", "half", "yes"])
def test_what_is_no_share_is_told(tmp_path: Path, share: str) -> None:
    (told,) = problems(tmp_path, site(f"    survey: {{use: satisfaction, share: {share}}}\n"))
    assert told.startswith("queues.yaml:14:33: queues.repair.survey.share: expected a share such as 30%")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("intro: welcome", "intro: welcom", 'intro.0: no prompt "welcom" (did you mean "welcome"?)'),
        ("highest: 3", "highest: 10", "questions.0.scale.highest: expected at most 9, got 10"),
        ("lowest: 1", "lowest: 3", "questions.0.scale: lowest must be less than highest"),
        ("name: solved", "name: score", 'questions.1.name: there is another question "score" in this survey'),
        ("name: solved", "name: comment", 'questions.1.name: "comment" is what the spoken comment is called'),
        ("        scale: {lowest: 1, highest: 3}\n", "", "questions.0: name one of scale (points) or keys"),
        ('"*": not', '"12": not', "questions.1.keys.12: expected a key of the phone, in quotes: one of 0-9 * #"),
        ("thanks:", "thank:", 'thank: unknown key (did you mean "thanks"?)'),
        ("longest: 30s", "longest: 30h", "comment.longest: expected at most 600"),
    ],
)
def test_what_is_wrong_with_a_survey_is_told_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    (problem,) = problems(tmp_path, changed(old, new))
    assert f": surveys.satisfaction.{told}" in problem
    assert problem.startswith("queues.yaml:")


def test_queue_that_uses_no_survey_there_is_says_so(tmp_path: Path) -> None:
    assert problems(tmp_path, site("    survey: satisfactory\n")) == [
        'queues.yaml:14:5: queues.repair.survey.use: no survey "satisfactory" (did you mean "satisfaction"?)'
    ]
