"""What ops write comes out as what the core decides by."""

from pathlib import Path

import pytest

from acd.rules import Affinity, AtClose, CallerRule, Do, Overflow, Recipe, Rules, Strategy, When
from agents.roster import AgentId, BreakRule, Membership, QueueId, Takes
from engine.config import load
from tests.unit.engine.sites import SITE, folder_of, problems

QUEUES = """\
vip: {levels: {1: 10, 2: 20}, numbers: {"+8613800138000": 2}}
priority_point: 90s
callers:
  "138*": {attributes: {city: hangzhou, line: mobile}}
  "1380013*": {vip: 1, attributes: {city: ningbo}}
  "013800138000": {trusted: true}
  "10658*": {blocked: true}
  "106581*": {trusted: true}
queues:
  sales:
    name: {zh: 销售}
    strategy: rrmemory
    ring_at_once: all
    require: {sales: 2}
    weight: 1.5
    wrap_up: {time: 20s, extension: 45s, extensions: 2, then: not_ready}
    last_agent: {window: 1h, wait: 5s, by: number}
    recipes:
      - name: wider
        after: 20s
        when:
          position_over: 3
          waiting_over: 10
          ready_under: 1
          on_duty_under: 2
          expected_wait_over: 3m
          hours: ["08:00-18:00", "22:00-06:00"]
          weekdays: [mon, sun]
          vip: 1
          nodes: person
          attributes: {city: [hangzhou, ningbo]}
        do: {require: {}, raise: 5, add_queue: repair, play: please_wait}
        every: 60s
      - name: out
        do: {leave: {node: callback}}
    limits:
      max_waiting: 50
      full: {busy: true}
      nobody: {prompt: closed}
      max_expected_wait: 10m
      too_long: {queue: press}
      max_calls: 20
    hours: {calendar: service, closed: {prompt: sorry}, at_close: tell}
  repair:
    name: {zh: 报修}
    last_agent: off
  press:
    name: {zh: 媒体}
"""
AGENTS = """\
breaks: {east: {at_most: 2, longest: 10m, reasons: [break, meal]}}
agents:
  1001:
    name: 王小明
    queues: [repair, {queue: sales, after: 60s, tier: 1, share: 2}, {queue: press, tier: 0}]
    groups: [east]
    skills: {sales: 3, english: 1}
    takes: in-order
    capacity: {voice: 1}
"""
IVR = SITE["ivr"] + "  callback:\n    type: hang_up\n    prompts: sorry\n"


@pytest.fixture
def rules(tmp_path: Path) -> Rules:
    return load(folder_of(tmp_path, {**SITE, "queues": QUEUES, "agents": AGENTS, "ivr": IVR})).rules


def test_every_key_of_a_queue_reaches_the_core(rules: Rules) -> None:
    sales = rules.queues[QueueId("sales")]
    assert (sales.strategy, sales.ring_at_once, sales.require, sales.weight) == (
        Strategy.RRMEMORY,
        0,
        {"sales": 2},
        1.5,
    )
    assert (sales.wrap_up_s, sales.wrap_up_extension_s, sales.wrap_up_extensions) == (20.0, 45.0, 2)
    assert not sales.ready_after_wrap_up
    assert sales.affinity == Affinity(window_s=3600.0, wait_s=5.0, customer=False)
    assert (sales.max_waiting, sales.full) == (50, Overflow(busy=True))
    assert sales.nobody == Overflow(prompt="closed")
    assert (sales.max_expected_wait_s, sales.too_long) == (600.0, Overflow(queue=QueueId("press")))
    assert sales.max_calls == 20
    assert (sales.calendar, sales.closed, sales.at_close) == ("service", Overflow(prompt="sorry"), AtClose.TELL)


