"""Whatever callers press, and whatever flow ops write: it ends, and nothing breaks."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acd.model import QueueId
from ivr.check import Known, flow_problems
from ivr.flow import advance, begin, resume
from ivr.nodes import ALL_KEYS, AnnounceNode, EnqueueNode, Flow, HangUpNode, HoursNode, MenuNode, Node, NodeId
from ivr.steps import (
    Action,
    AskKey,
    CheckHours,
    Enqueue,
    HangUp,
    Happened,
    HoursChecked,
    KeyPressed,
    NothingPressed,
    Play,
)
from tests.unit.ivr.flows import flow

pressed = st.one_of(st.just(None), st.sampled_from(ALL_KEYS), st.sampled_from("129*"))
names = [NodeId(name) for name in ("a", "b", "c", "d", "e")]
targets = st.sampled_from(names)


def what_happens(action: Action, key: str | None) -> Happened:
    if isinstance(action, CheckHours):
        return HoursChecked(key is None or key in "12345")
    return KeyPressed(key) if key else NothingPressed()


def steps_until_the_end(led_by: Flow, presses: list[str | None], start: NodeId | None = None) -> int:
    """Press the keys in turn, over and over, until the caller is in a queue or hung up; how many steps it took."""
    step = begin(led_by) if start is None else resume(led_by, start)
    count = 0
    while not isinstance(step.action, Enqueue | HangUp):
        assert isinstance(step.action, Play | AskKey | CheckHours)
        step = advance(led_by, step.position, what_happens(step.action, presses[count % len(presses)]))
        count += 1
        assert count <= led_by.max_moves + 1, "the caller is led in circles"
    return count


def node(name: NodeId) -> st.SearchStrategy[Node]:
    prompts = st.just(("p",))
    keys = st.dictionaries(st.sampled_from(ALL_KEYS), targets, max_size=4)
    this = st.just(name)
    return st.one_of(
        st.builds(AnnounceNode, id=this, prompts=prompts, next=targets, barge_in=st.booleans()),
        st.builds(HoursNode, id=this, calendar=st.just("h"), open=targets, closed=targets),
        st.builds(
            MenuNode,
            id=this,
            prompts=prompts,
            keys=keys,
            repeat=st.sampled_from(["", *ALL_KEYS]),
            attempts=st.integers(1, 5),
            failed=st.none() | targets,
        ),
        st.builds(EnqueueNode, id=this, queue=st.just(QueueId("q"))),
        st.builds(HangUpNode, id=this),
    )


@st.composite
def any_flow(draw: st.DrawFn) -> Flow:
    nodes = {name: draw(node(name)) for name in names}
    enqueues = [each.id for each in nodes.values() if isinstance(each, EnqueueNode)]
    operator = draw(st.none() | st.sampled_from(enqueues)) if enqueues else None
    return Flow(nodes=nodes, start=draw(targets), operator=operator, max_moves=draw(st.integers(0, 20)))


@given(st.lists(pressed, min_size=1, max_size=200))
def test_any_keys_and_silences_lead_to_a_queue_or_the_end(presses: list[str | None]) -> None:
    steps_until_the_end(flow(), presses)


@given(st.lists(pressed, min_size=1, max_size=20), st.sampled_from(list(flow().nodes)))
def test_caller_who_goes_on_at_any_node_comes_to_an_end_too(presses: list[str | None], start: NodeId) -> None:
    steps_until_the_end(flow(), presses, start)


@settings(suppress_health_check=[HealthCheck.too_slow])  # drawing a whole flow takes its time on a busy machine
@given(any_flow(), st.lists(pressed, min_size=1, max_size=20))
def test_any_flow_even_a_bad_one_comes_to_an_end(led_by: Flow, presses: list[str | None]) -> None:
    steps_until_the_end(led_by, presses)


@given(any_flow())
def test_flow_without_problems_has_a_way_out_of_every_node(led_by: Flow) -> None:
    known = Known(
        queues={"q"}, prompts={"p", *led_by.wrong_key, "no_key", "sorry", "goodbye", "error"}, calendars={"h"}
    )
    complained = {problem.path[1] for problem in flow_problems(led_by, known) if problem.path[0] == "nodes"}
    for name in set(names) - complained:
        assert _gets_out(led_by, name, set())


def _gets_out(led_by: Flow, here: NodeId, seen: set[NodeId]) -> bool:
    at = led_by.nodes[here]
    if here in seen or isinstance(at, EnqueueNode | HangUpNode):
        return here not in seen
    seen.add(here)
    match at:
        case AnnounceNode():
            onward = [at.next]
        case HoursNode():
            onward = [at.open, at.closed]
        case MenuNode():
            by_operator = led_by.operator if led_by.operator_key not in (*at.keys, at.repeat) else None
            onward = [*at.keys.values(), *(way for way in (at.failed, by_operator) if way is not None)]
    return any(_gets_out(led_by, way, seen) for way in onward)
