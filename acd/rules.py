"""A checked version of the configuration, in the form the core decides by.

engine.config builds it from the YAML files; it travels inside the journal, so that a replay needs no files.
Durations are seconds.
"""

from enum import StrEnum

import msgspec

from acd.estimate import rivals
from acd.model import QueueId
from agents.roster import AgentId, AgentSettings, BreakRule
from agents.workload import LeastBusyWeights

__all__ = [
    "Affinity",
    "Announce",
    "AtClose",
    "CallbackRules",
    "CallerRule",
    "Comfort",
    "Dialling",
    "Do",
    "Overflow",
    "QueueRules",
    "Recipe",
    "Rules",
    "ServiceLevel",
    "Strategy",
    "When",
]


class Strategy(StrEnum):
    """Which of the ready agents of a queue is asked first.

    The second part are app_queue's names with app_queue's meaning (apps/app_queue.c, calc_metric); `linear` and `random` are
    the same in both.
    """

    LONGEST_IDLE = "longest-idle"
    LEAST_BUSY = "least-busy"
    ROUND_ROBIN = "round-robin"
    FEWEST_CALLS = "fewest-calls"
    MOST_SKILLED = "most-skilled"
    LINEAR = "linear"
    RANDOM = "random"
    WEIGHTED_RANDOM = "weighted-random"
    RING_ALL = "ring-all"

    RINGALL = "ringall"
    LEASTRECENT = "leastrecent"
    FEWESTCALLS = "fewestcalls"
    RRMEMORY = "rrmemory"
    RRORDERED = "rrordered"
    WRANDOM = "wrandom"


class ServiceLevel(msgspec.Struct, frozen=True, kw_only=True):
    """80/20: the share `target` (0-1) of the callers is to be answered within `within_s`."""

    target: float = 0.8
    within_s: float = 20.0


class Affinity(msgspec.Struct, frozen=True, kw_only=True):
    """Last agent first: a caller who rings again within `window_s` waits up to `wait_s` for the agent who served him,
    if that agent can be expected to be free by then. With `customer` the last agent of the customer counts, whatever number
    he rings from, once he is identified."""

    window_s: float = 86400.0
    wait_s: float = 30.0
    customer: bool = True


class Overflow(msgspec.Struct, frozen=True, kw_only=True):
    """Where a caller goes who is not kept in a queue: one of another queue, a prompt and the end of the call, the busy tone
    and the end, or a node of the IVR flow (an announcement, a message, a callback)."""

    queue: QueueId | None = None
    prompt: str = ""
    busy: bool = False
    node: str = ""


