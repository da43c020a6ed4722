"""The copy of journal and floor in a real Redis: complete, current, and of no consequence to a caller when Redis is not.

Readers are played by `Reader`, which knows nothing but what Redis holds.
"""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis

from acd import events as ev
from acd.core import Refused, step
from acd.floor import Floor
from acd.model import CallId, QueueId
from acd.rules import Rules
from agents.roster import AgentId
from agents.state import PhoneState
from cti.views import agent_view
from engine import redis_copy
from engine.journal import Line, Snapshot
from engine.recovery import Figures
from engine.redis_copy import Found, RedisCopy
from metrics.intervals import Tally
from tests.data.servers import PrivateRedis
from tests.unit.engine.lives import Life, dice_of, fresh_rules, state_bytes

pytestmark = pytest.mark.data

ANNA = AgentId("anna")


@pytest.fixture
def life(tmp_path: Path) -> Life:
    return Life(tmp_path / "journal").begin(fresh_rules())


@asynccontextmanager
async def copying(life: Life, url: str) -> AsyncIterator[RedisCopy]:
    """A copy at work, wired as engine.app does it."""
    copy = RedisCopy(url, "test", life.journal, lambda: life.floor, life.runner.now)
    life.runner.sinks.append(copy.on_records)
    task = asyncio.create_task(copy.run())
    try:
        yield copy
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Reader:
    """Another program with nothing but Redis."""

    def __init__(self, url: str) -> None:
        self.redis: Any = Redis.from_url(url)

    async def command(self, *words: str) -> None:
        await self.redis.execute_command(*words)

    async def events(self) -> list[tuple[int, bytes]]:
        entries = await self.redis.xrange("hotline:test:journal")
        return [(int(number.partition(b"-")[0]), fields[b"e"]) for number, fields in entries]

    async def numbers(self) -> list[int]:
        return [number for number, _ in await self.events()]

    async def floor(self) -> tuple[Floor, Tally]:
        """The floor and the figures as a standby would make them."""
        found = await self.redis.hgetall("hotline:test:snapshot")
        raw, number = found[b"data"], int(found[b"n"])
        snapshot = msgspec.json.decode(raw, type=Snapshot) if raw else None
        floor = snapshot.floor if snapshot else Floor.under(Rules(version="", queues={}, agents={}))
        tally = snapshot.tally if snapshot else Tally()
        figures = Figures(floor, tally)
        for at, raw_line in await self.events():
            if at > number:
                assert at == number + 1, f"event {number + 1} is missing"
                number = at
                line = msgspec.json.decode(raw_line, type=Line)
                with contextlib.suppress(Refused):
                    figures(step(floor, line.e, line.t).records)
                figures.follow()
        return floor, tally

    async def shown(self, what: str) -> dict[str, Any]:
        found = await self.redis.hgetall(f"hotline:test:{what}")
        return {key.decode(): msgspec.json.decode(value) for key, value in found.items()}


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[Reader]:
    reader = Reader(url)
    try:
        yield reader
    finally:
        await reader.redis.aclose()


async def until(happened: Callable[[], bool], timeout_s: float = 10.0) -> None:
    """Give the copy its time."""
    async with asyncio.timeout(timeout_s):
        while not happened():  # noqa: ASYNC110 - what is looked at has no event
            await asyncio.sleep(0.01)


def caught_up(copy: RedisCopy) -> Callable[[], bool]:
    return lambda: copy.state == "up" and copy.lag == 0


async def rebuilt(life: Life, reader: Reader) -> bool:
    """Whether a reader arrives at the floor and the figures this life has."""
    floor, tally = await reader.floor()
    other = Life.__new__(Life)
    other.floor, other.tally = floor, tally
    return state_bytes(other) == state_bytes(life)


def longest_tell_s(life: Life, seed: int, events: int) -> float:
    """Random events, and how long the slowest of them took."""
    dice, longest_s = dice_of(seed), 0.0
    for _ in range(events):
        started = time.perf_counter()
        life.live(dice, 1)
        longest_s = max(longest_s, time.perf_counter() - started)
    return longest_s


