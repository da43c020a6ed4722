"""What an import says about each key that is not simply taken over: what it became, or that there is no equal."""

from typing import Final

import msgspec

from engine.queues_conf.read import Setting
from engine.words import say

__all__ = ["MEANINGS", "NO_EQUAL", "Note", "note"]


class Note(msgspec.Struct, frozen=True):
    """One remark. `line` 0: it is about nothing that stands in the file."""

    file: str
    line: int
    about: str
    """The queue or agent, and the key."""
    text: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.about}: {self.text}"


def note(setting: Setting, about: str, zh: str, en: str) -> Note:
    """A remark on a setting."""
    return Note(setting.file, setting.line, f"{about}.{setting.key}" if about else setting.key, say(zh, en))


NO_EQUAL: Final = ("没有对应，未带入", "has no equal, left out")

MEANINGS: Final[dict[str, tuple[str, str]]] = {
    "autofill": (
        "无需设置：空闲座席总是立即得到下一个来电",
        "needs no key: every free agent is given a caller at once",
    ),
    "shared_lastcall": (
        "无需设置：座席的事后处理对其所有队列都有效",
        "needs no key: an agent's wrap-up keeps him from the calls of all his queues",
    ),
    "force_longest_waiting_caller": (
        "无需设置：多队列座席总是先接最急的来电",
        "needs no key: an agent of several queues is given the most urgent caller of all",
    ),
    "persistentmembers": (
        "无需设置：座席的状态在重启后保留",
        "needs no key: agents stay what they are over a restart",
    ),
    "ringinuse": (
        "座席一次只接一个来电，话机占用时不会振铃",
        "an agent has one call at a time; a phone in use is never rung",
    ),
    "monitor-type": ("无需设置：录音为双声道 WAV", "needs no key: recordings are stereo WAV"),
    "monitor-format": ("变为 record: true（双声道 WAV）", "became record: true (stereo WAV)"),
    "timeoutpriority": (
        "无需设置：振铃不会超过 ring，等待不会超过 max_wait",
        "needs no key: a phone rings for `ring`, a caller waits for `max_wait`",
    ),
    "autopausebusy": (
        "no_answer_limit 也计入占线与拒接",
        "no_answer_limit counts busy and declined calls as well",
    ),
    "autopauseunavail": (
        "no_answer_limit 也计入话机不可达",
        "no_answer_limit counts unreachable phones as well",
    ),
    "announce": (
        "没有对应：座席的弹屏会显示队列名称",
        "has no equal: the agent's screen pop names the queue",
    ),
    "context": (
        "没有对应：等待中按键离开队列请用 recipes 的 leave 代替",
        "has no equal: callers do not leave by a key; a recipe with `leave` may let them go",
    ),
    "membermacro": ("没有对应：请用 webhooks 或接口", "has no equal: see webhooks and the API"),
    "membergosub": ("没有对应：请用 webhooks 或接口", "has no equal: see webhooks and the API"),
    "eventwhencalled": ("无需设置：接口推送所有事件", "needs no key: the feeds have all events"),
    "eventmemberstatus": ("无需设置：接口推送所有事件", "needs no key: the feeds have all events"),
    "reportholdtime": (
        "没有对应：座席的弹屏会显示等待时间",
        "has no equal: the screen pop shows how long he waited",
    ),
    "penaltymemberslimit": (
        "没有对应：梯队（tier）总是有效",
        "has no equal: tiers always count",
    ),
}
"""Of keys that are not taken over, what there is in their place."""
