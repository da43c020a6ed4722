"""The AMI client over time: login, loss, return."""

from __future__ import annotations

import asyncio

import pytest

from cti.ami import AmiTimings
from cti.errors import NotConnected
from cti.translate import SwitchBooted, SwitchStopping
from tests.unit.cti.peers import PATIENT, QUICK, Desk, Switch, ami


async def test_refusal_of_an_action_is_a_value() -> None:
    async with ami() as (desk, switch):
        switch.answer = lambda action: (
            f"Response: Error\r\nActionID: {action['actionid']}\r\nMessage: No such channel\r\n\r\n"
        )
        reply = await desk.client.action("Hangup", {"Channel": "PJSIP/agent-1001-00000001"})
        assert (reply.success, reply.message) == (False, "No such channel")


async def test_answers_that_cross_find_their_actions() -> None:
    async with ami() as (desk, switch):
        held: list[str] = []

        def in_reverse(action: dict[str, str]) -> str | None:
            answer = f"Response: Success\r\nActionID: {action['actionid']}\r\nValue: {action['variable']}\r\n\r\n"
            held.insert(0, answer)
            return "".join(held) if len(held) == 5 else None

        switch.answer = in_reverse
        replies = await asyncio.gather(*(desk.client.action("Getvar", {"Variable": f"v{n}"}) for n in range(5)))
        assert [reply.fields["Value"] for reply in replies] == ["v0", "v1", "v2", "v3", "v4"]


async def test_lost_connection_is_told_and_mended_with_a_new_resynchronisation() -> None:
    async with ami() as (desk, switch):
        await desk.wait_for(lambda: desk.resyncs == 1)
        switch.cut()
        await desk.wait_for(lambda: desk.resyncs == 2)
        assert desk.disconnects == ["lost"]
        assert desk.client.connected
        assert (desk.client.counters.connects, desk.client.counters.disconnects) == (2, 1)


async def test_switch_that_is_not_there_yet_is_found_when_it_comes() -> None:
    switch = Switch()
    await switch.start()
    await switch.stop()
    desk = Desk(switch, PATIENT)
    await desk.client.start()
    with pytest.raises(NotConnected):
        await desk.client.wait_connected(0.1)
    await switch.start()
    await desk.client.wait_connected(5)
    assert desk.disconnects == []
    await desk.client.close()
    await switch.stop()
    assert desk.disconnects == ["closed"]


async def test_failing_resynchronisation_drops_the_connection_and_tries_again() -> None:
    async with ami() as (desk, switch):
        await desk.wait_for(lambda: desk.resyncs == 1)
        usual = desk.on_connected

        async def fails() -> None:
            desk.client._on_connected = usual
            raise RuntimeError("could not read the channels")

        desk.client._on_connected = fails
        switch.cut()
        await desk.wait_for(lambda: len(desk.disconnects) == 2)
        await desk.client.wait_connected(5)
        assert switch.connections == 3
        await switch.wait_for(lambda: switch.open == 1)


async def test_waits_between_attempts_grow_only_until_the_connection_is_good_again() -> None:
    async with ami(AmiTimings(retry_first_s=0.03, retry_max_s=60.0)) as (desk, switch):
        for number in range(1, 13):
            await desk.wait_for(lambda number=number: desk.resyncs == number)  # type: ignore[misc]
            switch.cut()


async def test_actions_can_be_asked_while_resynchronising() -> None:
    switch = Switch()
    await switch.start()
    desk = Desk(switch, PATIENT)
    states: list[bool] = []

    async def resync() -> None:
        states.append((await desk.client.action("CoreStatus")).success)
        desk._notify()

    desk.client._on_connected = resync
    await desk.client.start()
    await desk.wait_for(lambda: states == [True])
    await desk.client.close()
    await switch.stop()


async def test_right_password_after_a_wrong_one_gets_in() -> None:
    async with ami(QUICK, secret="wrong") as (desk, switch):
        await desk.wait_for(lambda: len(desk.refusals) == 1)
        switch.secret = "wrong"
        await desk.client.wait_connected(5)
        assert desk.client.counters.login_refusals == 1


async def test_secret_is_in_no_log_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with ami(QUICK, secret="hush-hush") as (desk, _):
        await desk.wait_for(lambda: len(desk.refusals) == 1)
    assert caplog.records
    assert "hush-hush" not in caplog.text


async def test_peer_that_greets_and_then_says_nothing_is_left_and_tried_again() -> None:
    switch = Switch()
    switch.answer = lambda action: None
    await switch.start()
    desk = Desk(switch, QUICK)
    await desk.client.start()
    await switch.wait_for(lambda: switch.names() == ["Login", "Login"])
    assert desk.resyncs == 0
    await desk.client.close()
    await switch.stop()


async def test_switch_says_that_it_stops_and_that_it_is_back() -> None:
    async with ami() as (desk, switch):
        switch.event("Shutdown", Shutdown="Cleanly", Restart="True")
        switch.event("FullyBooted", Uptime="3", LastReload="3", Status="Fully Booted")
        await desk.wait_for(lambda: desk.facts == [SwitchStopping(restarting=True), SwitchBooted(uptime_s=3)])


async def test_nothing_is_left_running_after_close() -> None:
    async with ami() as (desk, _):
        await desk.client.action("CoreStatus")
        await desk.client.close()
        await desk.client.close()
        assert not desk.client.connected
        with pytest.raises(NotConnected):
            await desk.client.action("CoreStatus")
        assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("ami ")]
