"""What happened between two looks at the floor, in words. Pure."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from acd.model import CallState, Disposition
from agents.roster import AgentId
from agents.state import AgentState
from cti.views import AgentView, CallView, EndedCallView
from engine.demo.scene import Scene
from engine.words import say

__all__ = ["KINDS", "News", "agents_news", "caller_of", "calls_news", "gone_news", "new_offers"]

KINDS: Final = {
    "call": (("来电", "call"), "cyan"),
    "waits": (("排队", "waits"), ""),
    "rings": (("振铃", "rings"), "yellow"),
    "answered": (("接听", "answered"), "bold green"),
    "missed": (("未接", "missed"), "red"),
    "ended": (("结束", "ended"), "blue"),
    "gave up": (("放弃", "gave up"), "red"),
    "overflow": (("溢出", "overflow"), "magenta"),
    "agent": (("座席", "agent"), "magenta"),
    "system": (("系统", "system"), "bold red"),
}
"""Kinds of news: what they are called, and the style of that word."""

_ON_CALL: Final = (AgentState.TALKING, AgentState.HOLDING)


class News(NamedTuple):
    """One line. `at` is in seconds since the epoch."""

    at: float
    kind: str
    text: str


def calls_news(before: Scene, now: Scene) -> Iterator[News]:
    """What became of each live call, but offers: why an agent was chosen is asked for apart (`new_offers`)."""
    for call in now.calls.values():
        earlier = before.calls.get(call.call)
        if earlier is None:
            yield News(call.opened_at, "call", caller_of(call))
        yield from _way_of(call, earlier, now)


def _way_of(call: CallView, earlier: CallView | None, now: Scene) -> Iterator[News]:
    if call.queue is not None and (earlier is None or call.queue != earlier.queue):
        yield _into_queue(call, earlier, now)
    if earlier is not None and earlier.state is CallState.OFFERED and call.offer != earlier.offer:
        yield _missed(call, earlier.agent, now)
    if call.state is CallState.TALKING and (earlier is None or earlier.state is not CallState.TALKING):
        yield _answered(call, now)


def _into_queue(call: CallView, earlier: CallView | None, now: Scene) -> News:
    queue, number = now.queue(call.queue), call.number
    if earlier is not None and earlier.queue is not None:
        was = now.queue(earlier.queue)
        text = say(f"{number} 等待太久，从 {was} 转到 {queue}", f"{number} has waited too long: {was} to {queue}")
        return News(now.at, "overflow", text)
    key = call.path[-1].rpartition(":")[2] if call.path and ":" in call.path[-1] else ""
    pressed = say(f"按 {key}，", f"pressed {key}, ") if key else ""
    place = say(f"，第 {call.position} 位", f", place {call.position}") if call.position else ""
    began = now.at - (call.wait_s or 0.0)
    at = min(began, now.since(call.agent)) if call.offer else began  # the three answers are not of the very same moment
    return News(at, "waits", f"{caller_of(call)} {pressed}{queue}{place}")


def _missed(call: CallView, agent: AgentId | None, now: Scene) -> News:
    who, number = now.agent(agent), call.number
    text = say(f"{who} 未接听，{number} 保留排队位置", f"{who} does not answer; {number} keeps his place")
    return News(now.since(agent), "missed", text)


def _answered(call: CallView, now: Scene) -> News:
    who, number, waited = now.agent(call.agent), call.number, f"{call.wait_s or 0:.0f}"
    text = say(f"{who} 与 {number} 通话，等待 {waited} 秒", f"{who} talks to {number} after {waited} s")
    return News(now.since(call.agent), "answered", text)


def new_offers(before: Scene, now: Scene) -> list[CallView]:
    """Calls for which an agent has been chosen since."""
    return [
        call
        for call in now.calls.values()
        if call.offer is not None and ((was := before.calls.get(call.call)) is None or was.offer != call.offer)
    ]


def agents_news(before: Scene, now: Scene) -> Iterator[News]:
    """Talks that ended, breaks and returns."""
    for agent in now.agents.values():
        earlier = before.agents.get(agent.agent)
        if earlier is None or earlier.state is agent.state:
            continue
        if earlier.state in _ON_CALL and agent.state not in _ON_CALL:
            yield _talk_over(earlier, agent, before)
        if agent.state is AgentState.NOT_READY:
            who, why = now.agent(agent.agent), now.reason(agent.reason)
            yield News(agent.since, "agent", say(f"{who} 示忙：{why}", f"{who} is not ready: {why}"))
        elif earlier.state is AgentState.NOT_READY:
            who = now.agent(agent.agent)
            yield News(agent.since, "agent", say(f"{who} 恢复就绪", f"{who} is ready again"))


def _talk_over(earlier: AgentView, agent: AgentView, before: Scene) -> News:
    caller = before.calls.get(earlier.call) if earlier.call else None
    who, number = before.agent(agent.agent), caller.number if caller else ""
    spent = f"{agent.since - earlier.since:.0f}"
    return News(
        agent.since,
        "ended",
        say(f"{who} 与 {number} 通话 {spent} 秒", f"{who} talked to {number} for {spent} s"),
    )


def gone_news(call: CallView, ended: EndedCallView, now: Scene) -> News | None:
    """How a call ended; None for those who were served: their talk's end has been told."""
    lasted = f"{ended.ended_at - ended.opened_at:.0f}"
    waited, queue = f"{call.wait_s or 0:.0f}", now.queue(ended.queue)
    match ended.disposition:
        case Disposition.SERVED:
            return None
        case Disposition.ABANDONED_IVR:
            text = say(f"{call.number} 在语音菜单中挂机（{lasted} 秒）", f"{call.number} left in the menu ({lasted} s)")
        case Disposition.ABANDONED_WAITING:
            text = say(f"{call.number} 在 {queue} 等了 {waited} 秒", f"{call.number} waited {waited} s for {queue}")
        case Disposition.ABANDONED_RINGING:
            text = say(
                f"{call.number} 在振铃时挂机，等了 {waited} 秒", f"{call.number} left at the ringing, {waited} s"
            )
        case Disposition.OVERFLOWED:
            text = say(
                f"{call.number} 等到上限，提示座席全忙后结束", f"{call.number} was told that all agents are busy"
            )
            return News(ended.ended_at, "overflow", text)
        case _:
            return News(ended.ended_at, "ended", f"{call.number}: {ended.disposition}")
    return News(ended.ended_at, "gave up", text)


def caller_of(call: CallView) -> str:
    """Masked number, and the mark of those who go ahead."""
    return f"{call.number} VIP {call.vip}" if call.vip else call.number


def chosen_news(call: CallView, agent: AgentId, why: str, now: Scene) -> News:
    """An agent is rung for a caller."""
    who, waited = now.agent(agent), f"{call.wait_s or 0:.0f}"
    text = say(
        f"{who} ← {caller_of(call)}，已等 {waited} 秒：{why}",
        f"{who} for {caller_of(call)}, {waited} s in line: {why}",
    )
    return News(now.since(agent), "rings", text)
