"""The 24 defects found in panoramisk 1.4, one test each, against what this project uses in its place.

Numbers as in the defect list: 1-16 AMI client and messages (our subclass), 17-24 FastAGI server (our own).
"""

from __future__ import annotations

import asyncio
import copy
import os
import pickle
import time
from pathlib import Path

import pytest

from cti.agi import AgiSession
from cti.ami import AmiTimings
from cti.ami_protocol import AmiAction, AmiMessage
from cti.errors import ActionTimedOut, CallerHungUp, CommandRefused, NotConnected, SwitchLost, UnsafeText
from cti.translate import DeviceChanged, DeviceState
from tests.unit.cti.peers import QUICK, Channel, Desk, Switch, agi_server, agi_session, ami, opening


def device(agent: str, state: str = "INUSE") -> dict[str, str]:
    return {"Device": f"PJSIP/agent-{agent}", "State": state}


async def test_01_chinese_character_split_over_two_segments_arrives_whole() -> None:
    async with ami() as (desk, switch):
        switch.answer = lambda action: None
        asked = asyncio.create_task(desk.client.action("Getvar"))
        await switch.wait_for(lambda: "Getvar" in switch.names())
        answer = f"Response: Success\r\nActionID: {switch.actions[-1]['actionid']}\r\nValue: 王小明\r\n\r\n".encode()
        middle = answer.index("小".encode()) + 1
        switch.say(answer[:middle])
        await switch.writers[-1].drain()
        await asyncio.sleep(0.02)
        switch.say(answer[middle:])
        assert (await asked).fields["Value"] == "王小明"


async def test_02_failing_event_callback_costs_neither_the_connection_nor_the_next_event() -> None:
    async with ami() as (desk, switch):
        usual = desk.client._on_fact

        def fails_first(fact: object) -> None:
            desk.client._on_fact = usual
            raise RuntimeError("a mistake in the engine")

        desk.client._on_fact = fails_first
        switch.event("DeviceStateChange", **device("1001"))
        switch.event("DeviceStateChange", **device("1002"))
        await desk.wait_for(lambda: desk.facts == [DeviceChanged("1002", DeviceState.INUSE)])
        assert desk.client.connected
        assert desk.client.counters.callback_failures == 1


@pytest.mark.parametrize("name", ["Originate", "PlayDTMF"])
async def test_03_action_without_an_async_header_is_answered_when_asterisk_says_queued(name: str) -> None:
    async with ami() as (desk, switch):
        switch.answer = lambda action: (
            f"Response: Success\r\nActionID: {action['actionid']}\r\nMessage: {name} successfully queued\r\n\r\n"
        )
        reply = await desk.client.action(name, {"Channel": "PJSIP/agent-1001"})
        assert reply.success
        assert desk.client.connected


async def test_04_queue_add_is_answered_by_its_response_alone() -> None:
    async with ami() as (desk, switch):
        switch.answer = lambda action: (
            f"Response: Success\r\nActionID: {action['actionid']}\r\nMessage: Added interface to queue\r\n\r\n"
        )
        assert (await desk.client.action("QueueAdd", {"Queue": "sales"})).message == "Added interface to queue"
        assert pending(desk) == 0


async def test_05_list_is_collected_by_its_own_headers_and_command_output_is_whole() -> None:
    async with ami() as (desk, switch):
        switch.answer = lambda action: (
            f"Response: Success\r\nActionID: {action['actionid']}\r\nEventList: start\r\nMessage: will follow\r\n\r\n"
            f"Event: CoreShowChannel\r\nActionID: {action['actionid']}\r\nChannel: A\r\n\r\n"
            f"Event: CoreShowChannelsComplete\r\nActionID: {action['actionid']}\r\nEventList: Complete\r\n\r\n"
        )
        reply = await desk.client.action("CoreShowChannels")
        assert [event.event for event in reply.events] == ["CoreShowChannel", "CoreShowChannelsComplete"]
    output = AmiMessage.from_block(b"Response: Success\r\nOutput: one\r\nOutput: \r\nOutput: two")
    assert output is not None
    assert output.content == "one\n\ntwo"


async def test_06_peer_that_stops_answering_pings_is_given_up_and_no_ping_is_kept() -> None:
    async with ami(QUICK) as (desk, switch):
        switch.answer = lambda action: None if action["action"] == "Ping" else switch.usual_answer(action)
        await desk.wait_for(lambda: desk.disconnects == ["lost"])
        await switch.wait_for(lambda: switch.connections >= 2)
        assert desk.client.counters.ping_timeouts >= 1
        assert pending(desk) <= 1


async def test_07_close_while_a_reconnect_is_due_connects_no_more() -> None:
    async with ami(AmiTimings(retry_first_s=0.1)) as (desk, switch):
        switch.cut()
        await desk.wait_for(lambda: desk.disconnects == ["lost"])
        await desk.client.close()
        await asyncio.sleep(0.2)
        assert switch.connections == 1


