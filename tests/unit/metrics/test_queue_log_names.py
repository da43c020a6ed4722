"""Whom a name in a log means."""

import pytest

from acd.model import QueueId
from acd.rules import Rules
from agents.roster import AgentId, AgentSettings
from metrics.queue_log import Names
from tests.unit.acd.floors import queue

RULES = Rules.of(
    "v1",
    [queue("sales")],
    [
        AgentSettings(id=AgentId("1001"), name="王小明", queues=(QueueId("sales"),)),
        AgentSettings(id=AgentId("1002"), name="Li Na", queues=(QueueId("sales"),)),
    ],
)


@pytest.mark.parametrize(
    ("name", "agent"),
    [
        ("Agent/1001", "1001"),
        ("SIP/1001", "1001"),
        ("PJSIP/agent-1001", "1001"),
        ("Local/1001@from-queue/n", "1001"),
        ("1001", "1001"),
        ("王小明", "1001"),
        ("Agent/Li Na", "1002"),
        ("Local/9999@from-queue/n", "9999"),
        ("Zhang Wei", "Zhang Wei"),
        ("Sales/North", "North"),
        ("Old Name", "1002"),
        ("SIP/old-phone", "1001"),
    ],
)
def test_agents_are_known_by_interface_by_id_by_name_and_by_what_ops_say(name: str, agent: str) -> None:
    assert Names(RULES, {"Old Name": "1002", "old-phone": "1001"})(name) == agent
