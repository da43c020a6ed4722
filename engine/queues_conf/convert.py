"""queues.conf as queues.yaml and agents.yaml: what each key becomes.

Where app_queue leaves a decision to the dialplan (what happens when a queue is full, or empty) something sound is put in, and
noted: it must be looked at.
"""

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from acd.rules import Strategy
from engine.config.fields import duration
from engine.queues_conf.members import Members, members_of
from engine.queues_conf.notes import MEANINGS, NO_EQUAL, Note, note
from engine.queues_conf.read import ConfFile, Section, Setting
from engine.words import say

__all__ = ["Converted", "Note", "convert", "identifier"]

APP_QUEUE_RING_S: Final = 15
APP_QUEUE_RETRY_S: Final = 5
WHOEVER_IS_TURNED_AWAY: Final = {"prompt": "agents_busy"}
PERIODIC: Final = "please_wait"

_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_OTHER = re.compile(r"[^A-Za-z0-9_-]+", re.ASCII)
_YES = ("yes", "true", "y", "t", "1", "on")


class Converted(msgspec.Struct):
    """What a queues.conf became. `unserved`: queues without a member, which a configuration cannot have."""

    queues: dict[str, dict[str, Any]] = {}
    unserved: dict[str, dict[str, Any]] = {}
    agents: dict[str, dict[str, Any]] = {}
    notes: list[Note] = []


def convert(queues: ConfFile, rules: ConfFile | None = None, agents: ConfFile | None = None) -> Converted:
    """The queues of a queues.conf; `rules` is its queuerules.conf, `agents` an agents.conf with people's names."""
    result = Converted()
    for conf in (queues, rules, agents):
        for left in conf.not_understood if conf else ():
            text = say(f"看不懂，已略过：{left.value}", f"not understood, left out: {left.value}")
            result.notes.append(Note(left.file, left.line, "-", text))
    for setting in queues.section("general").settings:
        zh, en = MEANINGS.get(setting.key, NO_EQUAL)
        result.notes.append(note(setting, "general", zh, en))
    people = Members(agents)
    for section in queues.sections.values():
        if section.name != "general" and not section.is_template:
            _take_queue(section, rules, people, result)
    result.agents = people.agents
    result.notes += people.notes
    return result


def _take_queue(section: Section, rules: ConfFile | None, people: Members, result: Converted) -> None:
    name = identifier(section.name)
    where = next(iter(section.settings), Setting("", "", "queues.conf", 0))
    while name in result.queues or name in result.unserved:
        name = f"{name[:30]}-2"
    if name != section.name:
        text = say(f"名称改为 {name}（只能用字母、数字、_ 和 -）", f"is called {name} (letters, digits, _ and - only)")
        result.notes.append(Note(where.file, where.line, section.name, text))
    served = members_of(section, name, rules, people)
    queue = _Queue(section, name)
    settings = queue.convert()
    result.notes += queue.notes
    if served:
        result.queues[name] = settings
    else:
        result.unserved[name] = settings
        text = say(
            "没有成员（动态成员不在文件里），已注释掉：在 agents.yaml 中给座席加上此队列后再启用",
            "has no member (dynamic ones do not stand in the file) and is commented out: give it to agents in agents.yaml, "
            "then take the # away",
        )
        result.notes.append(Note(where.file, where.line, name, text))


def identifier(text: str) -> str:
    """A name as ours may be: what may not stand in it becomes a dash."""
    return _OTHER.sub("-", text).strip("-_")[:32] or "queue"


