"""An agent's states, as one table.

Two rules: everything that changes an agent's state stands in TRANSITIONS, and a trigger that is not there raises
IllegalTransition and changes nothing. A wish for a break or for going home that comes during a call is no transition:
it is remembered (DEFERRABLE) and carried out when the agent is free again.

Whether the agent's *phone* can ring is a second, independent fact (PhoneState): an agent may be READY while his phone is
unplugged; he then gets no offers.
"""

from enum import StrEnum
from typing import Final

__all__ = [
    "DEFERRABLE",
    "LOGGED_IN",
    "ON_CALL",
    "ON_DUTY",
    "TRANSITIONS",
    "WITHOUT_CALL",
    "AgentState",
    "IllegalTransition",
    "PhoneState",
    "Trigger",
    "after",
]


class AgentState(StrEnum):
    """What an agent is doing, in the words of the glossary."""

    OFFLINE = "offline"
    NOT_READY = "not_ready"
    READY = "ready"
    OFFERED = "offered"
    TALKING = "talking"
    HOLDING = "holding"
    WRAP_UP = "wrap_up"


class PhoneState(StrEnum):
    """What Asterisk says of the agent's phone, apart from the calls Hotline itself puts there."""

    UNREACHABLE = "unreachable"
    IDLE = "idle"
    IN_USE = "in_use"


class Trigger(StrEnum):
    """What can happen to an agent."""

    LOG_IN = "log_in"
    LOG_OUT = "log_out"
    GO_READY = "go_ready"
    GO_NOT_READY = "go_not_ready"
    OFFER = "offer"
    OFFER_ENDED = "offer_ended"
    ANSWER = "answer"
    HOLD = "hold"
    RESUME = "resume"
    END_TALK = "end_talk"
    END_WRAP_UP = "end_wrap_up"


class IllegalTransition(Exception):
    """The agent's state does not allow this now."""

    def __init__(self, state: AgentState, trigger: Trigger) -> None:
        super().__init__(f"an agent who is {state} cannot {trigger}")
        self.state = state
        self.trigger = trigger


_S, _T = AgentState, Trigger

TRANSITIONS: Final[dict[tuple[AgentState, Trigger], AgentState]] = {
    (_S.OFFLINE, _T.LOG_IN): _S.NOT_READY,
    (_S.NOT_READY, _T.GO_READY): _S.READY,
    (_S.NOT_READY, _T.GO_NOT_READY): _S.NOT_READY,  # another reason
    (_S.NOT_READY, _T.LOG_OUT): _S.OFFLINE,
    (_S.READY, _T.OFFER): _S.OFFERED,
    (_S.READY, _T.GO_NOT_READY): _S.NOT_READY,
    (_S.READY, _T.LOG_OUT): _S.OFFLINE,
    (_S.OFFERED, _T.OFFER_ENDED): _S.READY,
    (_S.OFFERED, _T.ANSWER): _S.TALKING,
    (_S.TALKING, _T.HOLD): _S.HOLDING,
    (_S.TALKING, _T.END_TALK): _S.WRAP_UP,
    (_S.HOLDING, _T.RESUME): _S.TALKING,
    (_S.HOLDING, _T.END_TALK): _S.WRAP_UP,
    (_S.WRAP_UP, _T.END_WRAP_UP): _S.READY,
}

DEFERRABLE: Final = frozenset(
    (state, trigger)
    for state in (_S.OFFERED, _S.TALKING, _S.HOLDING, _S.WRAP_UP)
    for trigger in (_T.GO_NOT_READY, _T.LOG_OUT)
)
"""Wishes that wait until the agent is free: nobody loses a caller by pressing the break key too early."""

ON_CALL: Final = frozenset({_S.OFFERED, _S.TALKING, _S.HOLDING})
ON_DUTY: Final = frozenset({_S.READY, _S.OFFERED, _S.TALKING, _S.HOLDING, _S.WRAP_UP})
"""States that count as time on duty for the least-busy strategy: logged in and not on a break."""
LOGGED_IN: Final = frozenset(_S) - {_S.OFFLINE}
WITHOUT_CALL: Final = frozenset({_S.READY, _S.NOT_READY, _S.OFFLINE})
"""He has no call and no paperwork of one. (Python 3.11 takes seven times as long to look a member up in its class as to
find it in a set.)"""


def after(state: AgentState, trigger: Trigger) -> AgentState:
    """The state that follows; raises IllegalTransition where the table has no line."""
    try:
        return TRANSITIONS[state, trigger]
    except KeyError:
        raise IllegalTransition(state, trigger) from None
