"""One dialogue played on the interpreter: what a caller does is given to it step by step, what he meets is written down."""

from collections import deque
from datetime import UTC
from zoneinfo import ZoneInfo

import msgspec

from acd.model import QueueId
from engine.config.check import Examined
from engine.config.fields import seconds
from engine.ivrtests.models import DialogueModel
from ivr import flow as fl
from ivr import steps
from ivr.conditions import Facts, QueueFacts
from ivr.deciding import CUSTOMER
from ivr.digits import is_complete
from ivr.hours import is_open
from ivr.nodes import ALL_KEYS, NodeId
from ivr.steps import Enqueue, HangUp, Step

__all__ = ["Dialogue", "play"]

_STATUS = {"answered": "ANSWER", "busy": "BUSY", "no answer": "NOANSWER", "failed": "CHANUNAVAIL"}


class Dialogue(msgspec.Struct):
    """What became of it."""

    nodes: list[str] = []
    heard: list[str] = []
    attributes: dict[str, str] = {}
    masked: dict[str, str] = {}
    customer: str = ""
    language: str = ""
    queue: str = ""
    ends: str = ""
    callback: str = ""
    message: bool = False
    transfer: str = ""
    left: list[str] = []
    """What he was to do and was not asked for."""


def play(test: DialogueModel, examined: Examined) -> Dialogue:
    """Lead him to his end; it always comes (Flow.max_moves)."""
    return _Stage(test, examined).run()


class _HungUp(Exception):
    pass


class _Stage:
    def __init__(self, test: DialogueModel, examined: Examined) -> None:
        self.test = test
        self.script = examined.configuration.script
        self.zone = ZoneInfo(examined.configuration.rules.time_zone)
        self.did = test.did or examined.configuration.system.numbers[0]
        self.acts = deque(test.does)
        self.recorded = False
        self.out = Dialogue(
            attributes=dict(test.attributes), customer=test.customer, language=self.script.flow.language
        )

    def run(self) -> Dialogue:
        flow = self.script.flow
        step = fl.resume(flow, NodeId(self.test.start)) if self.test.start else fl.begin(flow)
        if self.test.start:
            self.out.nodes.append(self.test.start)
        try:
            while True:
                self._note(step)
                match step.action:
                    case Enqueue(queue, _, prompts):
                        self.out.heard += prompts
                        self.out.queue = queue
                        break
                    case HangUp(prompts, reason):
                        self.out.heard += prompts
                        self.out.ends = reason
                        break
                    case action:
                        step = fl.advance(flow, step.position, self._happened(action))
        except _HungUp:
            self.out.ends = "hangs up"
            self.out.message = self.out.message or self.recorded
        self.out.left = list(self.acts)
        return self.out

    def _note(self, step: Step) -> None:
        self.out.nodes += [entered.node for entered in step.entered]
        self.out.masked |= step.masked
        self.out.attributes |= {name: value for name, value in step.learned.items() if name != CUSTOMER}
        self.out.customer = step.learned.get(CUSTOMER, self.out.customer)
        self.out.language = step.learned.get("language", self.out.language)

    def _happened(self, action: steps.Action) -> steps.Happened:
        self.out.heard += getattr(action, "prompts", ())
        match action:
            case steps.AskKey():
                return self._key()
            case steps.AskDigits(typed=typed, longest=longest):
                return steps.DigitsTyped(self._digits(typed, longest))
            case steps.RecordMessage(shortest_s=shortest_s):
                length_s = self._spoken_s()
                self.recorded = length_s >= shortest_s
                return steps.Recorded(length_s)
            case steps.KeepMessage() | steps.DropMessage():
                self.out.message, self.recorded = isinstance(action, steps.KeepMessage), False
            case steps.Play() | steps.PlayMessage():
                pass
            case _:
                return self._answered(action)
        return steps.NothingPressed()

    def _answered(self, action: steps.Action) -> steps.Happened:
        """What others than the caller say to it."""
        match action:
            case steps.CheckHours(calendar):
                return steps.HoursChecked(self._is_open(calendar))
            case steps.SeeFacts(queues, calendars):
                return steps.FactsSeen(self._facts(queues, calendars))
            case steps.LookUp(lookup):
                return steps.LookedUp(self.test.lookups.get(lookup))
            case steps.RequestCallback(number):
                accepted = not self.acts or self.acts.popleft() != "refused"
                self.out.callback = number if accepted else ""
                return steps.CallbackAnswered(accepted)
            case steps.DialOut(number):
                status = _STATUS.get(self._next(), "CHANUNAVAIL")
                self.out.transfer = number if status == "ANSWER" else ""
                return steps.DialledOut(status)
            case _:
                raise ValueError(f"{type(action).__name__} is not done on the way")

    # --- what he does -------------------------------------------------------------------------------------------------

    def _next(self) -> str:
        act = self.acts.popleft() if self.acts else "nothing"
        if act == "hangs up":
            raise _HungUp
        return act

    def _key(self) -> steps.Happened:
        """One key; those that follow it in the same entry are for what comes next."""
        act = self._next()
        if act[0] not in ALL_KEYS:
            return steps.NothingPressed()
        if act[1:]:
            self.acts.appendleft(act[1:])
        return steps.KeyPressed(act[0])

    def _digits(self, typed: str, longest: int) -> str:
        act = self._next()
        rest = act if act[0] in ALL_KEYS else ""
        while rest and not is_complete(typed, longest):
            typed, rest = typed + rest[0], rest[1:]
        if rest:
            self.acts.appendleft(rest)
        return typed

    def _spoken_s(self) -> float:
        act = self._next()
        if not act.startswith("said"):
            return 0.0
        return seconds(act.removeprefix("said ")) if act != "said" else 10.0

    # --- what is so ---------------------------------------------------------------------------------------------------

    def _is_open(self, calendar: str) -> bool:
        return is_open(self.script.calendars[calendar], self.test.at.replace(tzinfo=self.zone).astimezone(UTC))

    def _facts(self, queues: tuple[QueueId, ...], calendars: tuple[str, ...]) -> Facts:
        stand = {
            QueueId(name): QueueFacts(
                waiting=queue.waiting, ready=queue.ready, on_duty=queue.on_duty, expected_s=queue.expected_wait
            )
            for name, queue in self.test.queues.items()
        }
        return Facts(
            number=self.test.number,
            did=self.did,
            vip=self.test.vip,
            customer=self.out.customer,
            language=self.out.language,
            attributes={**self.out.attributes, **self.out.masked},
            queue=QueueId(self.test.last_queue) if self.test.last_queue else None,
            queues={queue: stand.get(queue, QueueFacts(ready=1, on_duty=1)) for queue in queues},
            open={calendar: self._is_open(calendar) for calendar in calendars},
        )
