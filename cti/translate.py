"""Raw AMI messages to typed facts. Nothing behind this module sees a header; what does not look right is an alarm.

Agents' endpoints are named `agent-<id>`: channels are `PJSIP/agent-1001-0000000a`, devices `PJSIP/agent-1001`. The
trunk is `trunk`.
Only names, ids and states that Asterisk makes are read: caller ids are printed raw there, and callers can forge lines.
Event source: main/manager_channels.c, main/devicestate.c, main/asterisk.c of Asterisk 22.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from cti.ami_protocol import AmiMessage

_AGENT_ID: Final = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,39})"
_UNIQUEID = re.compile(r"(?:[A-Za-z0-9_.]{1,40}-){0,2}\d{9,11}\.\d{1,10}")
_CHANNEL = re.compile(r"[A-Za-z0-9]{2,20}/[A-Za-z0-9_.@+:/-]{1,80}-[0-9a-f]{8}(?:;[12])?")
_AGENT_CHANNEL = re.compile(rf"PJSIP/agent-({_AGENT_ID})-[0-9a-f]{{8}}")
_TRUNK_CHANNEL = re.compile(r"PJSIP/trunk-[0-9a-f]{8}")
_AGENT_DEVICE = re.compile(rf"PJSIP/agent-({_AGENT_ID})")
_WORD = re.compile(r"[A-Za-z0-9_]{0,40}")
_BRIDGE_ID = re.compile(r"[0-9A-Za-z_.-]{0,80}")
_CAUSE_TEXT = re.compile(r"[A-Za-z0-9 ,.()'/-]{0,80}")
_DURATION = re.compile(r"(\d{1,6}):([0-5]\d):([0-5]\d)")
_ACTION_ID = re.compile(r"[A-Za-z0-9_.:-]{1,160}")
_NUMBER = re.compile(r"\d{1,9}")
_KEY = re.compile(r"[0-9A-D*#]")


class DialStatus(enum.StrEnum):
    """How an attempt to ring a phone ended. OTHER keeps a word we do not know from leaving an offer without end."""

    ANSWER = "ANSWER"
    BUSY = "BUSY"
    CANCEL = "CANCEL"
    CHANUNAVAIL = "CHANUNAVAIL"
    CONGESTION = "CONGESTION"
    NOANSWER = "NOANSWER"
    ABORT = "ABORT"
    GOTO = "GOTO"
    CONTINUE = "CONTINUE"
    OTHER = "OTHER"


class DeviceState(enum.StrEnum):
    """Asterisk's word for a device; UNAVAILABLE is a phone that is not registered or does not answer OPTIONS."""

    UNKNOWN = "UNKNOWN"
    NOT_INUSE = "NOT_INUSE"
    INUSE = "INUSE"
    BUSY = "BUSY"
    INVALID = "INVALID"
    UNAVAILABLE = "UNAVAILABLE"
    RINGING = "RINGING"
    RINGINUSE = "RINGINUSE"
    ONHOLD = "ONHOLD"


class DialStarted(msgspec.Struct, frozen=True):
    """An agent's phone is being called. The caller is None when the engine itself originated the call."""

    caller_uniqueid: str | None
    linkedid: str
    agent_channel: str
    agent_uniqueid: str
    agent_id: str


class DialEnded(msgspec.Struct, frozen=True):
    """The attempt is over: answered, refused, given up."""

    caller_uniqueid: str | None
    agent_channel: str
    agent_uniqueid: str
    agent_id: str
    status: DialStatus


class ChannelHangingUp(msgspec.Struct, frozen=True):
    """The phone has said good-bye. Asterisk says this before it takes the talk apart, and ChannelHungUp when that is done."""

    channel: str
    uniqueid: str
    agent_id: str | None


class ChannelHungUp(msgspec.Struct, frozen=True):
    """A channel is gone. `cause` is the Q.850 number (16 normal, 17 busy, 19 no answer, ...)."""

    channel: str
    uniqueid: str
    linkedid: str
    agent_id: str | None
    cause: int
    cause_text: str


class DeviceChanged(msgspec.Struct, frozen=True):
    """The state of an agent's phone, as an event or as an entry of the list asked for."""

    agent_id: str
    state: DeviceState


class OutsideDialEnded(msgspec.Struct, frozen=True):
    """A number outside was called over the trunk, and this is how it ended."""

    uniqueid: str
    status: DialStatus


class OriginateEnded(msgspec.Struct, frozen=True):
    """A leg we had Asterisk originate was answered, or came to nothing. `action` is the id we gave the action, `reason` an
    ast_control_frame_type (3: rang out, 5 busy, 8 congestion, 0 could not be called)."""

    action: str
    answered: bool
    reason: int