def a_caller(name: str, number: str = "13912345678") -> list[ev.Event]:
    call = CallId(name)
    return [
        ev.CallArrived(call=call, channel=f"PJSIP/{name}", number=number, did="400", name="王小明"),
        ev.CallQueued(call=call, queue=QueueId("sales")),
    ]


# --- complete and current --------------------------------------------------------------------------------------------


async def test_the_stream_has_every_event_once_in_order_as_it_is_in_the_files(
    life: Life, redis_server: PrivateRedis
) -> None:
    life.live(dice_of(1), 700)  # from before the copy began: more than a batch
    async with copying(life, redis_server.url) as copy, reading(redis_server.url) as reader:
        for seed in range(20):
            life.live(dice_of(seed), 40)
            await asyncio.sleep(0.01)
        await until(caught_up(copy))
        assert await reader.events() == list(life.journal.lines_after(0))
        assert len(await reader.numbers()) == life.journal.number > 1500


async def test_another_program_has_the_floor_from_snapshot_and_stream_alone(
    life: Life, redis_server: PrivateRedis
) -> None:
    life.live(dice_of(1), 100)
    life.save()
    life.live(dice_of(2), 100)
    async with copying(life, redis_server.url) as copy, reading(redis_server.url) as reader:
        await until(caught_up(copy))
        assert await rebuilt(life, reader)
        life.live(dice_of(3), 300)
        await until(caught_up(copy))
        assert await rebuilt(life, reader)


async def test_the_snapshot_in_redis_follows_so_that_an_old_stream_may_be_cut(
    life: Life, redis_server: PrivateRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_copy, "FULL_REFRESH_S", 0.3)
    monkeypatch.setattr(redis_copy, "STREAM_LENGTH", 100)
    async with copying(life, redis_server.url) as copy, reading(redis_server.url) as reader:
        for seed in range(12):
            life.live(dice_of(seed), 90)
            await until(caught_up(copy))
            life.save()
            await asyncio.sleep(0.6)
        assert life.journal.number > 1000
        assert len(await reader.numbers()) < 400
        assert await rebuilt(life, reader)
        assert copy.restarts == 1


async def test_queues_agents_and_calls_follow_within_a_second(life: Life, redis_server: PrivateRedis) -> None:
    async with copying(life, redis_server.url) as copy, reading(redis_server.url) as reader:
        await until(caught_up(copy))
        life.tell(ev.LinkRegained(), *a_caller("c1"))
        life.tell(ev.PhoneChanged(agent=ANNA, phone=PhoneState.IDLE), ev.AgentLoggedIn(agent=ANNA))
        await asyncio.sleep(1.0)
        queues, agents, calls = [await reader.shown(what) for what in ("queues", "agents", "calls")]
        assert set(queues) == {"sales", "repair", "press"}
        assert queues["sales"]["waiting"] == 1
        assert (agents["anna"]["state"], agents["dan"]["state"]) == ("not_ready", "offline")
        assert (calls["c1"]["state"], calls["c1"]["position"]) == ("waiting", 1)
        life.tell(ev.AgentReady(agent=ANNA))
        await asyncio.sleep(1.0)
        assert (await reader.shown("calls"))["c1"]["agent"] == "anna"
        assert (await reader.shown("agents"))["anna"]["state"] == "offered"
        life.tell(ev.CallLeftByCaller(call=CallId("c1")))
        await asyncio.sleep(1.0)
        assert await reader.shown("calls") == {}
        assert (await reader.shown("queues"))["sales"]["waiting"] == 0


async def test_waiting_times_go_on_while_nothing_happens(life: Life, redis_server: PrivateRedis) -> None:
    life.tell(*a_caller("c1"))
    async with copying(life, redis_server.url) as copy, reading(redis_server.url) as reader:
        await until(caught_up(copy))
        life.now += 50.0
        await asyncio.sleep(1.5)
        assert (await reader.shown("calls"))["c1"]["wait_s"] == 50.0
        assert (await reader.shown("queues"))["sales"]["longest_wait_s"] == 50.0


