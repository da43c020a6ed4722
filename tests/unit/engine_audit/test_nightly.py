"""When the nightly audit is due, and what is kept of the last one."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from engine.audit.differences import Audit, Difference, Kind
from engine.audit.nightly import NightlyAudit, seconds_until
from engine.config.metrics_models import AuditModel

ZONE = ZoneInfo("Asia/Shanghai")
HALF_PAST_THREE = 3 * 60 + 30


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def due_in(now: str, done: str | None) -> float:
    return seconds_until(at(now), HALF_PAST_THREE, at(done).timestamp() if done else None)


def test_an_audit_is_due_once_a_night() -> None:
    assert due_in("2026-11-26T03:00:00", "2026-11-25T03:30:04") == 1800.0
    assert due_in("2026-11-26T03:30:00", "2026-11-25T03:30:04") == 0.0
    assert due_in("2026-11-26T03:31:00", "2026-11-26T03:30:01") == 86400.0 - 60.0


def test_a_night_without_an_engine_is_made_up_for() -> None:
    assert due_in("2026-11-26T14:00:00", "2026-11-24T03:30:04") == 0.0


def test_a_new_site_begins_with_the_coming_night() -> None:
    assert due_in("2026-11-26T03:00:00", None) == 1800.0
    assert due_in("2026-11-26T04:30:00", None) == 23 * 3600.0


@pytest.mark.parametrize(("text", "minutes"), [("03:30", 210), ("00:00", 0), ("23:59", 1439), ("never", None)])
def test_the_time_is_of_the_sites_clock(text: str, minutes: int | None) -> None:
    assert AuditModel(at=text).minutes() == minutes


@pytest.mark.parametrize("text", ["3:30", "24:00", "03:60", "noon", ""])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="03:30"):
        AuditModel(at=text)


def a_night(home: Path) -> NightlyAudit:
    return NightlyAudit(home, lambda: home, ZONE, lambda: HALF_PAST_THREE)


FOUND = Audit(
    since=0.0,
    until=86400.0,
    at=100000.0,
    took_s=1.5,
    quarters=96,
    live_quarters=96,
    calls=10,
    answers=8,
    differences=(
        Difference(kind=Kind.ASTERISK, what="talk_s", at=1000.0, call="h-1.1", agent="1001", here=10.0, there=14.0),
        Difference(kind=Kind.STORED, what="answered", at=900.0, dimension="queue", key="sales", here=2.0, there=3.0),
    ),
)


def test_the_last_result_is_known_after_a_restart(tmp_path: Path) -> None:
    night = a_night(tmp_path)
    assert night.last is None
    assert night.document() is None
    assert set(night.differences.values()) == {0}
    night._keep(FOUND)
    again = a_night(tmp_path)
    assert again.differences == {"live": 0, "stored": 1, "facts": 0, "asterisk": 1}
    document = again.document()
    assert document is not None
    first = document["differences"][0]
    assert first["en"] == "call h-1.1, agent 1001, 1970-01-01 08:16:40: the talk lasted 10.0 s, for Asterisk 14.0 s"
    assert "通话时长 10.0 秒" in first["zh"]
    assert msgspec.json.encode(document)


def test_a_damaged_result_is_told_and_replaced_by_the_next(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "audit.json").write_text("{", "utf-8")
    assert a_night(tmp_path).last is None
    assert "cannot be read" in caplog.text
