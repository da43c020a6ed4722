"""What the real res_agi and the real manager put on the wire, where our two edges depend on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from cti.agi import AgiServer, AgiSession, SessionEnd
from cti.agi_lines import MAX_COMMAND_BYTES
from cti.ami import AmiClient, AmiTimings
from cti.ami_protocol import MAX_HEADER_BYTES
from cti.errors import CallerHungUp, CommandRefused, EngineSideLost, PlaybackFailed
from cti.translate import (
    ChannelHungUp,
    DeviceState,
    DialEnded,
    DialStarted,
    DialStatus,
    Fact,
    LiveChannel,
    SwitchBooted,
    parse_channel_list,
    parse_device_states,
)
from engine.asterisk.process import AsteriskProcess, start
from engine.asterisk.render import render
from engine.asterisk.settings import AsteriskSettings
from engine.network import TelephoneNetwork
from tests.telephony.conftest import DID, EngineStub, asterisk_settings, network_settings
from tests.telephony.phones import eventually, raw_caller

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

OFFER = "PJSIP/agent-1001"
NUMBER = "13800001111"
LONG_SOUND = "/usr/share/asterisk/sounds/en/demo-congrats"


class Wire:
    """Takes the AGI port itself: every line as it comes."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def took_a_call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        await reader.readuntil(b"\n\n")
        self.opened.set()

    async def line(self) -> str:
        async with asyncio.timeout(5):
            return (await self.reader.readline()).decode().rstrip("\n")

    async def ask(self, command: str) -> str:
        self.writer.write(command.encode() + b"\n")
        return await self.line()


async def test_hang_up_line_follows_the_reply_and_the_dead_channel_still_answers_what_we_say_it_does(
    network: TelephoneNetwork, settings: AsteriskSettings
) -> None:
    wire = Wire()
    server = await asyncio.start_server(wire.took_a_call, "127.0.0.1", settings.agi_port)
    call = await network.call(DID, number=NUMBER)
    await asyncio.wait_for(wire.opened.wait(), 5)
    assert await wire.ask("ANSWER") == "200 result=0"
    wire.writer.write(b"WAIT FOR DIGIT 60000\n")
    await call.wait_answered()
    await call.hang_up()
    assert await wire.line() == "200 result=-1"
    assert await wire.line() == "HANGUP"
    assert (await wire.ask("STREAM FILE beep 1")).startswith("511 ")
    assert (await wire.ask("ANSWER")).startswith("511 ")
    assert await wire.ask("NOOP") == "200 result=0"
    assert await wire.ask("SET VARIABLE CC_X y") == "200 result=1"
    assert await wire.ask("GET VARIABLE CC_X") == "200 result=1 (y)"
    wire.writer.close()
    server.close()


async def in_session(
    network: TelephoneNetwork, engine: EngineStub, scene: Callable[[AgiSession], Awaitable[None]]
) -> None:
    """Run the scene as the handler of one call; its failure is the test's failure."""
    outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def handler(session: AgiSession) -> None:
        try:
            await scene(session)
            outcome.set_result(None)
        except Exception as error:
            outcome.set_exception(error)
        await session.set_variable("HOTLINE_DONE", "1", survives_hangup=True)

    await engine.serve(handler)
    await network.call(DID, number=NUMBER, hang_up_after_s=20)
    async with asyncio.timeout(20):
        await outcome
    assert engine.server is not None
    assert engine.server.counters.bad_replies == 0
    assert engine.server.counters.odd_environment_lines == 0


async def test_refusals_and_failures_of_commands_are_told_apart(network: TelephoneNetwork, engine: EngineStub) -> None:
    async def scene(session: AgiSession) -> None:
        with pytest.raises(CommandRefused, match="510"):
            await session.command("NO SUCH COMMAND")
        with pytest.raises(CommandRefused, match="WAIT FOR DIGIT"):
            await session.command("WAIT FOR DIGIT")
        with pytest.raises(CommandRefused, match="NoSuchApp"):
            await session.exec("NoSuchApp", "x")
        with pytest.raises(PlaybackFailed):
            await session.stream_file("no/such/file", "1")
        assert await session.get_variable("NEVER_SET") is None
        assert await session.wait_for_digit(50) is None
        assert session.end is None

    await in_session(network, engine, scene)


async def test_any_text_reaches_a_channel_variable_and_comes_back(
    network: TelephoneNetwork, engine: EngineStub
) -> None:
    texts = [
        "王小明",
        'say "hi"',
        "back\\slash\\",
        "tab\there",
        " blanks  ",
        "",
        "${EPOCH}",
        "a|b,c;d",
        "hangup",
        ")",
        "(",
    ]

    async def scene(session: AgiSession) -> None:
        for text in texts:
            await session.set_variable("CC_TEXT", text)
            assert await session.get_variable("CC_TEXT") == text

    await in_session(network, engine, scene)


