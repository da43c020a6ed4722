"""What the ids in routing decisions are called, in Chinese and English: what set a decision off, strategies, reasons, rules."""

from collections.abc import Mapping
from typing import Final

from acd.rules import Strategy

__all__ = ["ASKED", "LANGUAGES", "OWN_REASONS", "REASONS", "RULES", "STRATEGIES", "Words", "word"]

LANGUAGES: Final = ("zh", "en")

Words = Mapping[str, tuple[str, str]]

STRATEGIES: Final[Words] = {
    Strategy.LONGEST_IDLE: ("最长空闲策略", "longest-idle strategy"),
    Strategy.LEAST_BUSY: ("最少占用策略", "least-busy strategy"),
    Strategy.ROUND_ROBIN: ("轮循策略", "round-robin strategy"),
    Strategy.FEWEST_CALLS: ("最少接听策略", "fewest-calls strategy"),
    Strategy.MOST_SKILLED: ("技能最高策略", "most-skilled strategy"),
    Strategy.LINEAR: ("固定顺序策略", "linear strategy"),
    Strategy.RANDOM: ("随机策略", "random strategy"),
    Strategy.WEIGHTED_RANDOM: ("按份额随机策略", "weighted-random strategy"),
    Strategy.RING_ALL: ("同时振铃策略", "ring-all strategy"),
    Strategy.RINGALL: ("同时振铃策略（ringall）", "ringall strategy"),
    Strategy.LEASTRECENT: ("最久未接策略（leastrecent）", "leastrecent strategy"),
    Strategy.FEWESTCALLS: ("最少接听策略（fewestcalls）", "fewestcalls strategy"),
    Strategy.RRMEMORY: ("轮循策略（rrmemory）", "rrmemory strategy"),
    Strategy.RRORDERED: ("按名单轮循策略（rrordered）", "rrordered strategy"),
    Strategy.WRANDOM: ("按级别随机策略（wrandom）", "wrandom strategy"),
}
ASKED: Final[Words] = {
    "caller_entered": ("来电进入队列", "the caller entered the queue"),
    "agent_free": ("座席空闲", "an agent became free"),
    "retry": ("再次寻找座席", "looked for an agent again"),
    "affinity_over": ("等待上次座席超时", "the wait for the last agent was over"),
    "recipe": ("等待规则生效", "a recipe was applied"),
    "reserve": ("后备座席可以接听", "a reserve agent may take him from now on"),
    "queue_limit": ("队列同时通话数回落", "the queue's limit of calls left room"),
    "assigned": ("主管指定座席", "a supervisor gave him an agent"),
    "identified": ("得知来电客户", "it became known which customer he is"),
}
"""`hand:NAME` is a supervisor's doing: cti.explain."""
REASONS: Final[Words] = {
    "best_score": ("排序最前", "first by the strategy"),
    "only_candidate": ("唯一可用", "the only one free"),
    "drawn": ("随机抽中", "drawn by lot"),
    "last_agent": ("上次服务的座席优先", "served this caller last"),
    "last_agent_of_customer": ("上次服务该客户的座席优先", "served this customer last"),
    "next_in_line": ("该来电排在最前", "this caller was next in line"),
    "wait_for_last_agent": ("等待上次服务的座席", "waits for the agent who served him last"),
    "assigned": ("由主管指定", "assigned by a supervisor"),
    "wait_for_assigned": ("等待主管指定的座席", "waits for the agent a supervisor gave him to"),
    "raised": ("提升优先级", "raised in priority"),
    "recipe": ("继续排队", "he goes on waiting"),
    "nobody_free": ("无空闲座席，继续排队", "nobody is free, he goes on waiting"),
    "nobody_suits": ("无符合要求的空闲座席，继续排队", "nobody who suits is free, he goes on waiting"),
    "queue_limit": ("队列同时通话数已满，继续排队", "the queue's limit of calls is reached, he goes on waiting"),
}
RULES: Final[Words] = {
    "offline": ("未签入", "not logged in"),
    "not_ready": ("示忙", "not ready"),
    "offered": ("振铃中", "being rung"),
    "talking": ("通话中", "talking"),
    "holding": ("通话保持中", "has a call on hold"),
    "wrap_up": ("事后处理", "in wrap-up"),
    "phone_unreachable": ("话机不可达", "phone unreachable"),
    "phone_in_use": ("话机占用", "phone in use"),
    "did_not_take_this_call": ("刚才未接本次来电", "did not take this call a moment ago"),
    "queue_limit": ("队列同时通话数已满", "the queue's limit of calls is reached"),
}
"""Rules that keep an agent out. `lacks:...` and `reserve:...` have figures in them: cti.explain."""
OWN_REASONS: Final[Words] = {
    "logged_in": ("刚签入", "just logged in"),
    "after_call": ("话后待就绪", "not ready again after a call"),
    "no_answer": ("多次未接，系统置忙", "missed calls, set by the system"),
    "declined": ("多次拒接，系统置忙", "declined calls, set by the system"),
    "unreachable": ("话机多次不可达，系统置忙", "phone not reached, set by the system"),
}
"""Not-ready reasons that no configuration names."""


def word(words: Words, key: str, language: str) -> str:
    """What it is called; an id nobody has named stands for itself."""
    return words[key][LANGUAGES.index(language)] if key in words else key