class HoldStarted(msgspec.Struct, frozen=True):
    """The agent put the other side on hold."""

    channel: str
    uniqueid: str
    agent_id: str | None


class HoldEnded(msgspec.Struct, frozen=True):
    """The agent took the other side back."""

    channel: str
    uniqueid: str
    agent_id: str | None


class KeyPressed(msgspec.Struct, frozen=True):
    """A caller has pressed a key and let it go."""

    uniqueid: str
    key: str


class SwitchBooted(msgspec.Struct, frozen=True):
    """Asterisk is fully up: sent when it gets there, and to each login after that."""

    uptime_s: int


class SwitchStopping(msgspec.Struct, frozen=True):
    """Asterisk is about to stop or to start anew."""

    restarting: bool


class LiveChannel(msgspec.Struct, frozen=True):
    """One channel that is up now. `state` is ast_channel_state (0 down, 4 ring, 5 ringing, 6 up)."""

    channel: str
    uniqueid: str
    linkedid: str
    state: int
    application: str
    bridge_id: str
    duration_s: int
    agent_id: str | None


Fact = (
    DialStarted
    | DialEnded
    | ChannelHangingUp
    | ChannelHungUp
    | DeviceChanged
    | OutsideDialEnded
    | OriginateEnded
    | HoldStarted
    | HoldEnded
    | KeyPressed
    | SwitchBooted
    | SwitchStopping
)
Alarm = Callable[[str], None]


class _Odd(ValueError):
    """A field that is missing, doubled, or not of its form."""


def translate(message: AmiMessage, alarm: Alarm) -> Fact | None:
    """The fact an event states; None if it concerns no agent's phone, and None with an alarm if it looks wrong."""
    reader = _READERS.get(message.text("event"))
    if reader is None:
        return None
    try:
        return reader(message, alarm)
    except _Odd as error:
        alarm(f"event {message.text('event')}: {error}")
        return None


def parse_channel_list(events: Iterable[AmiMessage], alarm: Alarm) -> list[LiveChannel]:
    """The channels in the events that answer CoreShowChannels; an entry that looks wrong is left out, with an alarm."""
    channels = []
    for event in events:
        if event.text("event") == "CoreShowChannel":
            try:
                channels.append(_live_channel(event))
            except _Odd as error:
                alarm(f"CoreShowChannel: {error}")
    return channels


def parse_device_states(events: Iterable[AmiMessage], alarm: Alarm) -> list[DeviceChanged]:
    """The agents' phones in the events that answer DeviceStateList; other devices are left out."""
    facts = (translate(event, alarm) for event in events if event.text("event") == "DeviceStateChange")
    return [fact for fact in facts if isinstance(fact, DeviceChanged)]


def agent_of_channel(channel: str) -> str | None:
    """The agent whose phone a channel belongs to, if it is one."""
    found = _AGENT_CHANNEL.fullmatch(channel)
    return found[1] if found else None


def _dial_started(message: AmiMessage, alarm: Alarm) -> DialStarted | None:
    agent = agent_of_channel(_single(message, "destchannel"))
    if agent is None:
        return None
    return DialStarted(
        _caller_uniqueid(message),
        _field(message, "destlinkedid", _UNIQUEID),
        message.text("destchannel"),
        _field(message, "destuniqueid", _UNIQUEID),
        agent,
    )


def _dial_ended(message: AmiMessage, alarm: Alarm) -> DialEnded | OutsideDialEnded | None:
    channel = _single(message, "destchannel")
    agent = agent_of_channel(channel)
    if agent is None:
        return _outside_dial_ended(message, alarm) if _TRUNK_CHANNEL.fullmatch(channel) else None
    return DialEnded(
        _caller_uniqueid(message),
        message.text("destchannel"),
        _field(message, "destuniqueid", _UNIQUEID),
        agent,
        _dial_status(_field(message, "dialstatus", _WORD), alarm),
    )


def _outside_dial_ended(message: AmiMessage, alarm: Alarm) -> OutsideDialEnded:
    status = _dial_status(_field(message, "dialstatus", _WORD), alarm)
    return OutsideDialEnded(_field(message, "destuniqueid", _UNIQUEID), status)


def _dial_status(word: str, alarm: Alarm) -> DialStatus:
    if word in DialStatus.__members__:
        return DialStatus[word]
    alarm(f"DialEnd: unknown DialStatus {word}")
    return DialStatus.OTHER


def _caller_uniqueid(message: AmiMessage) -> str | None:
    return _field(message, "uniqueid", _UNIQUEID) if "uniqueid" in message else None


