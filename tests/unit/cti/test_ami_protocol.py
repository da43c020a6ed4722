"""The AMI byte stream: however it is cut, whatever is in it, messages come out whole or not at all."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.ami_protocol import (
    MAX_HEADER_BYTES,
    MAX_MESSAGE_BYTES,
    AmiAction,
    AmiCounters,
    AmiLink,
    AmiMessage,
    AmiProtocol,
)
from cti.errors import UnsafeText

WANTED = frozenset({b"Hangup", b"DialBegin"})
BANNER = b"Asterisk Call Manager/11.0.0\r\n"

names = st.sampled_from(["Channel", "CallerIDName", "Cause-txt", "Uniqueid", "ConnectedLineName"])
values = st.one_of(
    st.sampled_from(["王小明", "", "100", "a: b", "Event: Hangup", "400-800: x"]),
    st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=20),
)
events = st.lists(st.tuples(names, values), max_size=6, unique_by=lambda pair: pair[0])


class Stream(asyncio.Transport):
    """A transport that only remembers what was done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def abort(self) -> None:
        self.aborted = True

    def is_closing(self) -> bool:
        return self.aborted


def connected() -> tuple[AmiProtocol, list[AmiMessage], AmiCounters, Stream]:
    seen: list[AmiMessage] = []
    counters = AmiCounters()
    protocol = AmiProtocol(AmiLink("127.0.0.1", 5038, wanted=WANTED, on_event=seen.append, counters=counters))
    transport = Stream()
    protocol.connection_made(transport)
    return protocol, seen, counters, transport


@given(st.lists(events, min_size=1, max_size=8), st.data())
async def test_events_come_out_whole_and_in_order_however_the_bytes_are_cut(
    script: list[list[tuple[str, str]]], data: st.DataObject
) -> None:
    protocol, seen, counters, _ = connected()
    blocks = ["\r\n".join(["Event: Hangup", *(f"{name}: {value}" for name, value in event)]) for event in script]
    stream = BANNER + "".join(block + "\r\n\r\n" for block in blocks).encode()
    cuts = sorted(data.draw(st.sets(st.integers(1, len(stream) - 1), max_size=20)))
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        protocol.data_received(stream[begin:end])
    assert [dict(message.items()) for message in seen] == [{"Event": "Hangup", **dict(event)} for event in script]
    assert counters.alarms == 0


async def test_event_nobody_wants_is_dropped_unless_it_answers_an_action() -> None:
    protocol, seen, counters, _ = connected()
    protocol.data_received(BANNER + b"Event: VarSet\r\nValue: x\r\n\r\nEvent: Status\r\nActionID: 1\r\n\r\n")
    assert [message.event for message in seen] == ["Status"]
    assert counters.skipped_events == 1


@pytest.mark.parametrize(
    "forged",
    [
        b"CallerIDName: x\r\nContext: y\r\n\r\n",
        b"event: Hangup\r\n\r\n",
        b" Event: Hangup\r\n\r\n",
        b"\r\n\r\n",
        b"Event: Hangup\r\nno header here\r\n\r\n",
    ],
)
async def test_message_that_does_not_look_like_one_is_an_alarm_and_the_next_is_read(forged: bytes) -> None:
    protocol, seen, counters, transport = connected()
    protocol.data_received(BANNER + forged + b"Event: Hangup\r\nCause: 16\r\n\r\n")
    assert counters.alarms == 1
    assert [message.cause for message in seen] == ["16"]
    assert not transport.aborted


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n", b"SSH-2.0-x\r\n", b"x" * 300])
async def test_peer_that_is_no_manager_is_left(greeting: bytes) -> None:
    protocol, _, counters, transport = connected()
    protocol.data_received(greeting)
    assert transport.aborted
    assert counters.alarms == 1


async def test_greeting_may_come_in_pieces() -> None:
    protocol, seen, _, transport = connected()
    for byte in BANNER + b"Event: Hangup\r\n\r\n":
        protocol.data_received(bytes([byte]))
    assert protocol.version == "11.0.0"
    assert len(seen) == 1
    assert not transport.aborted


async def test_message_without_an_end_is_bounded() -> None:
    protocol, _, counters, transport = connected()
    protocol.data_received(BANNER + b"Event: Hangup\r\nX: " + b"y" * MAX_MESSAGE_BYTES)
    assert transport.aborted
    assert counters.alarms == 1


async def test_undecodable_bytes_are_shown_as_such_and_harm_nothing() -> None:
    protocol, seen, _, _ = connected()
    protocol.data_received(BANNER + b"Event: Hangup\r\nCallerIDName: \xcd\xf5\xd0\xa1\r\nCause: 16\r\n\r\n")
    assert "\ufffd" in seen[0].calleridname
    assert seen[0].cause == "16"


async def test_alarm_storm_does_not_flood_the_log(caplog: pytest.LogCaptureFixture) -> None:
    protocol, _, counters, _ = connected()
    protocol.data_received(BANNER + b"junk\r\n\r\n" * 1000)
    assert counters.alarms == 1000
    assert len(caplog.records) == 10


async def test_line_that_asterisk_would_not_take_is_refused() -> None:
    fits = "x" * (MAX_HEADER_BYTES - len("Variable: "))
    AmiAction("Originate", {"Variable": fits})
    with pytest.raises(UnsafeText, match="1022"):
        AmiAction("Originate", {"Variable": fits + "x"})
    with pytest.raises(UnsafeText, match="1022"):
        AmiAction("Originate", {"Variable": "王" * 340})
    with pytest.raises(UnsafeText, match="headers"):
        AmiAction("Originate", {"Variable": ["x"] * 200})


async def test_late_answer_to_a_forgotten_action_is_counted_and_dropped() -> None:
    protocol, seen, counters, transport = connected()
    protocol.data_received(BANNER)
    action = AmiAction("Ping")
    protocol.send(action)
    assert transport.written.startswith(b"Action: Ping\r\nActionID: ")
    protocol.forget(action)
    protocol.data_received(f"Response: Success\r\nActionID: {action.action_id}\r\n\r\n".encode())
    assert counters.orphan_replies == 1
    assert seen == []