async def test_numbers_on_the_live_floor_are_masked_also_where_they_stand_as_a_name(
    life: Life, redis_server: PrivateRedis
) -> None:
    number = "13912345678"
    life.tell(ev.CallArrived(call=CallId("c1"), channel="x", number=number, did="400", name=number))
    async with copying(life, redis_server.url) as copy, reading(redis_server.url) as reader:
        await until(caught_up(copy))
        await asyncio.sleep(0.3)
        shown = msgspec.json.encode(await reader.shown("calls")).decode()
        assert "c1" in shown
        assert number not in shown


async def test_the_sign_of_life_goes_when_the_engine_goes(
    life: Life, redis_server: PrivateRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is renewed several times in its life, so a busy machine does not lose it."""
    monkeypatch.setattr(redis_copy, "IDLE_S", 0.3)
    monkeypatch.setattr(redis_copy, "ALIVE_S", 2)
    async with reading(redis_server.url) as reader:
        async with copying(life, redis_server.url) as copy:
            await until(caught_up(copy))
            await asyncio.sleep(3.0)
            assert await reader.redis.get("hotline:test:alive") == str(life.journal.number).encode()
        await asyncio.sleep(2.2)
        assert await reader.redis.get("hotline:test:alive") is None


async def test_a_restarted_engine_goes_on_where_the_stream_ends(tmp_path: Path, redis_server: PrivateRedis) -> None:
    life = Life(tmp_path).begin(fresh_rules())
    async with copying(life, redis_server.url) as copy:
        life.live(dice_of(1), 200)
        await until(caught_up(copy))
    life.live(dice_of(2), 200)  # these the kill kept from Redis
    life.kill()
    back = Life(tmp_path, life.now).begin(fresh_rules())
    async with copying(back, redis_server.url) as copy, reading(redis_server.url) as reader:
        await until(caught_up(copy))
        assert copy.restarts == 0
        assert await reader.numbers() == list(range(1, back.journal.number + 1))
        assert await rebuilt(back, reader)


# --- Redis is not what it should be ----------------------------------------------------------------------------------


async def test_redis_that_is_not_there_at_the_start_gets_everything_when_it_comes(
    life: Life, redis_server: PrivateRedis
) -> None:
    redis_server.stop()
    async with copying(life, redis_server.url) as copy, reading(redis_server.url) as reader:
        assert longest_tell_s(life, 1, 300) < 0.1
        await until(lambda: copy.state.startswith("down"))
        assert (copy.lag, copy.outages) == (life.journal.number, 1)
        redis_server.start()
        await until(caught_up(copy))
        assert await reader.numbers() == list(range(1, life.journal.number + 1))
        assert await rebuilt(life, reader)


async def test_redis_killed_and_back_with_its_data_misses_nothing(life: Life) -> None:
    with PrivateRedis("--appendonly", "yes", "--appendfsync", "always") as server:
        async with copying(life, server.url) as copy, reading(server.url) as reader:
            life.live(dice_of(1), 100)
            await until(caught_up(copy))
            server.stop(signal.SIGKILL)
            slowest_s = longest_tell_s(life, 2, 200)
            await until(lambda: copy.state.startswith("down"))
            slowest_s = max(slowest_s, longest_tell_s(life, 3, 100))
            server.start()
            await until(caught_up(copy))
            assert slowest_s < 0.1
            assert await reader.numbers() == list(range(1, life.journal.number + 1))
            assert (copy.outages, copy.restarts) == (1, 1)
            assert await rebuilt(life, reader)


async def test_redis_killed_and_back_empty_is_filled_again(life: Life, redis_server: PrivateRedis) -> None:
    life.live(dice_of(1), 100)
    life.save()
    async with copying(life, redis_server.url) as copy, reading(redis_server.url) as reader:
        life.live(dice_of(2), 100)
        await until(caught_up(copy))
        redis_server.stop(signal.SIGKILL)
        life.live(dice_of(3), 100)
        redis_server.start()
        await until(lambda: copy.restarts == 2 and copy.lag == 0)
        assert await rebuilt(life, reader)
        await asyncio.sleep(0.5)
        assert len(await reader.shown("agents")) == 4


async def test_redis_emptied_under_us_is_filled_again_within_seconds(life: Life, redis_server: PrivateRedis) -> None:
    async with copying(life, redis_server.url) as copy, reading(redis_server.url) as reader:
        life.live(dice_of(1), 100)
        await until(caught_up(copy))
        await reader.redis.flushall()
        slowest_s = longest_tell_s(life, 2, 100)
        await until(lambda: copy.restarts == 2 and copy.lag == 0, 3.0)
        await asyncio.sleep(0.5)
        assert slowest_s < 0.1
        assert await reader.numbers() == list(range(1, life.journal.number + 1))
        assert await rebuilt(life, reader)
        assert len(await reader.shown("queues")) == 3


@pytest.mark.parametrize("what", ["journal", "snapshot", "queues", "agents"])
async def test_a_key_somebody_deleted_comes_back(
    life: Life, redis_server: PrivateRedis, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(redis_copy, "FULL_REFRESH_S", 0.5)
    async with copying(life, redis_server.url) as copy, reading(redis_server.url) as reader:
        life.live(dice_of(1), 100)
        await until(caught_up(copy))
        await asyncio.sleep(0.3)
        await reader.redis.delete(f"hotline:test:{what}")
        life.live(dice_of(2), 10)
        await asyncio.sleep(2.5)
        assert await rebuilt(life, reader)
        assert (len(await reader.shown("queues")), len(await reader.shown("agents"))) == (3, 4)


@pytest.mark.parametrize("key", ["journal", "snapshot", "queues"])
async def test_somebody_elses_things_under_our_names_make_way(life: Life, redis_server: PrivateRedis, key: str) -> None:
    life.live(dice_of(1), 50)
    async with reading(redis_server.url) as reader:
        await reader.redis.set(f"hotline:test:{key}", "not ours")
        async with copying(life, redis_server.url) as copy:
            await until(caught_up(copy))
            await asyncio.sleep(0.3)
            assert await rebuilt(life, reader)
            assert len(await reader.shown("queues")) == 3


async def test_the_stream_of_another_life_of_the_site_is_not_gone_on_with(
    tmp_path: Path, redis_server: PrivateRedis
) -> None:
    """The site's folder was emptied, its Redis was not; and when the copy comes to look, the new life is longer already."""
    first = Life(tmp_path / "first").begin(fresh_rules())
    async with copying(first, redis_server.url) as copy:
        first.live(dice_of(1), 50)
        await until(caught_up(copy))
    second = Life(tmp_path / "second", now=9_000.0).begin(fresh_rules())
    second.live(dice_of(2), 200)
    async with copying(second, redis_server.url) as copy, reading(redis_server.url) as reader:
        await until(caught_up(copy))
        assert copy.restarts == 1
        assert await reader.events() == list(second.journal.lines_after(0))


async def test_redis_that_sleeps_slows_nothing_down(life: Life) -> None:
    """DEBUG SLEEP blocks the whole server: longer than our patience, then it goes on as if nothing had been."""
    with PrivateRedis("--enable-debug-command", "yes") as server:
        async with copying(life, server.url) as copy, reading(server.url) as reader:
            life.live(dice_of(1), 50)
            await until(caught_up(copy))
            sleeping = asyncio.create_task(reader.command("DEBUG", "SLEEP", "3"))
            slowest_s, late_s = 0.0, 0.0
            for seed in range(60):
                slowest_s = max(slowest_s, longest_tell_s(life, seed, 5))
                before = time.perf_counter()
                await asyncio.sleep(0.05)
                late_s = max(late_s, time.perf_counter() - before - 0.05)
            await sleeping
            await until(caught_up(copy))
            assert slowest_s < 0.1
            assert late_s < 0.5
            assert copy.outages == 1
            assert await reader.numbers() == list(range(1, life.journal.number + 1))
            assert await rebuilt(life, reader)


async def test_redis_that_stands_still_is_given_up_and_found_again(life: Life, redis_server: PrivateRedis) -> None:
    async with copying(life, redis_server.url) as copy, reading(redis_server.url) as reader:
        await until(caught_up(copy))
        redis_server.signal(signal.SIGSTOP)
        try:
            slowest_s = longest_tell_s(life, 1, 300)
            await until(lambda: copy.state.startswith("down"))
        finally:
            redis_server.signal(signal.SIGCONT)
        await until(caught_up(copy))
        assert slowest_s < 0.1
        assert await reader.numbers() == list(range(1, life.journal.number + 1))


@pytest.mark.parametrize(
    ("spoil", "mend"),
    [
        (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
        (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
        (("CONFIG", "SET", "requirepass", "x"), ("CONFIG", "SET", "requirepass", "")),
    ],
    ids=["out of memory", "read-only", "password changed"],
)
async def test_redis_that_refuses_writes_gets_them_later(
    life: Life, redis_server: PrivateRedis, spoil: tuple[str, ...], mend: tuple[str, ...]
) -> None:
    async with copying(life, redis_server.url) as copy, reading(redis_server.url) as reader:
        life.live(dice_of(1), 50)
        await until(caught_up(copy))
        await reader.command(*spoil)
        if "requirepass" in spoil:  # connections that are open already go on
            await copy._redis.connection_pool.disconnect()
        life.live(dice_of(2), 50)
        await until(lambda: copy.state.startswith("down"))
        await reader.command(*mend)
        await until(caught_up(copy), 15.0)
        assert await reader.numbers() == list(range(1, life.journal.number + 1))
        assert await rebuilt(life, reader)


async def test_a_reply_that_was_lost_does_not_double_an_event(life: Life, redis_server: PrivateRedis) -> None:
    async with copying(life, redis_server.url) as copy, reading(redis_server.url) as reader:
        await until(caught_up(copy))
        numbers = await reader.numbers()
        copy.sent -= 2  # as if the answer to the last two had never come
        life.tell(*a_caller("c1"))
        await until(caught_up(copy))
        assert await reader.numbers() == [*numbers, len(numbers) + 1, len(numbers) + 2]


# --- gaps longer than memory -----------------------------------------------------------------------------------------


async def test_a_gap_longer_than_memory_is_filled_from_the_files(
    tmp_path: Path, redis_server: PrivateRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_copy, "KEPT_LINES", 50)
    monkeypatch.setattr(redis_copy, "BATCH", 40)
    life = Life(tmp_path).begin(fresh_rules())
    async with copying(life, redis_server.url) as copy, reading(redis_server.url) as reader:
        await until(caught_up(copy))
        redis_server.signal(signal.SIGSTOP)
        for seed in range(4):
            life.live(dice_of(seed), 150)
            life.save()
        assert len(copy._lines) == 50
        redis_server.signal(signal.SIGCONT)
        await until(caught_up(copy))
        assert await reader.numbers() == list(range(1, life.journal.number + 1))
        assert await rebuilt(life, reader)


async def test_when_the_files_are_gone_too_the_stream_begins_anew_at_the_snapshot(
    tmp_path: Path, redis_server: PrivateRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_copy, "KEPT_LINES", 50)
    life = Life(tmp_path).begin(fresh_rules())
    async with copying(life, redis_server.url) as copy, reading(redis_server.url) as reader:
        await until(caught_up(copy))
        redis_server.signal(signal.SIGSTOP)
        for seed in range(4):
            life.live(dice_of(seed), 150)
            life.save()
        life.journal.forget_before(time.time() + 3600.0)
        life.live(dice_of(9), 20)
        redis_server.signal(signal.SIGCONT)
        await until(caught_up(copy))
        assert (await reader.numbers())[-1] == life.journal.number
        assert await rebuilt(life, reader)
        assert copy.restarts == 2


def damage(folder: Path) -> None:
    """Events 10 to 12 become one line of rubbish."""
    (segment,) = folder.glob("*.jsonl")
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(b"".join([*lines[:9], b"rubbish\n", *lines[12:]]))


async def test_events_that_are_nowhere_any_more_are_named_and_the_rest_goes_on(
    tmp_path: Path, redis_server: PrivateRedis, caplog: pytest.LogCaptureFixture
) -> None:
    life = Life(tmp_path).begin(fresh_rules())
    life.live(dice_of(1), 50)
    damage(tmp_path)
    async with copying(life, redis_server.url) as copy, reading(redis_server.url) as reader:
        await until(caught_up(copy))
        assert await reader.numbers() == [*range(1, 10), *range(13, life.journal.number + 1)]
    assert "events 10 to 12 are in no file any more" in caplog.text


# --- nothing leaks ---------------------------------------------------------------------------------------------------


async def test_outages_leave_no_tasks_connections_or_lines_behind(
    life: Life, redis_server: PrivateRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_copy, "RETRY_S", 0.02)
    monkeypatch.setattr(redis_copy, "LONGEST_RETRY_S", 0.05)
    gc.collect()
    fds, tasks = set(os.listdir("/proc/self/fd")), len(asyncio.all_tasks())
    async with copying(life, redis_server.url) as copy:
        for seed in range(5):
            life.live(dice_of(seed), 50)
            await until(caught_up(copy))
            redis_server.stop(signal.SIGKILL)
            await until(lambda: copy.state.startswith("down"))
            await asyncio.sleep(0.2)
            assert len(asyncio.all_tasks()) <= tasks + 2
            assert len(set(os.listdir("/proc/self/fd")) - fds) <= 4
            redis_server.start()
        await until(caught_up(copy))
        assert copy.outages == 5
        assert len(copy._lines) <= life.journal.number
        async with reading(redis_server.url) as reader:  # the copy's own pool would open a second one while in use
            assert len(await reader.redis.client_list()) == 1 + 1
    gc.collect()
    assert len(asyncio.all_tasks()) == tasks
    assert len(set(os.listdir("/proc/self/fd")) - fds) <= 1  # the journal's file


async def test_a_copy_that_is_cancelled_ends_whatever_it_is_doing(life: Life, redis_server: PrivateRedis) -> None:
    """At one step of its work after the other; the client's asyncio.wait_for swallows some cancellations."""
    life.live(dice_of(1), 20)
    for steps in range(200):
        copy = RedisCopy(redis_server.url, "test", life.journal, lambda: life.floor, life.runner.now)
        task = asyncio.create_task(copy.run())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=5.0)
        assert done, f"still there when cancelled at step {steps}"
        life.journal.followers.remove(copy._follow)


async def test_a_defect_in_the_copy_is_logged_and_the_copy_goes_on(
    life: Life, redis_server: PrivateRedis, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([True, False])
    real = agent_view

    def failing(floor: Floor, agent: Any) -> Any:
        if next(failures, False):
            raise KeyError("a defect")
        return real(floor, agent)

    monkeypatch.setattr(redis_copy, "agent_view", failing)
    with caplog.at_level(logging.ERROR):
        async with copying(life, redis_server.url) as copy, reading(redis_server.url) as reader:
            await until(lambda: copy.outages == 1)
            await until(caught_up(copy))
            await asyncio.sleep(0.3)
            assert len(await reader.shown("agents")) == 4
    assert "beginning again" in caplog.text


# --- what is gone on from --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "own_line", "sound"),
    [
        (Found(snapshot=None, first=None, last=None), None, False),
        (Found(snapshot=None, first=1, last=(5, b"five")), b"five", False),
        (Found(snapshot=0, first=None, last=None), None, True),
        (Found(snapshot=0, first=1, last=(5, b"five")), b"five", True),
        (Found(snapshot=3, first=1, last=(5, b"five")), b"five", True),
        (Found(snapshot=3, first=4, last=(5, b"five")), b"five", True),
        (Found(snapshot=3, first=5, last=(5, b"five")), b"five", False),  # event 4 is missing
        (Found(snapshot=3, first=4, last=(11, b"eleven")), None, False),  # we are only at 10
        (Found(snapshot=11, first=4, last=(5, b"five")), b"five", False),
        (Found(snapshot=3, first=4, last=(5, b"five")), b"another five", False),
        (Found(snapshot=3, first=4, last=(5, b"five")), None, True),  # our own line is gone from the files
    ],
)
def test_what_redis_has_is_gone_on_from_only_when_it_is_ours_and_whole(
    found: Found, own_line: bytes | None, sound: bool
) -> None:
    assert found.sound(10, own_line) is sound
