"""What those who wait are told, and when."""

from itertools import pairwise
from typing import Any

from acd import events as ev
from acd.announcing import LOOK_AGAIN_S
from acd.commands import OfferCall, PlayPrompt
from acd.model import CallId, OfferOutcome
from acd.rules import Announce, Comfort, Do, QueueRules, Recipe
from agents.roster import AgentId
from tests.unit.acd.floors import Stage, queue, restored, rules

SECOND = ("position_is_before", "{position:2}")
NEXT = ("you_are_next",)


def telling(announce: Announce, **settings: Any) -> Stage:
    """One queue that tells this; Anna, the only agent, talks with the first caller."""
    stage = Stage(rules({"anna": ["sales"]}, [queue(announce=announce, **settings)]), "anna")
    stage.caller("before")
    stage.answer("before")
    return stage


def heard(stage: Stage, call: str) -> list[tuple[str, ...]]:
    """What this caller was told, in order."""
    return [one.prompts for one in stage.commands if isinstance(one, PlayPrompt) and one.call == call]


def test_place_is_said_first_after_a_while_and_then_again_and_again() -> None:
    stage = telling(Announce(position=True, first_s=20.0, every_s=60.0, gap_s=10.0))
    stage.caller("a")
    stage.caller("b")
    stage.wait(19.9)
    assert heard(stage, "b") == []
    stage.wait(0.1)
    assert (heard(stage, "a"), heard(stage, "b")) == ([NEXT], [SECOND])
    stage.wait(59.9)
    stage.tell(ev.CallLeftByCaller(call=CallId("a")))
    assert len(heard(stage, "b")) == 1
    stage.wait(0.1)
    assert heard(stage, "b") == [SECOND, NEXT]


def test_nothing_is_said_right_after_anything_else_be_it_a_recipe() -> None:
    word = Recipe(name="word", after_s=25.0, do=Do(play="sorry"))
    comfort = (Comfort(after_s=22.0, play=("still_busy", "press_for_callback")),)
    stage = telling(Announce(position=True, first_s=20.0, comfort=comfort, gap_s=15.0), recipes=(word,))
    stage.caller("a")
    stage.wait(34.9)
    assert heard(stage, "a") == [NEXT]
    stage.wait(0.1)
    assert heard(stage, "a") == [NEXT, ("sorry",)]
    stage.wait(15.0)
    assert heard(stage, "a") == [NEXT, ("sorry",), ("still_busy", "press_for_callback")]


def test_comfort_is_of_the_last_stage_he_has_reached() -> None:
    comfort = (Comfort(after_s=60.0, play=("still_busy",), every_s=50.0), Comfort(after_s=180.0, play=("wait_longer",)))
    stage = telling(Announce(comfort=comfort, gap_s=5.0))
    stage.caller("a")
    stage.wait(1000.0)
    assert heard(stage, "a") == [("still_busy",)] * 3 + [("wait_longer",)]


def test_wait_is_a_range_and_never_sooner_than_it_was_unless_he_has_moved_up() -> None:
    stage = telling(Announce(position=True, expected_wait=True, first_s=10.0, every_s=30.0, gap_s=5.0))
    for name in ("a", "b", "c"):
        stage.caller(name)
    promised: list[tuple[float, float]] = []
    for _ in range(4):
        stage.wait(30.0 if promised else 10.0)
        (words,) = heard(stage, "c")[len(promised) :]
        low, high = words[-1].removeprefix("{range:").removesuffix("}").split("-")
        assert words[:3] == ("position_is_before", "{position:3}", "expected_wait")
        assert int(low) < int(high)
        promised.append((stage.now + int(low), stage.now + int(high)))
    for before, later in pairwise(promised):
        assert later[1] >= before[1] - 1.0  # said in whole seconds
        assert later[0] >= before[0] - 1.0
    stage.tell(ev.CallLeftByCaller(call=CallId("a")), ev.CallLeftByCaller(call=CallId("b")))
    stage.wait(30.0)
    kept = stage.call("c").promised
    assert kept is not None
    assert kept.position == 1
    assert kept.high_at < promised[-1][1], "he has moved up"


def test_only_the_place_is_said_where_nothing_tells_how_long_it_will_last() -> None:
    stage = Stage(rules({"anna": ["sales"]}, [queue(announce=Announce(position=True, expected_wait=True))]))
    stage.caller("a")
    stage.wait(20.0)
    assert heard(stage, "a") == [NEXT], "nobody is on duty"


def test_nothing_is_said_while_phones_ring_and_what_is_due_afterwards_is() -> None:
    stage = telling(Announce(comfort=(Comfort(after_s=20.0, play=("still_busy",)),), gap_s=5.0), wrap_up_s=0.0)
    stage.caller("a")
    stage.wait(15.0)
    stage.tell(ev.TalkEnded(offer=stage.offer("before").id))
    assert stage.rung_for("a") == AgentId("anna")
    stage.wait(14.0)
    assert heard(stage, "a") == []
    stage.tell(ev.OfferFailed(offer=stage.offer("a").id, outcome=OfferOutcome.NO_ANSWER))
    assert heard(stage, "a") == [("still_busy",)]


def test_caller_who_has_an_agent_at_once_is_told_nothing() -> None:
    stage = Stage(rules({"anna": ["sales"]}, [queue(announce=Announce(position=True, first_s=0.0))]), "anna")
    outcome = stage.caller("a")
    assert [type(command) for command in outcome.commands] == [OfferCall]


def test_caller_held_for_one_agent_is_told_no_place() -> None:
    stage = telling(Announce(position=True, first_s=10.0))
    stage.caller("a")
    stage.tell(ev.CallAssigned(call=CallId("a"), agent=AgentId("anna"), by="li"))
    stage.wait(60.0)
    assert heard(stage, "a") == []


def test_caller_whose_leg_is_away_hears_what_is_due_when_it_is_back() -> None:
    stage = telling(Announce(position=True, first_s=10.0))
    stage.caller("a")
    stage.tell(ev.CallDetached(call=CallId("a")))
    stage.wait(30.0)
    stage.floor = restored(stage.floor)
    stage.tell(ev.CallRejoined(call=CallId("a")))
    stage.wait(LOOK_AGAIN_S)
    assert heard(stage, "a") == [NEXT]


def test_new_rules_tell_those_who_wait_already() -> None:
    stage = telling(Announce(position=True, first_s=10.0))
    stage.caller("a")
    silent: QueueRules = queue()
    stage.tell(ev.RulesLoaded(rules=rules({"anna": ["sales"]}, [silent])))
    stage.wait(60.0)
    assert heard(stage, "a") == []
    stage.tell(
        ev.RulesLoaded(rules=rules({"anna": ["sales"]}, [queue(announce=Announce(position=True, first_s=30.0))]))
    )
    stage.wait(0.0)
    stage.wait(0.1)
    assert heard(stage, "a") == [NEXT]
