"""Priorities age: whoever waits is passed only by those who come soon enough after him for their points to be worth it.

So an ordinary caller's wait has a bound that no stream of VIPs can push him past.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from acd import events as ev
from acd.commands import OfferCall
from acd.model import CallId
from tests.unit.acd.floors import Stage, queue, rules

LEVELS = {1: 3, 2: 8}
POINT_S = 10.0
MOST_POINTS = max(LEVELS.values())
NUMBERS = {0: "13000000000", 1: "13800000001", 2: "13800000002"}

arrivals = st.lists(
    st.tuples(st.sampled_from([0, 0, 1, 2]), st.floats(0.1, 30.0)),  # VIP level, and seconds until he comes
    min_size=2,
    max_size=40,
)


def floor_of(agents: int) -> Stage:
    names = [f"a{n}" for n in range(agents)]
    return Stage(
        rules(
            {name: ["sales"] for name in names},
            [queue(wrap_up_s=0.0, ring_s=1000.0)],
            vip={NUMBERS[1]: 1, NUMBERS[2]: 2},
            vip_priority=LEVELS,
            point_s=POINT_S,
        ),
        *names,
    )


@settings(max_examples=150, deadline=None, derandomize=True)
@given(callers=arrivals, agents=st.integers(1, 3), talk_s=st.floats(5.0, 60.0))
def test_nobody_is_passed_by_a_caller_who_comes_later_than_his_points_are_worth(
    callers: list[tuple[int, float]], agents: int, talk_s: float
) -> None:
    stage = floor_of(agents)
    came: dict[CallId, tuple[float, int]] = {}
    waiting: set[CallId] = set()
    free_at: list[tuple[float, CallId]] = []

    def served() -> None:
        """Every offer is answered at once, and those who still wait were passed rightly."""
        for command in stage.commands:
            if isinstance(command, OfferCall):
                waiting.discard(command.call)
                _check(command.call, waiting, came)
                free_at.append((stage.now + talk_s, command.call))
        stage.commands.clear()

    def until(when: float) -> None:
        while free_at and min(free_at)[0] <= when:
            at, call = min(free_at)
            free_at.remove((at, call))
            stage.wait(at - stage.now)
            stage.tell(ev.OfferAnswered(offer=stage.offer(call).id))
            stage.tell(ev.CallLeftByCaller(call=call))
            served()
        stage.wait(when - stage.now)

    for number, (level, gap_s) in enumerate(callers):
        until(stage.now + gap_s)
        call = CallId(f"c{number}")
        came[call] = (stage.now, LEVELS.get(level, 0))
        waiting.add(call)
        stage.caller(call, NUMBERS[level])
        served()
    until(stage.now + talk_s * len(callers) + 1.0)
    assert not waiting


def _check(chosen: CallId, waiting: set[CallId], came: dict[CallId, tuple[float, int]]) -> None:
    at, points = came[chosen]
    for call in waiting:
        since, own = came[call]
        assert at <= since + (points - own) * POINT_S, (
            f"{chosen} (+{points}) went before {call} who waited {at - since:g} s"
        )


def test_ordinary_caller_is_served_before_every_vip_who_comes_after_his_bound() -> None:
    stage = floor_of(1)
    stage.caller("busy")
    stage.caller("ordinary", NUMBERS[0])
    bound_s = MOST_POINTS * POINT_S
    for n in range(30):  # a VIP every 5 s, without end
        stage.wait(5.0)
        stage.caller(f"vip{n}", NUMBERS[2])
    assert stage.now > 1000.0 + bound_s
    order = [member for _, member in stage.floor.waiting[queue().id]]
    ahead = order.index("ordinary")
    assert ahead == bound_s / 5.0 - 1  # who comes at the very bound stands behind him
    assert [stage.call(name).queued_at <= 1000.0 + bound_s for name in order[:ahead]] == [True] * ahead
