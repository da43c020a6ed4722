"""The rendered configuration on a real Asterisk: what it loads, lets in, cleans, records, tells and refuses."""

from __future__ import annotations

import asyncio
import csv
import re
import sys
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from cti.agi import AgiEnvironment, AgiSession
from engine.asterisk.ports import free_port
from engine.asterisk.process import AsteriskDidNotStart, AsteriskProcess, start
from engine.asterisk.render import render
from engine.asterisk.settings import AsteriskSettings
from engine.network import PhoneCall, PlacedCall, TelephoneNetwork
from engine.network.management import Management, Message, NetworkActionRefused
from tests.deploy.promql import ASTERISK
from tests.telephony.conftest import DID, PHONES, EngineStub, asterisk_settings
from tests.telephony.phones import eventually, longest_silence_s, no_channel_is_left, raw_caller, seconds, tone_share

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

OFFER = "PJSIP/agent-1001"
OFFER_OPTIONS = "gim(default)U(hotline-record^offer-7)"


async def done(session: AgiSession) -> None:
    """The engine's last act."""
    await session.set_variable("HOTLINE_DONE", "1")


async def first_ring(network: TelephoneNetwork) -> PhoneCall:
    """The first phone that rings, whichever it is."""
    rings = [asyncio.create_task(network.phone(agent.id).next_ring(15)) for agent in PHONES]
    first, others = await asyncio.wait(rings, return_when=asyncio.FIRST_COMPLETED)
    for ring in others:
        ring.cancel()
    return await first.pop()


# -- what it loads ----------------------------------------------------------------------------------------------


async def test_asterisk_loads_every_listed_module_without_warning_or_error(
    asterisk: AsteriskProcess, settings: AsteriskSettings
) -> None:
    listed = set(re.findall(r"^load = (\S+)", (settings.folder / "etc/modules.conf").read_text(), re.MULTILINE))
    running = set(re.findall(r"^(\S+\.so) .* Running ", await asterisk.command("module show"), re.MULTILINE))
    assert running == listed
    log = (settings.folder / "log/messages.log").read_text()
    assert "WARNING" not in log
    assert "ERROR" not in log


async def test_files_with_secrets_are_readable_by_the_owner_alone(tmp_path: Path) -> None:
    settings = asterisk_settings(tmp_path)
    render(settings)
    secrets = {settings.ami_secret, *(agent.secret for agent in settings.agents)}
    for path in (settings.folder / "etc").iterdir():
        if any(secret in path.read_text() for secret in secrets):
            assert path.stat().st_mode & 0o077 == 0, path


async def test_second_start_in_the_same_folder_is_refused(
    asterisk: AsteriskProcess, settings: AsteriskSettings, asterisk_root: Path | None
) -> None:
    with pytest.raises(AsteriskDidNotStart, match="already runs"):
        await start(settings.folder, root=asterisk_root)
    assert "up" in (await asterisk.command("core show uptime")).lower()


async def test_asterisk_that_cannot_start_says_why(tmp_path: Path, asterisk_root: Path | None) -> None:
    settings = asterisk_settings(tmp_path)
    render(settings)
    (settings.folder / "etc/stasis.conf").write_text("[declined_message_types]\ndecline = ast_channel_moh_start_type\n")
    with pytest.raises(AsteriskDidNotStart, match="Manager subscription error"):
        await start(settings.folder, root=asterisk_root, visible=[settings.recordings_folder])


_SUPERVISOR = """
import asyncio, sys
from pathlib import Path
from engine.asterisk.process import start

async def main():
    root = Path(sys.argv[2]) if sys.argv[2] else None
    process = await start(Path(sys.argv[1]), root=root, visible=[Path(sys.argv[3])])
    print(process.pid, flush=True)
    await process.wait()

asyncio.run(main())
"""


