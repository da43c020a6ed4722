"""Scenes made by hand."""

from typing import Any

import msgspec

from acd.model import CallId, CallState, QueueId
from agents.roster import AgentId
from agents.state import AgentState, PhoneState
from cti.http.queues import Today
from cti.views import AgentView, CallView
from engine.demo.scene import QueueNow, Scene, Target

NOON = 1_795_320_000.0
NAMES = {
    "repair": {"zh": "报修", "en": "Repairs"},
    "consultation": {"zh": "咨询", "en": "Enquiries"},
    "complaint": {"zh": "投诉", "en": "Complaints"},
}
CAST = {"1001": "Wang Ming", "1002": "Li Na", "1003": "Zhang Wei", "1004": "Liu Yang", "1005": "Chen Jing"}


def today(**counts: int) -> Today:
    numbers = dict.fromkeys(("offered", "answered", "abandoned", "short_abandoned", "overflowed", "switch_lost"), 0)
    return Today(
        since=NOON,
        until=NOON,
        **{**numbers, **counts},
        asa_s=None,
        abandon_rate=None,
        service_level=0.75,
        occupancy=None,
        figures={},
    )


def call(number: str, state: CallState, **fields: Any) -> CallView:
    view = CallView(
        call=CallId(number),
        state=state,
        number=number,
        name="Ms Zhao",
        did="4008869119",
        vip=0,
        opened_at=NOON - 20,
        path=("welcome", "hours", "menu", "repair:1"),
        queue=None if state is CallState.IVR else QueueId("repair"),
        segment=0,
        priority=0,
        wait_s=None if state is CallState.IVR else 7.0,
        position=None,
        held_for=None,
        offer=None,
        agent=None,
    )
    return msgspec.structs.replace(view, **fields)


def agent(number: str, state: AgentState = AgentState.READY, **fields: Any) -> AgentView:
    view = AgentView(
        agent=AgentId(number),
        name=CAST[number],
        groups=(),
        queues=(QueueId("repair"),),
        state=state,
        reason="",
        since=NOON - 12,
        phone=PhoneState.IDLE,
        queue=None,
        call=None,
        wish=None,
        wrap_up_until=None,
    )
    return msgspec.structs.replace(view, **fields)


def scene(*parts: CallView | AgentView, at: float = NOON) -> Scene:
    calls = [part for part in parts if isinstance(part, CallView)]
    agents = {AgentId(number): agent(number) for number in CAST}
    agents |= {part.agent: part for part in parts if isinstance(part, AgentView)}
    queues = {
        QueueId(queue): QueueNow(
            queue=QueueId(queue),
            names=names,
            waiting=sum(one.queue == queue for one in calls),
            waiting_since=None,
            longest_wait_s=33.0,
            agents={},
            free=0,
            service_level_target=Target(0.8, 20.0),
            today=today(offered=12, answered=9),
        )
        for queue, names in NAMES.items()
    }
    reasons = {"break": {"zh": "小休", "en": "Break"}}
    return Scene(
        at=at, queues=queues, agents=agents, calls={one.call: one for one in calls}, site=today(), reasons=reasons
    )
