"""The manifest, and the audio that is committed with it."""

import hashlib
import wave
from pathlib import Path

import numpy as np
import pytest

from ivr.audio import measure, read_prompt
from ivr.prompts import FOLDER, ManifestRefused, Prompt, Prompts, UnknownPrompt, file_problems, read_manifest

RATE = 8000
ENTRIES = read_manifest()


def tone(seconds: float, level: float = 0.14, silence_s: float = 0.0) -> list[float]:
    quiet = [0.0] * int(silence_s * RATE)
    return [*quiet, *(level * np.sin(2 * np.pi * 400 * np.arange(int(seconds * RATE)) / RATE)), *quiet]


def write_wav(path: Path, samples: list[float], rate: int = RATE, channels: int = 1) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes((np.array(samples) * 32767).astype("<i2").tobytes())


def entry(path: Path) -> Prompt:
    check_sum = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
    return Prompt(id="a", language="zh", text="a", voice="recorded", file=path.name, sha256=check_sum)


@pytest.mark.parametrize("prompt", ENTRIES, ids=lambda prompt: prompt.file)
def test_committed_prompt_can_be_played_and_is_as_loud_as_the_others(prompt: Prompt) -> None:
    assert file_problems([prompt]) == []
    sound = measure(read_prompt(FOLDER / prompt.file))
    assert abs(sound.level_db + 20.0) < 1.0
    assert sound.peak_db < -0.5, "clipped"


def test_every_prompt_is_spoken_in_both_languages() -> None:
    prompts = Prompts(ENTRIES)
    assert prompts.in_language("zh") == prompts.in_language("en") == prompts.ids


def test_audio_and_manifest_hold_the_same_files_and_stay_small() -> None:
    files = list(FOLDER.rglob("*.wav"))
    assert {str(path.relative_to(FOLDER)) for path in files} == {prompt.file for prompt in ENTRIES}
    assert sum(path.stat().st_size for path in files) < 4_000_000


def test_asterisk_finds_a_prompt_below_the_prefix_without_its_extension() -> None:
    assert Prompts(ENTRIES).sound("welcome", "zh") == "hotline/zh/welcome"
    assert Prompts(ENTRIES, prefix="/sounds").sound("welcome", "en") == "/sounds/en/welcome"


def test_prompt_that_lacks_a_language_is_played_in_the_one_it_has() -> None:
    only_zh = Prompts([Prompt(id="a", language="zh", text="", voice="", file="zh/a.wav")])
    assert only_zh.sound("a", "en") == "hotline/zh/a"


def test_unknown_prompt_is_refused_by_name() -> None:
    with pytest.raises(UnknownPrompt, match='"welcom"'):
        Prompts(ENTRIES).sound("welcom", "zh")


def test_good_file_has_no_problems(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", tone(1.0))
    assert file_problems([entry(tmp_path / "a.wav")], tmp_path) == []


@pytest.mark.parametrize(
    ("samples", "settings", "complaint"),
    [
        (tone(1.0), {"rate": 16000}, "16000 Hz, 1 channel(s), 16 bit; expected 8000 Hz"),
        (tone(1.0), {"channels": 2}, "8000 Hz, 2 channel(s)"),
        (tone(0.1), {}, "lasts 0.1 s"),
        (tone(31.0), {}, "lasts 31.0 s"),
        (tone(1.0, level=0.005), {}, "speech level -4"),
        (tone(1.0, level=0.9), {}, "speech level -3.9 dB"),
        (tone(1.0, silence_s=0.5), {}, "begins or ends with more than 0.3 s of silence (0.50, 0.50 s)"),
        ([*tone(0.5), *[0.0] * 16000, *tone(0.5)], {}, "has a pause of 2.0 s"),
        ([0.0] * 8000, {}, "speech level -"),
        ([], {}, "lasts 0.0 s"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_audio_is_described(samples: list[float], settings: dict[str, int], complaint: str, tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", samples, **settings)
    problems = file_problems([entry(tmp_path / "a.wav")], tmp_path)
    assert any(complaint in problem for problem in problems), problems


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not audio at all", b"RIFF\x04\x00\x00\x00WAVEfmt "])
def test_what_is_no_audio_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    [problem] = file_problems([entry(tmp_path / "a.wav")], tmp_path)
    assert "not a PCM WAV file" in problem


def test_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    [problem] = file_problems([entry(tmp_path / "a.wav")], tmp_path)
    assert problem == f'{tmp_path}/a.wav: missing; prompt "a" (zh) cannot be played'


def test_replaced_file_is_noticed_and_the_way_to_accept_it_named(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", tone(1.0))
    known = entry(tmp_path / "a.wav")
    write_wav(tmp_path / "a.wav", tone(1.1))
    [problem] = file_problems([known], tmp_path)
    assert "differs from the manifest" in problem
    assert "--accept" in problem


A = "- {id: a, language: zh, text: t, voice: v, file: zh/a.wav}\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[", "manifest.yaml: "),
        ("a: b", "Expected `array`"),
        ("- {id: a}", "missing required field `language`"),
        (A.replace("}", ", volume: 3}"), "unknown field `volume`"),
        (A + A, 'prompt "a" stands there twice for language "zh"'),
        (A.replace("zh/a", "../a"), "must lie below the manifest"),
        (A.replace("zh/a", "/etc/a"), "must lie below the manifest"),
    ],
)
def test_manifest_that_cannot_be_used_is_refused_with_the_reason(text: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.yaml").write_text(text)
    with pytest.raises(ManifestRefused, match=complaint.replace("[", r"\[")):
        read_manifest(tmp_path / "manifest.yaml")


def test_manifest_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestRefused, match=r"manifest\.yaml"):
        read_manifest(tmp_path / "manifest.yaml")


def pieces(language: str, *ids: str) -> list[Prompt]:
    return [Prompt(id=id_, language=language, text="", voice="", file=f"{language}/{id_}.wav") for id_ in ids]


def test_value_is_played_as_its_pieces_between_prompts() -> None:
    prompts = Prompts(pieces("zh", "expected_wait", "n/liang", "unit/to", "n/5", "unit/minutes"))
    assert prompts.sounds(["expected_wait", "{range:120-300}"], "zh") == [
        "hotline/zh/expected_wait",
        "hotline/zh/n/liang",
        "hotline/zh/unit/to",
        "hotline/zh/n/5",
        "hotline/zh/unit/minutes",
    ]


def test_value_with_a_piece_missing_is_said_whole_in_the_other_language() -> None:
    prompts = Prompts([*pieces("en", "n/2", "unit/hour"), *pieces("zh", "n/liang", "unit/hour")])
    assert prompts.sounds(["{duration:7200}"], "en") == ["hotline/zh/n/liang", "hotline/zh/unit/hour"]
    assert prompts.sounds(["{duration:7200}"], "fr") == ["hotline/zh/n/liang", "hotline/zh/unit/hour"]


def test_value_whose_pieces_are_in_no_language_is_refused_by_the_piece() -> None:
    with pytest.raises(UnknownPrompt, match='"n/5"'):
        Prompts(pieces("zh", "unit/minutes")).sounds(["{duration:300}"], "zh")


def test_value_that_cannot_be_said_is_refused() -> None:
    with pytest.raises(ValueError, match="number:x"):
        Prompts(ENTRIES).sounds(["welcome", "{number:x}"], "zh")
