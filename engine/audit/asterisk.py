"""The facts against Asterisk's diary of answers and hang-ups (cti.cel): calls and answers either side has alone, answers and
talks that differ by more than a second. Pure.

A talk is, for Asterisk, from the agent's answer to the first hang-up of the two. What an agent's phone answers without having
been offered a caller (feature codes, calls of his own) has a linkedid of its own and is nobody's business here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from cti.cel import ChannelPast
from cti.translate import agent_of_channel
from engine.audit.differences import Difference, Kind

__all__ = ["KnownAnswer", "KnownCall", "answers_apart", "calls_apart"]

TOLERANCE_S: Final = 1.0
SAME_ANSWER_S: Final = 10.0
"""An answer that is further away than this is another one."""


class KnownCall(msgspec.Struct, frozen=True):
    """A call as SQL has it."""

    call: str
    opened_at: float


class KnownAnswer(msgspec.Struct, frozen=True):
    """An offer that was answered; `talk_s` None: the talk goes on. `callback`: in a call that went out."""

    call: str
    agent: str
    answered_at: float
    talk_s: float | None
    callback: bool


def calls_apart(
    past: Mapping[str, ChannelPast], calls: Sequence[KnownCall], known: Iterable[str], since: float, until: float
) -> list[Difference]:
    """`calls` are those that came in from `since` to `until` and are over, `known` all that may be in the diary."""
    everyone = set(known)
    found = [
        Difference(kind=Kind.ASTERISK, what="unknown_call", at=caller.answered_at, call=caller.unique_id)
        for caller in past.values()
        if _is_caller(caller)
        and caller.answered_at is not None
        and since <= caller.answered_at < until
        and caller.unique_id not in everyone
    ]
    found += [
        Difference(kind=Kind.ASTERISK, what="call_not_in_diary", at=call.opened_at, call=call.call)
        for call in calls
        if call.call not in past
    ]
    return found


def answers_apart(
    past: Mapping[str, ChannelPast], answers: Sequence[KnownAnswer], since: float, until: float
) -> list[Difference]:
    """`answers` are those from SAME_ANSWER_S before `since` to as long after `until`; only those between are judged."""
    legs: dict[str, list[ChannelPast]] = {}
    ends: dict[str, list[float]] = {}
    for channel in past.values():
        agent = agent_of_channel(channel.channel)
        if channel.answered_at is not None:
            if agent:
                legs.setdefault(agent, []).append(channel)
            if channel.hung_up_at is not None:
                ends.setdefault(channel.linked_id, []).append(channel.hung_up_at)
    found: list[Difference] = []
    matched: set[str] = set()
    for answer in answers:
        leg = _leg_of(answer, legs.get(answer.agent, ()), matched)
        if leg is not None:
            matched.add(leg.unique_id)
        if since <= answer.answered_at < until:
            found += _apart(answer, leg, ends)
    for agent, his in legs.items():
        found += [_unknown(agent, leg) for leg in his if _is_unknown(leg, matched, since, until)]
    return found


def _is_caller(channel: ChannelPast) -> bool:
    """Who came in from outside: the dialplan has written down what he dialled."""
    return bool(channel.did) and channel.unique_id == channel.linked_id


def _leg_of(answer: KnownAnswer, legs: Sequence[ChannelPast], matched: set[str]) -> ChannelPast | None:
    """The agent's leg that was answered next to this time, for this caller; a callback's leg may be linked to itself."""
    near = [
        leg
        for leg in legs
        if leg.unique_id not in matched
        and (answer.callback or leg.linked_id == answer.call)
        and abs((leg.answered_at or 0.0) - answer.answered_at) <= SAME_ANSWER_S
    ]
    return min(near, key=lambda leg: abs((leg.answered_at or 0.0) - answer.answered_at), default=None)


def _apart(answer: KnownAnswer, leg: ChannelPast | None, ends: Mapping[str, Sequence[float]]) -> Iterable[Difference]:
    if leg is None or leg.answered_at is None:
        yield _differs(answer, "answer_not_in_diary")
        return
    if abs(leg.answered_at - answer.answered_at) > TOLERANCE_S:
        yield _differs(answer, "answered_at", answer.answered_at, leg.answered_at)
    ended_at = min((end for end in ends.get(leg.linked_id, ()) if end >= leg.answered_at), default=None)
    if ended_at is not None and answer.talk_s is not None:
        lasted_s = ended_at - leg.answered_at
        if abs(lasted_s - answer.talk_s) > TOLERANCE_S:
            yield _differs(answer, "talk_s", answer.talk_s, lasted_s)


def _differs(answer: KnownAnswer, what: str, here: float | None = None, there: float | None = None) -> Difference:
    return Difference(
        kind=Kind.ASTERISK,
        what=what,
        at=answer.answered_at,
        call=answer.call,
        agent=answer.agent,
        here=here,
        there=there,
    )


def _is_unknown(leg: ChannelPast, matched: set[str], since: float, until: float) -> bool:
    """Of two phones that were picked up in the same moment Asterisk drops one at once: that is no answer."""
    answered_at = leg.answered_at or 0.0
    offered = leg.linked_id != leg.unique_id
    dropped = leg.hung_up_at is not None and leg.hung_up_at - answered_at < TOLERANCE_S
    return offered and not dropped and leg.unique_id not in matched and since <= answered_at < until


def _unknown(agent: str, leg: ChannelPast) -> Difference:
    return Difference(
        kind=Kind.ASTERISK, what="unknown_answer", at=leg.answered_at or 0.0, call=leg.linked_id, agent=agent
    )
