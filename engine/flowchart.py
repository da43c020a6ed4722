"""`./hotline ivr graph`: the flow as a picture, with how many callers went each way on a day."""

import asyncio
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select

from engine.config import load
from engine.database import Database, DatabaseNotReady
from engine.database.models import IvrStepRow
from engine.flowlayout import Point, lay_out
from engine.site import home_folder, settle_site
from engine.words import language, say
from ivr.nodes import (
    CollectNode,
    EnqueueNode,
    Flow,
    FlowNode,
    HangUpNode,
    HoursNode,
    MenuNode,
    Node,
    ReturnNode,
    TransferNode,
)
from ivr.shape import exits, group_of

__all__ = ["Counts", "counted", "draw", "svg", "ways_of"]

BOX: Final = (168.0, 46.0)
GAP: Final = (26.0, 62.0)
MARGIN: Final = 28.0
TITLE: Final = 40.0

_KINDS: Final = {
    "announce": ("播放", "#eef2f7"),
    "menu": ("菜单", "#dbeafe"),
    "language": ("选择语言", "#dbeafe"),
    "collect": ("收号", "#dbeafe"),
    "hours": ("营业时间", "#fef3c7"),
    "condition": ("条件", "#fef3c7"),
    "set": ("设置属性", "#eef2f7"),
    "lookup": ("查询", "#ede9fe"),
    "identify": ("识别客户", "#ede9fe"),
    "enqueue": ("进入队列", "#dcfce7"),
    "callback": ("预约回电", "#dcfce7"),
    "message": ("留言", "#dcfce7"),
    "transfer": ("转外线", "#dcfce7"),
    "flow": ("子流程", "#eef2f7"),
    "return": ("返回", "#eef2f7"),
    "hang_up": ("挂机", "#fee2e2"),
}
"""By kind of node its Chinese name and its colour."""
_BRANCHES: Final = {
    "next": "",
    "flow": "",
    "open": "营业",
    "closed": "非营业",
    "otherwise": "其他",
    "failed": "失败",
    "nothing": "无按键",
    "known": "已知",
    "unknown": "未知",
    "cancelled": "取消",
    "refused": "不可用",
    "deleted": "删除",
    "busy": "忙",
    "no_answer": "无应答",
}
"""By branch its Chinese name."""


class Counts(msgspec.Struct, frozen=True):
    """How many callers reached each node, and went each way."""

    nodes: Mapping[str, int] = {}
    ways: Mapping[tuple[str, str], int] = {}


def draw(folder: Path, day: date | None, out: Path | None) -> int:
    """Draw it; without a database, or with nothing in it, without counts."""
    configuration = load(folder)
    zone = ZoneInfo(configuration.rules.time_zone)
    day = day or (datetime.now(zone) - timedelta(days=1)).date()
    site = settle_site(configuration, home_folder(), keep=True)
    try:
        counts = asyncio.run(counted(Database(site.database_url), day, zone))
    except DatabaseNotReady as error:
        print(say(f"没有计数：{error}", f"without counts: {error}"), file=sys.stderr)
        counts = Counts()
    picture = svg(configuration.script.flow, counts, day)
    if out is None:
        print(picture)
    else:
        out.write_text(picture, "utf-8")
        total = sum(counts.ways.values())
        print(say(f"已写入 {out}（{day}，{total} 步）", f"written to {out} ({day}, {total} steps)"))
    return 0


async def counted(database: Database, day: date, zone: ZoneInfo) -> Counts:
    """Nodes callers reached on this day of the time zone, and ways they took from node to node. Raises DatabaseNotReady."""
    begins = datetime(day.year, day.month, day.day, tzinfo=zone)
    ends = datetime.combine(day + timedelta(days=1), begins.timetz())
    query = (
        select(IvrStepRow.call, IvrStepRow.step, IvrStepRow.node)
        .where(IvrStepRow.at >= begins.timestamp(), IvrStepRow.at < ends.timestamp())
        .order_by(IvrStepRow.call, IvrStepRow.step)
    )
    await database.open()
    try:
        async with database.session() as session:
            rows = [(call, step, node) for call, step, node in await session.execute(query)]
    finally:
        await database.close()
    nodes = Counter(node for _, _, node in rows)
    pairs = pairwise(rows)
    ways = Counter((a[2], b[2]) for a, b in pairs if a[0] == b[0] and b[1] == a[1] + 1)
    return Counts(nodes, ways)


# --- the picture -----------------------------------------------------------------------------------------------------


