"""The caller's leg as a session sees it (ivr.ports.Leg), over FastAGI."""

import contextlib
import logging
import math
from collections.abc import Callable, Sequence

from agents.roster import AgentId
from cti.agi_session import AgiSession, SessionEnd
from cti.errors import CallerHungUp, EngineSideLost, PlaybackFailed
from ivr.ports import CallerGone, DialResult, LegLost

__all__ = ["AgiLeg"]

log = logging.getLogger(__name__)

ANY_KEY = "0123456789*#"


class AgiLeg:
    """One caller's channel. Implements ivr.ports.Leg; the promises are written there."""

    def __init__(self, session: AgiSession) -> None:
        self._session = session

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

    async def dial(self, agent: AgentId, ring_s: float, record_name: str | None, music_class: str) -> DialResult:
        """Dial with g: the caller comes back when the agent hangs up; U: recording begins on the agent's answer.

        A dial ends for Asterisk's AGI before it says that the caller hung up: the question for the result brings it out.
        """
        record = f"U(hotline-record^{record_name})" if record_name else ""
        try:
            with contextlib.suppress(CallerHungUp):
                await self._session.dial(f"PJSIP/agent-{agent}", math.ceil(ring_s), f"gim({music_class}){record}")
            result = await self._dial_result()
        except CallerHungUp:
            raise CallerGone from None
        except EngineSideLost as lost:
            raise LegLost from lost
        if self._session.hung_up:
            raise CallerGone(result)
        return result

    async def set_place(self, place: str) -> None:
        with _translated():
            await self._session.set_variable("HOTLINE_PLACE", place)

    async def hang_up(self) -> None:
        with _translated():
            await self._session.set_variable("HOTLINE_DONE", "1")
            await self._session.hangup()

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
        with _translated():
            try:
                return await self._session.stream_file(sound, keys)
            except PlaybackFailed as failed:
                log.error("%s", failed, extra={"call_id": self._session.environment.uniqueid})
                return None

    async def _dial_result(self) -> DialResult:
        """Both variables in one command; Asterisk still answers it when the caller is gone."""
        wanted = "${DIALSTATUS}/${HANGUPCAUSE}"  # ANSWEREDTIME counts from the caller's own answer, long before
        reply = await self._session.command("GET FULL VARIABLE", wanted, survives_hangup=True)
        status, _, cause = (reply.data or "").partition("/")
        return DialResult(answered=status == "ANSWER", status=status, cause=int(cause or 0))


class _translated:
    """What the edge raises, in the session's terms."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, CallerHungUp):
            raise CallerGone from None
        if isinstance(error, EngineSideLost):
            raise LegLost from error
