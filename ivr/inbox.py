"""What lies before one caller's session: the core's orders, and the news that he or his leg is gone.

Offers of one step of the core come all at once, between two turns of the session: those that lie there together ring together.
A prompt is the least of it: whatever else comes is done first, and cuts the prompt short that is being played.
"""

import asyncio
from collections import deque

from acd.commands import EndCall, GoToNode, OfferCall, PlayPrompt
from ivr.ports import CallerGone, LegLost

__all__ = ["Inbox", "Order"]

Order = OfferCall | EndCall | PlayPrompt | GoToNode


class Inbox:
    """First come, first served, prompts last. Never long: the core has one round of offers for a caller at a time."""

    def __init__(self) -> None:
        self.urgent = asyncio.Event()
        """Set while anything but prompts lies here."""
        self._prompts: deque[PlayPrompt] = deque()
        self._others: deque[OfferCall | EndCall | GoToNode | CallerGone | LegLost] = deque()
        self._filled = asyncio.Event()

    def put(self, item: Order | CallerGone | LegLost) -> None:
        """Something for the session to do, or to know."""
        if isinstance(item, PlayPrompt):
            self._prompts.append(item)
        else:
            self._others.append(item)
            self.urgent.set()
        self._filled.set()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self._others and not self._prompts

    async def next(self) -> Order:
        """The next order, as soon as there is one. Raises CallerGone or LegLost when that is the news."""
        while self.empty:
            self._filled.clear()
            await self._filled.wait()
        if not self._others:
            return self._prompts.popleft()
        item = self._take()
        if isinstance(item, CallerGone | LegLost):
            raise item
        return item

    def offers(self) -> list[OfferCall]:
        """Take the offers that come next."""
        found: list[OfferCall] = []
        while self._others and isinstance(offer := self._others[0], OfferCall):
            self._take()
            found.append(offer)
        return found

    def end(self) -> EndCall | None:
        """Take the end of the call, if the core has ordered that next."""
        if self._others and isinstance(end := self._others[0], EndCall):
            self._take()
            return end
        return None

    def forget_prompts(self) -> None:
        """What was to be said is out of date."""
        self._prompts.clear()

    def _take(self) -> OfferCall | EndCall | GoToNode | CallerGone | LegLost:
        item = self._others.popleft()
        if not self._others:
            self.urgent.clear()
        return item