class When(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions on a waiting caller, all of which must hold; what is not given is not asked."""

    position_over: int | None = None
    """More than so many places from the front: position_over 3 holds from place 4 on."""
    waiting_over: int | None = None
    """More than so many callers wait in the queue, he among them."""
    ready_under: int | None = None
    """Fewer than so many of the queue's agents are free."""
    on_duty_under: int | None = None
    """Fewer than so many of the queue's agents are logged in and on no break."""
    expected_wait_over_s: float | None = None
    """The middle of the expected wait is longer."""
    hours: tuple[tuple[int, int], ...] = ()
    """Minutes of the day, from (included) to (not included), in the rules' time zone; one of the spans must hold."""
    weekdays: tuple[int, ...] = ()
    """0 is Monday."""
    vip: int | None = None
    """His VIP level is at least this."""
    nodes: tuple[str, ...] = ()
    """He came through one of these IVR nodes: his menu choice."""
    attributes: dict[str, tuple[str, ...]] = {}
    """By attribute, the values that will do."""


class Do(msgspec.Struct, frozen=True, kw_only=True):
    """What a recipe does for the caller; it never makes him worse off."""

    require: dict[str, int] | None = None
    """From now on he needs only these skills. Where one asks for more than before, the lower level stays."""
    raise_by: int = 0
    """Points of priority, never fewer than 0."""
    add_queue: QueueId | None = None
    """Agents of this queue may take him as well; he keeps his place in his own."""
    play: str = ""
    """A prompt, while he goes on waiting."""
    leave: Overflow | None = None
    """He leaves the queue for there. To a queue nobody is on duty for he is not sent."""


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions and actions: what is done for a caller in the course of his wait."""

    name: str
    after_s: float = 0.0
    """Not before he has waited so long in this queue."""
    when: When = When()
    do: Do = Do()
    every_s: float | None = None
    """Done again and again, so often; None: once in a stay."""


class Comfort(msgspec.Struct, frozen=True, kw_only=True):
    """A word to those who have waited for so long in the queue."""

    after_s: float
    play: tuple[str, ...]
    every_s: float | None = None
    """Said again and again, so often; None: once in a stay."""


class Announce(msgspec.Struct, frozen=True, kw_only=True):
    """What callers are told while they wait."""

    position: bool = False
    """Their place in the queue."""
    expected_wait: bool = False
    """How long it will probably last, as a range; nothing while the queue has taught nothing to go by."""
    first_s: float = 20.0
    every_s: float = 60.0
    """When place and wait are said first, and how often from then on."""
    comfort: tuple[Comfort, ...] = ()
    """By `after_s`."""
    gap_s: float = 0.0
    """At least so long from the beginning of one prompt to the beginning of the next, whatever they say: recipes' too."""


class AtClose(StrEnum):
    """What becomes of those who wait when their queue closes."""

    SERVE = "serve"
    """They are served; only new callers are turned away."""
    TELL = "tell"
    """They go where those go who come too late (`closed`)."""


class CallbackRules(msgspec.Struct, frozen=True, kw_only=True):
    """How those are called back who asked for it instead of waiting on."""

    customer_first: bool = False
    """The customer is dialled first, with an agent kept for him; else the agent is rung first and then hears him being
    called."""
    attempts: int = 3
    """So often his phone is rung; then he is given up."""
    retry_s: tuple[float, ...] = (300.0, 900.0, 3600.0)
    """After the first attempt, the second, ...; the last one counts for all that follow."""
    ring_s: float = 25.0
    """So long his phone rings."""
    hours: tuple[tuple[int, int], ...] = ()
    """Minutes of the day, from (included) to (not included), in the rules' time zone, in which customers are called; none: as
    long as the queue is open."""
    keep_s: float = 28_800.0
    """So long after he asked he is given up."""
    wrap_up_if_missed: bool = False
    """Whether the agent wraps up after a customer who was not reached; else he is free at once."""


class Dialling(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the site may call over its trunk."""

    prefixes: tuple[str, ...] = ()
    """Numbers that begin so, and no others."""
    caller_id: str = ""
    """The number the customer is shown; "": the one he had dialled."""


class QueueRules(msgspec.Struct, frozen=True, kw_only=True):
    """One queue as configured."""

    id: QueueId
    names: dict[str, str] = {}
    """What people call it, by language ("zh", "en")."""
    strategy: Strategy = Strategy.LONGEST_IDLE
    weights: LeastBusyWeights = LeastBusyWeights()
    ring_at_once: int = 1
    """So many of the best agents are rung together for one caller; the first to answer has him. 0: all of them, which is
    what the strategies ring-all and ringall mean."""
    require: dict[str, int] = {}
    """Skills, with the least level, an agent needs for these callers; recipes relax it."""
    recipes: tuple[Recipe, ...] = ()
    priority: int = 0
    weight: float = 1.0
    """An agent of several queues is given the caller whose waiting time times his queue's weight is longest."""
    ring_s: float = 15.0
    retry_s: float = 10.0
    """An agent who did not take a call is not asked again for the same call this long."""
    no_answer_limit: int = 2
    """So many missed offers in a row set the agent not ready; 0: never."""
    wrap_up_s: float = 30.0
    wrap_up_extension_s: float = 60.0
    """By so much an agent's request makes his wrap-up longer."""
    wrap_up_extensions: int = 0
    """So often he may ask in one wrap-up."""
    ready_after_wrap_up: bool = True
    """False: after the wrap-up he is not ready (reason "after_call") until he says that he is."""
    max_wait_s: float | None = None
    overflow: Overflow | None = None
    """Where those go whose maximum wait is over."""
    max_waiting: int | None = None
    """So many callers may wait; the next one goes to `full`."""
    full: Overflow | None = None
    nobody: Overflow | None = None
    """Where callers go while none of the queue's agents is logged in; None: they wait all the same."""
    max_expected_wait_s: float | None = None
    """Callers who would probably wait longer go to `too_long`."""
    too_long: Overflow | None = None
    max_calls: int | None = None
    """So many calls of this queue may be rung or talking at once; the others wait."""
    calendar: str = ""
    """The opening hours of the queue, by the calendar's name; "": always open."""
    closed: Overflow | None = None
    """Where callers go who come while the queue is closed; None: the call ends with the prompt "closed"."""
    at_close: AtClose = AtClose.SERVE
    affinity: Affinity | None = None
    service_level: ServiceLevel = ServiceLevel()
    short_abandon_s: float = 5.0
    """Callers who hang up sooner are counted apart (misdials)."""
    callback: CallbackRules | None = None
    """None: nobody is called back by itself; who asked for it is on the list."""
    announce: Announce | None = None
    keys: dict[str, str] = {}
    """Keys by which a waiting caller leaves for a node of the flow; when he comes back from there he has his place."""
    resume_s: float = 0.0
    """Whoever hangs up while he waits and rings again within this time has his place back; 0: nobody has."""
    record: bool = True
    music: str = "default"


class CallerRule(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a caller by his number."""

    vip: int = 0
    blocked: bool = False
    """Blacklist: his calls end at once."""
    trusted: bool = False
    """Whitelist: no blacklist pattern and no limit of a queue (full, too long a wait) turns him away."""
    attributes: dict[str, str] = {}


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """All rules of a site, of one version."""

    version: str
    queues: dict[QueueId, QueueRules]
    agents: dict[AgentId, AgentSettings]
    numbers: dict[str, CallerRule] = {}
    """By exact number (acd.numbers.normal_number)."""
    prefixes: dict[str, CallerRule] = {}
    """By the number's beginning; the longest that fits counts, and only where the exact number has no rule."""
    vip_priority: dict[int, int] = {}
    """Points of priority by VIP level."""
    point_s: float = 60.0
    """What a point of priority is worth: a caller with p points stands where one without would who came p * point_s seconds
    earlier. So nobody is pushed past for longer than that: priorities age."""
    breaks: dict[str, BreakRule] = {}
    """By group."""
    time_zone: str = "Asia/Shanghai"
    menu_skills: tuple[str, ...] = ()
    """Skills the IVR's menu choices may ask for."""
    dialling: Dialling | None = None
    """None: nobody is called."""
    members: dict[QueueId, tuple[AgentId, ...]] = {}
    """Who serves each queue, in roster order; This and all that follow are worked out from the rest."""
    skills: dict[QueueId, tuple[str, ...]] = {}
    """Skills that matter in each queue."""
    reserves: dict[QueueId, tuple[float, ...]] = {}
    """After which waits reserve agents of each queue come in, shortest first."""
    rivals: dict[QueueId, dict[QueueId, float]] = {}
    """See acd.estimate.rivals."""
    asks_for_expectations: bool = False
    """Whether a limit or a recipe goes by the expected wait."""
    keeps_contacts_s: float | None = None
    """The longest affinity window of a queue; None: no queue asks for last agents. Seconds."""
    keeps_places_s: float = 0.0
    """The longest time for which a queue keeps the place of one who hung up. Seconds."""

    @classmethod
    def of(
        cls,
        version: str,
        queues: list[QueueRules],
        agents: list[AgentSettings],
        numbers: dict[str, CallerRule] | None = None,
        prefixes: dict[str, CallerRule] | None = None,
        vip_priority: dict[int, int] | None = None,
        breaks: dict[str, BreakRule] | None = None,
        point_s: float = 60.0,
        time_zone: str = "Asia/Shanghai",
        menu_skills: tuple[str, ...] = (),
        dialling: Dialling | None = None,
    ) -> "Rules":
        """Rules from their parts."""
        return cls(
            version=version,
            queues={queue.id: queue for queue in queues},
            agents={agent.id: agent for agent in agents},
            numbers=numbers or {},
            prefixes=prefixes or {},
            vip_priority=vip_priority or {},
            breaks=breaks or {},
            point_s=point_s,
            time_zone=time_zone,
            menu_skills=menu_skills,
            dialling=dialling,
        )

    def __post_init__(self) -> None:
        """Work out what follows from the rest; rules from an older journal or snapshot do not say it, or say it otherwise."""
        queues, agents = list(self.queues.values()), list(self.agents.values())
        members = {queue.id: tuple(agent.id for agent in agents if queue.id in agent.queues) for queue in queues}
        follows = {
            "members": members,
            "skills": _skills(queues, self.menu_skills),
            "reserves": {queue.id: _reserves(queue.id, agents) for queue in queues},
            "rivals": rivals(members),
            "asks_for_expectations": any(map(_asks_for_expectations, queues)),
            "keeps_contacts_s": max((queue.affinity.window_s for queue in queues if queue.affinity), default=None),
            "keeps_places_s": max((queue.resume_s for queue in queues), default=0.0),
        }
        for name, value in follows.items():
            msgspec.structs.force_setattr(self, name, value)

    @property
    def knows_vips(self) -> bool:
        """Whether any number, or beginning of numbers, has a VIP level."""
        return any(rule.vip for rules in (self.numbers, self.prefixes) for rule in rules.values())

    def longest_break_s(self, agent: AgentId, reason: str) -> float | None:
        """How long such a break may last by the rules of the agent's groups; None: as long as he likes."""
        settings = self.agents.get(agent)
        rules = [self.breaks.get(group) for group in settings.groups] if settings is not None else []
        limits = [rule.longest_s for rule in rules if rule and rule.longest_s is not None and reason in rule.reasons]
        return min(limits, default=None)

    def may_dial(self, number: str) -> bool:
        """Whether the site may call this number: 3 to 15 digits that begin as the configuration says."""
        if self.dialling is None or not (3 <= len(number) <= 15 and number.isascii() and number.isdigit()):
            return False
        return number.startswith(self.dialling.prefixes)

    def caller(self, number: str) -> CallerRule:
        """What is known of this number."""
        exact = self.numbers.get(number)
        if exact is not None:
            return exact
        for length in range(len(number), 0, -1) if self.prefixes else ():
            rule = self.prefixes.get(number[:length])
            if rule is not None:
                return rule
        return _STRANGER


_STRANGER = CallerRule()


def _skills(queues: list[QueueRules], menu_skills: tuple[str, ...]) -> dict[QueueId, tuple[str, ...]]:
    """What a queue asks for itself, and what callers may bring along from the menu or from a queue a recipe adds it to."""
    asked = {queue.id: {*queue.require, *menu_skills} for queue in queues}
    for queue in queues:
        for recipe in queue.recipes:
            if recipe.do.add_queue in asked:
                asked[recipe.do.add_queue].update(queue.require)
    return {queue: tuple(sorted(skills)) for queue, skills in asked.items()}


def _asks_for_expectations(queue: QueueRules) -> bool:
    by_recipe = any(recipe.when.expected_wait_over_s is not None for recipe in queue.recipes)
    return by_recipe or queue.max_expected_wait_s is not None


def _reserves(queue: QueueId, agents: list[AgentSettings]) -> tuple[float, ...]:
    waits = {agent.membership(queue).after_s for agent in agents if queue in agent.queues}
    return tuple(sorted(wait for wait in waits if wait > 0))
