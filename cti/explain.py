"""A routing decision in words, Chinese and English: who could have had the call, who not and why, who was chosen. Pure.

12:03:04 队列 报修：来电进入队列；最少占用策略；候选 王芳 1003（负荷 0.52，空闲 42 秒）；
排除 张伟 1001（通话中）；选中 王芳 1003，唯一可用；规则版本 r7
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo

import msgspec

from acd.records import Candidate, Decision, Exclusion
from acd.rules import Rules, Strategy
from agents.roster import AgentId, QueueId
from cti.wording import ASKED, LANGUAGES, OWN_REASONS, REASONS, RULES, STRATEGIES, word

__all__ = ["LANGUAGES", "Explanation", "Names", "explain"]


class Names(msgspec.Struct, frozen=True):
    """What people call queues, agents and not-ready reasons; an id without a name stands for itself. And what the agents can
    do, by today's rules."""

    queues: Mapping[QueueId, Mapping[str, str]]
    agents: Mapping[AgentId, str]
    reasons: Mapping[str, Mapping[str, str]]
    skills: Mapping[AgentId, Mapping[str, int]] = {}

    @classmethod
    def of(cls, rules: Rules, reasons: Mapping[str, Mapping[str, str]]) -> "Names":
        """The names in these rules, and the configured not-ready reasons (id -> language -> name)."""
        return cls(
            {queue.id: queue.names for queue in rules.queues.values()},
            {agent.id: agent.name for agent in rules.agents.values()},
            reasons,
            {agent.id: agent.skills for agent in rules.agents.values()},
        )

    def queue(self, queue: QueueId, language: str) -> str:
        return self.queues.get(queue, {}).get(language) or str(queue)

    def agent(self, agent: AgentId) -> str:
        name = self.agents.get(agent, "")
        return f"{name} {agent}" if name else str(agent)

    def reason(self, reason: str, language: str) -> str:
        named = self.reasons.get(reason, {}).get(language)
        return named or word(OWN_REASONS, reason, language)


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
        _asked(decision, language),
        word(STRATEGIES, decision.strategy, language),
        *_needs(decision, language),
        *_via(decision, names, language),
        *_candidates(decision, names, language),
        *_excluded(decision, names, language),
        *_passed_over(decision, language),
        _verdict(decision, names, language),
        f"规则版本 {decision.rules}" if zh else f"rules {decision.rules}",
    ]
    return head + ("；" if zh else "; ").join(parts)


def _asked(decision: Decision, language: str) -> str:
    """What set it off; with the recipe that was applied, and the supervisor whose doing it was."""
    kind, _, who = decision.asked.partition(":")
    zh = language == "zh"
    if kind == "hand":
        return f"主管 {who} 手动处理" if zh else f"supervisor {who} stepped in"
    asked = word(ASKED, decision.asked, language)
    if not decision.recipe:
        return asked
    return f"{asked}（{decision.recipe}）" if zh else f"{asked} ({decision.recipe})"


def _needs(decision: Decision, language: str) -> list[str]:
    if not decision.require:
        return []
    skills = _listed((_level(skill, level, language) for skill, level in decision.require.items()), language)
    return [f"要求技能 {skills}" if language == "zh" else f"needs {skills}"]


def _level(skill: str, level: int, language: str) -> str:
    return f"{skill} {level} 级" if language == "zh" else f"{skill} {level}"


def _via(decision: Decision, names: Names, language: str) -> list[str]:
    if decision.via is None:
        return []
    queue = names.queue(decision.via, language)
    return [f"由加入的队列 {queue} 的座席接听" if language == "zh" else f"by the agents of queue {queue}, added to his"]


# --- who could have had him -------------------------------------------------------------------------------------------


def _candidates(decision: Decision, names: Names, language: str) -> list[str]:
    if not decision.candidates:
        return []
    listed = _listed((_candidate(one, decision, names, language) for one in decision.candidates), language)
    return [f"候选 {listed}" if language == "zh" else f"candidates {listed}"]


def _candidate(candidate: Candidate, decision: Decision, names: Names, language: str) -> str:
    notes = _score(candidate.score, decision, language)
    if candidate.tier:
        notes.append(f"第 {candidate.tier} 梯队" if language == "zh" else f"tier {candidate.tier}")
    agent = names.agent(candidate.agent)
    return _noted(agent, ("，" if language == "zh" else ", ").join(notes), language) if notes else agent


