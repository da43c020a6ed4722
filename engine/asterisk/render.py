"""Writes the folder of one Asterisk instance from the templates in asterisk-config/templates.

Templates are plain Asterisk files with `@{name}` where a value goes (`@@` is an @), because `${...}` is Asterisk's
own. A template without a value for one of its names is an error, so is a value no rule of `settings` allows.
"""

from __future__ import annotations

import os
import shutil
import string
from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.asterisk.music import write_music, write_tone
from engine.asterisk.settings import AgentPhone, AsteriskSettings
from engine.away.script import write_away_script

TEMPLATES = Path(__file__).resolve().parents[2] / "asterisk-config" / "templates"
_FOLDERS = ("etc", "run", "log/cel-custom", "spool", "db", "keys", "cache", "data/sounds", "data/agi-bin", "music")
_PACKAGED = Path("/usr/share/asterisk")  # inside Asterisk's root: its own documentation and sounds
MOST_DIALOGUES = 50
"""Callers who can be in the dialogue of an absent engine at the same time."""
_MUSIC_CLASSES = "music-classes"
_SECRET_FILES = frozenset({"manager.conf", "pjsip.conf"})

_AWAY_LINES = f"""\
; Once in a call he is told of the disturbance, and may leave a message or his number; what he leaves sets HOTLINE_AWAY. The
; script's end without that, however it ended, leads him on: to the engine, should it be back. Each dialogue is a process, so
; there are {MOST_DIALOGUES} at most.
 same => n,GotoIf($["${{HOTLINE_AWAY}}" != ""]?last-resort)
 same => n,Set(HOTLINE_AWAY=asked)
 same => n,Set(GROUP(hotline)=away)
 same => n,GotoIf($[${{GROUP_COUNT(away@hotline)}} > {MOST_DIALOGUES}]?last-resort)
 same => n,AGI(away.py)
 same => n,Set(GROUP(hotline)=)
 same => n,GotoIf($["${{HOTLINE_AWAY}}" = "kept"]?done)
 same => n,Goto(engine)"""


class _AsteriskTemplate(string.Template):
    delimiter = "@"


def render(settings: AsteriskSettings) -> None:
    """Check the settings, then make the instance's folders and write all its files; what is running keeps its own.

    Raises `AsteriskSettingsRefused` before anything is written.
    """
    settings.check()
    make_folders(settings.folder)
    settings.recordings_folder.mkdir(parents=True, exist_ok=True)
    _link_sounds(settings)
    write_tone(settings.folder / "data" / "sounds" / "hotline-tone.wav")
    if settings.music_folder is None:
        write_music(settings.folder / "music")
    for name, sounds in settings.music_classes:
        _copy_music(settings.folder / _MUSIC_CLASSES / name, {sound.name: sound for sound in sounds})
    for name, greeting in settings.greetings:
        folder = settings.folder / _MUSIC_CLASSES / name
        _copy_music(folder, {f"greeting{greeting.suffix}": greeting})
        write_music(folder)  # hold: the name after it
    write_away_script(settings)
    values = _values(settings)
    for template in sorted(TEMPLATES.glob("*.conf.tmpl")):
        name = template.name.removesuffix(".tmpl")
        if name != "pjsip-agent.conf":
            write_file(settings.folder / "etc" / name, fill(template, values), secret=name in _SECRET_FILES)


def fill(template: Path, values: dict[str, object]) -> str:
    """The template's text with each `@{name}` replaced; KeyError when a value is missing."""
    return _AsteriskTemplate(template.read_text("utf-8")).substitute(values)


def make_folders(folder: Path) -> None:
    """The folders every instance has, readable by its owner and group alone; packaged documentation linked in.

    Asterisk checks its options against its own documentation at start, so the data folder must lead to it.
    """
    for name in _FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    folder.chmod(0o750)
    link(folder / "data" / "documentation", _PACKAGED / "documentation")
    link(folder / "data" / "sounds" / "en", _PACKAGED / "sounds" / "en")