def test_every_condition_and_action_of_a_recipe_reaches_the_core(rules: Rules) -> None:
    wider, out = rules.queues[QueueId("sales")].recipes
    assert wider == Recipe(
        name="wider",
        after_s=20.0,
        when=When(
            position_over=3,
            waiting_over=10,
            ready_under=1,
            on_duty_under=2,
            expected_wait_over_s=180.0,
            hours=((480, 1080), (1320, 1440), (0, 360)),
            weekdays=(0, 6),
            vip=1,
            nodes=("person",),
            attributes={"city": ("hangzhou", "ningbo")},
        ),
        do=Do(require={}, raise_by=5, add_queue=QueueId("repair"), play="please_wait"),
        every_s=60.0,
    )
    assert out == Recipe(name="out", do=Do(leave=Overflow(node="callback")))


def test_what_is_not_said_of_a_queue_is_as_it_always_was(rules: Rules) -> None:
    repair = rules.queues[QueueId("repair")]
    assert (repair.ring_at_once, repair.require, repair.recipes, repair.affinity) == (1, {}, (), None)
    assert (repair.wrap_up_s, repair.ready_after_wrap_up, repair.wrap_up_extensions) == (30.0, True, 0)
    assert (repair.max_waiting, repair.nobody, repair.max_expected_wait_s, repair.max_calls) == (None,) * 4
    assert (repair.calendar, repair.closed, repair.at_close) == ("", None, AtClose.SERVE)


def test_every_key_of_an_agent_and_of_the_breaks_reaches_the_core(rules: Rules) -> None:
    agent = rules.agents[AgentId("1001")]
    assert agent.queues == ("repair", "sales", "press")
    assert agent.memberships == {"sales": Membership(tier=1, after_s=60.0, share=2.0)}
    assert (agent.skills, agent.takes, agent.capacity) == ({"sales": 3, "english": 1}, Takes.IN_ORDER, {"voice": 1})
    assert rules.breaks == {"east": BreakRule(at_most=2, longest_s=600.0, reasons=("break", "meal"))}
    assert (rules.point_s, rules.time_zone) == (90.0, "Asia/Shanghai")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("13800138000", CallerRule(vip=2, trusted=True, attributes={"city": "ningbo", "line": "mobile"})),
        ("13800137777", CallerRule(vip=1, attributes={"city": "ningbo", "line": "mobile"})),
        ("13811111111", CallerRule(attributes={"city": "hangzhou", "line": "mobile"})),
        ("10658999", CallerRule(blocked=True)),
        ("10658111", CallerRule(trusted=True)),
        ("13900000000", CallerRule()),
        ("", CallerRule()),
    ],
)
def test_what_an_entry_does_not_say_of_a_caller_is_taken_from_the_next_shorter_pattern(
    rules: Rules, number: str, expected: CallerRule
) -> None:
    assert rules.caller(number) == expected


def test_a_node_that_only_queues_lead_to_is_no_dead_one(tmp_path: Path) -> None:
    site = {**SITE, "ivr": IVR}
    assert problems(tmp_path, site) == ['ivr.yaml:25:3: nodes.callback: node "callback" cannot be reached']
    queues = SITE["queues"].replace("{queue: repair}", "{node: callback}")
    assert problems(tmp_path, {**site, "queues": queues}) == []


def test_nodes_behind_the_node_a_queue_leads_to_can_be_reached_too(tmp_path: Path) -> None:
    more = "  thanks:\n    type: announce\n    prompts: sorry\n    next: callback\n"
    two = SITE["queues"].replace("{queue: repair}", "{node: thanks}").replace("{prompt: agents_busy}", "{node: menu}")
    assert problems(tmp_path, {**SITE, "ivr": IVR + more, "queues": two}) == []


def test_skills_a_menu_choice_asks_for_matter_in_every_queue_and_must_be_somebodys(tmp_path: Path) -> None:
    asking = SITE["ivr"].replace("    queue: sales\n", "    queue: sales\n    require: {english: 2}\n")
    able = SITE["agents"].replace("skills: {sales: 3}", "skills: {english: 3}")
    rules = load(folder_of(tmp_path, {**SITE, "ivr": asking, "agents": able})).rules
    assert all(skills == ("english",) for skills in rules.skills.values())
    assert problems(tmp_path, {**SITE, "ivr": asking}) == [
        'ivr.yaml:22:15: nodes.person.require.english: no skill "english" (there are: sales)'
    ]
