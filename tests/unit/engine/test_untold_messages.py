"""What a caller said when the engine died is his message in the end, once; what nobody can hear is set aside."""

import os
import wave
from pathlib import Path

import pytest

from acd import events as ev
from acd.model import CallId, CallState, Disposition, MessageId, QueueId
from acd.records import CallEnded
from acd.runner import Runner
from cti.views import PastCall
from desk.items import ItemId
from engine.untold_messages import LOOK_S, QUIET_S, UNKNOWN_CALL_S, UntoldMessages
from ivr.nodes import MessageNode, NodeId
from ivr.prompts import Prompts
from ivr.visit import Script
from recordings.messages import MessageFiles
from tests.unit.acd.floors import Stage, queue, rules
from tests.unit.cti.test_callbacks import Pages
from tests.unit.ivr.flows import flow

CALL = CallId("hotline-1763800000.12")
MESSAGE = MessageId(f"{CALL}-1763800009123")
COMMENT = MessageId(f"{CALL}-1-comment")
SPOKEN_AT = 1763800020.0
REPAIR, SALES = QueueId("repair"), QueueId("sales")
SPEAKS = MessageNode(id=NodeId("say"), next=NodeId("closed"), queue=REPAIR)


class Site:
    """A folder of messages, a floor, and what SQL has of calls and items."""

    def __init__(self, folder: Path) -> None:
        self.stage = Stage(rules({"anna": ["sales", "repair"]}, [queue("sales"), queue("repair")]))
        self.pages = Pages()
        self.files = MessageFiles(folder)
        self.files.make_folder()
        self.now = SPOKEN_AT + QUIET_S + LOOK_S
        self.calls: dict[CallId, PastCall] = {}
        self.items: set[ItemId] = set()
        self.asked = 0
        script = Script(flow=flow(SPEAKS), calendars={}, prompts=Prompts([]), music={})
        runner = Runner(self.stage.floor, lambda: self.stage.now, self.pages)
        self.untold = UntoldMessages(self.files, runner, self, lambda: script, lambda: SALES, lambda: self.now)

    async def call(self, call: CallId) -> PastCall | None:
        return self.calls.get(call)

    async def has_item(self, item: ItemId) -> bool:
        self.asked += 1
        return item in self.items

    def over(self, *path: str, queue: QueueId | None = None) -> None:
        """The call is over, and in SQL."""
        ended = CallEnded(
            call=CALL,
            opened_at=SPOKEN_AT - 20,
            ended_at=SPOKEN_AT,
            number="13800138000",
            name="",
            did="400",
            vip=0,
            disposition=Disposition.ABANDONED_IVR,
            left_in=CallState.IVR,
            ended_by="caller",
            queue=queue,
            agent=None,
            path=path,
            rules="r",
        )
        self.calls[CALL] = PastCall(ended=ended)

    def spoken(self, message: MessageId = MESSAGE, seconds: float = 3.0) -> Path:
        """What is on the disk of a message that was not told of."""
        file = Path(f"{self.files.sound(message)}.wav")
        with wave.open(str(file), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            sound.writeframes(bytes(round(seconds * 16000)))
        os.utime(file, (SPOKEN_AT, SPOKEN_AT))
        return file

    @property
    def told(self) -> list[ev.Event]:
        return self.pages.events


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


async def test_message_is_taken_up_with_what_the_calls_record_says_and_once(site: Site) -> None:
    site.spoken()
    site.over("welcome", "say:4")
    await site.untold.look()
    await site.untold.look()
    assert site.told == [
        ev.MessageLeft(
            message=MESSAGE, call=CALL, seconds=3.0, queue=REPAIR, number="13800138000", did="400", at=SPOKEN_AT
        )
    ]


async def test_comment_goes_to_the_queue_of_the_talk(site: Site) -> None:
    site.spoken(COMMENT)
    site.over("welcome", "say:4", queue=SALES)
    await site.untold.look()
    (left,) = site.told
    assert isinstance(left, ev.MessageLeft)
    assert (left.comment, left.queue, left.call) == (True, SALES, CALL)


async def test_caller_who_is_still_on_the_line_is_asked_again_by_his_session(site: Site) -> None:
    site.spoken()
    site.stage.tell(ev.CallArrived(call=CALL, channel="PJSIP/x", number="138", did="400"))
    await site.untold.look()
    assert site.told == []


async def test_message_that_may_still_be_told_of_is_left_alone(site: Site) -> None:
    site.spoken()
    site.over("say")
    site.now = SPOKEN_AT + QUIET_S
    await site.untold.look()
    assert site.told == []


async def test_message_that_is_an_item_already_is_none_again(site: Site) -> None:
    """The floor may have been lost, and SQL not."""
    site.spoken()
    site.over("say")
    site.items.add(ItemId(MESSAGE))
    await site.untold.look()
    await site.untold.look()
    assert (site.told, site.asked) == ([], 1)


async def test_record_of_the_call_is_waited_for_and_done_without_in_the_end(site: Site) -> None:
    site.spoken()
    await site.untold.look()
    assert site.told == []
    site.now = SPOKEN_AT + UNKNOWN_CALL_S + 1
    await site.untold.look()
    (left,) = site.told
    assert isinstance(left, ev.MessageLeft)
    assert (left.number, left.queue) == ("", SALES)


@pytest.mark.parametrize("content", [b"", b"RIFF and no more", None], ids=["empty", "cut", "too short"])
async def test_what_cannot_be_heard_is_set_aside_with_the_reason(site: Site, content: bytes | None) -> None:
    file = site.spoken(seconds=0.4)
    if content is not None:
        file.write_bytes(content)
        os.utime(file, (SPOKEN_AT, SPOKEN_AT))
    site.over("say")
    await site.untold.look()
    assert (site.told, site.untold.set_aside, file.exists()) == ([], 1, False)
    assert (file.parent / "aside" / file.name).exists()
    assert (file.parent / "aside" / f"{MESSAGE}.reason.txt").read_text("utf-8")
    await site.untold.look()
    assert site.untold.set_aside == 1


async def test_files_of_others_are_left_alone(site: Site) -> None:
    other = site.spoken(MessageId("hotline-1763800000.12-1a2b3c4d"))
    site.over("say")
    await site.untold.look()
    assert (site.told, other.exists()) == ([], True)


def test_drafts_of_a_call_are_those_of_no_other_and_no_comment(site: Site) -> None:
    for message in (MESSAGE, COMMENT, f"{CALL}3-1763800009123", "hotline-1763800000.1-1763800009123"):
        site.spoken(MessageId(message))
    assert site.files.of_call(CALL) == [MESSAGE]
