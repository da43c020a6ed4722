"""What the core says to those who wait, on a real Asterisk: prompts that keep no agent waiting, ways out of a queue, the end.

The core, its edges and Asterisk are real; rules and flow are given by the test.
"""

import asyncio
import shutil
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from acd import events as ev
from acd.floor import Floor
from acd.model import CallState, QueueId
from acd.rules import Announce, CallerRule, Comfort, Do, Overflow, QueueRules, Recipe, Rules
from acd.runner import Runner
from acd.waiting import DEAF_S, PLACE_RESUMED
from agents.roster import AgentId, AgentSettings
from cti.agi import AgiServer
from cti.ami import AmiClient
from cti.callers import Callers
from cti.control import CallControl
from cti.lookout import Lookout
from engine.asterisk.settings import AsteriskSettings
from engine.network import TelephoneNetwork
from ivr.nodes import EnqueueNode, Flow, NodeId
from ivr.prompts import FOLDER, Prompt, Prompts
from ivr.visit import Script
from tests.telephony.conftest import DID, PHONES
from tests.telephony.hearing import read_sound, times_of
from tests.telephony.phones import eventually, longest_silence_s, tone_share

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

SALES, REPAIR = QueueId("sales"), QueueId("repair")
ANNA = AgentId(PHONES[0].id)
NUMBER, ELSEWHERE = "13800001111", "13800002222"
SOUNDS = "/usr/share/asterisk/sounds/en"
LONG, SHORT = "demo-congrats", "beep"
SPOKEN = FOLDER / "en" / "ready.wav"
IN_THE_PROMPT_S = 0.2
IN_THE_THIRD_PIECE_S = 1.5
ROUNDS = 5
INVITE_WITHIN_S = 0.03
USER_BUSY = 17
BUSY_HZ, BUSY_S = 450, 5.0


class _Pages:
    """A journal that is only listened to."""

    def __init__(self) -> None:
        self.events: list[ev.Event] = []

    def append(self, event: ev.Event, now: float) -> None:
        self.events.append(event)


class Centre:
    """Core, runner and edges; no more of an engine."""

    def __init__(self, settings: AsteriskSettings, sales: QueueRules) -> None:
        agents = [AgentSettings(id=AgentId(phone.id), name=phone.name, queues=(SALES, REPAIR)) for phone in PHONES]
        rules = Rules.of("test", [sales, QueueRules(id=REPAIR)], agents)
        self.floor = Floor.under(rules)
        self.journal = _Pages()
        self.runner = Runner(self.floor, time.time, self.journal)
        diary = settings.folder / "log" / "cel-custom" / "hotline.csv"
        self.control = CallControl(self.runner, Lookout(self.runner, diary), lambda delay_s: None)
        self.runner.telephony = self.control
        self.ami = AmiClient(
            "127.0.0.1",
            settings.ami_port,
            settings.ami_user,
            settings.ami_secret,
            on_fact=self.control.on_fact,
            on_connected=self.control.resynchronise,
            on_disconnected=self.control.link_lost,
        )
        self.control.use(self.ami)
        script = _script(Path(shutil.copy(SPOKEN, settings.folder / "spool")))
        self.agi = AgiServer(Callers(self.runner, self.control, lambda: script, tuple).serve, port=settings.agi_port)

    def told(self, kind: type[ev.Event]) -> list[ev.Event]:
        """The events of a kind so far."""
        return [event for event in self.journal.events if isinstance(event, kind)]

    async def in_queue(self, queue: QueueId) -> None:
        """Wait until the only caller waits in this queue."""

        def waits() -> bool:
            return [call.queue for call in self.floor.calls.values() if call.state is CallState.WAITING] == [queue]

        await eventually(waits)

    async def empty(self) -> None:
        """Wait until nobody is there any more."""
        await eventually(lambda: not self.floor.calls)


def _script(spoken: Path) -> Script:
    """`spoken`: a sound Asterisk can see, said to those who have their place back."""
    sounds = [Prompt(id=name, language="en", text="", voice="", file=f"{name}.wav") for name in (LONG, SHORT)]
    sounds.append(Prompt(id=PLACE_RESUMED, language="en", text="", voice="", file=str(spoken)))
    nodes = [EnqueueNode(id=NodeId(queue), queue=queue) for queue in (SALES, REPAIR)]
    nodes.append(EnqueueNode(id=NodeId("back"), queue=SALES))
    flow = Flow(nodes={node.id: node for node in nodes}, start=nodes[0].id, language="en", goodbye=(), error=())
    return Script(flow=flow, calendars={}, prompts=Prompts(sounds, SOUNDS), music={})


