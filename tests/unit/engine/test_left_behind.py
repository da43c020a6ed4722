"""What callers left while the engine was away: taken up once, wherever the engine dies; what is damaged is set aside."""

import json
import os
import re
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from acd import events as ev
from acd.model import QueueId
from acd.records import CallbackOpened, MessageTaken, Record
from acd.rules import CallbackRules, Dialling
from acd.runner import Runner
from engine.away.spool import UNFINISHED_S, LeftBehind
from engine.away.taking_up import AwayImport
from engine.journal import FileJournal
from engine.recovery import recover
from tests.unit.acd.floors import queue, rules

NOW = 1_800_000_000.0
SALES = QueueId("sales")


def write_sound(file: Path, seconds: float = 2.0) -> None:
    with wave.open(str(file), "wb") as opened:
        opened.setnchannels(1)
        opened.setsampwidth(2)
        opened.setframerate(8000)
        opened.writeframes(b"\1\2" * round(8000 * seconds))


class Site:
    """A spool with an engine beside it that can die."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "away"
        self.messages = home / "recordings" / "messages"
        self.folder.mkdir()
        self.records: list[Record] = []
        self.now = time.time()
        """What the spool takes for now; files have the machine's times."""

    def leave(self, name: str, kind: str = "callback", sound_s: float | None = 2.0, **more: Any) -> None:
        """What the script would write."""
        entry: dict[str, Any] = {"version": 1, "kind": kind, "name": name, "call": "h-1.5", "number": "13800138000"}
        entry |= {"did": "4008869119", "at": NOW - 60, "language": "zh", "place": "waiting/repair/0", **more}
        if kind == "message" and sound_s is not None:
            write_sound(self.folder / f"{name}.wav", sound_s)
        (self.folder / f"{name}.json").write_text(json.dumps(entry), "utf-8")

    def spool(self) -> LeftBehind:
        return LeftBehind(self.folder, self.messages, lambda: self.now)

    def engine(self) -> tuple[AwayImport, FileJournal]:
        """One that starts with the journal of the one before."""
        journal = FileJournal(self.home / "journal")
        floor, _ = recover(journal, lambda _: None)
        runner = Runner(floor, lambda: NOW, journal)
        runner.sinks.append(lambda records, _: self.records.extend(records))
        if not floor.rules.queues:
            runner.tell(ev.RulesLoaded(rules=rules({"anna": ["sales"]}, [queue("sales"), queue("repair")])))
        return AwayImport(self.spool(), runner, journal, lambda: SALES), journal

    @property
    def taken(self) -> list[str]:
        """The names of what the core has opened."""
        messages = [str(record.message) for record in self.records if isinstance(record, MessageTaken)]
        return messages + [str(record.callback) for record in self.records if isinstance(record, CallbackOpened)]


def is_request(record: Record) -> bool:
    return isinstance(record, MessageTaken | CallbackOpened)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


async def test_a_message_and_a_number_are_told_and_let_go_of(site: Site) -> None:
    site.leave("a", "message")
    site.leave("b", number="02188886666", place="")
    engine, _ = site.engine()
    await engine.look()
    message, callback = (record for record in site.records if is_request(record))
    assert isinstance(message, MessageTaken)
    assert (message.message, message.queue, message.seconds, message.at) == ("a", "repair", 2.0, NOW - 60)
    assert isinstance(callback, CallbackOpened)
    assert (callback.callback, callback.queue, callback.number, callback.place_at) == (
        *("b", "sales", "02188886666"),
        NOW - 60,
    )
    assert list(site.folder.iterdir()) == []
    assert [file.name for file in site.messages.iterdir()] == ["a.wav"]
    assert engine.imported == 2


class Killed(Exception):
    """kill -9, as far as a test can."""


