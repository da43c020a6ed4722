"""The members of queues as agents: who they are, what they serve, in which tier, and after which wait."""

import csv
import re
from typing import Any, Final

import msgspec

from engine.config.fields import duration
from engine.queues_conf.notes import MEANINGS, NO_EQUAL, Note, note
from engine.queues_conf.read import ConfFile, Section, Setting
from engine.words import say

__all__ = ["Members", "members_of"]

LONGEST_NAME: Final = 40

_OTHER = re.compile(r"[^A-Za-z0-9_-]+", re.ASCII)
_NOT_IN_NAMES = re.compile(r"""["'\[\]<>;|\\{}$&=,]""")


class Members:
    """The agents met so far, by id."""

    def __init__(self, conf: ConfFile | None) -> None:
        self.agents: dict[str, dict[str, Any]] = {}
        self.notes: list[Note] = []
        self._interfaces: dict[str, str] = {}
        self._names: dict[str, str] = {}
        for section in conf.sections.values() if conf else ():
            self._take_names(section)

    def agent(self, setting: Setting, interface: str, name: str, about: str) -> dict[str, Any]:
        """The agent behind an interface; a new one if he was not met yet."""
        agent = _id_of(interface)
        before = self._interfaces.setdefault(agent, interface)
        if before != interface:
            zh, en = (
                f"{interface} 与 {before} 视为同一座席 {agent}",
                f"{interface} and {before} are taken as one agent, {agent}",
            )
            self.notes.append(note(setting, about, zh, en))
        if agent not in self.agents:
            said = " ".join(_NOT_IN_NAMES.sub(" ", self._names.get(agent) or name).split())[:LONGEST_NAME].strip()
            self.agents[agent] = {"name": said or agent, "queues": []}
            phone = say(
                f"{interface} 变为座席 {agent}，话机注册名 agent-{agent}",
                f"{interface} became agent {agent}, phone agent-{agent}",
            )
            self.notes.append(Note(setting.file, setting.line, about, phone))
        return self.agents[agent]

    def _take_names(self, section: Section) -> None:
        """agents.conf: a section for each agent. Only his name is taken over."""
        for setting in section.settings:
            if setting.key == "fullname" and not section.is_template:
                self._names[_id_of(section.name)] = setting.value
            elif setting.key != "fullname":
                zh, en = MEANINGS.get(setting.key, NO_EQUAL)
                self.notes.append(note(setting, section.name, zh, en))


class _Step(msgspec.Struct, frozen=True):
    """A change of QUEUE_MAX_PENALTY in the course of a wait."""

    after_s: int
    most: int


def members_of(section: Section, queue: str, rules: ConfFile | None, people: Members) -> int:
    """Give the queue to its members; how many they are."""
    steps = _steps(section, queue, rules, people)
    served = 0
    for setting in section.settings:
        if setting.key != "member":
            continue
        interface, penalty, name, *rest = [part.strip() for part in [*_split(setting.value), "", "", ""]]
        if not interface:
            continue
        after_s = _after(steps, _penalty(penalty))
        if after_s is None:
            zh, en = (
                "penalty 超过规则允许的最大值，永不派发，已略过",
                "has a penalty beyond all the rule allows, left out",
            )
            people.notes.append(note(setting, queue, zh, en))
            continue
        agent = people.agent(setting, interface, name, queue)
        if any(_queue_of(one) == queue for one in agent["queues"]):
            continue
        agent["queues"].append(_membership(queue, _penalty(penalty), after_s))
        served += 1
        if len(rest) > 2 and rest[2]:
            zh, en = (
                "成员单独的 wrapuptime 没有对应（按队列设置）",
                "a wrapuptime of a member has no equal: it is the queue's",
            )
            people.notes.append(note(setting, queue, zh, en))
    return served


def _split(value: str) -> list[str]:
    """By commas; a name may stand in quotes, with a comma in it."""
    return [part.strip().strip('"') for part in next(csv.reader([value], skipinitialspace=True), [])]


def _membership(queue: str, tier: int, after_s: int) -> str | dict[str, Any]:
    unusual: dict[str, Any] = {**({"tier": tier} if tier else {}), **({"after": duration(after_s)} if after_s else {})}
    return {"queue": queue, **unusual} if unusual else queue


def _queue_of(membership: str | dict[str, Any]) -> str:
    return membership if isinstance(membership, str) else str(membership["queue"])


def _penalty(text: str) -> int:
    return min(int(text), 1000) if text.isascii() and text.isdigit() else 0


def _id_of(interface: str) -> str:
    """PJSIP/1001, SIP/agent-1001, Local/1001@agents/n, Agent/1001 -> 1001."""
    rest = interface.partition("/")[2] or interface
    word = rest.partition("@")[0].partition("/")[0].removeprefix("agent-")
    return _OTHER.sub("-", word).strip("-_")[:32] or "agent"


# --- queuerules.conf -------------------------------------------------------------------------------------------------


def _steps(section: Section, queue: str, rules: ConfFile | None, people: Members) -> list[_Step]:
    """The queue's rule as steps: who has a higher penalty comes in later."""
    chosen = section.last("defaultrule")
    if chosen is None:
        return []
    rule = rules.sections.get(chosen.value) if rules else None
    if rule is None:
        zh, en = (
            f"找不到规则 {chosen.value}（queuerules.conf），未带入",
            f"rule {chosen.value} was not found (queuerules.conf): left out",
        )
        people.notes.append(note(chosen, queue, zh, en))
        return []
    steps: list[_Step] = []
    most = 0
    for setting in rule.settings:
        after, change, *others = [part.strip() for part in [*setting.value.split(","), ""]]
        if setting.key != "penaltychange" or not after.isdigit() or any(others) or not _CHANGE.fullmatch(change):
            people.notes.append(note(setting, rule.name, *NO_EQUAL))
            continue
        most = most + int(change) if change[0] in "+-" else int(change)
        steps.append(_Step(int(after), most))
    zh = "变为后备（after）：按 QUEUE_MAX_PENALTY 从 0 开始计算"
    en = "became reserve (`after`), as if QUEUE_MAX_PENALTY began at 0"
    people.notes.append(note(chosen, queue, zh, en))
    return steps


_CHANGE = re.compile(r"[+-]?\d{1,6}", re.ASCII)


def _after(steps: list[_Step], penalty: int) -> int | None:
    """When a member of this penalty comes in; None: never."""
    if not steps or penalty == 0:
        return 0
    return next((step.after_s for step in steps if step.most >= penalty), None)
