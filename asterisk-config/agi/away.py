#!/usr/bin/python3 -sE
"""What a caller meets when the engine has been away for long: he is told, and may leave a message or his number.

Asterisk starts this as a process AGI (pyst2 on stdin and stdout), so nothing of the engine is needed. What callers leave lies
in the spool, one entry each, whole or not at all: NAME.json, and for a message NAME.wav beside it; engine/away/taking_up.py
takes it from there. Whatever goes wrong here, the caller goes on to the dialplan's last resort: only once an entry is safely
kept is HOTLINE_AWAY set to `kept`. What he hears and where the spool lies says away.json beside this file, written by the
renderer.
"""

import contextlib
import json
import os
import re
import shutil
import sys
import time

from asterisk.agi import AGI, AGIAppError, AGIError, AGIHangup

VERSION = 1
ASKED = 3
"""How often he is asked the same thing."""
KEYS = "0123456789*#"
KEY_MS = 5000
DIGIT_MS = 5000
NUMBER = re.compile(r"\+?[0-9]{5,20}")
MOST_DIGITS = 20
MESSAGE_MS = 120_000
SILENCE_S = 5
SHORTEST_S = 1.0
"""A message that is shorter is a key pressed at once, or a hang-up."""
WAV_HEAD_BYTES = 44
WAV_BYTES_PER_S = 16_000
SPARE_BYTES = 64 * 1024 * 1024
"""With less room than this on the disk nothing is recorded: Asterisk needs it more."""


class _Nowhere:
    """pyst2 writes each line of the dialogue to its third stream: numbers belong in no log."""

    def write(self, text):
        pass


class Gone(Exception):
    """The caller has hung up, or Asterisk is not there any more."""


class Leg(AGI):
    """The caller's leg. Unlike pyst2's, its commands take no line end or quote in what they are given, and the end of Asterisk
    is no ValueError."""

    def __init__(self):
        super().__init__(stderr=_Nowhere())

    def execute(self, command, *args):
        """Send a command and return its result. Raises Gone, and AGIError when Asterisk would not or could not do it."""
        try:
            return super().execute(command, *args)
        except (AGIHangup, BrokenPipeError, ValueError) as error:
            raise Gone from error

    def _quote(self, string):
        return super()._quote(re.sub(r'[\x00-\x1f\x7f"\\]', "", str(string)))

    def variable(self, name):
        """A channel variable; "" when it is not set."""
        return self.get_variable(name) or ""

    def say(self, sounds, keys=""):
        """Play these one after the other until one of the keys is pressed: that key, or "". A sound that cannot be played is
        passed over."""
        for sound in sounds:
            with contextlib.suppress(AGIAppError):
                key = self.stream_file(sound, keys)
                if key:
                    return key
        return ""

    def ask(self, sounds):
        """As `say` with any key, and some seconds to think after it."""
        return self.say(sounds, KEYS) or self.wait_for_digit(KEY_MS)

    def digits(self, sounds):
        """What he types, up to # or a pause."""
        typed = self.say(sounds, "0123456789#")
        while typed[-1:] != "#" and len(typed) < MOST_DIGITS:
            key = self.wait_for_digit(DIGIT_MS)
            if not key:
                break
            typed += key
        return typed.rstrip("#")

    def record(self, file):
        """Record to `file`.wav until #, a long silence, the longest message's end, or his hanging up (Gone)."""
        self.execute("RECORD FILE", self._quote(file), "wav", self._quote("#"), MESSAGE_MS, f"s={SILENCE_S}")