def ways_of(flow: Flow, counts: Counts) -> dict[tuple[str, str], list[str]]:
    """From node to node, with the keys and branches that lead there; those callers took though no branch says so (the
    operator's key, back) are among them."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, node in flow.nodes.items():
        for path, target in exits(node):
            if not (isinstance(node, FlowNode) and path == ("next",)):
                found[name, target].append(_label(node, path))
        if isinstance(node, ReturnNode):
            for caller in flow.nodes.values():
                if isinstance(caller, FlowNode) and group_of(caller.start) == group_of(name):
                    found[name, caller.next].append("")
    for way in counts.ways:
        if flow.nodes.keys() >= set(way) and way not in found:
            found[way].append("")
    return dict(found)


def _label(node: Node, path: Sequence[str | int]) -> str:
    if isinstance(node, MenuNode) and path[0] == "keys":
        return str(path[1])
    if path[0] == "when":
        return f"{int(path[1]) + 1}"
    branch = str(path[0])
    return _BRANCHES[branch] if language() == "zh" else "" if branch in ("next", "flow") else branch


def svg(flow: Flow, counts: Counts, day: date) -> str:
    """The flow as an SVG document."""
    ways = ways_of(flow, counts)
    first = [flow.start, *(name for name in flow.nodes if name != flow.start)]
    plan = lay_out(first, ways, box=BOX, gap=GAP)
    width, height = plan.width + 2 * MARGIN, plan.height + 2 * MARGIN + TITLE
    most = max(counts.ways.values(), default=0)
    calls = counts.nodes.get(flow.start, 0)
    title = say(f"语音导航 {day}：{calls} 次来电", f"IVR flow, {day}: {calls} calls")
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}"'
        f" viewBox=\"0 0 {width:.0f} {height:.0f}\" font-family=\"'Noto Sans CJK SC','Microsoft YaHei',sans-serif\">",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0,0 8,4 0,8z" fill="#64748b"/></marker></defs>',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{MARGIN}" y="{MARGIN}" font-size="16" font-weight="bold">{escape(title)}</text>',
        f'<g transform="translate({MARGIN},{MARGIN + TITLE})">',
    ]
    for way, labels in ways.items():
        lines += _way(plan.ways.get(way, ()), labels, counts.ways.get(way, 0), most)
    for name, node in flow.nodes.items():
        lines += _box(node, plan.boxes[name], counts.nodes.get(name, 0), is_start=name == flow.start)
    return "\n".join([*lines, "</g>", "</svg>", ""])


def _way(points: Sequence[Point], labels: Sequence[str], count: int, most: int) -> Iterator[str]:
    if not points:
        return
    down = points[-1][1] > points[0][1]
    half = BOX[1] / 2 if down else -BOX[1] / 2
    ends = [(points[0][0], points[0][1] + half), *points[1:-1], (points[-1][0], points[-1][1] - half)]
    path = f"M{ends[0][0]:.1f},{ends[0][1]:.1f}"
    for (x0, y0), (x1, y1) in pairwise(ends):
        middle = (y0 + y1) / 2
        path += f" C{x0:.1f},{middle:.1f} {x1:.1f},{middle:.1f} {x1:.1f},{y1:.1f}"
    thick = 1.2 + (3.5 * count / most if most else 0.0)
    dashed = "" if down else ' stroke-dasharray="5 4"'
    yield f'<path d="{path}" fill="none" stroke="#94a3b8" stroke-width="{thick:.1f}"{dashed} marker-end="url(#tip)"/>'
    text = " ".join(filter(None, [" ".join(filter(None, labels)), f"({count})" if count else ""]))
    if text:
        (x0, y0), (x1, y1) = ends[0], ends[1]
        at = (x0 + (x1 - x0) * 0.62, y0 + (y1 - y0) * 0.58)
        yield (
            f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" font-size="11" text-anchor="middle" fill="#0f172a" stroke="white"'
            f' stroke-width="3" paint-order="stroke">{escape(text)}</text>'
        )


def _box(node: Node, middle: Point, count: int, *, is_start: bool) -> Iterator[str]:
    kind = str(node.__struct_config__.tag)
    name_zh, colour = _KINDS[kind]
    left, top = middle[0] - BOX[0] / 2, middle[1] - BOX[1] / 2
    edge = ' stroke="#0f172a" stroke-width="2"' if is_start else ' stroke="#94a3b8"'
    yield f'<rect x="{left:.1f}" y="{top:.1f}" width="{BOX[0]}" height="{BOX[1]}" rx="8" fill="{colour}"{edge}/>'
    title = f"{node.id}  ({count})" if count else str(node.id)
    says = " ".join(filter(None, [say(name_zh, kind.replace("_", " ")), _detail(node)]))
    for text, y, size in ((title, -4, 13), (says, 14, 11)):
        yield (
            f'<text x="{middle[0]:.1f}" y="{middle[1] + y:.1f}" font-size="{size}" text-anchor="middle">'
            f"{escape(text[:26])}</text>"
        )


def _detail(node: Node) -> str:
    """What else is to be said of it in a word."""
    match node:
        case EnqueueNode(queue=word) | HoursNode(calendar=word) | CollectNode(attribute=word):
            return word
        case TransferNode(number=word) | HangUpNode(reason=word):
            return word
        case FlowNode():
            return group_of(node.start)
        case _:
            return ""