def _channel_hanging_up(message: AmiMessage, alarm: Alarm) -> ChannelHangingUp:
    channel = _field(message, "channel", _CHANNEL)
    return ChannelHangingUp(channel, _field(message, "uniqueid", _UNIQUEID), agent_of_channel(channel))


def _channel_hung_up(message: AmiMessage, alarm: Alarm) -> ChannelHungUp:
    channel = _field(message, "channel", _CHANNEL)
    return ChannelHungUp(
        channel,
        _field(message, "uniqueid", _UNIQUEID),
        _field(message, "linkedid", _UNIQUEID),
        agent_of_channel(channel),
        int(_field(message, "cause", _NUMBER)),
        _field(message, "cause-txt", _CAUSE_TEXT),
    )


def _device_changed(message: AmiMessage, alarm: Alarm) -> DeviceChanged | None:
    device = _AGENT_DEVICE.fullmatch(_single(message, "device"))
    if device is None:
        return None
    word = _field(message, "state", _WORD)
    if word not in DeviceState.__members__:
        raise _Odd(f"unknown State {word}")
    return DeviceChanged(device[1], DeviceState[word])


def _originate_ended(message: AmiMessage, alarm: Alarm) -> OriginateEnded:
    return OriginateEnded(
        _field(message, "actionid", _ACTION_ID),
        _field(message, "response", _WORD) == "Success",
        int(_field(message, "reason", _NUMBER)),
    )


def _hold_started(message: AmiMessage, alarm: Alarm) -> HoldStarted:
    channel = _field(message, "channel", _CHANNEL)
    return HoldStarted(channel, _field(message, "uniqueid", _UNIQUEID), agent_of_channel(channel))


def _hold_ended(message: AmiMessage, alarm: Alarm) -> HoldEnded:
    channel = _field(message, "channel", _CHANNEL)
    return HoldEnded(channel, _field(message, "uniqueid", _UNIQUEID), agent_of_channel(channel))


def _key_pressed(message: AmiMessage, alarm: Alarm) -> KeyPressed | None:
    """Sent towards a channel, or by an agent's phone, a key is none of a caller's."""
    channel = _field(message, "channel", _CHANNEL)
    if _single(message, "direction") != "Received" or agent_of_channel(channel) is not None:
        return None
    return KeyPressed(_field(message, "uniqueid", _UNIQUEID), _field(message, "digit", _KEY))


def _switch_booted(message: AmiMessage, alarm: Alarm) -> SwitchBooted:
    return SwitchBooted(int(_field(message, "uptime", _NUMBER)))


def _switch_stopping(message: AmiMessage, alarm: Alarm) -> SwitchStopping:
    return SwitchStopping(message.text("restart") == "True")


def _live_channel(event: AmiMessage) -> LiveChannel:
    channel = _field(event, "channel", _CHANNEL)
    return LiveChannel(
        channel,
        _field(event, "uniqueid", _UNIQUEID),
        _field(event, "linkedid", _UNIQUEID),
        int(_field(event, "channelstate", _NUMBER)),
        _field(event, "application", _WORD),
        _field(event, "bridgeid", _BRIDGE_ID),
        _seconds(_field(event, "duration", _DURATION)),
        agent_of_channel(channel),
    )


def _seconds(clock: str) -> int:
    hours, minutes, seconds = map(int, clock.split(":"))
    return hours * 3600 + minutes * 60 + seconds


def _field(message: AmiMessage, name: str, form: re.Pattern[str]) -> str:
    value = _single(message, name)
    if not form.fullmatch(value):
        raise _Odd(f"{name} is not of its form")
    return value


def _single(message: AmiMessage, name: str) -> str:
    if name not in message:
        raise _Odd(f"no {name}")
    value = message[name]
    if not isinstance(value, str):
        raise _Odd(f"{name} comes twice")
    return value


_READERS: Final[dict[str, Callable[[AmiMessage, Alarm], Fact | None]]] = {
    "DialBegin": _dial_started,
    "DialEnd": _dial_ended,
    "HangupRequest": _channel_hanging_up,
    "Hangup": _channel_hung_up,
    "DeviceStateChange": _device_changed,
    "OriginateResponse": _originate_ended,
    "Hold": _hold_started,
    "Unhold": _hold_ended,
    "DTMFEnd": _key_pressed,
    "FullyBooted": _switch_booted,
    "Shutdown": _switch_stopping,
}

WANTED_EVENTS: Final = frozenset(name.encode() for name in _READERS)
"""Names of the events that can become a fact; the reader drops all others unparsed."""