async def test_longest_line_arrives_whole_and_the_value_comes_back_uncut(
    network: TelephoneNetwork, engine: EngineStub
) -> None:
    async def scene(session: AgiSession) -> None:
        text = "v" * (MAX_COMMAND_BYTES - len("SET VARIABLE CC_TEXT "))
        await session.set_variable("CC_TEXT", text)
        assert await session.get_variable("CC_TEXT") == text

    await in_session(network, engine, scene)


async def test_caller_who_hangs_up_in_music_in_a_prompt_and_in_the_talk_is_noticed_at_once(
    network: TelephoneNetwork, engine: EngineStub
) -> None:
    reached: list[str] = []
    ends: list[SessionEnd] = []
    told: list[str] = []

    async def handler(session: AgiSession) -> None:
        place = session.environment.callerid
        if place == "1":
            await session.set_music(True)
            reached.append(place)
            ends.append(await session.wait_for_end())
        elif place == "2":
            reached.append(place)
            try:
                await session.stream_file(LONG_SOUND)
            except CallerHungUp:
                ends.append(SessionEnd.CALLER_HUNG_UP)
        else:
            reached.append(place)
            told.append(str(await session.dial(OFFER, 20, "g")))
            told.append(await session.dial_status())
            ends.append(await session.wait_for_end())

    await engine.serve(handler)
    await network.phone("1001").answers(after_s=0, talk_s=30)
    took: list[float] = []
    for place in ("1", "2", "3"):
        call = await network.call(DID, number=place)
        await eventually(lambda place=place: place in reached)  # type: ignore[misc]
        if place == "3":
            await (await network.phone("1001").next_ring()).wait_answered()
        await asyncio.sleep(0.3)
        began = time.monotonic()
        await call.hang_up()
        await eventually(lambda place=place: len(ends) == int(place))  # type: ignore[misc]
        took.append(time.monotonic() - began)
    assert ends == [SessionEnd.CALLER_HUNG_UP] * 3
    assert told[1] == "ANSWER"
    assert max(took) < 1.0
    assert engine.server is not None
    assert engine.server.counters.bad_replies == 0


# -- AMI ---------------------------------------------------------------------------------------------------------


class Watcher:
    """An AmiClient logged in as the engine, and what it says."""

    def __init__(self, settings: AsteriskSettings, secret: str | None = None) -> None:
        self.facts: list[Fact] = []
        self.disconnects: list[str] = []
        self.refusals: list[str] = []
        self.client = AmiClient(
            "127.0.0.1",
            settings.ami_port,
            settings.ami_user,
            settings.ami_secret if secret is None else secret,
            on_fact=self.facts.append,
            on_disconnected=self.disconnects.append,
            on_auth_failed=self.refusals.append,
            timings=AmiTimings(login_retry_first_s=30),
        )

    async def __aenter__(self) -> Watcher:
        await self.client.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()

    @property
    def alarms(self) -> int:
        return self.client.counters.alarms


async def _joined(watcher: Watcher) -> list[LiveChannel]:
    """The live channels, as soon as all are in a bridge: each joins it a moment after the answer, in a thread of its own."""
    async with asyncio.timeout(3):
        while True:
            listed = await watcher.client.action("CoreShowChannels")
            channels = parse_channel_list(listed.events, watcher.client.counters.alarm)
            if channels and all(channel.bridge_id for channel in channels):
                return channels
            await asyncio.sleep(0.02)


async def test_call_is_seen_as_facts_and_found_in_the_lists(
    network: TelephoneNetwork, settings: AsteriskSettings, engine: EngineStub
) -> None:
    async def offer(session: AgiSession) -> None:
        await session.dial(OFFER, 20, "g")
        await session.set_variable("HOTLINE_DONE", "1")

    await engine.serve(offer)
    await network.phone("1001").answers(after_s=0.1, talk_s=1.5)
    async with Watcher(settings) as watcher:
        await watcher.client.wait_connected(5)
        call = await network.call(DID, number=NUMBER, name="王小明")
        await eventually(lambda: any(isinstance(fact, DialEnded) for fact in watcher.facts))
        channels = await _joined(watcher)
        states = await watcher.client.action("DeviceStateList")
        phones = parse_device_states(states.events, watcher.client.counters.alarm)
        await call.wait_ended()
        await eventually(lambda: any(isinstance(fact, ChannelHungUp) for fact in watcher.facts))
    dial = next(fact for fact in watcher.facts if isinstance(fact, DialStarted))
    end = next(fact for fact in watcher.facts if isinstance(fact, DialEnded))
    hangup = next(fact for fact in watcher.facts if isinstance(fact, ChannelHungUp))
    assert isinstance(watcher.facts[0], SwitchBooted)
    assert (dial.agent_id, end.status, hangup.cause, hangup.agent_id) == ("1001", DialStatus.ANSWER, 16, "1001")
    assert dial.agent_uniqueid == end.agent_uniqueid == hangup.uniqueid
    assert dial.caller_uniqueid == end.caller_uniqueid == dial.linkedid == hangup.linkedid
    assert {(channel.agent_id, channel.state) for channel in channels} == {("1001", 6), (None, 6)}
    assert {channel.linkedid for channel in channels} == {dial.linkedid}
    assert len({channel.bridge_id for channel in channels}) == 1
    assert {phone.agent_id: phone.state for phone in phones}["1001"] is DeviceState.BUSY  # device_state_busy_at=1
    assert watcher.alarms == 0


