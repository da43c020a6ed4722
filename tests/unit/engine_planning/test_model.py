"""The model a replay uses where rules change: held against the day itself, and against what a changed rule must do."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from acd.model import QueueId
from acd.rules import Do, Overflow, Recipe, Rules, Strategy
from engine.planning.journal_file import Redone, do_again
from planning.counted import Scope, Table, table
from planning.replay import UnknownQueues, replay, strangers
from planning.simulate import MIDNIGHT
from tests.unit.engine_planning.days import day_rules, recorded_day

SITE = Scope("site")
END = MIDNIGHT + 14 * 3600.0


def recorded(folder: Path, the_rules: Rules | None = None, seed: int = 1, busy: float = 22.0) -> tuple[Redone, Table]:
    recorded_day(folder, the_rules or day_rules(), seed, busy)
    redone = do_again(folder, MIDNIGHT, END)
    return redone, table(redone.counted, redone.rules[-1], MIDNIGHT, END)


RICH = {
    "strategy": Strategy.RING_ALL,
    "ring_at_once": 0,
    "max_wait_s": 60.0,
    "overflow": Overflow(node="voicemail"),
    "ready_after_wrap_up": False,
    "recipes": (
        Recipe(name="music", after_s=10.0, do=Do(play="please_wait")),
        Recipe(name="help", after_s=20.0, do=Do(add_queue=QueueId("repair"), raise_by=1)),
    ),
}
"""All agents rung together, prompts and another queue's agents in the course of the wait, back to the menu at its end, and
agents who say after each call that they are ready."""


@pytest.mark.parametrize("changes", [{}, RICH], ids=["plain", "rich"])
@pytest.mark.parametrize("seed", [1, 2])
def test_model_under_the_rules_of_the_record_gives_the_day_itself(
    tmp_path: Path, seed: int, changes: dict[str, Any]
) -> None:
    redone, was = recorded(tmp_path, day_rules(**changes), seed=seed)
    now = replay(redone.day, redone.rules[-1], seed=7)
    assert was[SITE]["abandoned"]
    assert was[SITE]["missed_offers"]
    assert was[SITE]["overflowed"] is not None
    for figure in ("offered", "answered", "abandoned", "short_abandoned", "service_level", "missed_offers"):
        assert now.figures[SITE][figure] == was[SITE][figure], figure
    for figure in ("asa", "talk_time", "after_call_work", "occupancy"):
        assert now.figures[SITE][figure] == pytest.approx(was[SITE][figure], rel=0.002), figure
    assert now.sources.patience_modelled == 0
    assert now.sources.talks_scaled == now.sources.talks_drawn == 0
    assert now.sources.talks_known == was[SITE]["answered"]


def test_more_urgent_wrap_up_shortens_waits_and_says_what_is_modelled(tmp_path: Path) -> None:
    redone, was = recorded(tmp_path, busy=26.0)
    now = replay(redone.day, day_rules("v2", wrap_up_s=2.0, strategy=Strategy.LONGEST_IDLE, affinity=None), seed=1)
    assert (now.figures[SITE]["after_call_work"] or 0.0) < (was[SITE]["after_call_work"] or 0.0)
    assert now.figures[SITE]["offered"] == was[SITE]["offered"]  # arrivals are data
    assert now.sources.talks_scaled > 20
    assert 0 < now.sources.talks_drawn <= sum(call.talk_s is None for call in redone.day.calls)
    assert now.sources.patience_known == sum(call.gave_up for call in redone.day.calls)
    assert now.sources.patience_at_least == len(redone.day.calls) - now.sources.patience_known


def test_agents_cannot_wait_shorter_than_patience_allows(tmp_path: Path) -> None:
    """With half of the agents at home, nobody gives up sooner than he did, or than he was served."""
    redone, was = recorded(tmp_path, busy=16.0)
    full = redone.rules[-1]
    half = {agent: settings for agent, settings in full.agents.items() if agent in ("anna", "cleo", "finn")}
    few = Rules.of("few", list(full.queues.values()), list(half.values()), full.numbers, vip_priority=full.vip_priority)
    now = replay(redone.day, few, seed=1)
    assert strangers(redone.day, few) == ["ben", "dan", "eve"]
    assert (now.figures[SITE]["service_level"] or 0.0) < (was[SITE]["service_level"] or 0.0)
    assert (now.figures[SITE]["abandoned"] or 0.0) > (was[SITE]["abandoned"] or 0.0)
    assert now.sources.patience_modelled > 10
    assert {scope.name for scope in now.figures if scope.kind == "agent"} == {"anna", "cleo", "finn"}


def test_same_seed_gives_the_same_replay_and_another_seed_another(tmp_path: Path) -> None:
    redone, _ = recorded(tmp_path, busy=26.0)
    other = day_rules("v2", strategy=Strategy.LONGEST_IDLE, affinity=None)
    seen = [msgspec.json.encode(replay(redone.day, other, seed).half_hours) for seed in (1, 1, 2)]
    assert seen[0] == seen[1] != seen[2]


def test_queue_the_rules_lack_is_named_with_its_calls(tmp_path: Path) -> None:
    redone, _ = recorded(tmp_path, busy=6.0)
    full = redone.rules[-1]
    lacking = Rules.of("x", [full.queues[QueueId("repair")]], [])
    with pytest.raises(UnknownQueues, match=r'no queue "sales" \(\d+ calls\)'):
        replay(redone.day, lacking, seed=1)
