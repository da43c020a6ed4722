"""What the shadow found, for people: a line for each difference, and the summary. Pure."""

from collections import Counter
from datetime import datetime, tzinfo
from typing import Any

import msgspec

from acd.model import QueueId
from cti.explain import Names, explain
from engine.shadow.judge import Act, Verdict

__all__ = ["Count", "Summary", "as_json", "line_of", "lines_of"]


class Count(msgspec.Struct):
    """Decisions, and how many of them were the same."""

    decisions: int = 0
    same: int = 0

    @property
    def other(self) -> int:
        return self.decisions - self.same


class Summary(msgspec.Struct):
    """All decisions so far: together, by queue, and the different ones by what each rules' reason was."""

    whole: Count = msgspec.field(default_factory=Count)
    queues: dict[QueueId, Count] = {}
    reasons: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)

    def add(self, verdict: Verdict) -> None:
        """Count a decision."""
        for count in (self.whole, self.queues.setdefault(verdict.queue, Count())):
            count.decisions += 1
            count.same += verdict.same
        if not verdict.same:
            self.reasons[_reason(verdict.live), _reason(verdict.shadow)] += 1


def line_of(verdict: Verdict, live: Names, shadow: Names, zone: tzinfo, language: str) -> str:
    """A difference: who would have got the caller, and why, by both rules."""
    clock = datetime.fromtimestamp(verdict.at, zone).strftime("%H:%M:%S")
    queue = live.queue(verdict.queue, language)
    one, other = _outcome(verdict.live, live, language), _outcome(verdict.shadow, shadow, language)
    reasons = [_explained(verdict.live, live, zone, language), _explained(verdict.shadow, shadow, zone, language)]
    if language == "zh":
        return (
            f"{clock} 队列 {queue} 来电 {verdict.call}：现行规则 {one}，另一规则 {other}。"
            f"现行：{reasons[0]}。另一：{reasons[1]}。"
        )
    return (
        f"{clock} queue {queue}, call {verdict.call}: live rules {one}; the other rules {other}. "
        f"Live: {reasons[0]}. Other: {reasons[1]}."
    )


def lines_of(summary: Summary, live: Names, language: str) -> list[str]:
    """The summary."""
    zh = language == "zh"

    def counted(count: Count) -> str:
        if zh:
            return f"决定 {count.decisions}，相同 {count.same}，不同 {count.other}"
        return f"{count.decisions} decisions, {count.same} the same, {count.other} other"

    lines = [("合计：" if zh else "all queues: ") + counted(summary.whole)]
    for queue, count in sorted(summary.queues.items()):
        lines.append((f"队列 {live.queue(queue, language)}：" if zh else f"queue {queue}: ") + counted(count))
    for (one, other), times in summary.reasons.most_common():
        lines.append(f"现行 {one}，另一 {other}：{times}" if zh else f"live {one}, other {other}: {times}")
    return lines


def as_json(verdict: Verdict) -> dict[str, Any]:
    """A difference for programs: both acts with their whole decisions."""
    built: dict[str, Any] = msgspec.to_builtins(verdict)
    return built


def _reason(act: Act) -> str:
    """What to count it by."""
    if act.left:
        return act.left.partition(":")[0] if not act.left.startswith("refused") else act.left
    return act.decision.reason if act.decision is not None else "nothing"


def _outcome(act: Act, names: Names, language: str) -> str:
    zh = language == "zh"
    if act.left:
        why, _, queue = act.left.partition(":")
        if why == "refused":
            return f"无法处理（{queue}）" if zh else f"could not take it ({queue})"
        where = (f"，转到 {names.queue(QueueId(queue), language)}" if zh else f" to {queue}") if queue else ""
        return f"离开队列（{why}）{where}" if zh else f"sent him away ({why}){where}"
    if act.agents:
        agents = ("、" if zh else ", ").join(names.agent(agent) for agent in act.agents)
        return f"派给 {agents}" if zh else f"rang {agents}"
    if act.waits_for is not None:
        agent = names.agent(act.waits_for)
        return f"等候 {agent}" if zh else f"let him wait for {agent}"
    return "无人可派" if zh else "rang nobody"


def _explained(act: Act, names: Names, zone: tzinfo, language: str) -> str:
    if act.decision is None:
        return "没有寻找座席" if language == "zh" else "no agent was looked for"
    told = explain(act.decision, names, zone)
    return told.zh if language == "zh" else told.en