class Spool:
    """The folder of what callers left. Raises OSError."""

    def __init__(self, folder):
        self.folder = folder

    def new_name(self, call):
        """A name no other entry has."""
        return re.sub(r"[^A-Za-z0-9.-]", "", call)[:64] + "-" + os.urandom(4).hex()

    def path(self, name, ending):
        return os.path.join(self.folder, name + ending)

    def has_room(self):
        """Whether a message may be recorded."""
        return os.access(self.folder, os.W_OK) and shutil.disk_usage(self.folder).free > SPARE_BYTES

    def keep(self, entry):
        """Write the entry whole or not at all: it is there after a power cut once this has returned."""
        name = entry["name"]
        unfinished = self.path(name, ".part")
        try:
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(entry, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, self.path(name, ".json"))
            self._sync(self.folder)
        except OSError:
            self.drop(name)
            raise

    def sound_is_safe(self, name):
        """Bring a message's sound onto the disk; how long it is, in seconds."""
        path = self.path(name, ".wav")
        self._sync(path)
        return max(os.path.getsize(path) - WAV_HEAD_BYTES, 0) / WAV_BYTES_PER_S

    def drop(self, name):
        """Leave nothing of an entry that is not to be."""
        for ending in (".part", ".json", ".wav"):
            with contextlib.suppress(OSError):
                os.unlink(self.path(name, ending))

    def _sync(self, path):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class Dialogue:
    """One caller's."""

    def __init__(self, leg, spool, sounds, language):
        self.leg = leg
        self.spool = spool
        self.prompts = sounds["prompts"]
        self.spoken_digits = sounds["digits"]
        self.caller = {
            "version": VERSION,
            "call": leg.env.get("agi_uniqueid", ""),
            "number": self._cleaned(leg.env.get("agi_callerid", "")),
            "did": self._cleaned(leg.variable("HOTLINE_DID")),
            "language": language,
            "place": leg.variable("HOTLINE_PLACE")[:200],
        }

    def run(self):
        """Tell him and ask him. Returns when he is to wait for a person, or has left what he wanted to."""
        leg, prompts = self.leg, self.prompts
        sounds = [prompts["disturbance"], prompts["disturbance_menu"]]
        for _ in range(ASKED):
            key = leg.ask(sounds)  # who knows the menu already need not hear it out
            sounds = [prompts["disturbance_menu"]]
            if key == "1":
                return self.take_message()
            if key == "2":
                return self.take_number()
            if key in ("3", ""):
                break
        return None

    def take_message(self):
        """He speaks, and what he said is kept; also when he hangs up instead of pressing a key."""
        if not self.spool.has_room():
            return
        name = self.spool.new_name(self.caller["call"])
        self.leg.say([self.prompts["leave_message"], self.prompts["beep"]])
        try:
            self.leg.record(self.spool.path(name, ""))
        except AGIError:
            pass  # Asterisk could not go on: what there is counts
        finally:
            kept = self._keep_message(name)
        if kept:
            self._say_goodbye("message_kept")

    def take_number(self):
        """The number he calls from, or one he types, once he has confirmed it."""
        number = self.caller["number"]
        for _ in range(2 * ASKED):  # asking for it, and whether it is right
            if not NUMBER.fullmatch(number):
                number = self.leg.digits([self.prompts["callback_enter_number"]])
                continue
            spoken = [self.spoken_digits[digit] for digit in number if digit in self.spoken_digits]
            read_back = [self.prompts["callback_confirm_number"], *spoken, self.prompts["callback_press"]]
            key = self.leg.ask(read_back)
            if key == "1":
                self._keep(self.spool.new_name(self.caller["call"]), kind="callback", number=number)
                return self._say_goodbye("callback_saved")
            if key == "2":
                number = ""
            elif key == "*":
                return None
        return None

    def _keep_message(self, name):
        try:
            seconds = self.spool.sound_is_safe(name)
        except FileNotFoundError:
            return False
        if seconds < SHORTEST_S:
            self.spool.drop(name)
            return False
        self._keep(name, kind="message", seconds=round(seconds, 2))
        return True

    def _keep(self, name, **more):
        self.spool.keep({**self.caller, "name": name, "at": time.time(), **more})

    def _say_goodbye(self, prompt):
        self.leg.set_variable("HOTLINE_AWAY", "kept")
        self.leg.say([self.prompts[prompt], self.prompts["goodbye"]])

    def _cleaned(self, number):
        return re.sub(r"[^0-9+]", "", number)[:32]


def main():
    """Lead one caller."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, 0)  # Asterisk's own is better, and it needs it more
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "away.json"), encoding="utf-8") as file:
        settings = json.load(file)
    try:
        leg = Leg()
        language = leg.env.get("agi_language", "")
        if language not in settings["sounds"]:
            language = settings["language"]
        Dialogue(leg, Spool(settings["spool"]), settings["sounds"][language], language).run()
    except Gone:
        pass
    except (AGIError, OSError) as error:
        sys.exit(
            f"away.py: {type(error).__name__}: {getattr(error, 'strerror', '')}"
        )  # the caller goes on to the last resort


if __name__ == "__main__":
    main()
