"""Two legs become one stereo file: who is where, what is padded, what a killed Asterisk leaves."""

import hashlib
import resource
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from recordings.audio import AudioNotWritten, Leg, inspect, merge
from tests.unit.recordings.sounds import LEFT_HZ, RIGHT_HZ, channels, leg, strongest_hz, tone


def test_the_caller_is_left_and_the_agent_right(tmp_path: Path) -> None:
    caller = leg(tmp_path / "c.wav", tone(LEFT_HZ, 1.0))
    agent = leg(tmp_path / "a.wav", tone(RIGHT_HZ, 1.0))
    sound = merge(caller, agent, tmp_path / "2026/01/02/x.wav")
    left, right = channels(tmp_path / "2026/01/02/x.wav")
    assert np.array_equal(left, tone(LEFT_HZ, 1.0))
    assert strongest_hz(right) == RIGHT_HZ
    assert sound.duration_s == 1.0


def test_size_and_checksum_are_those_of_the_file(tmp_path: Path) -> None:
    target = tmp_path / "x.wav"
    sound = merge(leg(tmp_path / "c.wav", tone(440, 0.3)), leg(tmp_path / "a.wav", tone(440, 0.3)), target)
    content = target.read_bytes()
    assert sound.size == len(content) == 44 + 2400 * 4
    assert sound.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(("caller_s", "agent_s"), [(1.0, 0.25), (0.25, 1.0), (0.1, 20.0)])
def test_the_shorter_leg_is_padded_with_silence(tmp_path: Path, caller_s: float, agent_s: float) -> None:
    caller, agent = tone(LEFT_HZ, caller_s), tone(RIGHT_HZ, agent_s)
    sound = merge(leg(tmp_path / "c.wav", caller), leg(tmp_path / "a.wav", agent), tmp_path / "x.wav")
    left, right = channels(tmp_path / "x.wav")
    assert sound.duration_s == max(caller_s, agent_s)
    assert np.array_equal(left[: len(caller)], caller)
    assert not left[len(caller) :].any()
    assert np.array_equal(right[: len(agent)], agent)
    assert not right[len(agent) :].any()


def test_a_leg_whose_header_was_never_finished_is_read_to_its_last_sample(tmp_path: Path) -> None:
    cut = leg(tmp_path / "c.wav", tone(LEFT_HZ, 2.0), closed=False)
    assert inspect(cut) is Leg.UNFINISHED
    with cut.open("ab") as file:
        file.write(b"\x01")  # half a sample
    merge(cut, leg(tmp_path / "a.wav", tone(RIGHT_HZ, 1.0)), tmp_path / "x.wav")
    left, _ = channels(tmp_path / "x.wav")
    assert np.array_equal(left, tone(LEFT_HZ, 2.0))


def test_a_missing_leg_is_silence(tmp_path: Path) -> None:
    merge(tmp_path / "none.wav", leg(tmp_path / "a.wav", tone(RIGHT_HZ, 0.5)), tmp_path / "x.wav")
    left, right = channels(tmp_path / "x.wav")
    assert not left.any()
    assert np.array_equal(right, tone(RIGHT_HZ, 0.5))


def test_legs_are_told_apart_by_what_lies_in_them(tmp_path: Path) -> None:
    stereo, text, nothing = tmp_path / "s.wav", tmp_path / "t.wav", tmp_path / "n.wav"
    sf.write(stereo, np.zeros((800, 2), np.int16), 8000)
    text.write_text("not a sound at all, but long enough to have a header")
    nothing.touch()
    assert inspect(leg(tmp_path / "c.wav", tone(440, 0.1))) is Leg.COMPLETE
    assert inspect(leg(tmp_path / "e.wav", tone(440, 0.0))) is Leg.EMPTY
    assert inspect(nothing) is Leg.EMPTY
    assert inspect(stereo) is Leg.UNREADABLE
    assert inspect(text) is Leg.UNREADABLE
    assert inspect(tmp_path / "none.wav") is Leg.MISSING


def test_a_disk_that_fills_up_on_the_way_leaves_no_half_file(tmp_path: Path) -> None:
    caller, agent = leg(tmp_path / "c.wav", tone(440, 5.0)), leg(tmp_path / "a.wav", tone(440, 5.0))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(AudioNotWritten, match="cannot write the recording"):
            merge(caller, agent, tmp_path / "x.wav")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "c.wav"]


def test_a_file_that_cannot_be_written_leaves_none_behind_and_the_legs_alone(tmp_path: Path) -> None:
    caller, agent = leg(tmp_path / "c.wav", tone(440, 0.1)), leg(tmp_path / "a.wav", tone(440, 0.1))
    (tmp_path / "file").touch()
    with pytest.raises(AudioNotWritten, match="cannot write the recording"):
        merge(caller, agent, tmp_path / "file" / "x.wav")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "c.wav", "file"]
