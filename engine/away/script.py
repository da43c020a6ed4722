"""The script that speaks for an absent engine, written where Asterisk finds it, with all that it needs.

It runs as a child of Asterisk, in Asterisk's root, where there is a Python and nothing of ours: pyst2 and its one dependency
are copied beside it, and a table says where its spool is and which sounds it plays.
"""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from engine.asterisk.settings import AsteriskSettings
from ivr.speech import speak

__all__ = ["SPOOL", "write_away_script"]

SCRIPT: Final = Path(__file__).resolve().parents[2] / "asterisk-config" / "agi" / "away.py"
SPOOL: Final = "away"
"""The folder, in the instance's own, of what callers left while the engine was away."""
_PROMPTS: Final = (
    *("disturbance", "disturbance_menu", "leave_message", "message_kept", "goodbye"),
    *("callback_confirm_number", "callback_press", "callback_enter_number", "callback_saved"),
)
_BEEP: Final = "en/beep"


def write_away_script(settings: AsteriskSettings) -> None:
    """Write the script, pyst2 and the table into agi-bin, and make the spool."""
    (settings.folder / SPOOL).mkdir(mode=0o750, exist_ok=True)
    folder = settings.folder / "data" / "agi-bin"
    shutil.copytree(_module("asterisk").parent, folder / "asterisk", dirs_exist_ok=True, ignore=_all_but_agi)
    shutil.copy(_module("six"), folder / "six.py")
    table = {
        "spool": str(settings.folder / SPOOL),
        "language": settings.language,
        "sounds": {language: _sounds(language) for language in ("zh", "en")},
    }
    (folder / "away.json").write_text(json.dumps(table, indent=1), "utf-8")
    script = folder / SCRIPT.name
    shutil.copy(SCRIPT, script)
    script.chmod(0o750)


def _sounds(language: str) -> dict[str, dict[str, str]]:
    prompts = {prompt: _sound(language, prompt) for prompt in _PROMPTS} | {"beep": _BEEP}
    return {"prompts": prompts, "digits": {digit: _spoken(language, digit) for digit in "0123456789"}}


def _spoken(language: str, digit: str) -> str:
    """The digit as it is said in a telephone number, with others after it."""
    return _sound(language, speak(f"{{phone:{digit}5}}", language)[0])


def _sound(language: str, prompt: str) -> str:
    return f"hotline/{language}/{prompt}"


def _module(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None, f"{name} is among our requirements"
    assert spec.origin is not None
    return Path(spec.origin)


def _all_but_agi(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name not in ("__init__.py", "agi.py")]
