"""The strategies that go by lot, and what all of them share: nobody is asked again before the others were."""

from collections import Counter

import pytest

from acd import events as ev
from acd.commands import OfferCall
from acd.floor import Floor
from acd.model import CallId, OfferOutcome
from acd.rules import Strategy
from agents.roster import Membership, QueueId
from tests.unit.acd.floors import Stage, queue, restored, rules

SALES = QueueId("sales")
LOTS = 3000


def drawn(strategy: Strategy, memberships: dict[str, Membership], skills: dict[str, int] | None = None) -> Counter[str]:
    """Who is rung how often for callers who hang up at once, so that all are free each time."""
    stage = Stage(
        rules(
            {name: ["sales"] for name in memberships},
            [queue(strategy=strategy)],
            settings={
                name: {"memberships": {SALES: how}, "skills": {"x": (skills or {}).get(name, 0)}}
                for name, how in memberships.items()
            },
        ),
        *memberships,
    )
    rung: Counter[str] = Counter()
    for number in range(LOTS):
        for command in stage.caller(f"c{number}").commands:
            assert isinstance(command, OfferCall)
            rung[command.agent] += 1
        stage.tell(ev.CallLeftByCaller(call=CallId(f"c{number}")))
        stage.records.clear()
        stage.commands.clear()
    return rung


def shares(rung: Counter[str]) -> dict[str, float]:
    return {name: count / LOTS for name, count in rung.items()}


def test_random_gives_everybody_the_same_share() -> None:
    rung = shares(drawn(Strategy.RANDOM, {name: Membership() for name in ("anna", "ben", "cleo", "dan")}))
    assert rung == pytest.approx({"anna": 0.25, "ben": 0.25, "cleo": 0.25, "dan": 0.25}, abs=0.03)


def test_weighted_random_gives_each_his_share_of_all() -> None:
    how = {"anna": Membership(share=1.0), "ben": Membership(share=2.0), "cleo": Membership(share=5.0)}
    assert shares(drawn(Strategy.WEIGHTED_RANDOM, how)) == pytest.approx(
        {"anna": 1 / 8, "ben": 2 / 8, "cleo": 5 / 8}, abs=0.03
    )


def test_wrandom_of_app_queue_draws_below_the_penalty_and_takes_the_lowest() -> None:
    """One agent draws from [0, 1), the other from [0, 3): the second is lower in a sixth of all draws."""
    rung = shares(drawn(Strategy.WRANDOM, {"anna": Membership(tier=0), "ben": Membership(tier=2)}))
    assert rung == pytest.approx({"anna": 5 / 6, "ben": 1 / 6}, abs=0.03)


def test_random_goes_by_tiers_first() -> None:
    rung = drawn(Strategy.RANDOM, {"anna": Membership(tier=1), "ben": Membership(), "cleo": Membership()})
    assert rung["anna"] == 0
    assert rung["ben"] + rung["cleo"] == LOTS


def test_lots_go_with_the_floor_and_come_out_of_a_snapshot_the_same() -> None:
    floor = Floor.under(rules({"anna": ["sales"]}))
    first = [floor.draw() for _ in range(5)]
    twin = restored(floor)
    assert [floor.draw() for _ in range(5)] == [twin.draw() for _ in range(5)]
    assert len(set(first)) == 5
    assert all(0.0 <= number < 1.0 for number in first)


@pytest.mark.parametrize("strategy", [s for s in Strategy if s not in (Strategy.RING_ALL, Strategy.RINGALL)])
def test_whoever_did_not_answer_is_asked_again_only_after_all_others(strategy: Strategy) -> None:
    names = ["anna", "ben", "cleo"]
    stage = Stage(
        rules({name: ["sales"] for name in names}, [queue(strategy=strategy, retry_s=1.0, no_answer_limit=0)]), *names
    )
    stage.caller("c1")
    asked = []
    for _ in range(6):
        asked.append(stage.rung_for("c1"))
        stage.wait(15.0)
        stage.tell(ev.OfferFailed(offer=stage.offer("c1").id, outcome=OfferOutcome.NO_ANSWER))
    assert sorted(asked[:3]) == names
    assert asked[3:] == asked[:3]


@pytest.mark.parametrize("strategy", Strategy)
def test_every_strategy_finds_the_only_one_who_is_free(strategy: Strategy) -> None:
    stage = Stage(rules({"anna": ["sales"], "ben": ["sales"]}, [queue(strategy=strategy)]), "ben")
    stage.caller("c1")
    assert stage.rung_for("c1") == "ben"