async def test_08_action_in_flight_at_a_disconnect_fails_and_is_never_sent_again() -> None:
    async with ami() as (desk, switch):
        switch.answer = lambda action: None
        asked = asyncio.create_task(desk.client.action("Originate"))
        await switch.wait_for(lambda: "Originate" in switch.names())
        switch.answer = switch.usual_answer
        switch.cut()
        with pytest.raises(SwitchLost):
            await asked
        with pytest.raises(NotConnected):
            await desk.client.action("Hangup", {"Channel": "PJSIP/agent-1001-00000001"})
        await desk.wait_for(lambda: desk.resyncs == 2)
        await desk.client.action("CoreStatus")
        assert switch.names() == ["Login", "Originate", "Login", "CoreStatus"]


async def test_09_action_without_an_answer_times_out_and_leaves_nothing_behind() -> None:
    async with ami() as (desk, switch):
        switch.answer = lambda action: None
        with pytest.raises(ActionTimedOut):
            await desk.client.action("Hangup", {"Channel": "PJSIP/agent-1001-00000001"}, timeout_s=0.05)
        assert pending(desk) == 0
    not_started = Desk(Switch(), QUICK)
    with pytest.raises(NotConnected):
        await not_started.client.action("Ping")


@pytest.mark.parametrize("evil", ["4008\r\nApplication: System", "4008\nData: x", "a\rb", "a\0b"])
async def test_10_line_break_in_a_header_is_refused_before_anything_is_sent(evil: str) -> None:
    async with ami() as (desk, switch):
        with pytest.raises(UnsafeText):
            await desk.client.action("Originate", {"CallerID": evil})
        with pytest.raises(UnsafeText):
            await desk.client.action("Originate", {"Variable": ["fine", evil]})
        with pytest.raises(UnsafeText):
            await desk.client.action("Originate", {evil: "4008"})
        assert switch.names() == ["Login"]


async def test_11_wrong_password_is_reported_and_tried_ever_more_slowly() -> None:
    began = time.monotonic()
    async with ami(QUICK, secret="wrong") as (desk, switch):
        await desk.wait_for(lambda: len(desk.refusals) == 3)
        took = time.monotonic() - began
        assert desk.refusals[0] == "Authentication failed"
        assert took > 0.8 * (0.2 + 0.4)
        assert switch.connections == 3
        assert not desk.client.connected


async def test_12_event_that_answers_an_action_reaches_the_reader_of_events_too() -> None:
    async with ami() as (desk, switch):
        switch.answer = lambda action: (
            f"Response: Success\r\nActionID: {action['actionid']}\r\nEventList: start\r\n\r\n"
            f"Event: DeviceStateChange\r\nActionID: {action['actionid']}\r\nDevice: PJSIP/agent-1001\r\n"
            f"State: RINGING\r\n\r\n"
            f"Event: DeviceStateListComplete\r\nActionID: {action['actionid']}\r\nEventList: Complete\r\n\r\n"
        )
        await desk.client.action("DeviceStateList")
        assert desk.facts == [DeviceChanged("1001", DeviceState.RINGING)]
    failed = AmiMessage({"Event": "OriginateResponse", "Response": "Failure"})
    assert not failed.success


async def test_13_events_are_handed_over_in_order_without_a_task_each() -> None:
    async with ami() as (desk, switch):
        tasks_before = len(asyncio.all_tasks())
        most_tasks = 0
        facts: list[object] = []
        done = asyncio.Event()

        def count(fact: object) -> None:
            nonlocal most_tasks
            most_tasks = max(most_tasks, len(asyncio.all_tasks()))
            facts.append(fact)
            if len(facts) == 2000:
                done.set()

        desk.client._on_fact = count
        for number in range(2000):
            switch.event("DeviceStateChange", **device(str(number)))
        async with asyncio.timeout(5):
            await done.wait()
        assert facts == [DeviceChanged(str(number), DeviceState.INUSE) for number in range(2000)]
        assert most_tasks <= tasks_before + 1


async def test_14_two_calls_of_the_same_second_are_two_calls() -> None:
    async with ami() as (desk, switch):
        for number in (1, 2):
            switch.event(
                "Hangup",
                Channel=f"PJSIP/agent-100{number}-0000000{number}",
                Uniqueid=f"1763798400.{number}",
                Linkedid="1763798400.1",
                Cause="16",
                Cause_txt="Normal Clearing",
            )
        await desk.wait_for(lambda: len(desk.facts) == 2)
        assert {fact.uniqueid for fact in desk.facts} == {"1763798400.1", "1763798400.2"}  # type: ignore[union-attr]


async def test_15_saving_the_stream_as_panoramisk_advises_cannot_end_the_connection(tmp_path: Path) -> None:
    async with ami() as (desk, switch):
        assert desk.client._link is not None
        desk.client._link.save_stream = str(tmp_path / "stream")
        switch.event("DeviceStateChange", **device("1001"))
        await desk.wait_for(lambda: len(desk.facts) == 1)
        assert desk.client.connected
        assert os.listdir(tmp_path) == []