def killing(real: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    def call(*arguments: Any) -> None:
        if after:
            real(*arguments)
        raise Killed

    return call


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("where", ["_tell", "_let_go", "journal.sync", "spool.let_go"])
async def test_wherever_the_engine_dies_the_next_one_has_it_once(
    site: Site, where: str, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.leave("a", "message")
    site.leave("b")
    engine, journal = site.engine()
    owner: Any = {"journal.sync": journal, "spool.let_go": engine.spool}.get(where, engine)
    method = where.rpartition(".")[2]
    monkeypatch.setattr(owner, method, killing(getattr(owner, method), after=after))
    with pytest.raises(Killed):
        await engine.look()
    monkeypatch.undo()
    journal.close()

    engine, journal = site.engine()
    await engine.look()
    assert sorted(site.taken) == ["a", "b"]
    assert list(site.folder.iterdir()) == []
    assert [file.name for file in site.messages.iterdir()] == ["a.wav"]


async def test_an_entry_whose_sound_was_deleted_last_is_not_there_any_more(site: Site) -> None:
    write_sound(site.folder / "a.wav")  # killed between the two
    engine, _ = site.engine()
    await engine.look()
    assert site.taken == []
    assert [file.name for file in site.folder.iterdir()] == ["a.wav"]
    site.now += UNFINISHED_S + 1
    await engine.look()
    assert (site.folder / "damaged" / "a.wav").exists()


async def test_what_the_journal_did_not_take_stays(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.leave("b")
    engine, journal = site.engine()

    def full(_: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal, "_write", full)
    await engine.look()
    assert (site.folder / "b.json").exists()
    monkeypatch.undo()
    await engine.look()
    assert site.taken == ["b"]


def cut(site: Site) -> None:
    site.leave("x")
    file = site.folder / "x.json"
    file.write_bytes(file.read_bytes()[:40])


def no_sound(site: Site) -> None:
    site.leave("x", "message", None)


def empty_sound(site: Site) -> None:
    site.leave("x", "message", 0.0)


def zero_bytes(site: Site) -> None:
    site.leave("x", "message")
    (site.folder / "x.wav").write_bytes(b"")


def no_wav(site: Site) -> None:
    site.leave("x", "message")
    (site.folder / "x.wav").write_bytes(b"what is this" * 1000)


def no_rate(site: Site) -> None:
    site.leave("x", "message")
    sound = (site.folder / "x.wav").read_bytes()
    (site.folder / "x.wav").write_bytes(sound[:24] + bytes(8) + sound[32:])


def wrong_type(site: Site) -> None:
    site.leave("x", at="yesterday")


def odd_number(site: Site) -> None:
    site.leave("x", number='1"; DROP')


def no_number(site: Site) -> None:
    site.leave("x", number="")


def newer_version(site: Site) -> None:
    site.leave("x", version=2)


def other_name(site: Site) -> None:
    site.leave("x", "message")
    (site.folder / "x.json").write_text((site.folder / "x.json").read_text("utf-8").replace('"x"', '"../x"'), "utf-8")


def symlink(site: Site) -> None:
    (site.folder / "x.json").symlink_to("/etc/passwd")


def linked_sound(site: Site) -> None:
    site.leave("x", "message", None)
    (site.folder / "x.wav").symlink_to("/etc/passwd")


def huge(site: Site) -> None:
    site.leave("x", place="y")
    with (site.folder / "x.json").open("ab") as file:
        file.truncate(1 << 30)


def huge_sound(site: Site) -> None:
    site.leave("x", "message")
    with (site.folder / "x.wav").open("ab") as file:
        file.truncate(1 << 30)


def folder_instead(site: Site) -> None:
    (site.folder / "x.json").mkdir()


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (cut, "not an entry"),
        (no_sound, "x.wav cannot be read: No such file"),
        (empty_sound, "its sound is empty"),
        (zero_bytes, "no WAV"),
        (no_wav, "no WAV"),
        (no_rate, "has 0 Hz"),
        (wrong_type, r"Expected `float`, got `str` - at `\$.at`"),
        (odd_number, r"at `\$.number`"),
        (no_number, "no number to call back"),
        (newer_version, r"at `\$.version`"),
        (other_name, r"at `\$.name`"),
        (symlink, "x.json cannot be read"),
        (linked_sound, "x.wav cannot be read"),
        (huge, "more than 16384"),
        (huge_sound, "more than 8388608"),
        (folder_instead, "no file"),
    ],
)
async def test_what_is_damaged_is_set_aside_with_its_reason_and_the_rest_is_taken(
    site: Site, damage: Callable[[Site], None], why: str
) -> None:
    damage(site)
    site.leave("z")
    engine, _ = site.engine()
    await engine.look()
    assert site.taken == ["z"]
    assert [file.name for file in site.folder.iterdir()] == ["damaged"]
    reason = (site.folder / "damaged" / "x.reason.txt").read_text("utf-8")
    assert re.search(why, reason), reason
    assert "x.json" in os.listdir(site.folder / "damaged")
    assert engine.spool.damaged == 1


async def test_entries_set_aside_under_one_name_are_all_kept(site: Site) -> None:
    engine, _ = site.engine()
    for _ in range(2):
        cut(site)
        await engine.look()
    assert sorted(file.name for file in (site.folder / "damaged").iterdir()) == [
        *("x.json", "x.reason.txt", "x~1.json", "x~1.reason.txt"),
    ]


async def test_a_sound_that_is_just_being_recorded_is_left_alone(site: Site) -> None:
    write_sound(site.folder / "a.wav")
    (site.folder / "b.part").write_text("{", "utf-8")
    engine, _ = site.engine()
    await engine.look()
    assert sorted(file.name for file in site.folder.iterdir()) == ["a.wav", "b.part"]


async def test_what_the_core_refuses_is_set_aside(site: Site) -> None:
    site.leave("b", place="")
    engine, _ = site.engine()
    engine._usual_queue = lambda: QueueId("gone")
    await engine.look()
    assert 'no queue "gone"' in (site.folder / "damaged" / "b.reason.txt").read_text("utf-8")


async def test_a_number_that_is_to_be_called_back_already_is_settled(site: Site) -> None:
    site.leave("a")
    site.leave("b")
    engine, _ = site.engine()
    dialled = rules(
        {"anna": ["repair"]}, [queue("repair", callback=CallbackRules())], dialling=Dialling(prefixes=("1",))
    )
    engine._runner.tell(ev.RulesLoaded(rules=dialled))
    await engine.look()
    assert (site.taken, engine.imported) == (["a"], 1)
    assert list(site.folder.iterdir()) == [], "neither told again nor set aside as damaged"


def test_without_a_folder_there_is_nothing(tmp_path: Path) -> None:
    spool = LeftBehind(tmp_path / "none", tmp_path)
    assert list(spool.entries()) == []
