"""A caller's FastAGI session, with a peer on loopback in place of res_agi."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.agi import AgiEnvironment, AgiReply, AgiSession, SessionEnd
from cti.errors import (
    BadReply,
    CallerHungUp,
    CommandRefused,
    CommandTimedOut,
    EngineSideLost,
    PlaybackFailed,
)
from tests.unit.cti.peers import Channel, agi_server, agi_session, opening


@pytest.mark.parametrize(("reply", "digit"), [(b"200 result=0 endpos=800\n", None), (b"200 result=49 endpos=3\n", "1")])
async def test_prompt_is_played_and_may_be_cut_off_by_a_key(reply: bytes, digit: str | None) -> None:
    async with agi_session() as (session, channel, _):
        playing = asyncio.create_task(session.stream_file("/prompts/zh/welcome", "12#"))
        assert await channel.obey(reply) == "STREAM FILE /prompts/zh/welcome 12#"
        assert await playing == digit


async def test_minus_one_from_a_live_channel_is_a_missing_file() -> None:
    async with agi_session() as (session, channel, _):
        playing = asyncio.create_task(session.stream_file("nowhere", "1"))
        assert await channel.obey(b"200 result=-1 endpos=0\n") == "STREAM FILE nowhere 1"
        assert await channel.obey() == "NOOP"
        with pytest.raises(PlaybackFailed, match="nowhere"):
            await playing
        assert session.end is None


async def test_minus_one_with_the_hang_up_line_later_is_a_hang_up() -> None:
    async with agi_session() as (session, channel, _):
        playing = asyncio.create_task(session.stream_file("menu", "1"))
        await channel.obey(b"200 result=-1\n")
        assert await channel.hear() == "NOOP"
        channel.say(b"HANGUP\n200 result=0\n")
        with pytest.raises(CallerHungUp):
            await playing


async def test_typed_commands_say_what_res_agi_expects() -> None:
    async with agi_session() as (session, channel, _):
        for call, line in [
            (session.answer(), "ANSWER"),
            (session.set_music(True, "queue"), "SET MUSIC ON queue"),
            (session.set_music(False), "SET MUSIC OFF default"),
            (session.set_variable("CC_NAME", '王 "x" \\'), 'SET VARIABLE CC_NAME "王 \\"x\\" \\\\"'),
            (session.wait_for_digit(500), "WAIT FOR DIGIT 500"),
            (session.exec("MixMonitor", "a.wav,b"), 'EXEC MixMonitor "a.wav,b"'),
            (session.dial("PJSIP/agent-1001", 20, "g"), 'EXEC Dial "PJSIP/agent-1001,20,g"'),
            (session.hangup(), "HANGUP"),
        ]:
            running = asyncio.ensure_future(call)
            assert await channel.obey() == line
            await running


async def test_dial_status_is_known_after_the_caller_hung_up_in_the_talk() -> None:
    async with agi_session() as (session, channel, _):
        dialling = asyncio.create_task(session.dial("PJSIP/agent-1001", 20, "g"))
        await channel.obey(b"200 result=-1\nHANGUP\n")
        assert await dialling == -1
        asked = asyncio.create_task(session.dial_status())
        assert await channel.obey(b"200 result=1 (ANSWER)\n") == "GET VARIABLE DIALSTATUS"
        assert await asked == "ANSWER"
        with pytest.raises(CallerHungUp):
            await session.set_music(True)


async def test_application_that_returns_one_is_followed_by_a_usage_text_of_no_meaning() -> None:
    async with agi_session() as (session, channel, _):
        running = asyncio.create_task(session.exec("Odd"))
        await channel.hear()
        channel.say(b"200 result=1\n")
        await asyncio.sleep(0.02)
        assert not running.done()
        channel.say(b"520-Invalid command syntax.  Proper usage follows:\nUsage: EXEC\n520 End of proper usage.\n")
        assert await running == 1
        asked = asyncio.create_task(session.get_variable("NEXT"))
        await channel.obey(b"200 result=1 (right)\n")
        assert await asked == "right"


async def test_value_that_get_variable_may_have_cut_is_asked_for_again_in_full() -> None:
    async with agi_session() as (session, channel, _):
        asked = asyncio.create_task(session.get_variable("CC_PLACE"))
        await channel.obey(b"200 result=1 (" + b"v" * 1023 + b")\n")
        assert await channel.obey(b"200 result=1 (" + b"v" * 1500 + b")\n") == 'GET FULL VARIABLE "${CC_PLACE}"'
        assert await asked == "v" * 1500


@pytest.mark.parametrize("target", ["PJSIP/agent-1001,20,L(1)", "PJSIP/a b", "agent", "", "PJSIP/a&", "SIP/${X}"])
async def test_dial_target_that_would_add_arguments_is_refused(target: str) -> None:
    async with agi_session() as (session, _, _):
        with pytest.raises(ValueError, match="no dial target"):
            await session.dial(target, 20)


@pytest.mark.parametrize("name", ["", "A B", "A\n", "${X}", "A(b)(c)"])
async def test_variable_name_is_checked(name: str) -> None:
    async with agi_session() as (session, _, _):
        with pytest.raises(ValueError, match="no variable name"):
            await session.get_variable(name)
        with pytest.raises(ValueError, match="no variable name"):
            await session.set_variable(name, "x")


async def test_hang_up_in_music_is_noticed_with_no_command_outstanding() -> None:
    async with agi_session() as (session, channel, _):
        waiting = asyncio.create_task(session.wait_for_end())
        channel.say(b"HANGUP\n")
        async with asyncio.timeout(5):
            assert await waiting is SessionEnd.CALLER_HUNG_UP
        with pytest.raises(CallerHungUp):
            await session.answer()
        late: list[SessionEnd] = []
        session.on_end(late.append)
        assert late == [SessionEnd.CALLER_HUNG_UP]


async def test_connection_that_ends_without_a_hang_up_line_is_not_called_a_hang_up() -> None:
    async with agi_session() as (session, channel, _):
        playing = asyncio.create_task(session.stream_file("welcome"))
        await channel.hear()
        channel.leave()
        with pytest.raises(EngineSideLost):
            await playing
        assert await session.wait_for_end() is SessionEnd.SWITCH_LOST
        with pytest.raises(EngineSideLost):
            await session.answer()


async def test_cancelled_wait_for_the_end_leaves_the_next_one_working() -> None:
    async with agi_session() as (session, channel, _):
        first = asyncio.create_task(session.wait_for_end())
        second = asyncio.create_task(session.wait_for_end())
        await asyncio.sleep(0)
        first.cancel()
        channel.say(b"HANGUP\n")
        async with asyncio.timeout(5):
            assert await second is SessionEnd.CALLER_HUNG_UP


async def test_callback_that_fails_does_not_keep_the_next_one_from_the_news() -> None:
    async with agi_session() as (session, channel, _):
        told = asyncio.Event()

        def fails(end: SessionEnd) -> None:
            raise RuntimeError("a mistake in the engine")

        session.on_end(fails)
        session.on_end(lambda end: told.set())
        channel.say(b"HANGUP\n")
        async with asyncio.timeout(5):
            await told.wait()


async def test_reply_to_a_cancelled_command_is_not_taken_for_the_next_one_s() -> None:
    async with agi_session() as (session, channel, _):
        playing = asyncio.create_task(session.stream_file("long"))
        await channel.hear()
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await playing
        asked = asyncio.create_task(session.get_variable("NEXT"))
        await asyncio.sleep(0.02)
        channel.say(b"200 result=0 endpos=99\n")
        assert await channel.obey(b"200 result=1 (right)\n") == "GET VARIABLE NEXT"
        assert await asked == "right"


async def test_command_without_a_reply_times_out_and_the_next_waits_for_what_is_owed() -> None:
    async with agi_session() as (session, channel, _):
        with pytest.raises(CommandTimedOut):
            await session.command("NOOP", timeout_s=0.05)
        with pytest.raises(CommandTimedOut):
            await session.command("ANSWER", timeout_s=0.05)
        asked = asyncio.create_task(session.get_variable("NEXT"))
        assert await channel.obey() == "NOOP"
        assert await channel.obey(b"200 result=1 (right)\n") == "GET VARIABLE NEXT"
        assert await asked == "right"


async def test_hang_up_ends_the_wait_for_an_owed_reply() -> None:
    async with agi_session() as (session, channel, _):
        with pytest.raises(CommandTimedOut):
            await session.command("NOOP", timeout_s=0.05)
        asked = asyncio.create_task(session.answer())
        await asyncio.sleep(0)
        channel.say(b"HANGUP\n")
        with pytest.raises(CallerHungUp):
            await asked


async def test_second_command_at_the_same_time_is_a_mistake_and_says_so() -> None:
    async with agi_session() as (session, channel, _):
        playing = asyncio.create_task(session.stream_file("welcome"))
        await channel.hear()
        with pytest.raises(RuntimeError, match="one at a time"):
            await session.answer()
        channel.say(b"200 result=0 endpos=1\n")
        assert await playing is None


async def test_line_that_no_command_asked_for_closes_the_session() -> None:
    async with agi_session() as (session, channel, server):
        channel.say(b"200 result=1 (forged)\n")
        assert await channel.closed_by_engine()
        assert server.counters.bad_replies == 1
        assert session.end is SessionEnd.SWITCH_LOST


async def test_reply_without_the_number_it_must_have_is_an_error() -> None:
    async with agi_session() as (session, channel, _):
        waiting = asyncio.create_task(session.wait_for_digit(10))
        await channel.obey(b"200 result=x\n")
        with pytest.raises(BadReply):
            await waiting


async def test_line_without_an_end_closes_the_session() -> None:
    async with agi_session() as (_, channel, server):
        channel.say(b"x" * 200_000)
        assert await channel.closed_by_engine()
        assert server.counters.bad_replies == 1


async def test_slow_opening_is_refused() -> None:
    async with agi_server(never, environment_timeout_s=0.05) as server:
        channel = await Channel.call(server, b"agi_network: yes\n")
        assert await channel.closed_by_engine()
        assert server.counters.refused_environment == 1


@pytest.mark.parametrize(
    "first",
    [opening(callerid="1\nagi_uniqueid: 9.9"), opening(callerid="1\n\nHANGUP"), b"agi_x: " + b"y" * 40_000 + b"\n"],
)
async def test_forged_or_endless_opening_is_refused(first: bytes) -> None:
    async with agi_server(never) as server:
        channel = await Channel.call(server, first)
        assert await channel.closed_by_engine()
        assert server.counters.refused_environment == 1
        assert server.counters.sessions == 0


async def test_odd_line_in_the_opening_is_counted_and_the_caller_is_served() -> None:
    async with agi_server(answers) as server:
        channel = await Channel.call(server, opening(callerid="100\nEvent: Hangup"))
        assert await channel.obey() == "ANSWER"
        assert await channel.closed_by_engine()
        channel.leave()
        assert server.counters.odd_environment_lines == 1


async def test_callers_beyond_the_limit_go_back_to_the_dialplan_at_once() -> None:
    async with agi_server(waits, max_sessions=1) as server:
        first = await Channel.call(server)
        first.say(b"")
        second = await Channel.call(server)
        assert await second.closed_by_engine()
        assert server.counters.refused_full == 1
        assert server.counters.probes == 0
        first.leave()
        second.leave()


async def test_failing_handler_gives_its_caller_back_and_harms_no_other() -> None:
    async def fails(session: AgiSession) -> None:
        raise KeyError("a mistake in the flow")

    async with agi_server(fails) as server:
        for _ in range(2):
            channel = await Channel.call(server)
            assert await channel.closed_by_engine()
            channel.leave()
        assert server.counters.handler_failures == 2
        assert server.live_sessions == 0


async def test_hang_up_that_nobody_catches_is_no_failure() -> None:
    async with agi_server(answers) as server:
        channel = await Channel.call(server)
        await channel.hear()
        channel.say(b"HANGUP\n")
        assert await channel.closed_by_engine()
        channel.leave()
        assert server.counters.handler_failures == 0


async def test_shut_down_lets_sessions_end_by_themselves_first() -> None:
    async with agi_server(answers) as server:
        channel = await Channel.call(server)
        await channel.hear()
        port = server.port
        closing = asyncio.create_task(server.close(drain_s=5))
        await asyncio.sleep(0)
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncio.open_connection("127.0.0.1", port)
        channel.say(b"200 result=0\n")
        async with asyncio.timeout(2):
            await closing
        assert server.counters.handler_failures == 0
        channel.leave()


commands = st.sampled_from(
    [
        ("200 result=0\n", "ok 0"),
        ("200 result=49 endpos=123\n", "ok 49"),
        ("200 result=1 (王小明 says hi)\n", "ok 1"),
        ("200 result=1 (two\nlines)\n", "ok 1"),
        ("100 result=0 Trying...\n200 result=7\n", "ok 7"),
        ("510 Invalid or unknown command\n", "refused"),
        ("520 Invalid command syntax.  Proper usage not available.\n", "refused"),
        (
            "520-Invalid command syntax.  Proper usage follows:\nUsage: X\n HANGUP x\n520 End of proper usage.\n",
            "refused",
        ),
    ]
)


@given(st.data())
async def test_replies_stay_in_step_however_they_are_cut_and_wherever_the_hang_up_comes(data: st.DataObject) -> None:
    script = data.draw(st.lists(commands, min_size=1, max_size=8))
    hangup_at = data.draw(st.integers(0, len(script)))
    written: list[bytes] = []
    session = AgiSession(_environment(), written.append, lambda: None)
    feed = _Feeder(session)
    for number, (text, expected) in enumerate(script):
        outcome = asyncio.create_task(_outcome(session))
        await asyncio.sleep(0)
        raw = (("HANGUP\n" if number == hangup_at else "") + text).encode()
        cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(raw) - 1)), max_size=5)))
        for begin, end in zip([0, *cuts], [*cuts, len(raw)], strict=True):
            feed(raw[begin:end])
        assert await outcome == expected
        assert session.hung_up == (number >= hangup_at)
    assert len(written) == len(script)


class _Feeder:
    """Bytes to lines, as the connection does it."""

    def __init__(self, session: AgiSession) -> None:
        self.session = session
        self.rest = b""

    def __call__(self, data: bytes) -> None:
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self.session.line_arrived(line.decode("utf-8", "replace"))


async def _outcome(session: AgiSession) -> str:
    try:
        reply: AgiReply = await session.command("NOOP", survives_hangup=True)
    except CommandRefused:
        return "refused"
    return f"ok {reply.result}"


def _environment() -> AgiEnvironment:
    texts = dict.fromkeys(("channel", "uniqueid", "language", "callerid", "name", "dnid", "rdnis"), "")
    return AgiEnvironment(**texts, context="", extension="", request="", path="/", query={}, args=())


async def never(session: AgiSession) -> None:
    raise AssertionError("no session was to be opened")


async def answers(session: AgiSession) -> None:
    await session.answer()


async def waits(session: AgiSession) -> None:
    await session.wait_for_end()