async def test_asterisk_ends_with_its_supervisor_and_leaves_nothing_mounted(
    tmp_path: Path, asterisk_root: Path | None
) -> None:
    settings = asterisk_settings(tmp_path)
    render(settings)
    places = [str(settings.folder), str(asterisk_root or ""), str(settings.recordings_folder)]
    supervisor = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _SUPERVISOR, *places, stdout=asyncio.subprocess.PIPE
    )
    assert supervisor.stdout is not None
    pid = int(await asyncio.wait_for(supervisor.stdout.readline(), 30))
    assert _runs(pid)
    supervisor.kill()
    await supervisor.wait()
    await eventually(lambda: not _runs(pid))
    assert str(settings.folder) not in _mounts()


def _runs(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _mounts() -> str:
    return Path("/proc/mounts").read_text()


# -- whom it lets in ---------------------------------------------------------------------------------------------


async def test_number_that_is_not_ours_is_refused_with_404(
    asterisk: AsteriskProcess, settings: AsteriskSettings, tmp_path: Path
) -> None:
    before = await asterisk.command("core show channels count")
    outcome = await raw_caller(tmp_path, settings.sip_port, DID + "0", b"<sip:1@127.0.0.1>", expect=404)
    assert outcome.returncode == 0, outcome.printed
    assert await asterisk.command("core show channels count") == before


@pytest.mark.parametrize("user", [b"trunk", b"agent-1001", b"13800001111"])
async def test_caller_from_elsewhere_is_refused_whatever_he_calls_himself(
    asterisk: AsteriskProcess, settings: AsteriskSettings, tmp_path: Path, user: bytes
) -> None:
    before = await asterisk.command("core show channels count")
    sender = b"<sip:%s@127.0.0.1>" % user
    outcome = await raw_caller(tmp_path, settings.sip_port, DID, sender, expect=401, address="127.0.0.2")
    assert outcome.returncode == 0, outcome.printed
    assert await asterisk.command("core show channels count") == before


# -- what it cleans ----------------------------------------------------------------------------------------------

HOSTILE = {
    "line ends in the number": b"<sip:100%0d%0aEvent%3a%20X%0d%0aagi_x%3a%20y@127.0.0.1>",
    "line ends in the number, bare": b"<sip:100%0aX%3a%20y@127.0.0.1>",
    "quotes and pipes in the name": b'"a|b\\"c\'d;e" <sip:100@127.0.0.1>',
    "dialplan code in the name": b'"${SHELL(id)}${HOTLINE_DID}$(id)" <sip:100@127.0.0.1>',
    "dialplan code in the number": b"<sip:100%24%7bEPOCH%7d@127.0.0.1>",
    "markup in the name": b'"<script>alert(1)</script>&lt;" <sip:100@127.0.0.1>',
    "200 characters": b'"' + b"n" * 200 + b'" <sip:' + b"1" * 200 + b"@127.0.0.1>",
    "bad UTF-8": b'"\xff\xfe\xc3" <sip:100@127.0.0.1>',
    "nothing": b"<sip:127.0.0.1>",
}


@pytest.mark.parametrize("sender", HOSTILE.values(), ids=HOSTILE.keys())
async def test_hostile_caller_id_changes_nothing_but_the_text_shown(
    network: TelephoneNetwork, settings: AsteriskSettings, engine: EngineStub, tmp_path: Path, sender: bytes
) -> None:
    seen: list[AgiEnvironment] = []

    async def offer(session: AgiSession) -> None:
        seen.append(session.environment)
        await session.dial(OFFER, 5, OFFER_OPTIONS)
        await done(session)

    await engine.serve(offer)
    await network.phone("1001").answers(after_s=0, talk_s=0.3)
    stream = await RawStream.open(settings)
    diversion = b"Diversion: " + sender + b";reason=unconditional\r\n"
    outcome = await raw_caller(tmp_path, settings.sip_port, DID, sender, more_headers=diversion, hold_ms=3000)
    await asyncio.sleep(0.1)  # for what a forged line would bring
    received = await stream.close()

    assert outcome.returncode in (0, 1), outcome.printed  # 1: Hotline hung up first
    assert len(seen) == 1, outcome.printed
    caller = seen[0]
    assert re.fullmatch(r"[0-9+]*", caller.callerid)
    assert re.fullmatch(r"[0-9+]*", caller.rdnis)
    assert caller.dnid == DID
    assert not re.search(r"[\x00-\x1f\"'|${}<>;&\[\]]", caller.name), caller.name
    assert {line.partition(b": ")[2] for line in received if line.startswith(b"Event")} <= ALLOWED_EVENTS
    assert all(re.match(rb"[A-Za-z][A-Za-z0-9-]*:( |$)|$", line) for line in received), received
    assert not [line for line in received if line.startswith((b"X", b"agi_"))]
    assert b"DialEnd" in b"".join(received)


async def test_chinese_name_reaches_the_engine(network: TelephoneNetwork, engine: EngineStub) -> None:
    names: list[tuple[str, str]] = []

    async def greet(session: AgiSession) -> None:
        names.append((session.environment.callerid, session.environment.name))
        await done(session)

    await engine.serve(greet)
    call = await network.call(DID, number="+8613800001111", name="王小明 (VIP)")
    assert await call.wait_ended(5) == 16
    assert names == [("+8613800001111", "王小明 (VIP)")]


# -- when the engine is away -------------------------------------------------------------------------------------


async def test_caller_without_an_engine_hears_music_then_the_last_resort_queue_rings_the_phones(
    network: TelephoneNetwork, asterisk: AsteriskProcess
) -> None:
    for agent in PHONES:
        await network.phone(agent.id).answers(after_s=0.5, talk_s=3, tone_hz=880)
    call = await network.call(DID, number="13800001111", tone_hz=440, listen=True)
    ring = await first_ring(network)
    assert ring.began_at - call.began_at == pytest.approx(3.5, abs=1.5)
    assert ring.shown_number == "13800001111"
    assert await call.wait_ended(10) == 16
    await no_channel_is_left(asterisk)
    assert call.heard is not None
    assert longest_silence_s(call.heard) < 1.0
    assert tone_share(call.heard, 880) > 0.5


async def test_caller_whom_nobody_takes_in_the_last_resort_queue_is_hung_up(network: TelephoneNetwork) -> None:
    call = await network.call(DID, number="13800001111")
    await call.wait_ended(15)
    assert call.ended_at is not None
    assert call.ended_at - call.began_at == pytest.approx(3 + 4 + 1, abs=2)


async def test_waiting_caller_returns_to_a_restarted_engine_with_his_place(
    network: TelephoneNetwork, engine: EngineStub
) -> None:
    visits: asyncio.Queue[dict[str, str]] = asyncio.Queue()

    async def hold(session: AgiSession) -> None:
        visits.put_nowait(session.environment.query)
        await session.set_variable("HOTLINE_PLACE", "queue=sales&since=17.5/ü")
        await session.set_music(True)
        await session.wait_for_end()

    await engine.serve(hold)
    call = await network.call(DID, number="13800001111", listen=True)
    assert await visits.get() == {"did": DID, "talked": "0", "place": "", "peer": ""}
    await asyncio.sleep(0.2)  # with the answer and the engine's absence less than the dialplan waits for it here
    await engine.die()
    await asyncio.sleep(1.5)
    await engine.serve(hold)
    back = await asyncio.wait_for(visits.get(), 3)
    assert (back["talked"], back["place"]) == ("0", "queue=sales&since=17.5/ü")
    await asyncio.sleep(0.5)
    assert not call.ended.is_set()
    await call.hang_up()
    await call.wait_ended()
    assert call.heard is not None
    assert longest_silence_s(call.heard) < 1.0


async def test_talk_outlives_the_engine_and_its_true_end_is_in_the_event_log(
    network: TelephoneNetwork, settings: AsteriskSettings, engine: EngineStub, asterisk: AsteriskProcess
) -> None:
    uniqueids: list[str] = []

    async def offer(session: AgiSession) -> None:
        uniqueids.append(session.environment.uniqueid)
        await session.dial(OFFER, 5, OFFER_OPTIONS)

    await engine.serve(offer)
    await network.phone("1001").answers(after_s=0.2, talk_s=3)
    call = await network.call(DID, number="13800001111")
    ring = await network.phone("1001").next_ring()
    await ring.wait_answered()
    await engine.die()
    await ring.wait_ended()
    assert ring.ended_at is not None
    assert ring.answered_at is not None
    assert ring.ended_at - ring.answered_at == pytest.approx(3, abs=0.3)
    assert await call.wait_ended(5) == 16
    await no_channel_is_left(asterisk)

    log = (settings.folder / "log/cel-custom/hotline.csv").read_text("utf-8")
    every_line = list(csv.reader(log.splitlines()))
    lines = [line for line in every_line if line[4] == uniqueids[0]]
    agent = {line[0]: float(line[1]) for line in lines if line[2].startswith("PJSIP/agent-1001-")}
    assert agent["HANGUP"] - agent["ANSWER"] == pytest.approx(3, abs=0.3)
    assert [line[0] for line in lines] == ["ANSWER", "ANSWER", "HANGUP", "HANGUP"]


async def test_returned_engine_takes_a_caller_out_of_the_last_resort_queue(
    network: TelephoneNetwork, settings: AsteriskSettings, engine: EngineStub
) -> None:
    visits: asyncio.Queue[dict[str, str]] = asyncio.Queue()

    async def hold(session: AgiSession) -> None:
        visits.put_nowait(session.environment.query)
        await session.wait_for_end()

    await network.call(DID, number="13800001111")
    await first_ring(network)
    await engine.serve(hold)
    listed: list[Message] = []
    ami = await logged_in(settings, listed)
    await ami.act("CoreShowChannels")
    await eventually(lambda: any(event["Event"] == "CoreShowChannelsComplete" for event in listed))
    (waiting,) = [event for event in listed if event.get("Application") == "Queue"]
    await ami.act("Redirect", Channel=waiting["Channel"], Context="call", Exten="again", Priority="1")
    visit = await asyncio.wait_for(visits.get(), 3)
    await ami.close()
    assert visit["talked"] == "0"


async def test_engine_that_dies_at_each_visit_does_not_keep_the_caller_for_ever(
    network: TelephoneNetwork, engine: EngineStub
) -> None:
    async def crash(session: AgiSession) -> None:
        session.close()

    await engine.serve(crash)
    call = await network.call(DID, number="13800001111")
    ring = await first_ring(network)
    assert ring.began_at - call.began_at < 7


# -- offers and recording ----------------------------------------------------------------------------------------


async def test_both_voices_are_recorded_in_step_each_in_its_own_file(
    network: TelephoneNetwork, settings: AsteriskSettings, engine: EngineStub, asterisk: AsteriskProcess
) -> None:
    statuses: list[str] = []

    async def offer(session: AgiSession) -> None:
        await session.dial(OFFER, 5, OFFER_OPTIONS)
        statuses.append(await session.dial_status())
        await done(session)

    await engine.serve(offer)
    await network.phone("1001").answers(after_s=0.5, talk_s=4, tone_hz=880)
    call = await network.call(DID, number="13800001111", tone_hz=440, listen=True)
    assert await call.wait_ended() == 16
    await no_channel_is_left(asterisk)
    assert statuses == ["ANSWER"]
    agent, caller = (settings.recordings_folder / f"offer-7-{side}.wav" for side in ("agent", "caller"))
    assert tone_share(agent, 880) > 0.9
    assert tone_share(caller, 440) > 0.9
    assert seconds(agent) == pytest.approx(4, abs=0.3)
    assert seconds(agent) == pytest.approx(seconds(caller), abs=0.03)
    assert sorted(path.name for path in settings.recordings_folder.iterdir()) == [caller.name, agent.name][::-1]
    assert call.heard is not None
    assert tone_share(call.heard, 880) > 0.8


async def test_recording_name_cannot_leave_its_folder(
    network: TelephoneNetwork, settings: AsteriskSettings, engine: EngineStub
) -> None:
    async def offer(session: AgiSession) -> None:
        await session.dial(OFFER, 5, "gU(hotline-record^/../../x y)")
        await done(session)

    await engine.serve(offer)
    await network.phone("1001").answers(after_s=0, talk_s=1)
    call = await network.call(DID, number="13800001111")
    await call.wait_ended()
    names = {path.name for path in settings.recordings_folder.iterdir()}
    assert names == {"....xy-agent.wav", "....xy-caller.wav"}


@pytest.mark.parametrize(("cause", "status"), [(17, "BUSY"), (21, "CHANUNAVAIL"), (19, "NOANSWER")])
async def test_refused_offer_leaves_the_caller_with_the_engine(
    network: TelephoneNetwork, engine: EngineStub, cause: int, status: str
) -> None:
    statuses: list[str] = []

    async def offer(session: AgiSession) -> None:
        await session.dial(OFFER, 5, OFFER_OPTIONS)
        statuses.append(await session.dial_status())
        await done(session)

    await engine.serve(offer)
    await network.phone("1001").refuses(cause)
    call = await network.call(DID, number="13800001111")
    await call.wait_ended()
    assert statuses == [status]


async def test_phone_that_rings_out_and_phone_that_is_gone_differ_in_status(
    network: TelephoneNetwork, settings: AsteriskSettings, engine: EngineStub
) -> None:
    statuses: list[str] = []

    async def offer(session: AgiSession) -> None:
        for agent in ("1001", "1003"):
            await session.dial(f"PJSIP/agent-{agent}", 1, OFFER_OPTIONS)
            statuses.append(await session.dial_status())
        await done(session)

    await engine.serve(offer)
    await network.phone("1003").unplug()
    call = await network.call(DID, number="13800001111")
    await call.wait_ended()
    await network.phone("1003").plug_in()
    await network.wait_registered()
    assert statuses == ["NOANSWER", "CHANUNAVAIL"]


async def test_offer_withdrawn_over_ami_leaves_the_caller_with_the_engine(
    network: TelephoneNetwork, settings: AsteriskSettings, engine: EngineStub
) -> None:
    statuses: list[str] = []

    async def offer(session: AgiSession) -> None:
        await session.dial(OFFER, 30, OFFER_OPTIONS)
        statuses.append(await session.dial_status())
        await done(session)

    await engine.serve(offer)
    events: list[Message] = []
    ami = await logged_in(settings, events)
    await network.call(DID, number="13800001111")
    ring = await network.phone("1001").next_ring()
    await eventually(lambda: any(event["Event"] == "DialBegin" for event in events))
    (begun,) = [event for event in events if event["Event"] == "DialBegin"]
    await ami.act("Hangup", Channel=begun["DestChannel"])
    await ring.wait_ended(2)
    await eventually(lambda: bool(statuses))
    await ami.close()
    assert statuses == ["CHANUNAVAIL"]


async def test_phone_that_forwards_its_calls_sends_no_caller_anywhere(
    asterisk: AsteriskProcess, settings: AsteriskSettings
) -> None:
    shown = await asterisk.command("dialplan show agents")
    dialable = set(re.findall(r"^  '(\S+)' =>", shown, re.MULTILINE))
    assert dialable == {"*61", "*62", "*63", "_*64X", "*65"}


# -- agents' phones ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("*61", {"do": "login"}),
        ("*62", {"do": "logout"}),
        ("*63", {"do": "ready"}),
        ("*647", {"do": "not_ready", "reason": "7"}),
        ("*65", {"do": "wrapup_done"}),
    ],
)
async def test_feature_code_names_the_agent_whose_phone_proved_its_secret(
    network: TelephoneNetwork, engine: EngineStub, code: str, expected: dict[str, str]
) -> None:
    asked: list[tuple[str, dict[str, str]]] = []

    async def obey(session: AgiSession) -> None:
        asked.append((session.environment.path, session.environment.query))
        await session.answer()
        await done(session)

    await engine.serve(obey)
    call = await network.phone("1002").dial(code)
    assert await call.wait_ended(5) == 16
    assert asked == [("/agent", {"agent": "1002", **expected})]