@pytest.mark.parametrize(
    "sender",
    [
        b"<sip:1%0d%0a%0d%0aEvent%3a%20Hangup%0d%0aChannel%3a%20PJSIP/agent-1001-0000000f%0d%0aUniqueid%3a%201763798400.9"
        b"%0d%0aLinkedid%3a%201763798400.9%0d%0aCause%3a%2016%0d%0aCause-txt%3a%20x%0d%0a%0d%0a@127.0.0.1>",
        b"<sip:1%0d%0aDestChannel%3a%20PJSIP/agent-1002-0000000f@127.0.0.1>",
    ],
    ids=["a whole event", "a header"],
)
async def test_event_forged_in_a_caller_id_does_not_get_through(
    network: TelephoneNetwork, settings: AsteriskSettings, engine: EngineStub, tmp_path: Path, sender: bytes
) -> None:
    async def offer(session: AgiSession) -> None:
        await session.dial(OFFER, 5, "g")
        await session.set_variable("HOTLINE_DONE", "1")

    await engine.serve(offer)
    await network.phone("1001").answers(after_s=0, talk_s=0.3)
    async with Watcher(settings) as watcher:
        await watcher.client.wait_connected(5)
        outcome = await raw_caller(tmp_path, settings.sip_port, DID, sender, hold_ms=3000)
        assert outcome.returncode in (0, 1), outcome.printed
        await eventually(lambda: any(isinstance(fact, ChannelHungUp) for fact in watcher.facts))
    assert "1763798400.9" not in repr(watcher.facts)
    assert "1002" not in repr(watcher.facts)
    assert [fact.agent_id for fact in watcher.facts if isinstance(fact, DialStarted)] == ["1001"]
    assert watcher.alarms == 0


async def test_longest_header_is_taken_and_a_longer_one_would_void_the_action(
    asterisk: AsteriskProcess, settings: AsteriskSettings
) -> None:
    async with Watcher(settings) as watcher:
        await watcher.client.wait_connected(5)
        channel = "x" * (MAX_HEADER_BYTES - len("Channel: "))
        reply = await watcher.client.action("Hangup", {"Channel": channel})
        assert (reply.success, reply.message) == (False, "No such channel")
        link = watcher.client._link
        assert link is not None
        link.protocol.transport.write(f"Action: Hangup\r\nActionID: own\r\nChannel: {channel}x\r\n\r\n".encode())
        orphans = watcher.client.counters.orphan_replies
        await eventually(lambda: watcher.client.counters.orphan_replies > orphans)
        assert (await watcher.client.action("Ping")).success
    assert "Line too long" in (settings.folder / "log/messages.log").read_text()


async def test_wrong_password_is_told(asterisk: AsteriskProcess, settings: AsteriskSettings) -> None:
    async with Watcher(settings, secret="certainly-not-this-one") as watcher:
        await eventually(lambda: watcher.refusals == ["Authentication failed"])
        assert not watcher.client.connected


async def test_death_of_asterisk_is_no_hang_up_and_ends_every_wait(asterisk_root: Path | None, tmp_path: Path) -> None:
    settings = asterisk_settings(tmp_path)
    render(settings)
    doomed = await start(settings.folder, root=asterisk_root, visible=[settings.recordings_folder])
    ends: list[SessionEnd | None] = []

    async def plays(session: AgiSession) -> None:
        try:
            await session.stream_file(LONG_SOUND)
        except EngineSideLost:
            ends.append(session.end)

    server = AgiServer(plays, port=settings.agi_port)
    await server.start()
    network = TelephoneNetwork(network_settings(settings, tmp_path), root=asterisk_root)
    async with network, Watcher(settings) as watcher:
        await watcher.client.wait_connected(5)
        await network.call(DID, number=NUMBER)
        await eventually(lambda: server.live_sessions == 1)
        doomed.kill()
        await eventually(lambda: ends == [SessionEnd.SWITCH_LOST] and watcher.disconnects == ["lost"])
        assert not watcher.client.connected
    await server.close()
    await doomed.wait()