def _score(score: tuple[float, ...], decision: Decision, language: str) -> list[str]:  # noqa: PLR0911 - one line a strategy
    """What the strategy went by, as a person would say it; the scores are those of acd.scores. Lots have none."""
    zh = language == "zh"
    match decision.strategy, score:
        case Strategy.LONGEST_IDLE | Strategy.MOST_SKILLED | Strategy.RING_ALL, (since, *_):
            return [_idle(decision.at - since, language)]
        case Strategy.LEAST_BUSY, (load, since, *_):
            return [f"负荷 {load:.2f}" if zh else f"load {load:.2f}", _idle(decision.at - since, language)]
        case Strategy.FEWEST_CALLS, (calls, since, *_):
            hourly = f"每小时 {calls:.1f} 通" if zh else f"{calls:.1f} calls an hour"
            return [hourly, _idle(decision.at - since, language)]
        case Strategy.ROUND_ROBIN, (turn, *_):
            return [_turn(turn, language)]
        case Strategy.LEASTRECENT, (last, *_):
            return [_since_last(decision.at, last, language)]
        case Strategy.FEWESTCALLS, (served, *_):
            return [f"已接 {served:.0f} 通" if zh else f"{served:.0f} calls served"]
        case Strategy.LINEAR | Strategy.RINGALL | Strategy.RRMEMORY | Strategy.RRORDERED, (spot, *_):
            return [f"名单第 {spot + 1:.0f} 位" if zh else f"no. {spot + 1:.0f} of the roster"]
        case Strategy.RANDOM | Strategy.WEIGHTED_RANDOM | Strategy.WRANDOM, _:
            return []
        case _:
            return [", ".join(f"{part:g}" for part in score)]


def _idle(seconds: float, language: str) -> str:
    return f"空闲 {max(seconds, 0):.0f} 秒" if language == "zh" else f"idle {max(seconds, 0):.0f} s"


def _turn(turn: float, language: str) -> str:
    if turn == 0:
        return "尚未轮到过" if language == "zh" else "has not had a turn"
    return f"上次轮到序号 {turn:.0f}" if language == "zh" else f"last turn no. {turn:.0f}"


def _since_last(now: float, last: float, language: str) -> str:
    if last == 0:
        return "尚未接过" if language == "zh" else "has had no call yet"
    seconds = max(now - last, 0)
    return f"上次通话结束于 {seconds:.0f} 秒前" if language == "zh" else f"last call ended {seconds:.0f} s ago"


# --- who could not ----------------------------------------------------------------------------------------------------


def _excluded(decision: Decision, names: Names, language: str) -> list[str]:
    named = [_noted(names.agent(one.agent), _own_rule(one, names, language), language) for one in decision.excluded]
    counted = [
        f"{_rule(rule, names, language)} {count} 人" if language == "zh" else f"{count} {_rule(rule, names, language)}"
        for rule, count in decision.others_excluded.items()
    ]
    if not named and not counted:
        return []
    listed = _listed([*named, *counted], language)
    return [f"排除 {listed}" if language == "zh" else f"excluded {listed}"]


def _own_rule(one: Exclusion, names: Names, language: str) -> str:
    """As `_rule`; for a skill he lacks with the level he has, unless his levels have been changed since."""
    kind, _, what = one.rule.partition(":")
    if kind != "lacks":
        return _rule(one.rule, names, language)
    skill, needed = _skill_of(what)
    has = names.skills.get(one.agent, {}).get(skill, 0)
    needs = _level(skill, needed, language)
    if has >= needed:
        return _rule(one.rule, names, language)
    if language == "zh":
        return f"要求 {needs}，" + (f"他为 {has} 级" if has else "他没有")
    return f"needs {needs}, has {has or 'none'}"


def _rule(rule: str, names: Names, language: str) -> str:
    kind, _, what = rule.partition(":")
    zh = language == "zh"
    match kind:
        case "lacks":
            needs = _level(*_skill_of(what), language)
            return f"技能不足 {needs}" if zh else f"without {needs}"
        case "reserve":
            return f"后备，等待满 {what} 秒才接" if zh else f"in reserve until he has waited {what} s"
        case _ if what:
            return names.reason(what, language)
        case _:
            return word(RULES, kind, language)


def _skill_of(text: str) -> tuple[str, int]:
    """ "english>=2" """
    skill, _, level = text.partition(">=")
    return skill, int(level) if level.isdecimal() else 0


def _passed_over(decision: Decision, language: str) -> list[str]:
    count = len(decision.passed_over)
    if not count:
        return []
    if language == "zh":
        return [f"越过排在前面但刚被该座席漏接的来电 {count} 个"]
    return [f"passed over {count} ahead in line whom this agent did not take a moment ago"]


# --- what came of it ----------------------------------------------------------------------------------------------------


def _verdict(decision: Decision, names: Names, language: str) -> str:
    why = word(REASONS, decision.reason, language)
    zh = language == "zh"
    if decision.chosen is None:
        note = f"第 {decision.position} 位" if zh else f"place {decision.position}"
        if decision.wait_for is not None:
            note = names.agent(decision.wait_for)
        return _noted(why, note, language)
    if len(decision.rung) > 1:
        agents = _listed((names.agent(agent) for agent in decision.rung), language)
        return (
            f"同时振铃 {agents}，先接者得，{why}"
            if zh
            else f"rung together {agents}, {why}; the first to answer has him"
        )
    agent = names.agent(decision.chosen)
    return f"选中 {agent}，{why}" if zh else f"chosen {agent}, {why}"


def _noted(what: str, note: str, language: str) -> str:
    return f"{what}（{note}）" if language == "zh" else f"{what} ({note})"


def _listed(items: Iterable[str], language: str) -> str:
    return ("、" if language == "zh" else ", ").join(items)
