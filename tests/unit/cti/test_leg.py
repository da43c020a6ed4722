"""The caller's leg over FastAGI, with a peer on loopback in place of res_agi."""

import asyncio

import pytest

from agents.roster import AgentId
from cti.leg import AgiLeg
from ivr.ports import CallerGone, DialResult, LegLost, RungPhone
from tests.unit.cti.peers import agi_session

ANNA, BEN = AgentId("1001"), AgentId("1002")
BOTH = [RungPhone(ANNA, "c-1"), RungPhone(BEN, "c-2")]
DIALLED = 'EXEC Dial "PJSIP/agent-1001&PJSIP/agent-1002,15,gim(soft)U(hotline-record^c-^1001/1002^1/2)"'
ASKED = 'GET FULL VARIABLE "${DIALSTATUS}/${HANGUPCAUSE}/${DIALEDPEERNAME}"'
PLAYED = 'CONTROL STREAM FILE hotline/zh/sorry "" 3000 x x'


class Stops:
    """Where stops go that Asterisk is to be sent over AMI."""

    def __init__(self) -> None:
        self.channels: asyncio.Queue[str] = asyncio.Queue()

    def __call__(self, channel: str) -> None:
        self.channels.put_nowait(channel)


@pytest.mark.parametrize(
    ("variables", "result"),
    [
        (b"ANSWER/16/PJSIP/agent-1002-0000000a", DialResult(answered=True, status="ANSWER", agent=BEN, cause=16)),
        (b"NOANSWER//", DialResult(answered=False, status="NOANSWER")),
        (b"CHANUNAVAIL/21/", DialResult(answered=False, status="CHANUNAVAIL", cause=21)),
        (b"", DialResult(answered=False, status="")),
    ],
)
async def test_phones_are_rung_by_one_dial_which_says_whose_was_answered(variables: bytes, result: DialResult) -> None:
    async with agi_session() as (session, channel, _):
        dialling = asyncio.create_task(AgiLeg(session, Stops()).dial(BOTH, 15.0, "soft"))
        assert await channel.obey() == DIALLED
        assert await channel.obey(b"200 result=1 (" + variables + b")\n") == ASKED
        assert await dialling == result


async def test_caller_who_hangs_up_in_the_talk_is_gone_with_whom_he_talked_to() -> None:
    async with agi_session() as (session, channel, _):
        dialling = asyncio.create_task(AgiLeg(session, Stops()).dial(BOTH, 15.0, "soft"))
        await channel.obey(b"HANGUP\n200 result=-1\n")
        assert await channel.obey(b"200 result=1 (ANSWER/16/PJSIP/agent-1001-0000000a)\n") == ASKED
        with pytest.raises(CallerGone) as gone:
            await dialling
        assert gone.value.dial == DialResult(answered=True, status="ANSWER", agent=ANNA, cause=16)


async def test_announcement_is_played_to_its_end_when_nothing_stops_it() -> None:
    stops = Stops()
    async with agi_session() as (session, channel, _):
        playing = asyncio.create_task(AgiLeg(session, stops).announce("hotline/zh/sorry", asyncio.Event()))
        assert await channel.obey() == PLAYED
        await playing
    assert stops.channels.empty()


async def test_announcement_that_is_stopped_ends_with_asterisks_word_and_the_stop_is_repeated_until_then() -> None:
    stops, stop = Stops(), asyncio.Event()
    async with agi_session() as (session, channel, _):
        playing = asyncio.create_task(AgiLeg(session, stops).announce("hotline/zh/sorry", stop))
        assert await channel.hear() == PLAYED
        stop.set()
        async with asyncio.timeout(5):
            assert await stops.channels.get() == "PJSIP/trunk-00000001"
            assert await stops.channels.get() == "PJSIP/trunk-00000001", "the first may have been too early"
        assert not playing.done()
        channel.say(b"200 result=0 endpos=800\n")
        await playing


async def test_stop_that_is_wanted_from_the_start_is_sent_at_once() -> None:
    stops, stop = Stops(), asyncio.Event()
    stop.set()
    async with agi_session() as (session, channel, _):
        playing = asyncio.create_task(AgiLeg(session, stops).announce("hotline/zh/sorry", stop))
        assert await stops.channels.get() == "PJSIP/trunk-00000001"
        await channel.obey()
        await playing


async def test_announcement_that_cannot_be_played_is_passed_over() -> None:
    async with agi_session() as (session, channel, _):
        playing = asyncio.create_task(AgiLeg(session, Stops()).announce("hotline/zh/sorry", asyncio.Event()))
        assert await channel.obey(b"200 result=-1 endpos=0\n") == PLAYED
        assert await channel.obey() == "NOOP"
        await playing


@pytest.mark.parametrize("end", [CallerGone, LegLost])
async def test_end_of_the_caller_or_his_leg_ends_the_announcement_without_a_stop(
    end: type[CallerGone] | type[LegLost],
) -> None:
    stops, stop = Stops(), asyncio.Event()
    async with agi_session() as (session, channel, _):
        leg = AgiLeg(session, stops)
        leg.on_end(lambda gone: stop.set())
        playing = asyncio.create_task(leg.announce("hotline/zh/sorry", stop))
        await channel.hear()
        if end is CallerGone:
            channel.say(b"HANGUP\n")
        else:
            channel.leave()
        with pytest.raises(end):
            await playing
    assert stops.channels.empty()


async def test_refused_caller_is_done_with_before_he_hears_the_tone() -> None:
    async with agi_session() as (session, channel, _):
        refusing = asyncio.create_task(AgiLeg(session, Stops()).refuse())
        assert await channel.obey() == "SET VARIABLE HOTLINE_DONE 1"
        assert await channel.obey(b"200 result=-1\n") == "EXEC Busy 5"
        assert await channel.obey(b"200 result=-1\n") == "EXEC Hangup 17"
        await refusing


SAID = 'RECORD FILE /messages/c-1-comment wav "0123456789*#" 30000 s=4'


def recording(leg: AgiLeg) -> "asyncio.Task[None]":
    return asyncio.create_task(leg.record("/messages/c-1-comment", 30.0, 3.5, "0123456789*#"))


async def test_caller_speaks_after_a_tone_until_a_key_a_silence_or_the_end_of_the_time() -> None:
    async with agi_session() as (session, channel, _):
        saying = recording(AgiLeg(session, Stops()))
        assert (await channel.obey()).startswith("STREAM FILE hotline-tone")
        assert (await channel.obey(b"200 result=35 (dtmf) endpos=20000\n")).replace('"', "") == SAID.replace('"', "")
        await saying


async def test_caller_who_hangs_up_while_he_speaks_is_gone() -> None:
    async with agi_session() as (session, channel, _):
        saying = recording(AgiLeg(session, Stops()))
        await channel.obey()
        await channel.obey(b"HANGUP\n200 result=-1 (hangup) endpos=16000\n")
        with pytest.raises(CallerGone):
            await saying
