"""The picture of an agent's day."""

from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from agents.roster import AgentId, BreakRule
from agents.state import AgentState
from engine.reports.agent_day import AgentDay, Spell, TalkOn
from engine.reports.agent_day_picture import picture
from engine.reports.shown import Language
from tests.unit.engine_reports.reports import DAY, RULES, SINCE, UNTIL

NINE = SINCE + 9 * 3600


def a_day() -> AgentDay:
    return AgentDay(
        agent="1001",
        name="王<小明>",
        day=DAY,
        start=SINCE,
        end=UNTIL,
        zone="Asia/Shanghai",
        spells=[
            Spell(AgentState.READY, "", NINE, NINE + 600),
            Spell(AgentState.TALKING, "", NINE + 600, NINE + 900),
            Spell(AgentState.NOT_READY, "break", NINE + 900, NINE + 1800, over_s=300.0),
        ],
        talks=[TalkOn(NINE + 600, NINE + 900, "repair")],
        missed=2,
        reasons={"break": {"zh": "小休", "en": "Break"}},
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_is_a_drawing_with_a_bar_for_each_state(language: Language) -> None:
    drawn = ElementTree.fromstring(picture(a_day(), language))  # noqa: S314 - our own
    titles = [one.text or "" for one in drawn.iter("{http://www.w3.org/2000/svg}title")]
    assert len(titles) == 3
    assert titles[2].endswith("09:15:00–09:30:00")
    assert ("小休" if language == "zh" else "Break") in titles[2]


def test_totals_and_the_break_that_was_too_long_are_said() -> None:
    text = picture(a_day(), "en")
    assert "logged in 0:30:00; 1 talks of 0:05:00; 2 offers missed; 1 breaks too long, by 5:00 together" in text
    assert "+5:00" in text
    assert "超 5:00" in picture(a_day(), "zh")


def test_a_day_without_him_says_so() -> None:
    assert "当日未签入" in picture(replace(a_day(), spells=[], talks=[]), "zh")


def test_the_shortest_limit_of_his_groups_holds_for_breaks_of_their_reasons() -> None:
    rules = replace(RULES, breaks={"east": BreakRule(longest_s=600.0), "west": BreakRule(longest_s=60.0)})
    wang, gone = AgentId("1001"), AgentId("gone")
    limits = [rules.longest_break_s(*of) for of in ((wang, "break"), (wang, "meal"), (gone, "break"))]
    assert limits == [600.0, None, None]