async def test_feature_code_without_an_engine_sounds_congestion(network: TelephoneNetwork) -> None:
    call = await network.phone("1002").dial("*61")
    assert await call.wait_ended(8) == 34


@pytest.mark.parametrize("number", ["1001", "13800001111", "*64", "*6412", DID])
async def test_phone_can_dial_nothing_but_feature_codes(network: TelephoneNetwork, number: str) -> None:
    call = await network.phone("1002").dial(number)
    assert await call.wait_ended(5) in (0, 1)
    assert not call.answered.is_set()


# -- AMI ---------------------------------------------------------------------------------------------------------

ALLOWED_EVENTS = {
    b"FullyBooted",
    b"Shutdown",
    b"DialBegin",
    b"DialEnd",
    b"HangupRequest",
    b"Hangup",
    b"Hold",
    b"Unhold",
    b"DeviceStateChange",
}


async def logged_in(settings: AsteriskSettings, events: list[Message]) -> Management:
    """The engine's AMI user, logged in."""
    ami = Management(events.append)
    await ami.open(settings.ami_port, settings.ami_user, settings.ami_secret)
    return ami


class RawStream:
    """Every line that the engine's AMI user receives, as bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, settings: AsteriskSettings) -> RawStream:
        """Log in and listen."""
        reader, writer = await asyncio.open_connection("127.0.0.1", settings.ami_port)
        login = f"Action: Login\r\nUsername: {settings.ami_user}\r\nSecret: {settings.ami_secret}\r\n\r\n"
        writer.write(login.encode())
        await reader.readuntil(b"Event: FullyBooted")
        return cls(reader, writer)

    async def close(self) -> list[bytes]:
        """Log off; all lines since the login."""
        self._writer.write(b"Action: Logoff\r\n\r\n")
        received = await asyncio.wait_for(self._reader.read(-1), 5)
        self._writer.close()
        return received.split(b"\r\n")


async def test_only_events_of_agents_phones_come_through(
    network: TelephoneNetwork, settings: AsteriskSettings, engine: EngineStub
) -> None:
    async def offer(session: AgiSession) -> None:
        await session.set_music(True)
        await session.exec("Playback", "silence/1")
        await session.dial(OFFER, 5, OFFER_OPTIONS)
        await done(session)

    await engine.serve(offer)
    await network.phone("1001").answers(after_s=0.2, talk_s=1)
    events: list[Message] = []
    ami = await logged_in(settings, events)
    call = await network.call(DID, number="13800001111")
    await call.wait_ended()
    await asyncio.sleep(0.2)
    await ami.close()
    assert [event["Event"] for event in events if event["Event"] != "DeviceStateChange"] == [
        "FullyBooted",
        "DialBegin",
        "DialEnd",
        "HangupRequest",
        "Hangup",
    ]
    assert {event.get("Device", OFFER) for event in events} == {OFFER}
    states = [event["State"] for event in events if event["Event"] == "DeviceStateChange"]
    assert set(states) <= {"RINGING", "BUSY", "NOT_INUSE"}
    assert states[-1] == "NOT_INUSE"


async def test_unplugged_phone_shows_as_unavailable_and_back(
    network: TelephoneNetwork, settings: AsteriskSettings
) -> None:
    events: list[Message] = []
    ami = await logged_in(settings, events)
    await network.phone("1003").unplug()
    await _state_comes(events, "PJSIP/agent-1003", "UNAVAILABLE")
    listed = await ami.act("DeviceStateList")
    assert listed["Response"] == "Success"
    await network.phone("1003").plug_in()
    await _state_comes(events, "PJSIP/agent-1003", "NOT_INUSE")
    await ami.close()


async def _state_comes(events: list[Message], device: str, state: str) -> None:
    await eventually(lambda: any(event.get("Device") == device and event.get("State") == state for event in events))


@pytest.mark.parametrize("action", ["Ping", "CoreShowChannels", "DeviceStateList"])
async def test_ami_user_may(asterisk: AsteriskProcess, settings: AsteriskSettings, action: str) -> None:
    ami = await logged_in(settings, [])
    assert (await ami.act(action))["Response"] == "Success"
    await ami.close()


@pytest.mark.parametrize(
    ("action", "headers"),
    [
        ("Command", {"Command": "core show uptime"}),
        ("Originate", {"Channel": f"PJSIP/{DID}@trunk", "Application": "System", "Data": "id"}),
        ("GetConfig", {"Filename": "manager.conf"}),
        ("UpdateConfig", {"SrcFilename": "manager.conf", "DstFilename": "manager.conf"}),
        ("ModuleLoad", {"LoadType": "load", "Module": "app_system.so"}),
        ("Filter", {"Operation": "Add", "Filter": "Event: Newchannel"}),
        ("DBPut", {"Family": "x", "Key": "y", "Val": "z"}),
        ("MixMonitor", {"Channel": "x", "File": "/tmp/x.wav"}),
        ("QueueAdd", {"Queue": "last-resort", "Interface": OFFER}),
        ("UserEvent", {"UserEvent": "x"}),
        ("Reload", {}),
    ],
)
async def test_ami_user_may_not(
    asterisk: AsteriskProcess, settings: AsteriskSettings, action: str, headers: dict[str, str]
) -> None:
    ami = await logged_in(settings, [])
    with pytest.raises(NetworkActionRefused, match=r"Permission denied|Invalid/unknown command"):
        await ami.act(action, **headers)
    await ami.close()


# -- the network itself ------------------------------------------------------------------------------------------


async def test_thirty_callers_at_once_are_all_answered_and_leave_nothing_behind(
    network: TelephoneNetwork, engine: EngineStub, asterisk: AsteriskProcess
) -> None:
    pressed: list[str] = []

    async def menu(session: AgiSession) -> None:
        pressed.append(await session.wait_for_digit(8000) or "nothing")
        await done(session)

    await engine.serve(menu)
    calls: list[PlacedCall] = [
        await network.call(DID, number=f"1380000{index:04}", digits=[(1.5, "12"[index % 2])]) for index in range(30)
    ]
    assert [await call.wait_ended(20) for call in calls] == [16] * 30
    assert sorted(pressed) == ["1"] * 15 + ["2"] * 15
    await no_channel_is_left(asterisk)


# -- what it shows Prometheus -----------------------------------------------------------------------------------


async def test_asterisk_shows_its_own_figures_when_that_is_switched_on_and_nothing_else_over_http(
    tmp_path: Path, asterisk_root: Path | None
) -> None:
    port = free_port()
    settings = replace(asterisk_settings(tmp_path), metrics_bind="127.0.0.1", metrics_port=port)
    render(settings)
    process = await start(settings.folder, root=asterisk_root, visible=[settings.recordings_folder])
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
            async with http.get("/metrics") as response:
                page = await response.text()
            others = []
            for path in ("/", "/httpstatus", "/static/index.html", "/ari/channels", "/amanager", "/ws"):
                async with http.get(path) as response:
                    others.append(response.status)
    finally:
        await process.stop()
    assert set(ASTERISK) <= set(re.findall(r"^(\w+)[ {]", page, re.MULTILINE))
    assert others == [404] * 6
    log = (settings.folder / "log/messages.log").read_text()
    assert "WARNING" not in log
    assert "ERROR" not in log
