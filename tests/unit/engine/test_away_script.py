"""The script that speaks for an absent engine, as a process of its own, with a test in Asterisk's place."""

import json
import re
import subprocess
import sys
import wave
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.away.script import SPOOL, write_away_script
from tests.telephony.conftest import asterisk_settings

NUMBER = "13800138000"


class Asterisk:
    """Answers the script's commands: keys by the prompt they come after; what is played is remembered."""

    def __init__(self, folder: Path, keys: dict[str, str], *, number: str = NUMBER, record_s: float = 2.0) -> None:
        self.folder = folder
        self.keys = keys
        self.number = number
        self.record_s = record_s
        self.played: list[str] = []
        self.variables = {"HOTLINE_DID": "4008869119", "HOTLINE_PLACE": "waiting/repair/0"}
        self.hang_up_at = ""
        self._typed = ""

    def run(self) -> int:
        script = self.folder / "data" / "agi-bin" / "away.py"
        process = subprocess.Popen(
            [sys.executable, "-sE", str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdin is not None
        assert process.stdout is not None
        head = {"agi_uniqueid": "h-1.5", "agi_callerid": self.number, "agi_language": "zh"}
        with process:
            process.stdin.write("".join(f"{key}: {value}\n" for key, value in head.items()) + "\n")
            process.stdin.flush()
            for line in process.stdout:
                answer = self._answer(line.strip())
                if answer is None:
                    process.stdin.close()
                    break
                process.stdin.write(answer + "\n")
                process.stdin.flush()
            else:
                process.stdin.close()
        return process.returncode

    def _answer(self, command: str) -> str | None:  # noqa: PLR0911 - one answer for each command
        if self.hang_up_at and self.hang_up_at in command:
            return None
        if match := re.match(r"STREAM FILE (\S+)", command):
            sound = match[1].rpartition("/")[2]
            self.played.append(sound)
            self._typed = self.keys.get(sound, self._typed if sound.isdecimal() else "")
            return self._key() if sound in self.keys else "200 result=0 endpos=8000"
        if command.startswith("WAIT FOR DIGIT"):
            return self._key()
        if match := re.match(r'GET VARIABLE "(.*)"', command):
            return f"200 result=1 ({self.variables[match[1]]})" if match[1] in self.variables else "200 result=0"
        if match := re.match(r'SET VARIABLE "(.*)" "(.*)"', command):
            self.variables[match[1]] = match[2]
            return "200 result=1"
        if match := re.match(r'RECORD FILE "(.*)" wav', command):
            with wave.open(match[1] + ".wav", "wb") as sound_file:
                sound_file.setnchannels(1)
                sound_file.setsampwidth(2)
                sound_file.setframerate(8000)
                sound_file.writeframes(b"\1\2" * round(8000 * self.record_s))
            return (
                "200 result=-1 (hangup) endpos=16000"
                if self.hang_up_at == "" and self.keys.get("hangup")
                else ("200 result=35 (dtmf) endpos=16000")
            )
        return "510 Invalid or unknown command"

    def _key(self) -> str:
        key, self._typed = self._typed[:1], self._typed[1:]
        return f"200 result={ord(key) if key else 0}"

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(file.read_text("utf-8")) for file in (self.folder / SPOOL).glob("*.json")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data" / "agi-bin").mkdir(parents=True)
    write_away_script(replace(asterisk_settings(tmp_path), folder=tmp_path, language="zh"))
    return tmp_path


def test_a_message_is_kept_with_its_sound(folder: Path) -> None:
    asterisk = Asterisk(folder, {"disturbance_menu": "1"})
    assert asterisk.run() == 0
    (entry,) = asterisk.entries
    assert (entry["kind"], entry["number"], entry["did"], entry["call"]) == ("message", NUMBER, "4008869119", "h-1.5")
    assert (entry["seconds"], entry["place"], entry["language"]) == (2.0, "waiting/repair/0", "zh")
    assert (folder / SPOOL / f"{entry['name']}.wav").exists()
    assert asterisk.variables["HOTLINE_AWAY"] == "kept"
    assert asterisk.played == ["disturbance", "disturbance_menu", "leave_message", "beep", "message_kept", "goodbye"]


def test_what_he_said_before_he_hung_up_is_kept(folder: Path) -> None:
    asterisk = Asterisk(folder, {"disturbance_menu": "1", "hangup": "yes"})
    assert asterisk.run() == 0
    assert [entry["kind"] for entry in asterisk.entries] == ["message"]


def test_a_key_instead_of_a_message_leaves_nothing(folder: Path) -> None:
    asterisk = Asterisk(folder, {"disturbance_menu": "1"}, record_s=0.3)
    assert asterisk.run() == 0
    assert list((folder / SPOOL).iterdir()) == []
    assert "HOTLINE_AWAY" not in asterisk.variables


def test_his_own_number_is_read_back_and_confirmed(folder: Path) -> None:
    asterisk = Asterisk(folder, {"disturbance_menu": "2", "callback_press": "1"}, number="02112")
    assert asterisk.run() == 0
    assert [(entry["kind"], entry["number"]) for entry in asterisk.entries] == [("callback", "02112")]
    read_back = ["callback_confirm_number", "0", "2", "yao", "yao", "2", "callback_press"]
    assert asterisk.played[2:] == [*read_back, "callback_saved", "goodbye"]


def test_without_a_number_of_his_own_he_is_asked_for_one(folder: Path) -> None:
    keys = {"disturbance_menu": "2", "callback_enter_number": "02188886666#", "callback_press": "1"}
    asterisk = Asterisk(folder, keys, number="unknown")
    assert asterisk.run() == 0
    assert [entry["number"] for entry in asterisk.entries] == ["02188886666"]


@pytest.mark.parametrize(
    "at", ["disturbance ", "disturbance_menu", "callback_confirm_number", "digit/8", "callback_press"]
)
def test_a_caller_who_hangs_up_before_he_has_confirmed_leaves_nothing(folder: Path, at: str) -> None:
    asterisk = Asterisk(folder, {"disturbance_menu": "2"})
    asterisk.hang_up_at = at
    assert asterisk.run() == 0
    assert list((folder / SPOOL).iterdir()) == []


@pytest.mark.parametrize("keys", [{}, {"disturbance_menu": "3"}, {"disturbance_menu": "9"}])
def test_nothing_3_or_other_keys_lead_him_on(folder: Path, keys: dict[str, str]) -> None:
    asterisk = Asterisk(folder, keys)
    assert asterisk.run() == 0
    assert "HOTLINE_AWAY" not in asterisk.variables
    assert asterisk.played.count("disturbance_menu") == (3 if "9" in keys.values() else 1)


def test_a_spool_that_is_gone_leads_him_on(folder: Path) -> None:
    (folder / SPOOL).rmdir()
    asterisk = Asterisk(folder, {"disturbance_menu": "2", "callback_press": "1"})
    assert asterisk.run() == 1
    assert "HOTLINE_AWAY" not in asterisk.variables
