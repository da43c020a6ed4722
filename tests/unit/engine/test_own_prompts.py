"""Ops' own prompts: files dropped into the configuration's folder are converted, checked, played, kept with the version."""

import re
import shutil
from pathlib import Path

import pytest
import soundfile as sf

from engine.config import BadConfiguration, load
from engine.config.own_prompts import converted_folder
from engine.last_good import keep_as_last_good, load_or_last_good
from engine.prompts import check_prompts, list_prompts
from engine.versions import path_of
from ivr.prompts import Prompts
from tests.unit.engine.sites import SITE, folder_of
from tests.unit.ivr.sounds import voice

ALOHA = {**SITE, "ivr": SITE["ivr"].replace("prompts: welcome", "prompts: aloha")}


def drop(folder: Path, name: str, seconds: float = 1.0) -> Path:
    """Ops put a recording there."""
    file = folder / "prompts" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    sf.write(str(file), voice(seconds, 44100, silence_s=0.5), 44100)
    return file


def prompts_of(folder: Path, home: Path) -> Prompts:
    return load(folder, home).script.prompts


def problems_of(folder: Path, home: Path) -> list[str]:
    with pytest.raises(BadConfiguration) as bad:
        load(folder, home)
    return [str(problem) for problem in bad.value.problems]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_dropped_file_is_played_in_place_of_the_built_in_prompt(tmp_path: Path, home: Path) -> None:
    folder = folder_of(tmp_path / "config", SITE)
    before = load(folder, home)
    drop(folder, "zh/welcome.mp3")
    after = load(folder, home)
    sound = after.script.prompts.sound("welcome", "zh")
    assert before.script.prompts.sound("welcome", "zh") == "hotline/zh/welcome"
    assert sound.startswith("hotline-own/")
    for ending in (".wav", ".wav16"):
        assert (converted_folder(home).parent / f"{sound}{ending}").is_file()
    assert after.script.prompts.sound("welcome", "en") == "hotline/en/welcome"
    assert after.version != before.version


def test_new_prompt_can_be_used_in_a_flow_and_has_the_text_beside_it(tmp_path: Path, home: Path) -> None:
    folder = folder_of(tmp_path / "config", ALOHA)
    assert any('no prompt "aloha"' in problem for problem in problems_of(folder, home))
    drop(folder, "zh/aloha.flac")
    (folder / "prompts/zh/aloha.txt").write_text("阿罗哈。\n", "utf-8")
    found = prompts_of(folder, home).find("aloha", "zh")
    assert found is not None
    assert found[0].text == "阿罗哈。"


def test_piece_of_a_spoken_value_can_be_replaced_too(tmp_path: Path, home: Path) -> None:
    folder = folder_of(tmp_path / "config", SITE)
    drop(folder, "zh/n/35.wav", 0.5)
    first, second = prompts_of(folder, home).sounds(["{duration:2100}"], "zh")
    assert first.startswith("hotline-own/")
    assert second == "hotline/zh/unit/minutes"


def test_file_is_converted_once_and_by_its_content(tmp_path: Path, home: Path) -> None:
    folder = folder_of(tmp_path / "config", SITE)
    file = drop(folder, "zh/welcome.wav")
    sound = prompts_of(folder, home).sound("welcome", "zh")
    [narrow] = converted_folder(home).glob("*.wav")
    made = narrow.stat().st_mtime_ns
    file.touch()
    shutil.copy(file, folder / "prompts/zh/menu.wav")
    again = prompts_of(folder, home)
    assert (again.sound("welcome", "zh"), again.sound("menu", "zh")) == (sound, sound)
    assert [path.stat().st_mtime_ns for path in converted_folder(home).glob("*.wav")] == [made]


def test_every_problem_is_told_at_once_with_the_file(tmp_path: Path, home: Path) -> None:
    folder = folder_of(tmp_path / "config", SITE)
    drop(folder, "fr/welcome.wav")
    drop(folder, "stray.wav")
    drop(folder, "zh/welcome.wav")
    drop(folder, "zh/welcome.flac")
    drop(folder, "zh/two words.wav")
    for name, content in (
        ("zh/menu.mp3", b"<html>"),
        ("zh/closed.pdf", b"%PDF"),
        ("zh/.hidden", b""),
        ("zh/sorry.txt", b""),
    ):
        (folder / "prompts" / name).write_bytes(content)
    problems = problems_of(folder, home)
    for beginning, told in (
        ("prompts/fr/welcome.wav: ", "expected prompts/LANGUAGE/ID.ENDING with a language of zh, en"),
        ("prompts/stray.wav: ", "expected prompts/LANGUAGE/ID.ENDING"),
        ("prompts/zh/welcome.wav: ", 'there is another file of prompt "welcome"'),
        ("prompts/zh/two words.wav: ", "expected 1 to 32 of A-Z"),
        ("prompts/zh/menu.mp3: ", "not audio, or damaged"),
        ("prompts/zh/closed.pdf: ", "not a sound file by its ending; expected one of 3gp, aac, aif"),
    ):
        assert any(problem.startswith(beginning) and told in problem for problem in problems), problems
    assert len(problems) == 6


def test_kept_version_has_its_prompts_whatever_becomes_of_the_files(tmp_path: Path, home: Path) -> None:
    folder = folder_of(tmp_path / "config", ALOHA)
    drop(folder, "zh/aloha.ogg")
    good = load(folder, home)
    keep_as_last_good(good, home)
    shutil.rmtree(folder / "prompts")
    fallen_back, bad = load_or_last_good(folder, home)
    assert bad is not None
    kept = load(path_of(good.version, home), home)
    sounds = [configuration.script.prompts.sound("aloha", "zh") for configuration in (good, fallen_back, kept)]
    assert len(set(sounds)) == 1
    assert {fallen_back.version, kept.version} == {good.version}


def test_kept_version_whose_sound_is_gone_says_so(tmp_path: Path, home: Path) -> None:
    folder = folder_of(tmp_path / "config", ALOHA)
    drop(folder, "zh/aloha.ogg")
    good = load(folder, home)
    keep_as_last_good(good, home)
    shutil.rmtree(converted_folder(home))
    problems = problems_of(path_of(good.version, home), home)
    assert any('own_prompts.yaml:1:1: the sound of prompt "aloha" is gone from' in problem for problem in problems)


def test_prompts_are_listed_with_their_source(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOTLINE_HOME", str(home))
    monkeypatch.setenv("HOTLINE_LANG", "en")
    folder = folder_of(tmp_path / "config", SITE)
    drop(folder, "zh/aloha.wav")
    assert list_prompts(folder) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [re.sub(r"1\.\d s", "1 s", " ".join(line.split())) for line in lines if line.startswith("aloha")] == [
        "aloha zh 1 s own"
    ]
    assert any(line.startswith("welcome ") and "built-in" in line and "欢迎致电" in line for line in lines)
    assert not any(line.startswith("n/35") for line in lines)
    assert list_prompts(folder, pieces=True) == 0
    assert "三十五" in capsys.readouterr().out


def test_check_of_prompts_measures_all_and_names_what_is_wrong(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOTLINE_HOME", str(home))
    monkeypatch.setenv("HOTLINE_LANG", "en")
    folder = folder_of(tmp_path / "config", SITE)
    drop(folder, "zh/aloha.wav")
    assert check_prompts(folder) == 0
    assert "1 of them are your own" in capsys.readouterr().out
    (folder / "prompts/zh/noise.wav").write_bytes(b"noise")
    assert check_prompts(folder) == 1
    assert "prompts/zh/noise.wav: not audio" in capsys.readouterr().err
