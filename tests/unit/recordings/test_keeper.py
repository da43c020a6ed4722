"""From the end of a talk to a file and a row in the ledger, whatever Asterisk and the disk have left us."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from acd.model import CallId, OfferId, QueueId
from acd.records import CallAnswered, TalkFinished
from agents.roster import AgentId
from recordings.audio import Leg
from recordings.keeper import RecordingKeeper, judge
from recordings.ledger import LedgerEntry, State
from tests.unit.recordings.sounds import LEFT_HZ, RIGHT_HZ, channels, leg, strongest_hz, tone

OFFER = OfferId("demo-1763800000.12-1")
FILE = "2025/11/22/demo-1763800000.12-1.wav"


def finished(offer: OfferId = OFFER) -> TalkFinished:
    return TalkFinished(
        offer=offer,
        call=CallId("demo-1763800000.12"),
        segment=1,
        queue=QueueId("repair"),
        agent=AgentId("1001"),
        answered_at=1763800010.0,
        ended_at=1763800012.0,
        talk_s=2.0,
        hold_s=0.0,
    )


def answered() -> CallAnswered:
    return CallAnswered(
        call=CallId("demo-1763800000.12"),
        segment=1,
        queue=QueueId("repair"),
        agent=AgentId("1001"),
        offer=OFFER,
        at=1763800010.0,
        wait_s=4.0,
        total_wait_s=4.0,
        in_service_level=True,
    )


class House:
    """A keeper with real folders, a ledger that is a list, and the knobs a test turns."""

    def __init__(self, folder: Path) -> None:
        self.legs = folder / "legs"
        self.root = folder / "recordings"
        self.ledger: list[LedgerEntry] = []
        self.recorded = True
        self.talking: set[OfferId] = set()
        self.spool_full = False

    def save(self, entry: LedgerEntry) -> None:
        if self.spool_full:
            raise OSError(28, "No space left on device")
        self.ledger.append(entry)

    def keeper(self, *, settle_s: float = 0.3, sweep_s: float = 60.0, most_waiting: int = 1000) -> RecordingKeeper:
        return RecordingKeeper(
            self.legs,
            self.root,
            save=self.save,
            is_recorded=lambda queue: self.recorded,
            talking=lambda: self.talking,
            settle_s=settle_s,
            sweep_s=sweep_s,
            most_waiting=most_waiting,
        )

    def both_legs(self, offer: OfferId = OFFER, *, closed: bool = True, age_s: float = 0.0) -> None:
        for side, hz in (("caller", LEFT_HZ), ("agent", RIGHT_HZ)):
            path = leg(self.legs / f"{offer}-{side}.wav", tone(hz, 1.0), closed=closed)
            os.utime(path, (time.time() - age_s,) * 2)

    def leg_files(self) -> list[str]:
        return sorted(path.name for path in self.legs.iterdir())


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@asynccontextmanager
async def running(keeper: RecordingKeeper) -> AsyncIterator[RecordingKeeper]:
    task = asyncio.create_task(keeper.run())
    yield keeper
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until(happened: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not happened():  # noqa: ASYNC110 - what happens is a file
            await asyncio.sleep(0.01)


async def test_a_talk_that_is_over_becomes_a_stereo_file_and_a_row(house: House) -> None:
    house.both_legs()
    async with running(house.keeper()) as keeper:
        keeper.on_record(finished())
        await until(lambda: not keeper.backlog)
    left, right = channels(house.root / FILE)
    assert (strongest_hz(left), strongest_hz(right)) == (LEFT_HZ, RIGHT_HZ)
    (row,) = house.ledger
    assert (row.state, row.path, row.duration_s, row.note) == (State.READY, FILE, 1.0, "")
    assert (row.call, row.linkedid, row.queue, row.agent) == (*["demo-1763800000.12"] * 2, "repair", "1001")
    assert (row.started_at, row.ended_at) == (1763800010.0, 1763800012.0)
    assert row.size == (house.root / FILE).stat().st_size
    assert house.leg_files() == []
    assert keeper.counts == {"ready": 1}


async def test_the_ledger_expects_a_recording_from_the_answer_on(house: House) -> None:
    house.keeper().on_record(answered())
    (row,) = house.ledger
    assert (row.offer, row.started_at, row.state) == (OFFER, 1763800010.0, None)


async def test_a_queue_that_is_not_recorded_leaves_no_trace(house: House) -> None:
    house.recorded = False
    async with running(house.keeper()) as keeper:
        keeper.on_record(answered())
        keeper.on_record(finished())
        await until(lambda: not keeper.backlog)
    assert house.ledger == []


async def test_a_caller_who_refused_leaves_a_row_that_says_so_and_no_file(house: House) -> None:
    async with running(house.keeper()) as keeper:
        keeper.on_record(msgspec.structs.replace(answered(), unrecorded=True))
        keeper.on_record(msgspec.structs.replace(finished(), unrecorded=True))
        assert keeper.backlog == 0
    (row,) = house.ledger
    assert (row.offer, row.state) == (OFFER, State.REFUSED)


async def test_the_keeper_waits_until_asterisk_has_closed_both_legs(house: House) -> None:
    house.both_legs(closed=False)
    async with running(house.keeper(settle_s=10)) as keeper:
        keeper.on_record(finished())
        await asyncio.sleep(0.25)
        assert house.ledger == []
        house.both_legs()
        await until(lambda: not keeper.backlog)
    assert [(row.state, row.note) for row in house.ledger] == [(State.READY, "")]


async def test_legs_that_are_never_closed_are_used_as_they_are_and_said_so(house: House) -> None:
    house.both_legs(closed=False)
    async with running(house.keeper()) as keeper:
        keeper.on_record(finished())
        await until(lambda: not keeper.backlog)
    (row,) = house.ledger
    assert (row.state, row.duration_s) == (State.READY, 1.0)
    assert row.note == "the caller's leg is unfinished; the agent's leg is unfinished"


async def test_a_recording_that_was_never_written_shows_as_missing(house: House) -> None:
    async with running(house.keeper()) as keeper:
        keeper.on_record(finished())
        await until(lambda: not keeper.backlog)
    (row,) = house.ledger
    assert (row.state, row.path) == (State.MISSING, None)


async def test_legs_without_a_sample_show_as_empty_and_no_file_is_made(house: House) -> None:
    for side in ("caller", "agent"):
        leg(house.legs / f"{OFFER}-{side}.wav", tone(440, 0.0))
    async with running(house.keeper()) as keeper:
        keeper.on_record(finished())
        await until(lambda: not keeper.backlog)
    assert [(row.state, row.path) for row in house.ledger] == [(State.EMPTY, None)]
    assert house.leg_files() == []
    assert not (house.root / FILE).exists()


async def test_a_leg_that_is_no_sound_is_kept_for_a_person_and_the_other_one_used(house: House) -> None:
    house.both_legs()
    (house.legs / f"{OFFER}-agent.wav").write_bytes(b"?" * 500)
    async with running(house.keeper()) as keeper:
        keeper.on_record(finished())
        await until(lambda: not keeper.backlog)
    (row,) = house.ledger
    assert (row.state, row.note) == (State.DAMAGED, "the agent's leg is unreadable")
    assert (house.root / FILE).is_file()
    assert (house.legs / "damaged" / f"{OFFER}-agent.wav").is_file()


async def test_legs_left_from_before_a_crash_are_found_at_the_start(house: House) -> None:
    house.both_legs(age_s=300)
    async with running(house.keeper()):
        await until(lambda: house.ledger)
        await until(lambda: not house.leg_files())
    (row,) = house.ledger
    assert (row.offer, row.call, row.state, row.path) == (OFFER, "demo-1763800000.12", State.READY, FILE)
    assert row.started_at is None, "the answer's time is in the ledger since then: it must not be overwritten"


async def test_legs_of_a_talk_that_outlived_the_engine_are_left_alone(house: House) -> None:
    house.both_legs(closed=False, age_s=300)
    house.talking = {OFFER}
    keeper = house.keeper()
    await keeper.sweep()
    assert house.ledger == []
    house.talking.clear()
    await keeper.sweep()
    assert len(house.ledger) == 1


async def test_legs_that_are_still_being_written_are_left_alone(house: House) -> None:
    house.both_legs(closed=False, age_s=5)
    await house.keeper().sweep()
    assert house.ledger == []
    assert len(house.leg_files()) == 2


async def test_a_crash_between_ledger_and_removal_of_the_legs_changes_nothing(house: House) -> None:
    house.both_legs()
    async with running(house.keeper()) as keeper:
        keeper.on_record(finished())
        await until(lambda: not keeper.backlog)
    whole = (house.root / FILE).read_bytes()
    leg(house.legs / f"{OFFER}-agent.wav", tone(RIGHT_HZ, 1.0))  # one leg gone, one not
    os.utime(house.legs / f"{OFFER}-agent.wav", (1, 1))
    await house.keeper().sweep()
    assert (house.root / FILE).read_bytes() == whole
    assert house.leg_files() == []
    assert len(house.ledger) == 1


async def test_the_end_of_a_talk_told_twice_keeps_the_recording(house: House) -> None:
    house.both_legs()
    async with running(house.keeper()) as keeper:
        for _ in range(2):
            keeper.on_record(finished())
            await until(lambda: not keeper.backlog)
    assert [row.state for row in house.ledger] == [State.READY]


async def test_when_the_ledger_cannot_be_written_the_legs_stay_and_it_is_done_later(house: House) -> None:
    house.both_legs()
    house.spool_full = True
    async with running(house.keeper()) as keeper:
        keeper.on_record(answered())
        keeper.on_record(finished())
        await until(lambda: keeper.counts["failed"] == 2)
    assert len(house.leg_files()) == 2
    assert not (house.root / FILE).exists()
    house.spool_full = False
    house.both_legs(age_s=300)
    await keeper.sweep()
    assert [row.state for row in house.ledger] == [State.READY]
    assert (house.root / FILE).is_file()


async def test_talks_the_queue_could_not_take_are_found_by_the_sweep(house: House) -> None:
    offers = [OfferId(f"demo-1763800000.{n}-1") for n in range(5)]
    keeper = house.keeper(most_waiting=2, sweep_s=0.2)
    for offer in offers:
        house.both_legs(offer, age_s=300)
        keeper.on_record(finished(offer))
    assert keeper.counts["overflowed"] == 3
    async with running(keeper):
        await until(lambda: len(house.ledger) == 5)
    assert {row.offer for row in house.ledger} == set(offers)


async def test_an_offer_that_cannot_name_a_file_is_counted_and_the_next_one_served(house: House) -> None:
    house.both_legs()
    async with running(house.keeper()) as keeper:
        keeper.on_record(finished(OfferId("../../etc/passwd")))
        keeper.on_record(finished())
        await until(lambda: not keeper.backlog)
    assert keeper.counts == {"failed": 1, "ready": 1}


@pytest.mark.parametrize(
    ("caller", "agent", "state"),
    [
        (Leg.COMPLETE, Leg.COMPLETE, State.READY),
        (Leg.UNFINISHED, Leg.COMPLETE, State.READY),
        (Leg.COMPLETE, Leg.MISSING, State.DAMAGED),
        (Leg.EMPTY, Leg.COMPLETE, State.DAMAGED),
        (Leg.UNREADABLE, Leg.MISSING, State.DAMAGED),
        (Leg.EMPTY, Leg.EMPTY, State.EMPTY),
        (Leg.EMPTY, Leg.MISSING, State.EMPTY),
        (Leg.MISSING, Leg.MISSING, State.MISSING),
    ],
)
def test_what_a_recording_is_worth_depends_on_its_legs(caller: Leg, agent: Leg, state: State) -> None:
    assert judge(caller, agent)[0] is state
