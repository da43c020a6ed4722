"""The caller's leg as a session sees it (ivr.ports.Leg), over FastAGI."""

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable, Coroutine, Sequence

from agents.roster import AgentId
from cti.agi_session import AgiSession, SessionEnd
from cti.dial_line import Outside, dial_options, dial_target, ring_seconds, room_for
from cti.errors import CallerHungUp, EngineSideLost, PlaybackFailed
from cti.translate import agent_of_channel
from ivr.ports import CallerGone, DialResult, LegLost, RungPhone

__all__ = ["AgiLeg", "StopPlayback"]

log = logging.getLogger(__name__)

ANY_KEY = "0123456789*#"
USER_BUSY = 17  # Q.850
BUSY_S = 5
"""How long a caller who is answered already hears the busy tone."""
STOP_AGAIN_S = 0.05
"""A stop that reaches Asterisk before it has begun to play is lost; so much later it is sent again, then after
twice the time, and so on."""

StopPlayback = Callable[[str], None]
"""Asks Asterisk, on another way than this leg, to stop what it plays on the channel of this name."""

TONE = "hotline-tone"
"""What a caller speaks after (engine.asterisk.music)."""


class AgiLeg:
    """One caller's channel. Implements ivr.ports.Leg; the promises are written there."""

    def __init__(
        self, session: AgiSession, stop_playback: StopPlayback, outside: Outside = lambda number: None
    ) -> None:
        self._session = session
        self._stop_playback = stop_playback
        self._outside = outside

    async def answer(self) -> None:
        with _translated():
            await self._session.answer()

    async def play(self, sounds: Sequence[str], keys: str) -> str | None:
        for sound in sounds:
            if key := await self._play_one(sound, keys):
                return key
        return None

    async def ask_key(self, sounds: Sequence[str], timeout_s: float, keys: str) -> str | None:
        if key := await self.play(sounds, keys):
            return key
        with _translated():
            return await self._session.wait_for_digit(math.ceil(timeout_s * 1000))

    async def music(self, music_class: str) -> None:
        with _translated():
            await self._session.set_music(True, music_class)

    async def music_off(self) -> None:
        with _translated():
            await self._session.set_music(False)

    async def announce(self, sound: str, stop: asyncio.Event) -> None:
        """The leg takes no other command while it plays, so the stop goes over AMI."""
        playing = asyncio.create_task(self._play_stoppable(sound))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((playing, stopped), return_when=asyncio.FIRST_COMPLETED)
            patience_s = STOP_AGAIN_S
            while not playing.done():
                self._stop_playback(self._session.environment.channel)
                await asyncio.wait((playing,), timeout=patience_s)
                patience_s *= 2
            await playing
        finally:
            stopped.cancel()
            playing.cancel()

    def room_for(self, phones: Sequence[RungPhone]) -> int:
        return room_for(phones)

    async def dial(self, phones: Sequence[RungPhone], ring_s: float, music_class: str) -> DialResult:
        """A dial ends for Asterisk's AGI before it says that the caller hung up: the question for the result brings it out."""
        return await self._dialled(dial_target(phones), ring_s, dial_options(phones, music_class))

    async def dial_out(self, number: str, ring_s: float, longest_s: float) -> DialResult:
        target = self._outside(number)
        if target is None:
            log.error("no trunk has an address to dial", extra={"call_id": self._session.environment.uniqueid})
            return DialResult(answered=False, status="CHANUNAVAIL")
        return await self._dialled(target, ring_s, f"grS({math.ceil(longest_s)})")

    async def record(self, sound: str, longest_s: float, silence_s: float, terminator: str) -> None:
        await self._play_one(TONE, "")
        with _translated():
            try:
                await self._session.record_file(sound, terminator, longest_s, silence_s)
            except PlaybackFailed as failed:
                log.error("%s", failed, extra={"call_id": self._session.environment.uniqueid})

    async def set_place(self, place: str) -> None:
        with _translated():
            await self._session.set_variable("HOTLINE_PLACE", place)

    async def hang_up(self) -> None:
        with _translated():
            await self._session.set_variable("HOTLINE_DONE", "1")
            await self._session.hangup()

    async def refuse(self) -> None:
        """Busy is a 486 while the caller is not answered yet, else a tone; either way he is gone when it returns."""
        with _translated():
            await self._session.set_variable("HOTLINE_DONE", "1")
            await self._session.exec("Busy", str(BUSY_S))
            await self._session.exec("Hangup", str(USER_BUSY))

    async def fall_back(self) -> None:
        """Tell the dialplan that the time for waiting for the engine is over (extensions.conf, label given-up)."""
        with _translated():
            await self._session.set_variable("HOTLINE_VISIT_AT", "9999999999")
            await self._session.set_variable("HOTLINE_AWAY_SINCE", "0")

    def on_end(self, callback: Callable[[CallerGone | LegLost], None]) -> None:
        def ended(end: SessionEnd) -> None:
            if end is SessionEnd.CALLER_HUNG_UP:
                callback(CallerGone())
            elif end is SessionEnd.SWITCH_LOST:
                callback(LegLost())

        self._session.on_end(ended)

    async def _play_one(self, sound: str, keys: str) -> str | None:
        return await self._played(self._session.stream_file(sound, keys))

    async def _play_stoppable(self, sound: str) -> None:
        await self._played(self._session.control_stream_file(sound))

    async def _played(self, playing: Coroutine[None, None, str | None]) -> str | None:
        with _translated():
            try:
                return await playing
            except PlaybackFailed as failed:
                log.error("%s", failed, extra={"call_id": self._session.environment.uniqueid})
                return None

    async def _dialled(self, target: str, ring_s: float, options: str) -> DialResult:
        try:
            with contextlib.suppress(CallerHungUp):
                await self._session.dial(target, ring_seconds(ring_s), options)
            result = await self._dial_result()
        except CallerHungUp:
            raise CallerGone from None
        except EngineSideLost as lost:
            raise LegLost from lost
        if self._session.hung_up:
            raise CallerGone(result)
        return result

    async def _dial_result(self) -> DialResult:
        """All variables in one command; Asterisk still answers it when the caller is gone."""
        wanted = "${DIALSTATUS}/${HANGUPCAUSE}/${DIALEDPEERNAME}"  # ANSWEREDTIME counts from the caller's own answer
        reply = await self._session.command("GET FULL VARIABLE", wanted, survives_hangup=True)
        status, cause, peer = f"{reply.data or ''}//".split("/", 2)
        agent = agent_of_channel(peer.rstrip("/"))
        return DialResult(
            answered=status == "ANSWER", status=status, agent=AgentId(agent) if agent else None, cause=int(cause or 0)
        )


class _translated:
    """What the edge raises, in the session's terms."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, CallerHungUp):
            raise CallerGone from None
        if isinstance(error, EngineSideLost):
            raise LegLost from error
