"""Events as Asterisk 22 prints them, and as somebody would forge them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.ami_protocol import AmiMessage
from cti.translate import (
    WANTED_EVENTS,
    ChannelHangingUp,
    ChannelHungUp,
    DeviceChanged,
    DeviceState,
    DialEnded,
    DialStarted,
    DialStatus,
    Fact,
    HoldEnded,
    HoldStarted,
    LiveChannel,
    SwitchBooted,
    SwitchStopping,
    agent_of_channel,
    parse_channel_list,
    parse_device_states,
    translate,
)

CALLER = {"Channel": "PJSIP/trunk-00000001", "Uniqueid": "1763798400.1", "Linkedid": "1763798400.1"}
DIAL = {
    **CALLER,
    "DestChannel": "PJSIP/agent-1001-0000000a",
    "DestUniqueid": "1763798400.7",
    "DestLinkedid": "1763798400.1",
}
HANGUP = {
    "Channel": "PJSIP/agent-1001-0000000a",
    "Uniqueid": "1763798400.7",
    "Linkedid": "1763798400.1",
    "Cause": "16",
    "Cause-txt": "Normal Clearing",
}
LISTED = {
    "Channel": "PJSIP/agent-1001-0000000a",
    "Uniqueid": "1763798400.7",
    "Linkedid": "1763798400.1",
    "ChannelState": "6",
    "Application": "AppDial",
    "Duration": "01:02:03",
    "BridgeId": "5f3a1a52-1c9c-4c3b-9d3f-0f2d7f0a1b2c",
}


def event(name: str, fields: dict[str, str], **changed: str) -> AmiMessage:
    return AmiMessage({"Event": name, **fields, **{key.replace("_", "-"): value for key, value in changed.items()}})


def read(message: AmiMessage) -> tuple[Fact | None, int]:
    alarms: list[str] = []
    return translate(message, alarms.append), len(alarms)


@pytest.mark.parametrize(
    ("message", "fact"),
    [
        (
            event("DialBegin", DIAL, DialString="agent-1001"),
            DialStarted("1763798400.1", "1763798400.1", "PJSIP/agent-1001-0000000a", "1763798400.7", "1001"),
        ),
        (
            event("DialEnd", DIAL, DialStatus="NOANSWER"),
            DialEnded("1763798400.1", "PJSIP/agent-1001-0000000a", "1763798400.7", "1001", DialStatus.NOANSWER),
        ),
        (
            event("HangupRequest", HANGUP),
            ChannelHangingUp("PJSIP/agent-1001-0000000a", "1763798400.7", "1001"),
        ),
        (
            event("Hangup", HANGUP),
            ChannelHungUp("PJSIP/agent-1001-0000000a", "1763798400.7", "1763798400.1", "1001", 16, "Normal Clearing"),
        ),
        (
            event("Hangup", {**HANGUP, **CALLER}),
            ChannelHungUp("PJSIP/trunk-00000001", "1763798400.1", "1763798400.1", None, 16, "Normal Clearing"),
        ),
        (
            event("DeviceStateChange", {"Device": "PJSIP/agent-li.wei-2", "State": "NOT_INUSE"}),
            DeviceChanged("li.wei-2", DeviceState.NOT_INUSE),
        ),
        (event("Hold", HANGUP), HoldStarted("PJSIP/agent-1001-0000000a", "1763798400.7", "1001")),
        (event("Unhold", HANGUP), HoldEnded("PJSIP/agent-1001-0000000a", "1763798400.7", "1001")),
        (event("FullyBooted", {"Uptime": "12", "LastReload": "12"}), SwitchBooted(12)),
        (event("Shutdown", {"Shutdown": "Cleanly", "Restart": "False"}), SwitchStopping(restarting=False)),
    ],
)
def test_event_becomes_the_fact_it_states(message: AmiMessage, fact: Fact) -> None:
    assert read(message) == (fact, 0)


def test_dial_that_the_engine_originated_has_no_caller() -> None:
    fields = {name: value for name, value in DIAL.items() if name.startswith("Dest")}
    assert read(event("DialBegin", fields))[0] == DialStarted(
        None, "1763798400.1", "PJSIP/agent-1001-0000000a", "1763798400.7", "1001"
    )


@pytest.mark.parametrize(
    "message",
    [
        event("DialBegin", DIAL, DestChannel="PJSIP/trunk-0000000b"),
        event("DialEnd", DIAL, DestChannel="Local/1@queue-0000000b;1", DialStatus="ANSWER"),
        event("DeviceStateChange", {"Device": "PJSIP/trunk", "State": "INUSE"}),
        event("DeviceStateChange", {"Device": "Queue:sales_avail", "State": "INUSE"}),
        event("Newexten", CALLER),
        AmiMessage({"Response": "Success"}),
    ],
)
def test_event_of_no_agent_is_no_fact_and_no_alarm(message: AmiMessage) -> None:
    assert read(message) == (None, 0)


@pytest.mark.parametrize(
    ("name", "fields", "header", "value"),
    [
        ("Hangup", HANGUP, "Uniqueid", "1763798400.7\nX"),
        ("Hangup", HANGUP, "Uniqueid", ""),
        ("Hangup", HANGUP, "Uniqueid", "'; drop table calls"),
        ("Hangup", HANGUP, "Linkedid", "${EVIL}"),
        ("Hangup", HANGUP, "Channel", "PJSIP/agent-1001"),
        ("Hangup", HANGUP, "Channel", "PJSIP/agent-1001-0000000a\r"),
        ("Hangup", HANGUP, "Channel", "<b>-00000001"),
        ("Hangup", HANGUP, "Cause", "sixteen"),
        ("Hangup", HANGUP, "Cause", "-1"),
        ("Hangup", HANGUP, "Cause-txt", "<script>"),
        ("DialBegin", DIAL, "Uniqueid", "x"),
        ("DialBegin", DIAL, "DestUniqueid", "7"),
        ("DialEnd", DIAL, "DialStatus", "ANSWER; x"),
        ("DeviceStateChange", {"Device": "PJSIP/agent-1001"}, "State", "DANCING"),
        ("FullyBooted", {}, "Uptime", ""),
    ],
)
def test_field_that_is_not_of_its_form_is_an_alarm_and_no_fact(
    name: str, fields: dict[str, str], header: str, value: str
) -> None:
    assert read(event(name, {**fields, header: value})) == (None, 1)


@pytest.mark.parametrize("header", ["Channel", "Uniqueid", "Linkedid", "Cause", "Cause-txt"])
def test_field_that_is_missing_or_doubled_is_an_alarm(header: str) -> None:
    without = {name: value for name, value in HANGUP.items() if name != header}
    assert read(event("Hangup", without)) == (None, 1)
    doubled = AmiMessage([("Event", "Hangup"), *HANGUP.items(), (header.lower(), "1763798400.9")])
    assert read(doubled) == (None, 1)


def test_doubled_dial_target_or_event_name_is_never_used() -> None:
    target = AmiMessage([("Event", "DialBegin"), *DIAL.items(), ("DestChannel", "PJSIP/agent-1-0000000b")])
    assert read(target) == (None, 1)
    name = AmiMessage([("Event", "Hangup"), *HANGUP.items(), ("Event", "Hangup")])
    assert read(name)[0] is None


def test_dial_status_we_do_not_know_still_ends_the_offer() -> None:
    fact, alarms = read(event("DialEnd", DIAL, DialStatus="NOVELTY"))
    assert isinstance(fact, DialEnded)
    assert (fact.status, alarms) == (DialStatus.OTHER, 1)


@given(st.sampled_from(sorted(WANTED_EVENTS)), st.dictionaries(st.sampled_from([*DIAL, *HANGUP, "Device"]), st.text()))
def test_no_text_at_all_makes_translation_fail(name: bytes, fields: dict[str, str]) -> None:
    read(event(name.decode(), fields))


def test_channel_list_is_read_and_what_looks_wrong_is_left_out() -> None:
    alarms: list[str] = []
    trunk = {**LISTED, **CALLER, "Application": "AGI", "BridgeId": "", "Duration": "00:00:09"}
    found = parse_channel_list(
        [
            event("CoreShowChannel", LISTED),
            event("CoreShowChannel", trunk),
            event("CoreShowChannel", LISTED, Duration="soon"),
            event("CoreShowChannelsComplete", {"ListItems": "3"}),
        ],
        alarms.append,
    )
    assert found == [
        LiveChannel(
            "PJSIP/agent-1001-0000000a",
            "1763798400.7",
            "1763798400.1",
            6,
            "AppDial",
            "5f3a1a52-1c9c-4c3b-9d3f-0f2d7f0a1b2c",
            3723,
            "1001",
        ),
        LiveChannel("PJSIP/trunk-00000001", "1763798400.1", "1763798400.1", 6, "AGI", "", 9, None),
    ]
    assert len(alarms) == 1


def test_device_states_are_read_for_agents_alone() -> None:
    events = [
        event("DeviceStateChange", {"Device": "PJSIP/agent-1001", "State": "UNAVAILABLE"}),
        event("DeviceStateChange", {"Device": "PJSIP/trunk", "State": "NOT_INUSE"}),
        event("DeviceStateListComplete", {"ListItems": "2"}),
    ]
    assert parse_device_states(events, lambda what: None) == [DeviceChanged("1001", DeviceState.UNAVAILABLE)]


@pytest.mark.parametrize(
    ("channel", "agent"),
    [
        ("PJSIP/agent-1001-0000000a", "1001"),
        ("PJSIP/agent-li-wei-0000000a", "li-wei"),
        ("PJSIP/agent--0000000a", None),
        ("PJSIP/agent-1001-0000000A", None),
        ("SIP/agent-1001-0000000a", None),
        ("PJSIP/agent-1001-0000000a\n", None),
    ],
)
def test_agent_is_known_by_his_channel(channel: str, agent: str | None) -> None:
    assert agent_of_channel(channel) == agent
