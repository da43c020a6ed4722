"""What may stand in a file of dialogue tests: a list of tests."""

import re
from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, Field, PlainValidator

from engine.config.fields import Identifier, OneOrMore, PhoneNumber, Text, Whole, seconds
from engine.config.models import Model
from engine.ruletests.models import LONGEST_LIST, moment

__all__ = ["DialogueModel", "ExpectedModel", "QueueModel"]

WORDS: Final = ("nothing", "said", "hangs up", "answered", "busy", "no answer", "failed", "accepted", "refused")
_DOES = re.compile(rf"[0-9*#]{{1,200}}|{'|'.join(WORDS)}|said [0-9.]+[hms]?", re.ASCII)


def _does(value: str) -> str:
    """Keys, or a word for what keys are not."""
    if not _DOES.fullmatch(value):
        raise ValueError(f"expected keys such as 1 or 1234#, or one of {', '.join(WORDS)}, said 5s")
    if value.startswith("said "):
        seconds(value.removeprefix("said "))
    return value


Does = Annotated[str, AfterValidator(_does)]


class QueueModel(Model):
    """How a queue stands."""

    waiting: Annotated[Whole, Field(ge=0)] = 0
    ready: Annotated[Whole, Field(ge=0)] = 1
    on_duty: Annotated[Whole, Field(ge=0)] = 1
    expected_wait: Annotated[float | None, PlainValidator(lambda value: None if value is None else seconds(value))] = (
        None
    )


class ExpectedModel(Model):
    """What is expected of the whole dialogue; what is left out is not looked at."""

    nodes: list[Text] | None = None
    """Those he reaches, in this order and no others; `...` stands for any."""
    hears: Annotated[tuple[Text, ...], OneOrMore] = ()
    """Prompts he hears at some time, in this order."""
    queue: Identifier | None = None
    """The queue he is put into."""
    attributes: dict[Identifier, str] = Field(default_factory=dict)
    customer: str | None = None
    language: Identifier | None = None
    ends: Identifier | None = None
    """The call ends for this reason."""
    callback: PhoneNumber | None = None
    """He is to be called back at this number."""
    message: bool | None = None
    """Whether a message of his is kept."""
    transfer: PhoneNumber | None = None
    """He is connected with this number outside."""


class DialogueModel(Model):
    """One dialogue."""

    test: Text
    at: Annotated[datetime, PlainValidator(moment)] = datetime(2026, 1, 7, 10, 0)
    number: str = Field(default="13800138000", max_length=20)
    did: PhoneNumber | None = None
    """The number he calls; left out: the first of system.yaml."""
    vip: Annotated[Whole, Field(ge=0)] = 0
    customer: str = ""
    attributes: dict[Identifier, str] = Field(default_factory=dict)
    last_queue: Identifier | None = None
    """The queue he comes from, when he is sent to a node."""
    start: Text | None = None
    """The node he begins at; left out: the flow's."""
    lookups: dict[Identifier, dict[Identifier, str] | None] = Field(default_factory=dict)
    """What other systems answer; null, or left out: nothing."""
    queues: dict[Identifier, QueueModel] = Field(default_factory=dict)
    does: tuple[Does, ...] = Field(default=(), max_length=LONGEST_LIST)
    """What he does each time he is asked, in turn: keys, nothing, said 5s (a message), hangs up; of a transfer answered, busy,
    no answer, failed; of a callback accepted (which need not be said), refused. Then he does nothing more."""
    expect: ExpectedModel
