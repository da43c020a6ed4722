"""Where callers' messages are, and how long they are, whether or not Asterisk has closed the file yet."""

import asyncio
from pathlib import Path

import pytest

from acd.model import MessageId
from recordings.messages import BYTES_A_SECOND, HEADER_BYTES, MessageFiles

MESSAGE = MessageId("hotline-1763800000.12-1-comment")


@pytest.fixture
def messages(tmp_path: Path) -> MessageFiles:
    files = MessageFiles(tmp_path)
    files.make_folder()
    return files


def file_of(messages: MessageFiles) -> Path:
    return Path(f"{messages.sound(MESSAGE)}.wav")


async def test_length_is_that_of_the_samples_whatever_the_header_says(messages: MessageFiles) -> None:
    file_of(messages).write_bytes(bytes(HEADER_BYTES + 5 * BYTES_A_SECOND // 2))
    assert await messages.seconds(MESSAGE) == 2.5


async def test_message_that_nobody_spoke_has_no_length(messages: MessageFiles) -> None:
    assert await messages.seconds(MESSAGE) == 0.0
    file_of(messages).write_bytes(bytes(HEADER_BYTES))
    assert await messages.seconds(MESSAGE) == 0.0


async def test_file_that_still_grows_is_waited_for(messages: MessageFiles) -> None:
    file_of(messages).write_bytes(bytes(HEADER_BYTES))
    asking = asyncio.create_task(messages.seconds(MESSAGE))
    await asyncio.sleep(0)
    file_of(messages).write_bytes(bytes(HEADER_BYTES + BYTES_A_SECOND))
    assert await asking == 1.0


def test_message_that_is_dropped_is_gone(messages: MessageFiles) -> None:
    file_of(messages).write_bytes(b"RIFF")
    messages.drop(MESSAGE)
    assert not file_of(messages).exists()
    with pytest.raises(FileNotFoundError):
        messages.drop(MESSAGE)


@pytest.mark.parametrize("name", ["../x", "a/b", "", "a b", "电话", "a" * 201])
def test_what_is_no_id_of_ours_names_no_file(messages: MessageFiles, name: str) -> None:
    with pytest.raises(ValueError, match="letters, digits"):
        messages.sound(MessageId(name))
