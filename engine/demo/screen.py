"""The floor as a picture for the terminal: queues and agents above, calls and news below; it fits 80 x 24 and uses more."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Final, NamedTuple

from rich import box
from rich.cells import set_cell_size
from rich.console import RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from acd.model import CallState
from agents.roster import AgentId
from agents.state import AgentState
from cti.http.queues import Today
from cti.views import AgentView, CallView
from engine.demo.news import KINDS, News
from engine.demo.scene import QueueNow, Scene
from engine.words import say

__all__ = ["Frame", "line_of", "picture"]

WIDE: Final = 100
BORDER: Final = 2
HEADING: Final = 1

_AGENT_STATES: Final = {
    AgentState.OFFLINE: (("未签入", "offline"), "dim"),
    AgentState.NOT_READY: (("示忙", "not ready"), "red"),
    AgentState.READY: (("就绪", "ready"), "green"),
    AgentState.OFFERED: (("振铃", "rings"), "yellow"),
    AgentState.TALKING: (("通话", "talking"), "bold cyan"),
    AgentState.HOLDING: (("保持", "on hold"), "cyan"),
    AgentState.WRAP_UP: (("事后", "wrap-up"), "magenta"),
}
_NOT_READY: Final = {"no_answer": ("多次未接", "missed"), "logged_in": ("刚签入", "logged in")}
"""Short words for the reasons that no configuration names."""
_CALL_STATES: Final = {
    CallState.IVR: (("菜单", "menu"), ""),
    CallState.WAITING: (("排队", "waiting"), "bold"),
    CallState.OFFERED: (("振铃", "ringing"), "yellow"),
    CallState.TALKING: (("通话", "talking"), "cyan"),
    CallState.AFTER: (("再见", "good-bye"), "dim"),
}


class Frame(NamedTuple):
    """All that is shown at one moment. Seconds, and the size in characters."""

    scene: Scene
    news: Sequence[News]
    taken: Mapping[AgentId, int]
    passed_s: float
    length_s: float
    where: str
    width: int
    height: int
    zone: tzinfo


def picture(frame: Frame) -> RenderableType:
    """The whole screen."""
    whole = Layout()
    wide, floor_rows = frame.width >= WIDE, len(frame.scene.agents) + HEADING + BORDER
    head_rows = 2 if frame.height >= 28 else 1
    left = frame.height - head_rows - floor_rows
    calls_rows = max(HEADING + BORDER + 2, round(left * 0.55))
    whole.split_column(
        Layout(_head(frame, head_rows), size=head_rows),
        Layout(name="floor", size=floor_rows),
        Layout(_panel(_calls(frame, calls_rows - HEADING - BORDER, wide), say("来电", "Calls")), size=calls_rows),
        Layout(_panel(_news(frame, left - calls_rows - BORDER), say("动态", "Events"))),
    )
    whole["floor"].split_row(
        Layout(_panel(_queues(frame, wide), say("队列", "Queues")), size=42 if wide else 35),
        Layout(_panel(_agents(frame, wide), say("座席", "Agents"))),
    )
    return whole


def line_of(news: News, zone: tzinfo) -> Text:
    """News as one line."""
    words, style = KINDS[news.kind]
    line = Text()
    line.append(f"{datetime.fromtimestamp(news.at, zone):%H:%M:%S} ", "dim")
    line.append(set_cell_size(say(*words), 9), style)
    line.append(_plain(news.text))
    return line


def _head(frame: Frame, rows: int) -> RenderableType:
    left_s = max(frame.length_s - frame.passed_s, 0.0)
    time_left = (
        say(f"剩余 {_clock(left_s)}", f"{_clock(left_s)} left") if left_s else say("等待通话结束", "last calls end")
    )
    head = Table.grid(padding=(0, 1), expand=True)
    head.add_column(no_wrap=True)
    head.add_column(ratio=1)
    head.add_column(no_wrap=True, justify="right")
    bar = ProgressBar(
        total=frame.length_s,
        completed=min(frame.passed_s, frame.length_s),
        complete_style="cyan",
        finished_style="green",
    )
    head.add_row(
        Text(say(" Hotline 演示", " Hotline demo"), "bold"),
        bar,
        Text(time_left + say(" · Ctrl-C 结束 ", " · Ctrl-C ends it "), "dim"),
    )
    if rows > 1:
        lines = Table.grid()
        lines.add_row(head)
        lines.add_row(Text(f" {frame.where}", "dim", no_wrap=True, overflow="ellipsis"))
        return lines
    return head


def _panel(body: RenderableType, title: str) -> Panel:
    return Panel(body, title=Text(title, "bold"), title_align="left", box=box.ROUNDED, border_style="dim", padding=0)


def _table() -> Table:
    return Table(box=None, expand=True, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim", show_edge=False)


def _queues(frame: Frame, wide: bool) -> Table:
    table = _table()
    table.add_column(say("名称", "Name"), no_wrap=True, ratio=1)
    heads = [say("排队", "Wait"), say("最长", "Max"), "SL", say("接听", "Answ." if wide else "Ans")]
    for head in (*heads, say("放弃", "Aband." if wide else "Abd")):
        table.add_column(head, justify="right", no_wrap=True)
    for queue in frame.scene.queues.values():
        table.add_row(*_queue_row(queue, frame.scene))
    waiting = sum(queue.waiting for queue in frame.scene.queues.values())
    total = _figures(frame.scene.site, None)
    table.add_row(say("合计", "Total"), str(waiting) if waiting else "-", "", *total, style="dim")
    return table


def _queue_row(queue: QueueNow, scene: Scene) -> list[Text | str]:
    late = queue.longest_wait_s > queue.service_level_target.within_s
    waiting = Text(str(queue.waiting), "bold yellow") if queue.waiting else "-"
    longest = Text(f"{queue.longest_wait_s:.0f}s", "red" if late else "") if queue.waiting else "-"
    return [scene.queue(queue.queue), waiting, longest, *_figures(queue.today, queue.service_level_target.target)]


def _figures(today: Today, target: float | None) -> list[Text | str]:
    level: Text | str = "-"
    if today.service_level is not None:
        style = "" if target is None else "green" if today.service_level >= target else "red"
        level = Text(f"{today.service_level:.0%}", style)
    return [level, str(today.answered), str(today.abandoned + today.short_abandoned)]


def _agents(frame: Frame, wide: bool) -> Table:
    table = _table()
    table.add_column(say("姓名", "Name"), no_wrap=True, ratio=1)
    table.add_column(say("状态", "State"), no_wrap=True, width=13 if wide else 12)
    table.add_column(say("来电", "Caller"), no_wrap=True, width=11)
    if wide:
        table.add_column(say("队列", "Queue"), no_wrap=True, width=10)
    table.add_column(say("接听", "Took" if wide else "Got"), no_wrap=True, justify="right")
    for agent in frame.scene.agents.values():
        call = frame.scene.calls.get(agent.call) if agent.call else None
        queue = [frame.scene.queue(agent.queue)] if wide else []
        took = str(frame.taken.get(agent.agent, 0))
        table.add_row(
            f"{agent.agent} {agent.name}", _state(agent, frame.scene), call.number if call else "", *queue, took
        )
    return table


def _state(agent: AgentView, scene: Scene) -> Text:
    words, style = _AGENT_STATES[agent.state]
    word = say(*words)
    if agent.state is AgentState.NOT_READY:
        word = say(*_NOT_READY[agent.reason]) if agent.reason in _NOT_READY else scene.reason(agent.reason)
    return Text(f"{word} {max(scene.at - agent.since, 0):.0f}s", style)


def _calls(frame: Frame, rows: int, wide: bool) -> Table:
    table = _table()
    table.add_column(say("号码", "Number"), no_wrap=True, width=11)
    table.add_column("VIP", no_wrap=True, width=3)
    if wide:
        table.add_column(say("姓名", "Caller"), no_wrap=True, width=8)
    table.add_column(say("状态", "State"), no_wrap=True, width=9)
    table.add_column(say("队列", "Queue"), no_wrap=True, width=10)
    table.add_column(say("位", "Place"), no_wrap=True, justify="right", width=5)
    table.add_column(say("等待", "Waited"), no_wrap=True, justify="right", width=6)
    table.add_column(say("座席", "Agent"), no_wrap=True, ratio=1)
    calls = sorted(frame.scene.calls.values(), key=_order)
    for call in calls if len(calls) <= rows else calls[: rows - 1]:
        table.add_row(*_call_row(call, frame.scene, wide))
    if len(calls) > rows:
        table.add_row(say(f"… 另有 {len(calls) - rows + 1}", f"… {len(calls) - rows + 1} more"), style="dim")
    return table


def _order(call: CallView) -> tuple[bool, bool, float]:
    """Those who wait first, in their order; then the menu; then the talks."""
    return call.position is None, call.state in (CallState.TALKING, CallState.AFTER), call.position or call.opened_at


def _call_row(call: CallView, scene: Scene, wide: bool) -> list[Text | str]:
    words, style = _CALL_STATES[call.state]
    vip = Text(f"★{call.vip}", "bold yellow") if call.vip else ""
    name = [_plain(call.name)] if wide else []
    waited = f"{call.wait_s:.0f}s" if call.wait_s is not None else ""
    agent: Text | str = scene.agent(call.agent)
    if call.held_for and call.agent is None:
        agent = Text(say(f"等待 {scene.agent(call.held_for)}", f"waits for {scene.agent(call.held_for)}"), "dim")
    place = str(call.position or "")
    return [call.number, vip, *name, Text(say(*words), style), scene.queue(call.queue), place, waited, agent]


def _news(frame: Frame, rows: int) -> Table:
    table = Table.grid(expand=True)
    table.add_column(no_wrap=True, overflow="ellipsis")
    for line in frame.news[-max(rows, 1) :]:
        table.add_row(line_of(line, frame.zone))
    return table


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _plain(text: str) -> str:
    """Callers' names come from outside: nothing in them may steer the terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
