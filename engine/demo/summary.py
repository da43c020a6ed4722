"""What the demonstration came to: the figures as the API tells them, and where to look further."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec
from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from acd.model import Disposition
from cti.http.queues import Today
from engine.demo.observer import Choice, Observer
from engine.demo.scene import Scene, look
from engine.rehearsal import Rehearsal
from engine.words import say

__all__ = ["Summary", "show", "summarize"]

SOUND_S: Final = 5.0
"""So long the sound of the last talks may take until it is in files."""
IN_THE_IVR: Final = (Disposition.ABANDONED_IVR, Disposition.COMPLETED_IVR)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A finished show. `placed` are calls by callers, `live` those that were still up at its end."""

    placed: int
    live: int
    dispositions: Mapping[str, int]
    scene: Scene
    choices: Mapping[str, Choice]
    recordings: int
    recordings_folder: Path
    recording: Path | None
    """One of the files."""


async def summarize(site: Rehearsal, observer: Observer, placed: int) -> Summary | None:
    """The figures first, then whoever is still there hangs up, so that his talk is a recording too. None: no answer."""
    try:
        scene = await look(site)
        if scene.calls:
            await site.network.reset()
        listed = await _recordings(site, talks=scene.site.answered)
    except (aiohttp.ClientError, TimeoutError):
        return None
    folder = site.supervisor.site.recordings
    ready = [recording for recording in listed if recording["state"] == "ready"]
    return Summary(
        placed=placed,
        live=len(scene.calls),
        dispositions=dict(observer.dispositions),
        scene=scene,
        choices=dict(observer.choices),
        recordings=len(ready),
        recordings_folder=folder,
        recording=folder / ready[0]["path"] if ready else None,
    )


async def _recordings(site: Rehearsal, talks: int) -> list[Any]:
    """All of them; while some are still being written, a little later."""
    end = asyncio.get_running_loop().time() + SOUND_S
    while True:
        listed: list[Any] = (await site.get("/api/recordings?limit=1000"))["recordings"]
        done = len(listed) >= talks and all(recording["state"] != "expected" for recording in listed)
        if done or asyncio.get_running_loop().time() >= end:
            return listed
        await asyncio.sleep(0.2)


def show(summary: Summary, out: Console) -> None:
    """Print it."""
    out.print()
    out.print(Rule(Text(say("演示小结", "What the demo came to"), "bold"), style="dim"))
    out.print(Text(_calls_line(summary)), soft_wrap=True)
    out.print(_table(summary.scene))
    kinds = [kind for kind in ("vip", "last_agent") if kind in summary.choices]
    for kind in kinds or list(summary.choices):
        _show_choice(summary.choices[kind], out)
    _show_recordings(summary, out)
    _show_ways_on(out)


def _calls_line(summary: Summary) -> str:
    in_the_ivr = sum(summary.dispositions.get(disposition, 0) for disposition in IN_THE_IVR)
    line = say(
        f"来电 {summary.placed} 个，其中 {in_the_ivr} 个在语音菜单中结束，{summary.scene.site.offered} 个进入队列。",
        f"{summary.placed} calls came in: {in_the_ivr} ended in the menu, {summary.scene.site.offered} entered a queue.",
    )
    if summary.live:
        line += say(f"结束时还有 {summary.live} 个通话。", f" {summary.live} were still up at the end.")
    return line


def _table(scene: Scene) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    table.add_column("", no_wrap=True)
    for queue in scene.queues.values():
        table.add_column(scene.queue(queue.queue), justify="right", no_wrap=True)
    table.add_column(say("合计", "Site"), justify="right", no_wrap=True, style="bold")
    columns = [_figures(today) for today in (*(queue.today for queue in scene.queues.values()), scene.site)]
    for name, *cells in zip(_names(scene), *columns, strict=True):
        table.add_row(name, *cells)
    return table


def _names(scene: Scene) -> list[str]:
    targets = {queue.service_level_target for queue in scene.queues.values()}
    target = ", ".join(f"{target.target:.0%} / {target.within_s:.0f} s" for target in targets)
    return [
        say("进入队列", "Offered"),
        say("接听", "Answered"),
        say("放弃", "Abandoned"),
        say("短时放弃（另计）", "Short abandons (counted apart)"),
        say("溢出", "Overflowed"),
        say("平均应答速度", "Average speed of answer"),
        say(f"服务水平（目标 {target}）", f"Service level (target {target})"),
        say("放弃率", "Abandon rate"),
        say("占用率", "Occupancy"),
    ]


def _figures(today: Today) -> list[str]:
    return [
        str(today.offered),
        str(today.answered),
        str(today.abandoned),
        str(today.short_abandoned),
        str(today.overflowed),
        "-" if today.asa_s is None else f"{today.asa_s:.1f} s",
        _share(today.service_level),
        _share(today.abandon_rate),
        _share(today.occupancy),
    ]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _show_choice(choice: Choice, out: Console) -> None:
    out.print(Text(_headline(choice), "bold"))
    out.print(Padding(Text(choice.told), (0, 0, 0, 2)))
    if choice.kind == "vip":
        priority = choice.call.priority
        why = say(
            f"queues.yaml 的 VIP 名单使他的优先级为 {priority}。",
            f"The VIP list in queues.yaml gives him priority {priority}.",
        )
        out.print(Padding(Text(why), (0, 0, 0, 2)))
    out.print()


def _headline(choice: Choice) -> str:
    number, agent, others = choice.call.number, choice.agent, choice.overtaken
    match choice.kind:
        case "vip":
            return say(
                f"为什么 VIP {number} 先于 {others} 位更早的来电？",
                f"Why did VIP {number} go before {others} who had waited longer?",
            )
        case "last_agent":
            return say(f"为什么 {number} 又由 {agent} 接听？", f"Why did {number} get {agent} again?")
        case _:
            return say(f"为什么 {number} 由 {agent} 接听？", f"Why did {number} get {agent}?")


def _show_recordings(summary: Summary, out: Console) -> None:
    count = summary.recordings
    words = say(
        f"录音：{count} 个（左声道来电者，右声道座席），位于 ", f"Recordings: {count} (caller left, agent right), in "
    )
    out.print(Text(f"{words}{summary.recordings_folder}"), soft_wrap=True)
    if summary.recording is not None:
        out.print(Text(say("例如 ", "for example ") + str(summary.recording)), soft_wrap=True)


def _show_ways_on(out: Console) -> None:
    words = say(
        "接下来：./hotline up 运行自己的站点（规则在 config/），说明见 README.md 与 docs/。",
        "Next: ./hotline up runs your own site (rules: config/); see README.md and docs/.",
    )
    out.print(Text(words), soft_wrap=True)
