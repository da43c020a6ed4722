"""A routing decision in words, Chinese and English: who could have had the call, who not and why, who was chosen. Pure.

12:03:04 队列 报修：来电进入队列；最少占用策略；候选 王芳 1003（负荷 0.52，空闲 42 秒）；
排除 张伟 1001（通话中）；选中 王芳 1003，唯一可用；规则版本 r7
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Final

import msgspec

from acd.records import Candidate, Decision
from acd.rules import Rules, Strategy
from agents.roster import AgentId, QueueId

__all__ = ["LANGUAGES", "Explanation", "Names", "explain"]

LANGUAGES: Final = ("zh", "en")

_Words = Mapping[str, tuple[str, str]]

_STRATEGY: Final[_Words] = {
    Strategy.LONGEST_IDLE: ("最长空闲策略", "longest-idle strategy"),
    Strategy.LEAST_BUSY: ("最少占用策略", "least-busy strategy"),
    Strategy.ROUND_ROBIN: ("轮循策略", "round-robin strategy"),
}
_ASKED: Final[_Words] = {
    "caller_entered": ("来电进入队列", "the caller entered the queue"),
    "agent_free": ("座席空闲", "an agent became free"),
    "retry": ("再次寻找座席", "looked for an agent again"),
    "affinity_over": ("等待上次座席超时", "the wait for the last agent was over"),
}
_REASON: Final[_Words] = {
    "best_score": ("排序最前", "first by the strategy"),
    "only_candidate": ("唯一可用", "the only one free"),
    "last_agent": ("上次服务的座席优先", "served this caller last"),
    "next_in_line": ("该来电排在最前", "this caller was next in line"),
    "wait_for_last_agent": ("等待上次服务的座席", "waits for the agent who served him last"),
    "nobody_free": ("无空闲座席，继续排队", "nobody is free, he goes on waiting"),
}
_RULE: Final[_Words] = {
    "offline": ("未签入", "not logged in"),
    "not_ready": ("示忙", "not ready"),
    "offered": ("振铃中", "being rung"),
    "talking": ("通话中", "talking"),
    "holding": ("通话保持中", "has a call on hold"),
    "wrap_up": ("事后处理", "in wrap-up"),
    "phone_unreachable": ("话机不可达", "phone unreachable"),
    "phone_in_use": ("话机占用", "phone in use"),
    "did_not_take_this_call": ("刚才未接本次来电", "did not take this call a moment ago"),
}
_OWN_REASONS: Final[_Words] = {
    "logged_in": ("刚签入", "just logged in"),
    "no_answer": ("多次未接，系统置忙", "missed calls, set by the system"),
    "declined": ("多次拒接，系统置忙", "declined calls, set by the system"),
    "unreachable": ("话机多次不可达，系统置忙", "phone not reached, set by the system"),
}
"""Not-ready reasons that no configuration names."""


class Names(msgspec.Struct, frozen=True):
    """What people call queues, agents and not-ready reasons; an id without a name stands for itself."""

    queues: Mapping[QueueId, Mapping[str, str]]
    agents: Mapping[AgentId, str]
    reasons: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, rules: Rules, reasons: Mapping[str, Mapping[str, str]]) -> "Names":
        """The names in these rules, and the configured not-ready reasons (id -> language -> name)."""
        return cls(
            {queue.id: queue.names for queue in rules.queues.values()},
            {agent.id: agent.name for agent in rules.agents.values()},
            reasons,
        )

    def queue(self, queue: QueueId, language: str) -> str:
        return self.queues.get(queue, {}).get(language) or str(queue)

    def agent(self, agent: AgentId) -> str:
        name = self.agents.get(agent, "")
        return f"{name} {agent}" if name else str(agent)

    def reason(self, reason: str, language: str) -> str:
        named = self.reasons.get(reason, {}).get(language)
        return named or _word(_OWN_REASONS, reason, language)


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """One decision in words, with the record it was made of."""

    number: int
    at: float
    zh: str
    en: str
    decision: Decision


def explain(decision: Decision, names: Names, zone: tzinfo) -> Explanation:
    """The decision in both languages; its time of day as in `zone`."""
    zh, en = (_sentence(decision, names, zone, language) for language in LANGUAGES)
    return Explanation(number=decision.number, at=decision.at, zh=zh, en=en, decision=decision)


def _sentence(decision: Decision, names: Names, zone: tzinfo, language: str) -> str:
    clock = datetime.fromtimestamp(decision.at, zone).strftime("%H:%M:%S")
    queue = names.queue(decision.queue, language)
    zh = language == "zh"
    head = f"{clock} 队列 {queue}：" if zh else f"{clock} queue {queue}: "
    parts = [
        _word(_ASKED, decision.asked, language),
        _word(_STRATEGY, decision.strategy, language),
        *_candidates(decision, names, language),
        *_excluded(decision, names, language),
        *_passed_over(decision, language),
        _verdict(decision, names, language),
        f"规则版本 {decision.rules}" if zh else f"rules {decision.rules}",
    ]
    return head + ("；" if zh else "; ").join(parts)


def _candidates(decision: Decision, names: Names, language: str) -> list[str]:
    if not decision.candidates:
        return []
    listed = _listed((_candidate(one, decision, names, language) for one in decision.candidates), language)
    return [f"候选 {listed}" if language == "zh" else f"candidates {listed}"]


def _candidate(candidate: Candidate, decision: Decision, names: Names, language: str) -> str:
    return _noted(names.agent(candidate.agent), _score(candidate.score, decision, language), language)


def _score(score: tuple[float, ...], decision: Decision, language: str) -> str:
    """What the strategy went by, as a person would say it."""
    zh = language == "zh"
    match decision.strategy, score:
        case Strategy.LONGEST_IDLE, (since, *_):
            return _idle(decision.at - since, language)
        case Strategy.LEAST_BUSY, (load, since, *_):
            busy = f"负荷 {load:.2f}" if zh else f"load {load:.2f}"
            return busy + ("，" if zh else ", ") + _idle(decision.at - since, language)
        case Strategy.ROUND_ROBIN, (turn, *_):
            if turn == 0:
                return "尚未轮到过" if zh else "has not had a turn"
            return f"上次轮到序号 {turn:.0f}" if zh else f"last turn no. {turn:.0f}"
        case _:
            return ", ".join(f"{part:g}" for part in score)


def _idle(seconds: float, language: str) -> str:
    return f"空闲 {max(seconds, 0):.0f} 秒" if language == "zh" else f"idle {max(seconds, 0):.0f} s"


def _excluded(decision: Decision, names: Names, language: str) -> list[str]:
    named = [_noted(names.agent(one.agent), _rule(one.rule, names, language), language) for one in decision.excluded]
    counted = [
        f"{_rule(rule, names, language)} {count} 人" if language == "zh" else f"{count} {_rule(rule, names, language)}"
        for rule, count in decision.others_excluded.items()
    ]
    if not named and not counted:
        return []
    listed = _listed([*named, *counted], language)
    return [f"排除 {listed}" if language == "zh" else f"excluded {listed}"]


def _rule(rule: str, names: Names, language: str) -> str:
    kind, _, reason = rule.partition(":")
    return names.reason(reason, language) if reason else _word(_RULE, kind, language)


def _passed_over(decision: Decision, language: str) -> list[str]:
    count = len(decision.passed_over)
    if not count:
        return []
    if language == "zh":
        return [f"越过排在前面但刚被该座席漏接的来电 {count} 个"]
    return [f"passed over {count} ahead in line whom this agent did not take a moment ago"]


def _verdict(decision: Decision, names: Names, language: str) -> str:
    why = _word(_REASON, decision.reason, language)
    zh = language == "zh"
    if decision.chosen is None:
        note = f"第 {decision.position} 位" if zh else f"place {decision.position}"
        if decision.wait_for is not None:
            note = names.agent(decision.wait_for)
        return _noted(why, note, language)
    agent = names.agent(decision.chosen)
    return f"选中 {agent}，{why}" if zh else f"chosen {agent}, {why}"


def _word(words: _Words, key: str, language: str) -> str:
    return words[key][LANGUAGES.index(language)] if key in words else key


def _noted(what: str, note: str, language: str) -> str:
    return f"{what}（{note}）" if language == "zh" else f"{what} ({note})"


def _listed(items: Iterable[str], language: str) -> str:
    return ("、" if language == "zh" else ", ").join(items)
