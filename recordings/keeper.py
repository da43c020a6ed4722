"""The task that makes a recording of two legs when a talk is over, one at a time, and writes the ledger.

A finished talk waits in a bounded queue until Asterisk has closed both legs, or `settle_s` after its end at the latest. What
the queue could not take, what the disk would not take, and what an earlier run left behind is found again by a sweep of the
legs' folder: at the start and every `sweep_s`. The stereo file gets its final name, which depends on the offer alone, only
after the ledger's row is safe, and the legs go after that: whatever is interrupted is done again, with the same result.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Final

import msgspec
import soundfile as sf

from acd.model import OfferId, QueueId
from acd.records import CallAnswered, Record, TalkFinished
from recordings.audio import Leg, SoundFile, inspect, merge
from recordings.ledger import LedgerEntry, State
from recordings.policy import UnsafeName, call_of, leg_names, offer_of_leg, recording_path

__all__ = ["RecordingKeeper", "judge"]

logger = logging.getLogger(__name__)

LOOK_AGAIN_S: Final = 0.1
DAMAGED_LEGS: Final = "damaged"


class RecordingKeeper:
    """Feed it every record through `on_record`, and `run` it as a task once the floor knows which talks go on.

    `legs` is where Asterisk writes, `root` where finished recordings lie. `save` puts an entry on its way into the ledger
    (OSError: tried again later); `is_recorded` says whether a queue's talks are; `talking` names the offers whose talk goes
    on now: their legs are left alone.
    """

    def __init__(
        self,
        legs: Path,
        root: Path,
        *,
        save: Callable[[LedgerEntry], None],
        is_recorded: Callable[[QueueId], bool],
        talking: Callable[[], Collection[OfferId]],
        zone: tzinfo = UTC,
        settle_s: float = 5.0,
        quiet_s: float = 60.0,
        sweep_s: float = 60.0,
        most_waiting: int = 1000,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._legs = legs
        self._root = root
        self._save = save
        self._is_recorded = is_recorded
        self._talking = talking
        self._zone = zone
        self._settle_s = settle_s
        self._quiet_s = quiet_s
        self._sweep_s = sweep_s
        self._clock = clock
        self._finished: asyncio.Queue[tuple[TalkFinished, float]] = asyncio.Queue(most_waiting)
        self._waiting: set[OfferId] = set()
        self.counts: Counter[str] = Counter()
        """By state, how many recordings came to it; `failed`: attempts to be repeated; `overflowed`: left to the sweep."""

    @property
    def backlog(self) -> int:
        """Finished talks whose legs have not been dealt with."""
        return len(self._waiting)

    def on_record(self, record: Record) -> None:
        """Take note of an answer or the end of a talk; never waits, never raises what would disturb a call."""
        match record:
            case CallAnswered() if self._is_recorded(record.queue):
                self._expect(record)
            case TalkFinished(unrecorded=False) if record.offer not in self._waiting:
                self._talk_finished(record)
            case _:
                pass

    async def run(self) -> None:
        """Work until cancelled; what is unfinished then stays for the next start."""
        self._legs.mkdir(parents=True, exist_ok=True)
        self._root.mkdir(parents=True, exist_ok=True)
        while True:
            try:
                await self.sweep()
                await self._keep_finished(until=_now() + self._sweep_s)
            except Exception:
                self.counts["failed"] += 1
                logger.exception("recordings: a surprise; going on in %g s", self._sweep_s)
                await asyncio.sleep(self._sweep_s)

    async def sweep(self) -> None:
        """Deal with legs nobody is going to tell us about: no talk, not in the queue, and not written to for a while."""
        for offer in await asyncio.to_thread(self._quiet_legs):
            if offer in self._waiting or offer in self._talking():
                continue
            seen = await asyncio.to_thread(self._last_written, offer)
            await self._deal_with(LedgerEntry(offer=offer, call=call_of(offer), linkedid=call_of(offer), ended_at=seen))

    def _expect(self, record: CallAnswered) -> None:
        entry = LedgerEntry(
            offer=record.offer,
            call=record.call,
            linkedid=record.call,
            queue=record.queue,
            agent=record.agent,
            started_at=record.at,
            state=State.REFUSED if record.unrecorded else None,
        )
        try:
            self._save(entry)
        except OSError as error:
            self._failed(record.offer, error)

    def _talk_finished(self, record: TalkFinished) -> None:
        try:
            self._finished.put_nowait((record, _now() + self._settle_s))
            self._waiting.add(record.offer)
        except asyncio.QueueFull:
            self.counts["overflowed"] += 1

    async def _keep_finished(self, until: float) -> None:
        while True:
            try:
                async with asyncio.timeout_at(until):
                    record, deadline = await self._finished.get()
            except TimeoutError:
                return
            await self._keep(record, deadline)

    async def _keep(self, record: TalkFinished, deadline: float) -> None:
        try:
            if await self._settled(record, deadline):
                await self._deal_with(
                    LedgerEntry(
                        offer=record.offer,
                        call=record.call,
                        linkedid=record.call,
                        queue=record.queue,
                        agent=record.agent,
                        started_at=record.answered_at,
                        ended_at=record.ended_at,
                    )
                )
        except UnsafeName as error:
            self._failed(record.offer, error)
        finally:
            self._waiting.discard(record.offer)

    async def _settled(self, record: TalkFinished, deadline: float) -> bool:
        """Wait until both legs are closed or time is up. False: there are none, and none were to be."""
        while True:
            legs = await asyncio.to_thread(self._inspect, record.offer)
            if all(leg is Leg.COMPLETE for leg in legs):
                return True
            if all(leg is Leg.MISSING for leg in legs) and not self._is_recorded(record.queue):
                return False
            if _now() >= deadline:
                return True
            await asyncio.sleep(LOOK_AGAIN_S)

    async def _deal_with(self, entry: LedgerEntry) -> None:
        try:
            if (kept := await asyncio.to_thread(self._kept, entry)) is not None:
                self._save(kept)
            await asyncio.to_thread(self._put_in_order, entry.offer)
        except (OSError, sf.LibsndfileError) as error:
            self._failed(entry.offer, error)
            return
        if kept is None:
            return
        self.counts[str(kept.state)] += 1
        if kept.note:
            logger.warning("recording of %s is %s: %s", kept.offer, kept.state, kept.note)

    def _kept(self, entry: LedgerEntry) -> LedgerEntry | None:
        """Merge the legs; None when an earlier run did that and the ledger knows. Blocks. Raises OSError, LibsndfileError."""
        path = recording_path(entry.offer, self._zone)
        if (self._root / path).is_file():
            return None
        caller, agent = self._inspect(entry.offer)
        state, note = judge(caller, agent)
        if not (caller.has_sound or agent.has_sound):
            return msgspec.structs.replace(entry, state=state, note=note)
        names = leg_names(entry.offer)
        sound = merge(self._legs / names.caller, self._legs / names.agent, _part(self._root / path))
        return _filled(entry, state, note, path, sound)

    def _put_in_order(self, offer: OfferId) -> None:
        """The ledger knows: give the file its name and remove the legs; one that cannot be read is kept for a person."""
        target = self._root / recording_path(offer, self._zone)
        if _part(target).is_file():
            _part(target).replace(target)
        for name in leg_names(offer):
            leg = self._legs / name
            if inspect(leg) is Leg.UNREADABLE:
                (self._legs / DAMAGED_LEGS).mkdir(exist_ok=True)
                leg.replace(self._legs / DAMAGED_LEGS / name)
            else:
                leg.unlink(missing_ok=True)

    def _inspect(self, offer: OfferId) -> tuple[Leg, Leg]:
        names = leg_names(offer)
        return inspect(self._legs / names.caller), inspect(self._legs / names.agent)

    def _quiet_legs(self) -> list[OfferId]:
        offers = {offer for path in self._legs.iterdir() if (offer := offer_of_leg(path.name)) is not None}
        before = self._clock() - self._quiet_s
        return sorted(offer for offer in offers if (self._last_written(offer) or before) <= before)

    def _last_written(self, offer: OfferId) -> float | None:
        paths = [self._legs / name for name in leg_names(offer)]
        return max((path.stat().st_mtime for path in paths if path.exists()), default=None)

    def _failed(self, offer: OfferId, error: Exception) -> None:
        self.counts["failed"] += 1
        logger.error("recording of %s is not in the ledger yet: %s", offer, error)


def judge(caller: Leg, agent: Leg) -> tuple[State, str]:
    """What a recording made of these legs is worth, and what to say of it."""
    legs = {"caller": caller, "agent": agent}
    note = "; ".join(f"the {who}'s leg is {leg}" for who, leg in legs.items() if leg is not Leg.COMPLETE)
    if caller.has_sound and agent.has_sound:
        return State.READY, note
    if caller.has_sound or agent.has_sound or Leg.UNREADABLE in (caller, agent):
        return State.DAMAGED, note
    return (State.MISSING if caller is agent is Leg.MISSING else State.EMPTY), note


def _filled(entry: LedgerEntry, state: State, note: str, path: str, sound: SoundFile) -> LedgerEntry:
    return msgspec.structs.replace(
        entry,
        state=state,
        note=note,
        path=path,
        duration_s=sound.duration_s,
        size=sound.size,
        sha256=sound.sha256,
    )


def _part(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def _now() -> float:
    """The event loop's clock, which no change of the time of day moves."""
    return asyncio.get_running_loop().time()