def write_file(path: Path, text: str, *, secret: bool) -> None:
    """Replace the file in one step; a secret one is never readable by others, not even while it is written."""
    unfinished = path.with_name(path.name + ".part")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o640)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    unfinished.replace(path)


def link(at: Path, to: Path) -> None:
    """Make `at` a symbolic link to `to`, replacing an older link."""
    if at.is_symlink():
        at.unlink()
    at.symlink_to(to)


def _link_sounds(settings: AsteriskSettings) -> None:
    if settings.prompts_folder is not None:
        link(settings.folder / "data" / "sounds" / "hotline", settings.prompts_folder)


def _copy_music(folder: Path, sounds: Mapping[str, Path]) -> None:
    """Asterisk sees no folder but its own: these sounds, and none of before."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, sound in sounds.items():
        shutil.copyfile(sound, folder / name)


def _music_lines(name: str, folder: Path) -> str:
    return f"[{name}]\nmode = files\nsort = alpha\ndirectory = {folder}"


def _values(settings: AsteriskSettings) -> dict[str, object]:
    values: dict[str, object] = {
        name: getattr(settings, name) for name in AsteriskSettings.__dataclass_fields__ if name != "agents"
    }
    agi = f"{settings.agi_host}:{settings.agi_port}"
    return values | {
        "agi": agi,
        "originate": ",originate" if settings.dials_out else "",
        "music_folder": settings.music_folder or settings.folder / "music",
        "music_classes": _lines(
            _music_lines(name, settings.folder / _MUSIC_CLASSES / name)
            for name, _ in (*settings.music_classes, *settings.greetings)
        ),
        "trunk_matches": _lines(f"match = {address}" for address in settings.trunk_addresses),
        "ami_permits": _lines(f"permit = {address}" for address in settings.ami_permit),
        "dids": _lines(_did_lines(did) for did in settings.dids),
        "agents": "\n".join(_phone(settings, agent) for agent in settings.agents),
        "members": _lines(f"member => PJSIP/agent-{agent.id}" for agent in settings.agents),
        "away_dialogue_lines": _AWAY_LINES if settings.away_dialogue else "; The dialogue is switched off.",
        "external": _external_lines(settings.external_address),
        "http_enabled": "yes" if settings.metrics_bind else "no",
        "metrics_module": "load = res_prometheus.so" if settings.metrics_bind else "; res_prometheus: switched off",
        "http_bind": settings.metrics_bind or "127.0.0.1",
        "feature_codes": _lines(_feature_lines(name, code, agi) for name, code in settings.feature_codes.items()),
    }


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def _external_lines(address: str) -> str:
    """What SIP and SDP tell everybody but this machine itself, when its own address means nothing to them."""
    if not address:
        return ""
    return f"external_media_address = {address}\nexternal_signaling_address = {address}\nlocal_net = 127.0.0.0/8"


def _did_lines(did: str) -> str:
    return f"exten => {did},1,Set(HOTLINE_DID={did})\n same => n,Goto(arrival,s,1)"


def _phone(settings: AsteriskSettings, agent: AgentPhone) -> str:
    shared = {name: getattr(settings, name) for name in AsteriskSettings.__dataclass_fields__}
    own = {"id": agent.id, "name": agent.name, "secret": agent.secret}
    return fill(TEMPLATES / "pjsip-agent.conf.tmpl", shared | own)


def _feature_lines(name: str, code: str, agi: str) -> str:
    """The engine answers, says what it did and sets HOTLINE_DONE; without it the phone hears congestion."""
    reason = f"&reason=${{EXTEN:{len(code)}}}" if name == "not_ready" else ""
    extension = f"_{code}X" if name == "not_ready" else code
    return (
        f"exten => {extension},1,AGI(agi://{agi}/agent?agent=${{HOTLINE_AGENT}}&do={name}{reason})\n"
        ' same => n,GotoIf($["${HOTLINE_DONE}" = "1"]?done)\n'
        " same => n,Congestion(3)\n"
        " same => n(done),Hangup(16)"
    )
