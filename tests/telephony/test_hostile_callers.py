"""Callers whose ids hold line breaks, quotes, `|`, `${...}`, markup, far too much or no text at all.

They reach the engine as callers like any other, and nothing but the text shown is different: no event of Asterisk's is forged,
no line of the AGI, no line of a log. Beside the engine the test listens to the same AMI stream with the same rights.
"""

import asyncio
import csv
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio

from tests.telephony.phones import raw_caller
from tests.telephony.site import SiteUnderTest, running_site, until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

HOLD_MS = 700


def sender(number: bytes, name: bytes = b"") -> bytes:
    """A From header: the number encoded as SIP wants it, so that Asterisk decodes it to just these bytes."""
    shown = b'"' + name.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'" ' if name else b""
    return shown + b"<sip:" + quote(number).encode() + b"@127.0.0.1>"


SENDERS = {
    "event": sender(b"100\r\nEvent: Forged\r\nPrivilege: call,all\r\n\r\n"),
    "hang-up of an agent": sender(
        b"1\r\n\r\nEvent: Hangup\r\nChannel: PJSIP/agent-1001-00000001\r\nUniqueid: Forged-1.1\r\nCause: 16\r\n\r\n"
    ),
    "device of an agent": sender(
        b"1\r\n\r\nEvent: DeviceStateChange\r\nDevice: PJSIP/agent-1001\r\nState: UNAVAILABLE\r\nX: Forged\r\n\r\n"
    ),
    "AGI environment": sender(
        b"100\nagi_uniqueid: Forged-1.1\nagi_network_script: agent?agent=1001&do=logout\nagi_threadid: 1\n\n"
    ),
    "AGI replies": sender(b"200 result=1\n200 result=-1\nHANGUP\nForged\n"),
    "line of Asterisk's log": sender(b"1\n[2026-11-22 00:00:00.000] ERROR[1] app.c: Forged\r\n", b"\xff"),
    "quotes": sender(b"1\"'`", b"a\"b'c`Forged\\"),
    "pipes and commas": sender(b"1|0|0,Forged;2", b"a|b,c;d|Forged|x"),
    "variables": sender(b"${EPOCH}$[1+1]", b"${SHELL(touch /tmp/forged)}${EPOCH}$$(Forged)"),
    "markup": sender(b"<script>", b"<script>alert(1)</script><b>Forged</b>&lt;"),
    "terminal": sender(b"\x1b[2J\x1b]0;Forged\x07100", b"\x1b]0;Forged\x07\x1bc"),
    "200 characters": sender(b"9" * 200, b"N" * 200),
    "bad UTF-8": sender(b"\xff\xc3(100", b"\xff\xfe\xc3\x28\xe4\xbd Forged"),
    "nothing at all": b"<sip:127.0.0.1>",
    "NUL": sender(b"100\0Forged"),
}