def test_16_message_copies_pickles_and_keeps_every_header() -> None:
    message = AmiMessage.from_block(b"Event: Hangup\r\nVar: a\r\nvar: b\r\nName: \xe7\x8e\x8b\r\nLast: ")
    assert message is not None
    for twin in (copy.copy(message), copy.deepcopy(message), pickle.loads(pickle.dumps(message))):  # noqa: S301
        assert dict(twin.items()) == {"Event": "Hangup", "Var": ["a", "b"], "Name": "王", "Last": ""}
    assert message.last == ""
    with pytest.raises(AttributeError):
        _ = message.uniqeid


async def test_17_port_scan_and_health_check_are_harmless() -> None:
    async def handler(session: AgiSession) -> None:
        await session.answer()

    async with agi_server(handler) as server:
        for _ in range(20):
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.close()
        channel = await Channel.call(server)
        assert await channel.obey() == "ANSWER"
        assert await channel.closed_by_engine()
        channel.leave()
        assert server.counters.probes == 20
        assert server.counters.handler_failures == 0


async def test_18_caller_gone_while_a_command_runs_ends_the_wait_with_a_hang_up() -> None:
    async with agi_session() as (session, channel, _):
        playing = asyncio.create_task(session.stream_file("welcome"))
        await channel.hear()
        channel.say(b"200 result=-1 endpos=800\nHANGUP\n")
        channel.leave()
        with pytest.raises(CallerHungUp):
            await playing


async def test_19_hang_up_line_shifts_no_reply() -> None:
    async with agi_session() as (session, channel, _):
        asked = asyncio.create_task(session.get_variable("ONE", survives_hangup=True))
        await channel.hear()
        channel.say(b"HANGUP\n200 result=1 (first)\n")
        assert await asked == "first"
        asked = asyncio.create_task(session.get_variable("TWO", survives_hangup=True))
        await channel.obey(b"200 result=1 (second)\n")
        assert await asked == "second"
        assert session.hung_up


async def test_20_usage_text_is_read_to_its_end_and_no_further() -> None:
    async with agi_session() as (session, channel, _):
        asked = asyncio.create_task(session.command("WAIT FOR DIGIT"))
        await channel.obey(
            b"520-Invalid command syntax.  Proper usage follows:\nUsage: WAIT FOR DIGIT <timeout>\n"
            b"  Waits for a digit\n\n520 End of proper usage.\n"
        )
        with pytest.raises(CommandRefused, match="Waits for a digit"):
            await asked
        asked = asyncio.create_task(session.command("NOOP"))
        await channel.obey()
        assert (await asked).result == "0"


@pytest.mark.parametrize("value", ["hangup", "HANGUP", "a\nHANGUP\nb", "-1", ""])
async def test_22_variable_whose_value_says_hangup_is_no_hang_up(value: str) -> None:
    async with agi_session() as (session, channel, _):
        asked = asyncio.create_task(session.get_variable("NOTE"))
        await channel.obey(f"200 result=1 ({value})\n".encode())
        assert await asked == value
        assert session.end is None


async def test_23_dead_channel_is_a_hang_up_and_an_unknown_application_an_error() -> None:
    async with agi_session() as (session, channel, _):
        ran = asyncio.create_task(session.exec("NoSuchApp"))
        await channel.obey(b"200 result=-2\n")
        with pytest.raises(CommandRefused, match="NoSuchApp"):
            await ran
        ran = asyncio.create_task(session.exec("NoSuchApp"))
        await channel.obey(b"503 result=-2 No such app\n")
        with pytest.raises(CommandRefused):
            await ran
        played = asyncio.create_task(session.stream_file("welcome"))
        await channel.obey(b"511 Command Not Permitted on a dead channel or intercept routine\n")
        with pytest.raises(CallerHungUp):
            await played


async def test_24_route_has_no_query_gbk_is_survived_and_cancellation_is_not_swallowed() -> None:
    seen: list[AgiSession] = []
    waiting = asyncio.Event()
    cancelled = asyncio.Event()

    async def handler(session: AgiSession) -> None:
        seen.append(session)
        waiting.set()
        try:
            await session.wait_for_digit(60_000)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with agi_server(handler) as server:
        gbk = opening().replace("王小明".encode(), "王小明".encode("gbk"))
        channel = await Channel.call(server, gbk)
        async with asyncio.timeout(5):
            await waiting.wait()
        environment = seen[0].environment
        assert (environment.path, environment.query) == ("/menu", {"lang": "zh", "did": "4008001234"})
        assert "\ufffd" in environment.name
        await server.close()
        assert cancelled.is_set()
        channel.leave()


def pending(desk: Desk) -> int:
    """Actions the client still holds."""
    link = desk.client._link
    return 0 if link is None else len(link.protocol.responses)


async def test_action_text_is_panoramisk_s_with_our_checks() -> None:
    action = AmiAction("Hangup", {"Channel": "PJSIP/agent-1001-00000001", "Cause": "16"})
    assert str(action).startswith("Action: Hangup\r\nActionID: action/")
    assert str(action).endswith("\r\n\r\n")
