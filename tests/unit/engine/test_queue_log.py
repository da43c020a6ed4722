"""Every line of the queue_log once: over kills at any moment, rotation, a full disk, and in the table."""

import os
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from acd.records import Record
from engine.app import Engine
from engine.config import BadConfiguration, load
from engine.facts import Row
from engine.health import EngineHealth
from engine.queue_log import QueueLog, queue_log_of
from engine.site import Site, settle_site
from metrics.queue_log import Teller, Words
from tests.unit.engine.lives import Life, dice_of, fresh_rules
from tests.unit.engine.sites import SITE, folder_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = 1_700_000_000.0


class Reference:
    """What an engine that never died would have written."""

    def __init__(self) -> None:
        self.teller = Teller(Words())
        self.lines: list[str] = []

    def follow(self, life: Life) -> None:
        def sink(records: Sequence[Record], now: float) -> None:
            self.lines += [entry.text for entry in self.teller.entries(records, life.floor, now)]

        life.runner.sinks.append(sink)


def logged(folder: Path, now: float, rows: dict[str, Row] | None = None) -> Life:
    def keep(found: Sequence[Row]) -> None:
        assert rows is not None
        for row in found:
            assert rows.setdefault(row.key["id"], row) == row  # told again, it says the same

    writer = QueueLog(Words(), folder / "queue_log", SHANGHAI, None if rows is None else keep)
    return Life(folder / "journal", now, writer)


def written(folder: Path) -> str:
    """Rotated files first."""
    files = sorted(folder.glob("queue_log*"), key=lambda path: (path.name == "queue_log", path.name))
    return "".join(path.read_text("utf-8") for path in files)


@pytest.mark.parametrize("seed", range(30))
async def test_a_kill_at_any_moment_writes_no_line_twice_and_loses_none(tmp_path: Path, seed: int) -> None:
    dice, reference = dice_of(seed), Reference()
    now, rotations = START, 0
    rows: dict[str, Row] = {}
    for _ in range(5):
        life = logged(tmp_path, now, rows)
        reference.follow(life)
        life.begin(fresh_rules())
        assert life.queue_log is not None
        for _ in range(dice.randrange(1, 6)):
            life.live(dice, dice.randrange(1, 40))
            if dice.random() < 0.6:
                life.queue_log.flush()
            if dice.random() < 0.4:
                life.save()
            if rotations < 9 and dice.random() < 0.3 and (tmp_path / "queue_log").exists():
                rotations += 1
                (tmp_path / "queue_log").rename(tmp_path / f"queue_log.{rotations}")
                if dice.random() < 0.5:
                    life.queue_log.flush()
                    life.save()
        life.kill()
        now = life.now
    last = logged(tmp_path, now, rows)
    last.kill()
    assert written(tmp_path) == "".join(reference.lines)
    assert len(reference.lines) > 20
    in_order = [rows[key].values for key in sorted(rows)]
    assert [(row["callid"], row["event"]) for row in in_order] == [
        (line.split("|")[1], line.rstrip("\n").split("|")[4]) for line in reference.lines
    ]


async def test_line_that_a_kill_tore_is_made_whole(tmp_path: Path) -> None:
    dice, reference = dice_of(7), Reference()
    life = logged(tmp_path, START)
    reference.follow(life)
    life.begin(fresh_rules()).live(dice, 60)
    assert life.queue_log is not None
    life.queue_log.flush()
    life.kill()
    file = tmp_path / "queue_log"
    os.truncate(file, file.stat().st_size - 7)
    logged(tmp_path, life.now).kill()
    assert written(tmp_path) == "".join(reference.lines)


