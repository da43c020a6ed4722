"""Recordings of any usual format become prompts that Asterisk plays, as loud as the others; what is none is refused."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from ivr.audio import RATES_HZ, NotAPrompt, Sound, measure, read_prompt
from ivr.convert import convert
from ivr.polish import PIECE, PIECE_AT_AN_END, PROMPT, Edges, polish
from tests.unit.ivr.sounds import voice


def converted(source: Path, folder: Path) -> list[Sound]:
    convert(source, folder / "out")
    files = [folder / f"out{ending}" for ending in RATES_HZ]
    return [measure(read_prompt(file), RATES_HZ[file.suffix]) for file in files]


@pytest.mark.parametrize(
    ("name", "rate_hz", "channels", "subtype"),
    [
        ("a.wav", 8000, 1, "PCM_16"),
        ("a.wav", 8000, 1, "ULAW"),
        ("a.wav", 11025, 2, "PCM_U8"),
        ("a.wav", 44100, 2, "PCM_24"),
        ("a.wav", 96000, 1, "FLOAT"),
        ("A.WAV", 16000, 1, "PCM_16"),
        ("a.flac", 48000, 2, "PCM_16"),
        ("a.ogg", 44100, 1, "VORBIS"),
        ("a.opus", 48000, 1, "OPUS"),
        ("a.mp3", 44100, 2, "MPEG_LAYER_III"),
        ("a.aiff", 22050, 1, "PCM_16"),
        ("a.alaw", 8000, 1, "ALAW"),
        ("a.ulaw", 8000, 1, "ULAW"),
    ],
)
def test_usual_format_becomes_a_prompt_as_loud_as_the_others(
    name: str, rate_hz: int, channels: int, subtype: str, tmp_path: Path
) -> None:
    samples = np.repeat(voice(2.0, rate_hz, level=0.01, silence_s=0.8)[:, None], channels, axis=1)
    form = {"a.opus": "OGG", "a.alaw": "RAW", "a.ulaw": "RAW"}.get(name)
    sf.write(str(tmp_path / name), samples, rate_hz, subtype=subtype, format=form)
    for sound in converted(tmp_path / name, tmp_path):
        assert sound.level_db == pytest.approx(-20.0, abs=0.2)
        assert sound.duration_s == pytest.approx(2.16, abs=0.15)
        assert sound.peak_db < -0.5
    assert sorted(path.name for path in tmp_path.glob("out*")) == ["out.wav", "out.wav16"]


def test_both_rates_begin_and_end_at_the_same_moment(tmp_path: Path) -> None:
    sf.write(str(tmp_path / "a.wav"), voice(1.3, 44100, silence_s=0.4), 44100)
    narrow, wide = converted(tmp_path / "a.wav", tmp_path)
    assert narrow.duration_s == pytest.approx(wide.duration_s, abs=0.002)
    assert narrow.lead_s == pytest.approx(wide.lead_s, abs=0.011)


@pytest.mark.parametrize("edges", [PROMPT, PIECE, PIECE_AT_AN_END])
def test_speech_has_the_edges_it_was_given(edges: Edges) -> None:
    for ending, segment in polish(voice(1.0, 24000, silence_s=0.5), 24000, edges).items():
        samples = np.array(segment.get_array_of_samples(), dtype=np.float32) / np.float32(32768)
        sound = measure(samples, RATES_HZ[ending])
        assert sound.lead_s * 1000 == pytest.approx(edges.kept + edges.before, abs=25)
        assert sound.tail_s * 1000 == pytest.approx(edges.kept + edges.after, abs=25)
        assert max(sound.lead_s, sound.tail_s) <= 0.3


def test_shout_is_made_as_loud_as_a_whisper_without_clipping(tmp_path: Path) -> None:
    sf.write(str(tmp_path / "shout.wav"), np.clip(voice(1.0, 16000, level=2.0, silence_s=0.2), -1, 1), 16000)
    sf.write(str(tmp_path / "whisper.wav"), voice(1.0, 16000, level=0.002, silence_s=0.2), 16000, subtype="PCM_24")
    shout, whisper = (converted(tmp_path / name, tmp_path)[0] for name in ("shout.wav", "whisper.wav"))
    assert shout.level_db == pytest.approx(whisper.level_db, abs=0.3)
    assert max(shout.peak_db, whisper.peak_db) < -0.5


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.wav", b""),
        ("a.wav", b"RIFF\x04\x00\x00\x00WAVEfmt "),
        ("a.wav", b"<html>not found</html>"),
        ("a.mp3", b"PK\x03\x04 this is a zip"),
        ("a.ogg", b"OggS" + bytes(100)),
    ],
)
def test_what_is_no_audio_is_said_to_be_none_and_leaves_nothing(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NotAPrompt, match=r"not audio, or damaged|there is nothing to hear"):
        convert(tmp_path / name, tmp_path / "out")
    assert not list(tmp_path.glob("out*"))


def test_silence_is_refused(tmp_path: Path) -> None:
    sf.write(str(tmp_path / "a.wav"), np.zeros(16000), 8000)
    with pytest.raises(NotAPrompt, match="there is nothing to hear"):
        convert(tmp_path / "a.wav", tmp_path / "out")


def test_recording_that_is_too_long_is_refused(tmp_path: Path) -> None:
    sf.write(str(tmp_path / "a.wav"), voice(61.0, 8000), 8000)
    with pytest.raises(NotAPrompt, match="lasts 61 s; expected at most 60 s"):
        convert(tmp_path / "a.wav", tmp_path / "out")


def test_recording_with_a_long_pause_is_refused_with_its_length_and_leaves_nothing(tmp_path: Path) -> None:
    gap = np.concatenate([voice(1.0, 8000), np.zeros(16000, dtype=np.float32), voice(1.0, 8000)])
    sf.write(str(tmp_path / "a.wav"), gap, 8000)
    with pytest.raises(NotAPrompt, match=r"has a pause of 2\.\d s; expected at most 1\.5 s"):
        convert(tmp_path / "a.wav", tmp_path / "out")
    assert not list(tmp_path.glob("out*"))


def test_format_of_ffmpeg_without_ffmpeg_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a.m4a").write_bytes(b"whatever")
    with pytest.raises(NotAPrompt, match="ffmpeg reads this format, and it is not installed: install it, or bring WAV"):
        convert(tmp_path / "a.m4a", tmp_path / "out")


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_format_of_ffmpeg_is_converted_and_what_it_cannot_read_is_refused(tmp_path: Path) -> None:
    sf.write(str(tmp_path / "a.wav"), voice(2.0, 44100, silence_s=0.5), 44100)
    subprocess.run(["ffmpeg", "-v", "error", "-i", tmp_path / "a.wav", tmp_path / "a.m4a"], check=True)
    for sound in converted(tmp_path / "a.m4a", tmp_path):
        assert sound.duration_s == pytest.approx(2.16, abs=0.15)
    (tmp_path / "b.m4a").write_bytes(b"no audio at all")
    with pytest.raises(NotAPrompt, match=r"not audio, or damaged \(ffmpeg: "):
        convert(tmp_path / "b.m4a", tmp_path / "out")