@asynccontextmanager
async def centre(settings: AsteriskSettings, network: TelephoneNetwork, sales: QueueRules) -> AsyncIterator[Centre]:
    """Serving until this is left."""
    found = Centre(settings, sales)
    await found.agi.start()
    await found.ami.start()
    await eventually(lambda: found.floor.linked, 10.0)
    try:
        yield found
    finally:
        await network.reset()
        await found.empty()
        await found.ami.close()
        await found.agi.close()
        found.runner.close()


@pytest.fixture
def stops(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The channels on which a prompt was cut short."""
    stopped: list[str] = []
    stop_playback = CallControl.stop_playback

    def noted(control: CallControl, channel: str) -> None:
        stopped.append(channel)
        stop_playback(control, channel)

    monkeypatch.setattr(CallControl, "stop_playback", noted)
    return stopped


def telling(prompt: str, every_s: float | None = None) -> QueueRules:
    """The queue plays this prompt to those who wait."""
    return QueueRules(id=SALES, recipes=(Recipe(name="tell", after_s=0.1, do=Do(play=prompt), every_s=every_s),))


@pytest_asyncio.fixture(loop_scope="module")
async def announcing(settings: AsteriskSettings, network: TelephoneNetwork) -> AsyncIterator[Centre]:
    """A centre whose callers hear half a minute of prompt as soon as they wait."""
    async with centre(settings, network, telling(LONG)) as found:
        yield found


async def test_agent_who_comes_free_during_a_prompt_has_the_caller_at_once(
    announcing: Centre, network: TelephoneNetwork, stops: list[str]
) -> None:
    await ready_to_invite(announcing, network, stops, IN_THE_PROMPT_S)


async def test_agent_who_comes_free_during_an_announcement_of_several_pieces_has_the_caller_at_once(
    settings: AsteriskSettings, network: TelephoneNetwork, stops: list[str]
) -> None:
    words = Announce(comfort=(Comfort(after_s=0.1, play=(SHORT, SHORT, LONG, SHORT)),))
    async with centre(settings, network, QueueRules(id=SALES, announce=words)) as found:
        await ready_to_invite(found, network, stops, IN_THE_THIRD_PIECE_S)


async def ready_to_invite(found: Centre, network: TelephoneNetwork, stops: list[str], after_s: float) -> None:
    """Measure it in callers who hear a prompt for so long already."""
    phone = network.phone(ANNA)
    took: list[float] = []
    loop = asyncio.get_running_loop()
    found.runner.tell(ev.AgentLoggedIn(agent=ANNA))
    for number in range(ROUNDS):
        call = await network.call(DID, number=NUMBER)
        await found.in_queue(SALES)
        await asyncio.sleep(after_s)
        assert len(stops) == number, "nothing to stop yet"
        ready_at = loop.time()
        found.runner.tell(ev.AgentReady(agent=ANNA))
        ring = await phone.next_ring()
        took.append(ring.began_at - ready_at)
        assert len(stops) == number + 1
        found.runner.tell(ev.AgentNotReady(agent=ANNA, reason="break"))
        await call.hang_up()
        await found.empty()
        await ring.wait_ended(2.0)
    print(f"ready to INVITE: median {statistics.median(took) * 1000:.1f} ms, longest {max(took) * 1000:.1f} ms")
    assert statistics.median(took) < INVITE_WITHIN_S


@pytest.mark.parametrize("how", ["rfc4733", "info"])
@pytest.mark.parametrize("hears", ["music", "prompt"])
async def test_key_leads_out_of_music_and_out_of_a_prompt_and_back_to_the_same_place(
    settings: AsteriskSettings, network: TelephoneNetwork, how: str, hears: str
) -> None:
    recipes = telling(LONG).recipes if hears == "prompt" else ()
    sales = QueueRules(id=SALES, keys={"1": "back"}, recipes=recipes)
    async with centre(settings, network, sales) as found:
        first = await network.call(DID, number=NUMBER, carrier="carrier-info" if how == "info" else "carrier")
        await found.in_queue(SALES)
        (call,) = found.floor.calls.values()
        queued_at = call.queued_at
        await asyncio.sleep(DEAF_S + IN_THE_PROMPT_S)
        await first.press("9")
        await first.press("1")
        await eventually(lambda: len(found.told(ev.CallQueued)) == 2)
        assert call.path == ["sales", "back"]
        assert (call.queue, call.queued_at) == (SALES, queued_at)
        assert found.told(ev.WaitingKeyPressed) == [ev.WaitingKeyPressed(call=call.id, key="1")]
        await first.hang_up()
        await found.empty()


async def test_who_rings_again_is_told_that_he_has_his_place(
    settings: AsteriskSettings, network: TelephoneNetwork
) -> None:
    async with centre(settings, network, QueueRules(id=SALES, resume_s=60.0)) as found:
        first = await network.call(DID, number=NUMBER)
        await found.in_queue(SALES)
        (call,) = found.floor.calls.values()
        place = (call.queued_at, call.order)
        await first.hang_up()
        await found.empty()
        again = await network.call(DID, number=NUMBER, listen=True, hang_up_after_s=3)
        await found.in_queue(SALES)
        (call,) = found.floor.calls.values()
        assert (call.queued_at, call.order) == place
        await again.wait_ended(10.0)
        await found.empty()
    assert again.heard is not None
    assert times_of(read_sound(again.heard), read_sound(SPOKEN))


async def test_caller_who_hangs_up_during_a_prompt_is_gone_at_once(
    announcing: Centre, network: TelephoneNetwork
) -> None:
    call = await network.call(DID, number=NUMBER)
    await announcing.in_queue(SALES)
    await asyncio.sleep(IN_THE_PROMPT_S)
    await call.hang_up()
    await announcing.empty()
    assert len(announcing.told(ev.CallLeftByCaller)) == 1


async def test_music_goes_on_after_each_prompt(settings: AsteriskSettings, network: TelephoneNetwork) -> None:
    async with centre(settings, network, telling(SHORT, every_s=1.0)) as found:
        call = await network.call(DID, number=NUMBER, listen=True, hang_up_after_s=4)
        await found.in_queue(SALES)
        await call.wait_ended(10.0)
        await found.empty()
    assert call.heard is not None
    assert longest_silence_s(call.heard) < 0.5


async def test_caller_leaves_the_queue_for_a_node_in_the_middle_of_a_prompt(
    settings: AsteriskSettings, network: TelephoneNetwork, stops: list[str]
) -> None:
    leaving = Recipe(name="leave", after_s=0.5, do=Do(leave=Overflow(node=REPAIR)))
    sales = telling(LONG)
    async with centre(settings, network, msgspec.structs.replace(sales, recipes=(*sales.recipes, leaving))) as found:
        call = await network.call(DID, number=NUMBER)
        await found.in_queue(SALES)
        await found.in_queue(REPAIR)
        assert len(stops) == 1
        (shown,) = found.floor.calls.values()
        assert shown.path == ["sales", "repair"]
        await call.hang_up()
        await found.empty()


async def test_blocked_caller_is_busy_without_being_answered_and_no_number_but_his_is(
    settings: AsteriskSettings, network: TelephoneNetwork
) -> None:
    async with centre(settings, network, QueueRules(id=SALES)) as found:
        blocked = msgspec.structs.replace(found.floor.rules, numbers={NUMBER: CallerRule(blocked=True)})
        found.runner.tell(ev.RulesLoaded(rules=blocked))
        call, other = await network.call(DID, number=NUMBER), await network.call(DID, number=ELSEWHERE)
        assert await call.wait_ended(3.0) == USER_BUSY
        assert call.answered_at is None
        (arrived,) = [
            one for one in found.told(ev.CallArrived) if isinstance(one, ev.CallArrived) and one.number == NUMBER
        ]
        closed = ev.CallClosed(call=arrived.call, reason="blocked")
        await eventually(lambda: found.told(ev.CallClosed) == [closed])
        await found.in_queue(SALES)
        assert not other.ended.is_set()


async def test_caller_who_is_not_kept_hears_the_busy_tone(
    settings: AsteriskSettings, network: TelephoneNetwork
) -> None:
    sales = QueueRules(id=SALES, max_waiting=0, full=Overflow(busy=True))
    async with centre(settings, network, sales) as found:
        call = await network.call(DID, number=NUMBER, listen=True)
        assert await call.wait_ended(BUSY_S + 3.0) == USER_BUSY
        assert (call.ended_at or 0.0) - (call.answered_at or 0.0) == pytest.approx(BUSY_S, abs=1.0)
        assert found.told(ev.CallClosed)
    assert call.heard is not None
    assert tone_share(call.heard, BUSY_HZ) > 0.3
