"""The line that rings phones: what it says, and that it is never longer than Asterisk reads."""

import pytest

from agents.roster import AgentId
from cti.agi_lines import command_line
from cti.dial_line import dial_options, dial_target, ring_seconds, room_for
from ivr.ports import RungPhone


def phones(count: int, *, record: bool = True, agent: str = "{}") -> list[RungPhone]:
    """Phones of one round of offers."""
    name = "site-1795338018.0-{}"
    return [RungPhone(AgentId(agent.format(1000 + n)), name.format(n + 1) if record else None) for n in range(count)]


def test_one_phone_is_recorded_under_its_offers_name() -> None:
    one = phones(1)
    assert dial_target(one) == "PJSIP/agent-1000"
    assert dial_options(one, "soft") == "gim(soft)U(hotline-record^site-1795338018.0-1)"


def test_several_are_named_by_what_their_offers_share_and_each_agents_rest() -> None:
    three = phones(3)
    assert dial_target(three) == "PJSIP/agent-1000&PJSIP/agent-1001&PJSIP/agent-1002"
    assert dial_options(three, "soft") == "gim(soft)U(hotline-record^site-1795338018.0-^1000/1001/1002^1/2/3)"


def test_name_that_is_the_start_of_another_has_no_rest() -> None:
    pair = [RungPhone(AgentId("a"), "c-1"), RungPhone(AgentId("b"), "c-12")]
    assert dial_options(pair, "m") == "gim(m)U(hotline-record^c-1^a/b^/2)"


def test_who_is_not_recorded_has_no_name() -> None:
    assert dial_options(phones(3, record=False), "soft") == "gim(soft)"
    pair = [RungPhone(AgentId("a")), RungPhone(AgentId("b"), "c-12")]
    assert dial_options(pair, "m") == "gim(m)U(hotline-record^^a/b^/c-12)"


@pytest.mark.parametrize(("ring_s", "whole"), [(15.0, 15), (0.2, 1), (2.5, 3)])
def test_phones_ring_for_whole_seconds_and_never_shorter_than_asked(ring_s: float, whole: int) -> None:
    assert ring_seconds(ring_s) == whole


@pytest.mark.parametrize("record", [True, False])
@pytest.mark.parametrize("agent", ["{}", "an-agent-with-a-long-name-of-{}"])
def test_as_many_phones_ring_as_asterisk_reads_on_one_line(agent: str, record: bool) -> None:
    many = phones(200, record=record, agent=agent)
    room = room_for(many)
    assert 20 < room < 130
    rung = many[:room]
    line = f"{dial_target(rung)},{ring_seconds(3600)},{dial_options(rung, 'm' * 80)}"
    assert len(command_line("EXEC", ("Dial", line))) <= 2047
    assert room_for(many[:20]) == 20
    assert room_for([]) == 0