class _Queue:
    """One section on its way to be a queue."""

    def __init__(self, section: Section, name: str) -> None:
        self._section = section
        self._name = name
        self.notes: list[Note] = []

    def convert(self) -> dict[str, Any]:
        found: dict[str, Any] = {"name": {"zh": self._section.name[:200]}, **self._strategy()}
        found |= self._seconds("timeout", "ring", APP_QUEUE_RING_S, self._ring)
        found |= self._seconds("retry", "retry_same_agent", APP_QUEUE_RETRY_S, self._retry)
        found |= self._seconds("wrapuptime", "wrap_up", 0, duration)
        found |= self._no_answer_limit() | self._service_level() | self._weight()
        if limits := {**self._full(), **self._nobody()}:
            found["limits"] = limits
        found |= self._periodic_announce()
        found["record"] = self._section.last("monitor-format") is not None
        self._say_what_is_left()
        return found

    # --- what each key becomes ---------------------------------------------------------------------------------------

    def _strategy(self) -> dict[str, Any]:
        setting = self._section.last("strategy")
        wanted = setting.value.lower() if setting else "ringall"
        if wanted in _APP_QUEUES_NAMES:
            return {"strategy": wanted}
        assert setting is not None
        zh, en = f'没有 "{wanted}"，改为 rrmemory', f'there is no "{wanted}": became rrmemory'
        self._note(setting, zh, en)
        return {"strategy": "rrmemory"}

    def _seconds(self, key: str, ours: str, default: int, said: Callable[[float], str]) -> dict[str, Any]:
        value = self._whole(key)
        return {ours: said(float(default if value is None else value))}

    def _ring(self, ring_s: float) -> str:
        if ring_s >= 1:
            return duration(ring_s)
        self._note(self._section.last("timeout"), "0 表示一直振铃，改为 1 分钟", "0 rings for ever: became a minute")
        return "1m"

    def _retry(self, retry_s: float) -> str:
        setting = self._section.last("retry")
        self._note(
            setting,
            "含义不同：app_queue 每轮之间停顿；这里是同一座席多久后再被问同一来电，其他座席立即被问",
            "differs: app_queue pauses between rounds; here the same agent is not asked again for the same call so long, "
            "and the next one is asked at once",
        )
        return duration(max(retry_s, 0.1))

    def _no_answer_limit(self) -> dict[str, Any]:
        setting = self._section.last("autopause")
        if setting is None or setting.value.lower() not in (*_YES, "all"):
            return {"no_answer_limit": 0}
        self._note(
            setting,
            "变为 no_answer_limit: 1；未接的座席对所有队列示忙",
            "became no_answer_limit: 1; who does not answer is not ready for any queue",
        )
        return {"no_answer_limit": 1}

    def _service_level(self) -> dict[str, Any]:
        within = self._whole("servicelevel")
        return {"service_level": {"within": duration(within)}} if within else {}

    def _weight(self) -> dict[str, Any]:
        weight = self._whole("weight")
        if not weight:
            return {}
        priority = min(weight, 100)
        self._note(
            self._section.last("weight"),
            f"变为 priority: {priority}。app_queue 中权重高的队列绝对优先；这里相当于早到 {priority} 个 priority_point",
            f"became priority: {priority}. In app_queue a heavier queue goes before others whatever; here its callers stand as "
            f"if they had come {priority} times priority_point earlier",
        )
        return {"priority": priority}

    def _full(self) -> dict[str, Any]:
        most = self._whole("maxlen")
        if not most:
            return {}
        self._note(
            self._section.last("maxlen"),
            "变为 max_waiting；满员后的去向 full 请按原拨号方案（QUEUESTATUS=FULL）改写",
            "became max_waiting; put into `full` what your dialplan did then (QUEUESTATUS=FULL)",
        )
        return {"max_waiting": most, "full": dict(WHOEVER_IS_TURNED_AWAY)}

    def _nobody(self) -> dict[str, Any]:
        joining, leaving = self._section.last("joinempty"), self._section.last("leavewhenempty")
        refuses = joining is not None and joining.value.lower() not in _YES
        lets_go = leaving is not None and leaving.value.lower() not in ("no", "false", "n", "f", "0", "off")
        for setting, matters in ((joining, refuses), (leaving, lets_go)):
            if setting is not None and matters:
                self._note(
                    setting,
                    "变为 limits.nobody：无人签入时（小休的座席仍算签入），已在等待的来电也会离开；去向请按原拨号方案改写",
                    "became limits.nobody: while nobody is logged in (who is on a break is), for who waits already too; put in "
                    "what your dialplan did then",
                )
        return {"nobody": dict(WHOEVER_IS_TURNED_AWAY)} if refuses or lets_go else {}

    def _periodic_announce(self) -> dict[str, Any]:
        sound, every = self._section.last("periodic-announce"), self._whole("periodic-announce-frequency") or 0
        if sound is None or not every:
            return {}
        after = self._whole("periodic-announce-startdelay")
        self._note(
            sound,
            f"变为 recipes，播放 {PERIODIC}；请把 {sound.value} 录成提示音后替换",
            f"became a recipe that plays {PERIODIC}; make a prompt of {sound.value} and name it there",
        )
        recipe = {
            "name": "periodic-announce",
            "after": duration(every if after is None else after),
            "every": duration(every),
            "do": {"play": PERIODIC},
        }
        return {"recipes": [recipe]}

    # --- the rest ----------------------------------------------------------------------------------------------------

    def _say_what_is_left(self) -> None:
        told: set[str] = set()
        for setting in reversed(self._section.settings):
            if setting.key in told or setting.key in _TAKEN:
                continue
            told.add(setting.key)
            if setting.key == "musicclass" and setting.value == "default":
                continue
            zh, en = MEANINGS.get(setting.key, NO_EQUAL)
            self._note(setting, zh, en)

    def _whole(self, key: str) -> int | None:
        setting = self._section.last(key)
        if setting is None:
            return None
        if not _WHOLE.fullmatch(setting.value):
            self._note(
                setting,
                f'应为整数，得到 "{setting.value}"，已略过',
                f'expected a whole number, got "{setting.value}": left out',
            )
            return None
        return int(setting.value)

    def _note(self, setting: Setting | None, zh: str, en: str) -> None:
        if setting is not None:
            self.notes.append(note(setting, self._name, zh, en))


_APP_QUEUES_NAMES: Final = frozenset(
    {
        Strategy.RINGALL,
        Strategy.LEASTRECENT,
        Strategy.FEWESTCALLS,
        Strategy.RRMEMORY,
        Strategy.RRORDERED,
        Strategy.WRANDOM,
        Strategy.LINEAR,
        Strategy.RANDOM,
    }
)
_TAKEN: Final = frozenset(
    {
        *(
            "strategy",
            "timeout",
            "retry",
            "wrapuptime",
            "servicelevel",
            "weight",
            "maxlen",
            "joinempty",
            "leavewhenempty",
        ),
        *("autopause", "periodic-announce", "periodic-announce-frequency", "periodic-announce-startdelay"),
        *("member", "defaultrule"),
    }
)
