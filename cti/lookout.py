"""Finds out what happened while nobody looked: Asterisk's lists and its diary are read, and the core is told the difference.

What it means is worked out in cti.reconcile; here is the asking. What comes in while the lists are being read is newer than
what stands in them, and outweighs it.
"""

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from acd.events import Event, PhoneChanged
from acd.model import CallId, OfferId
from acd.runner import Runner
from agents.roster import AgentId
from agents.state import PhoneState
from cti import translate as ami
from cti.ami import AmiReply
from cti.cel import ChannelPast, read_past
from cti.errors import AmiError
from cti.reconcile import missed_of_calls, missed_of_phones, missing, never_met, past_of_offer

__all__ = ["PHONE_STATES", "Actions", "Lookout"]

log = logging.getLogger(__name__)

BOOT_S = 20.0
LIST_S = 10.0
DIARY_MARGIN_S = 5.0
"""The engine's clock and Asterisk's are the same machine's or synchronised; this much earlier is read all the same."""

PHONE_STATES: Mapping[ami.DeviceState, PhoneState] = {
    ami.DeviceState.NOT_INUSE: PhoneState.IDLE,
    ami.DeviceState.INUSE: PhoneState.IN_USE,
    ami.DeviceState.BUSY: PhoneState.IN_USE,
    ami.DeviceState.RINGING: PhoneState.IN_USE,
    ami.DeviceState.RINGINUSE: PhoneState.IN_USE,
    ami.DeviceState.ONHOLD: PhoneState.IN_USE,
    ami.DeviceState.UNAVAILABLE: PhoneState.UNREACHABLE,
    ami.DeviceState.INVALID: PhoneState.UNREACHABLE,
    ami.DeviceState.UNKNOWN: PhoneState.UNREACHABLE,
}


class Actions(Protocol):
    """The AMI client, as far as it is used for calls."""

    async def action(
        self, name: str, fields: Mapping[str, str | list[str]] | None = None, timeout_s: float = 2.0
    ) -> AmiReply: ...


class _News:
    """What came in during a look."""

    def __init__(self) -> None:
        self.phones: dict[AgentId, PhoneState] = {}
        self.hung_up: set[str] = set()


class Lookout:
    """Looks; one look at a time."""

    def __init__(
        self, runner: Runner, diary: Path, met: Iterable[CallId] = (), unseen_since: float | None = None
    ) -> None:
        """Of the callers who came after `unseen_since` only those in `met` came to the engine before this one; None: there
        was no engine before."""
        self._runner = runner
        self._diary = diary
        self._met = set(met)
        self._unseen_since = unseen_since
        self._booted_at = 0.0
        self._booted = asyncio.Event()
        self._news: _News | None = None
        self._looking = asyncio.Lock()

    # --- what is told to it -------------------------------------------------------------------------------------------

    def has_come(self, call: CallId) -> None:
        """This caller's leg is or was with this engine."""
        if self._unseen_since is not None:
            self._met.add(call)

    def note(self, fact: ami.Fact) -> None:
        """Take notice of what Asterisk says."""
        match fact:
            case ami.SwitchBooted():  # comes with every log-in
                self._booted_at = self._runner.now() - fact.uptime_s
                self._booted.set()
            case ami.ChannelHungUp() if self._news is not None:
                self._news.hung_up.add(fact.uniqueid)
            case ami.DeviceChanged() if self._news is not None:
                self._news.phones[AgentId(fact.agent_id)] = PHONE_STATES[fact.state]
            case _:
                pass

    def lost_sight(self) -> None:
        """The event stream broke; it may be another Asterisk that answers next."""
        self._booted.clear()

    # --- looking ------------------------------------------------------------------------------------------------------

    async def catch_up(self, actions: Actions) -> list[ami.LiveChannel]:
        """Tell the core all that it missed; what lives is returned. Raises AmiError when Asterisk does not answer."""
        await self._until_booted()
        async with self._looking:
            with self._hearing() as news:
                phones = await _phones(actions)
                asked_at = self._runner.now()
                live = await _channels(actions)
                missed = await self._missed(live, news, asked_at)
                self._tell([*missed, *missed_of_phones(self._runner.floor, phones | news.phones)])
        return live

    async def look_for_callers(self, actions: Actions) -> None:
        """Tell the core what became of callers whose leg is not with this engine. Raises AmiError."""
        async with self._looking:
            with self._hearing() as news:
                asked_at = self._runner.now()
                live = await _channels(actions)
                self._tell(await self._missed(live, news, asked_at))

    async def trace_of(self, offer_id: OfferId) -> ChannelPast | None:
        """What Asterisk's diary holds of a live offer's leg."""
        offer = self._runner.floor.offers.get(offer_id)
        if offer is None:
            return None
        return past_of_offer(offer, await asyncio.to_thread(read_past, self._diary, offer.made_at - DIARY_MARGIN_S))

    async def _until_booted(self) -> None:
        """Asterisk answers a little before it is all there, and tells of that with every log-in."""
        try:
            await asyncio.wait_for(self._booted.wait(), BOOT_S)
        except TimeoutError:
            log.warning("Asterisk does not say that it is fully booted; going on without its word")

    @contextmanager
    def _hearing(self) -> Iterator[_News]:
        self._news = news = _News()
        try:
            yield news
        finally:
            self._news = None

    async def _missed(self, live: Sequence[ami.LiveChannel], news: _News, asked_at: float) -> list[Event]:
        """The diary is only read if somebody is missing."""
        floor, unseen_since = self._runner.floor, self._unseen_since
        past: Mapping[str, ChannelPast] = {}
        if unseen_since is not None or missing(floor, live):
            since = min([call.opened_at for call in floor.calls.values()] + [unseen_since or math.inf])
            past = await asyncio.to_thread(read_past, self._diary, since - DIARY_MARGIN_S)
        alive = [channel for channel in live if channel.uniqueid not in news.hung_up]
        events = missed_of_calls(floor, alive, past, self._booted_at, asked_at)
        if unseen_since is not None:
            events += never_met(floor, alive, past, unseen_since, self._met)
            self._unseen_since = None
            self._met.clear()
        return events

    def _tell(self, events: Sequence[Event]) -> None:
        for event in events:
            self._runner.tell(event)
        names = Counter(type(event).__name__ for event in events if not isinstance(event, PhoneChanged))
        if names:
            log.warning("put right after an absence: %s", ", ".join(f"{name} {n}" for name, n in names.items()))


async def _phones(actions: Actions) -> dict[AgentId, PhoneState]:
    states = ami.parse_device_states((await _list_of(actions, "DeviceStateList")).events, log.warning)
    return {AgentId(state.agent_id): PHONE_STATES[state.state] for state in states}


async def _channels(actions: Actions) -> list[ami.LiveChannel]:
    return ami.parse_channel_list((await _list_of(actions, "CoreShowChannels")).events, log.warning)


async def _list_of(actions: Actions, name: str) -> AmiReply:
    reply = await actions.action(name, timeout_s=LIST_S)
    if not reply.success:
        raise AmiError(f"{name}: {reply.message}")
    return reply