async def test_full_disk_is_told_and_lines_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dice, reference = dice_of(3), Reference()
    life = logged(tmp_path, START)
    reference.follow(life)
    life.begin(fresh_rules())
    assert life.queue_log is not None

    def full(fd: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("engine.queue_log.os.write", full)
        life.live(dice, 30)
        life.queue_log.flush()
        assert life.queue_log.problem == "No space left on device"
    life.live(dice, 5)
    life.queue_log.flush()
    assert (life.queue_log.problem, life.queue_log.lost) == ("", 0)
    assert written(tmp_path) == "".join(reference.lines)
    life.kill()


async def test_what_waited_for_the_disk_at_a_snapshot_is_not_lost_by_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice, reference = dice_of(4), Reference()
    life = logged(tmp_path, START)
    reference.follow(life)
    life.begin(fresh_rules())
    with monkeypatch.context() as patched:
        real = os.write
        patched.setattr("engine.queue_log.os.write", lambda fd, data: real(fd, data[: len(data) // 2]))
        life.live(dice, 30)
        life.save()
    life.live(dice, 10)
    life.kill()
    logged(tmp_path, life.now).kill()
    assert written(tmp_path) == "".join(reference.lines)


async def test_site_that_begins_to_write_it_in_mid_day_writes_from_now_on(tmp_path: Path) -> None:
    dice = dice_of(5)
    life = Life(tmp_path / "journal", START).begin(fresh_rules())
    life.live(dice, 50)
    life.save()
    life.live(dice, 20)
    life.kill()
    again = logged(tmp_path, life.now)
    again.begin(fresh_rules()).live(dice, 40)
    assert again.queue_log is not None
    again.queue_log.flush()
    lines = written(tmp_path).splitlines()
    assert lines[0].endswith("|NONE|NONE|NONE|QUEUESTART|")
    assert all(int(line.split("|")[0]) >= int(life.now) for line in lines)
    again.kill()


async def test_rows_have_the_columns_of_asterisks_table(tmp_path: Path) -> None:
    rows: dict[str, Row] = {}
    life = logged(tmp_path, START, rows)
    life.begin(fresh_rules())
    life.live(dice_of(6), 60)
    life.kill()
    for row in rows.values():
        assert row.table == "queue_log"
        assert list(row.values) == ["time", "callid", "queuename", "agent", "event", *(f"data{n}" for n in range(1, 6))]
        assert row.values["time"].startswith("2023-11-15 0")
    entered = next(row.values for row in rows.values() if row.values["event"] == "ENTERQUEUE")
    assert (entered["data1"], entered["data3"], entered["data4"]) == ("", "1", "")


def site_that_writes(folder: Path, section: str) -> Site:
    settings = {**SITE, "metrics": f"queue_log: {section}\n"}
    return settle_site(load(folder_of(folder / "config", settings)), folder / "home")


@pytest.mark.parametrize(
    ("section", "file"),
    [
        ("{}", None),
        ("{file: true}", "home/queue_log"),
        ("{file: logs/asterisk.log}", "home/logs/asterisk.log"),
        ("{file: ROOT/elsewhere}", "elsewhere"),
    ],
)
async def test_file_is_where_the_configuration_says(tmp_path: Path, section: str, file: str | None) -> None:
    writer = queue_log_of(site_that_writes(tmp_path, section.replace("ROOT", str(tmp_path))), lambda rows: None)
    assert (writer is None) == (file is None)
    if writer is not None and file is not None:
        writer.state()
        assert (tmp_path / file).exists()


async def test_wrong_settings_are_named_with_their_place(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"metrics\.yaml:1:\d+: queue_log\.agents"):
        site_that_writes(tmp_path, "{file: true, agents: both}")


async def test_engine_that_writes_it_says_how_it_is(tmp_path: Path) -> None:
    engine = Engine(site_that_writes(tmp_path, "{file: true}"))
    health = EngineHealth(engine)

    def state() -> str:
        return str(next(part for part in health.components() if part.name == "queue_log").state)

    assert state() == "up"
    assert engine.queue_log is not None
    engine.queue_log.problem = "No space left on device"
    assert state() == "degraded"
    engine.queue_log.problem, engine.queue_log.lost = "", 5
    assert state() == "degraded"
    engine.queue_log.close()
    engine.journal.close()
    engine.spool.close()
    await engine.database.close()