class Listener:
    """A second AMI session of the engine's own user: what the engine could have seen, byte for byte."""

    def __init__(self) -> None:
        self.stream = b""
        self._reading: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def open(self, site: SiteUnderTest) -> None:
        host, _, port = site.supervisor.site.endpoints.ami.rpartition(":")
        reader, self._writer = await asyncio.open_connection(host, int(port))
        secret = site.supervisor.site.secrets.ami
        self._writer.write(f"Action: Login\r\nUsername: hotline\r\nSecret: {secret}\r\n\r\n".encode())
        self._reading = asyncio.create_task(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(65536):
            self.stream += data

    async def close(self) -> None:
        assert self._writer is not None
        assert self._reading is not None
        self._writer.close()
        await self._reading

    def messages(self) -> list[dict[str, str]]:
        """All messages, after the greeting."""
        blocks = self.stream.decode("utf-8", "replace").partition("\r\n")[2].split("\r\n\r\n")
        return [dict(line.partition(": ")[::2] for line in block.split("\r\n")) for block in blocks if block]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    def flow(data: Any) -> None:
        """Raw callers press no keys: whoever stays is given to the operator."""
        data["nodes"]["menu"]["attempts"] = 1

    async with running_site(tmp_path_factory.mktemp("hostile"), ivr=flow) as site:
        yield site


@pytest_asyncio.fixture(loop_scope="module")
async def site(running: SiteUnderTest) -> AsyncIterator[SiteUnderTest]:
    yield running
    await running.clear()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def listener(running: SiteUnderTest) -> AsyncIterator[Listener]:
    listener = Listener()
    await listener.open(running)
    yield listener
    await listener.close()


def sip_port(site: SiteUnderTest) -> int:
    return int(site.supervisor.site.endpoints.sip.rpartition(":")[2])


async def calls_so_far(site: SiteUnderTest) -> list[dict[str, Any]]:
    return site.sql("select * from calls where ended_at is not null order by opened_at")


async def ring_in(site: SiteUnderTest, folder: Path, from_header: bytes, **more: Any) -> dict[str, Any]:
    """A raw caller who stays a moment in the menu and hangs up; what is kept of his call."""
    before = len(await calls_so_far(site))
    outcome = await raw_caller(folder, sip_port(site), site.number, from_header, hold_ms=HOLD_MS, **more)
    assert outcome.returncode == 0, outcome.printed

    async def one_more() -> dict[str, Any] | None:
        calls = await calls_so_far(site)
        return calls[-1] if len(calls) == before + 1 else None

    return await until(one_more)


@pytest.mark.parametrize("from_header", SENDERS.values(), ids=SENDERS.keys())
async def test_hostile_caller_id_changes_nothing_but_the_text_shown(
    site: SiteUnderTest, listener: Listener, tmp_path: Path, from_header: bytes
) -> None:
    logged, heard = len(site.log), len(listener.stream)
    await site.on_duty("1001")
    agent = await site.until_agent("1001", phone="idle")
    call = await ring_in(site, tmp_path, from_header)
    assert (call["disposition"], call["path"]) == ("abandoned_ivr", '["hours","menu"]')
    assert re.fullmatch(r"[0-9+]{0,80}", call["number"])
    assert len(call["name"]) <= 64
    assert call["name"].isprintable()
    assert not set(call["name"]) & set("\r\n\"'|<>{}$;,\\")
    assert re.fullmatch(r"hotline-\d+\.\d+", call["call"])
    assert await site.get("/api/agents/1001") == agent
    assert b"orged" not in listener.stream[heard:]
    assert not site.log[logged:].strip()


async def test_hostile_number_in_other_headers_changes_nothing(
    site: SiteUnderTest, listener: Listener, tmp_path: Path
) -> None:
    forged = sender(b"100\r\nEvent: Forged\r\n")
    more = b"".join(
        name + b": " + forged + end
        for name, end in (
            (b"P-Asserted-Identity", b"\r\n"),
            (b"Remote-Party-ID", b";party=calling\r\n"),
            (b"Diversion", b";reason=busy\r\n"),
        )
    )
    call = await ring_in(site, tmp_path, b"<sip:13900000001@127.0.0.1>", more_headers=more)
    assert call["number"] == "13900000001"
    assert b"orged" not in listener.stream


async def test_agent_who_is_rung_for_a_hostile_caller_sees_text_and_nothing_else(
    site: SiteUnderTest, tmp_path: Path
) -> None:
    """The same cleaned text on the phone and on the desktop."""
    await site.on_duty("1001")
    from_header = sender(b"139\r\nEvent: Forged\r\n12345678", b'<b>Mallory|$"x"</b>')
    async with site.feed("1001") as feed:
        calling = asyncio.create_task(raw_caller(tmp_path, sip_port(site), site.number, from_header, hold_ms=5_500))
        ring = await site.network.phone("1001").next_ring()
        (call,) = await site.live()
        _, offered = await feed.next_pop("offered", call=call["call"])
        assert (await calling).returncode == 0
    assert (call["number"], call["name"]) == ("13912345678", "bMalloryxb")
    assert offered["pop"]["name"] == call["name"]
    assert (ring.shown_number, ring.shown_name) == (call["number"], call["name"])


async def test_stranger_whom_nobody_lets_in_makes_no_line_of_his_own_in_the_log_of_refusals(
    site: SiteUnderTest, tmp_path: Path
) -> None:
    from_header = sender(b'1",RemoteAddress="\n[2026-11-22 00:00:00.000] SECURITY[1] Forged\r\n')
    outcome = await raw_caller(tmp_path, sip_port(site), site.number, from_header, expect=401, address="127.0.0.2")
    assert outcome.returncode == 0, outcome.printed
    log = site.supervisor.site.asterisk_folder / "log" / "security.log"

    async def refused() -> bool:
        return "InvalidAccountID" in log.read_text("utf-8")

    await until(refused)
    _, *lines = log.read_text("utf-8").splitlines()
    assert {json.loads(line)["logmsg"]["level"] for line in lines} == {"SECURITY"}


async def test_everything_written_down_is_whole_after_all_that(site: SiteUnderTest, listener: Listener) -> None:
    """The AMI stream, the engine's and Asterisk's logs, Asterisk's diary and the journal: each line is one of theirs."""
    listed = await site.get("/api/calls")
    assert listed == {"calls": []}
    for message in listener.messages():
        assert next(iter(message)) in ("Event", "Response"), message
        assert message.get("Event", "") in (
            ("", "FullyBooted", "DialBegin", "DialEnd", "Hangup", "Hold", "Unhold", "DeviceStateChange")
        )
    stamp = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ [a-z.]+: ")
    assert all(stamp.match(line) for line in site.log.splitlines())
    folder = site.supervisor.site.asterisk_folder / "log"
    first, *lines = (folder / "messages.log").read_text("utf-8").splitlines()
    assert " Asterisk 22" in first
    entries = [json.loads(line) for line in lines]
    assert {entry["logmsg"]["level"] for entry in entries} <= {"NOTICE", "WARNING", "ERROR"}
    with (folder / "cel-custom" / "hotline.csv").open(encoding="utf-8", newline="") as diary:
        assert {len(row) for row in csv.reader(diary)} == {7}
    for file in (site.home / "journal").glob("*.jsonl"):
        for line in file.read_bytes().splitlines():
            json.loads(line)
