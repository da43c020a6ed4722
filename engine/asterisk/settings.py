"""What one Asterisk instance is rendered from, and the rules its values must keep.

Every value ends up in an ini-like file in which `;`, brackets, braces, quotes and line ends have a meaning, so
values are checked, never quoted: a value that breaks a rule is refused with its path, all of them at once.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_PATH = re.compile(r"/[A-Za-z0-9_./+-]+")
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,128}")
_DID = re.compile(r"\+?[0-9]{2,20}")
_CODE = re.compile(r"[*#0-9]{2,8}")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}")
_SHOWN_NAME = re.compile(r"[^\x00-\x1f\x7f\"'\\<>\[\]{}$;,|&=]{1,60}")
_CONTROL_SOCKET_LIMIT = 107  # bytes of sun_path on Linux, less its NUL


class AsteriskSettingsRefused(Exception):
    """The Asterisk settings hold values that cannot be written to its configuration; each line names one."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class AgentPhone:
    """One agent's phone: it registers as `agent-<id>` with this secret. The name is what other phones show."""

    id: str
    name: str
    secret: str = field(repr=False)


TRUNK = "trunk"
"""The endpoint over which callers come and numbers outside are dialled."""


@dataclass(frozen=True, slots=True)
class FeatureCodes:
    """What agents dial on their phones. `not_ready` is followed by one digit, the reason."""

    login: str = "*61"
    logout: str = "*62"
    ready: str = "*63"
    not_ready: str = "*64"
    wrapup_done: str = "*65"

    def items(self) -> Iterator[tuple[str, str]]:
        """Name and code, in the order of the fields."""
        return ((name, getattr(self, name)) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class AsteriskSettings:
    """Everything one instance needs. Paths are absolute and the same for the host and for Asterisk."""

    name: str  # system name: the first part of every uniqueid, so it must differ between nodes of one site
    folder: Path  # etc, run, log, spool, db, keys and data are made below it
    sip_bind: str
    sip_port: int
    rtp_first: int
    rtp_last: int
    agi_host: str
    agi_port: int
    ami_port: int
    ami_secret: str = field(repr=False)
    trunk_addresses: tuple[str, ...]  # who may send callers: addresses or networks
    dids: tuple[str, ...]  # the numbers served, exactly as the trunk sends them; any other is refused (404)
    agents: tuple[AgentPhone, ...]
    recordings_folder: Path
    prompts_folder: Path | None = None  # seen by Asterisk as sound "hotline/...", for example hotline/zh/welcome
    ami_bind: str = "127.0.0.1"
    external_address: str = ""  # what phones and trunk know this machine by, behind NAT or in a container
    ami_user: str = "hotline"
    ami_permit: tuple[str, ...] = ("127.0.0.1",)
    metrics_bind: str = ""  # where Asterisk shows its own figures to Prometheus, over HTTP; "": it has no HTTP at all
    metrics_port: int = 0
    trunk_name: str = TRUNK
    dials_out: bool = False  # whether the engine may call numbers outside
    feature_codes: FeatureCodes = FeatureCodes()
    language: str = "en"
    music_class: str = "default"
    music_folder: Path | None = None  # None: the melody that comes with Hotline
    music_classes: tuple[tuple[str, tuple[Path, ...]], ...] = ()  # further classes, with their sound files
    greetings: tuple[tuple[str, Path], ...] = ()  # classes that begin with this sound and go on with the melody
    away_limit_s: int = 45  # how long a caller is kept in music while the engine does not answer
    away_dialogue: bool = True  # then he is told, and may leave a message or a number (asterisk-config/agi/away.py)
    last_resort_wait_s: int = 300  # then how long in the plain queue
    call_limit_s: int = 4 * 3600  # no call is longer: the last net for a caller whom nobody drives any more
    qualify_s: int = 10  # how often a phone is asked whether it is still there
    rtp_silence_limit_s: int = 60  # a call without any RTP for so long has lost its other side

    def problems(self) -> list[str]:
        """All values that break a rule, as `path: what is wrong`; empty when it can be rendered."""
        return [*_word_problems(self), *_number_problems(self), *_address_problems(self), *_agent_problems(self)]

    def check(self) -> None:
        """Raise `AsteriskSettingsRefused` naming every broken value."""
        problems = self.problems()
        if problems:
            raise AsteriskSettingsRefused(problems)


def _matches(path: str, value: str, rule: re.Pattern[str], expected: str) -> Iterator[str]:
    if not rule.fullmatch(value):
        shown = "a value (not shown: it is a secret)" if "secret" in path else repr(value)
        yield f"{path}: expected {expected}, got {shown}"


def _word_problems(settings: AsteriskSettings) -> Iterator[str]:
    word = "1 to 64 of A-Z a-z 0-9 _ . -"
    for path in ("name", "ami_user", "trunk_name", "music_class"):
        yield from _matches(path, getattr(settings, path), _WORD, word)
    yield from _matches("ami_secret", settings.ami_secret, _SECRET, "16 to 128 of A-Z a-z 0-9 _ -")
    yield from _matches("agi_host", settings.agi_host, _HOST, "a host name or address")
    for index, (name, _) in enumerate((*settings.music_classes, *settings.greetings)):
        yield from _matches(f"music_classes.{index}", name, _WORD, word)
    for path in ("folder", "recordings_folder", "prompts_folder", "music_folder"):
        if (value := getattr(settings, path)) is not None:
            yield from _matches(path, str(value), _PATH, "an absolute path of A-Z a-z 0-9 _ . + - /")
    if len(f"{settings.folder}/run/asterisk.ctl") > _CONTROL_SOCKET_LIMIT:
        yield f"folder: {settings.folder} is too long: Asterisk's control socket below it may have 107 characters"
    for index, did in enumerate(settings.dids):
        yield from _matches(f"dids.{index}", did, _DID, "2 to 20 digits, with or without +")
    for name, code in settings.feature_codes.items():
        yield from _matches(f"feature_codes.{name}", code, _CODE, "2 to 8 of * # 0-9")
    if len({code for _, code in settings.feature_codes.items()}) < len(FeatureCodes.__slots__):
        yield "feature_codes: two of them are the same"
    if settings.language not in ("zh", "en"):
        yield f"language: expected zh or en, got {settings.language!r}"


def _number_problems(settings: AsteriskSettings) -> Iterator[str]:
    metrics = ("metrics_port",) if settings.metrics_bind else ()
    for path in ("sip_port", "rtp_first", "rtp_last", "agi_port", "ami_port", *metrics):
        if not 1 <= (port := getattr(settings, path)) <= 65535:
            yield f"{path}: expected a port from 1 to 65535, got {port}"
    if settings.rtp_last - settings.rtp_first < 3:
        yield f"rtp_last: expected at least rtp_first + 3, got {settings.rtp_first}-{settings.rtp_last}"
    for path in ("away_limit_s", "last_resort_wait_s", "call_limit_s", "qualify_s", "rtp_silence_limit_s"):
        if (seconds := getattr(settings, path)) < 1:
            yield f"{path}: expected at least 1 second, got {seconds}"


def _address_problems(settings: AsteriskSettings) -> Iterator[str]:
    yield from _one_address("sip_bind", settings.sip_bind, ipaddress.ip_address, "an address")
    if settings.external_address:
        yield from _one_address("external_address", settings.external_address, ipaddress.ip_address, "an address")
    yield from _one_address("ami_bind", settings.ami_bind, ipaddress.ip_address, "an address")
    if settings.metrics_bind:
        yield from _one_address("metrics_bind", settings.metrics_bind, ipaddress.ip_address, "an address")
    for path in ("trunk_addresses", "ami_permit"):
        if not getattr(settings, path):
            yield f"{path}: expected at least one address"
        for index, value in enumerate(getattr(settings, path)):
            yield from _one_address(f"{path}.{index}", value, ipaddress.ip_network, "an address or network")


def _one_address(path: str, value: str, parse: Callable[[str], object], expected: str) -> Iterator[str]:
    try:
        parse(value)
    except ValueError:
        yield f"{path}: expected {expected}, got {value!r}"


def _agent_problems(settings: AsteriskSettings) -> Iterator[str]:
    seen: set[str] = set()
    for index, agent in enumerate(settings.agents):
        path = f"agents.{index}"
        yield from _matches(f"{path}.id", agent.id, re.compile(r"[A-Za-z0-9_-]{1,32}"), "1 to 32 of A-Z a-z 0-9 _ -")
        yield from _matches(f"{path}.name", agent.name, _SHOWN_NAME, "1 to 60 characters without quotes or brackets")
        yield from _matches(f"{path}.secret", agent.secret, _SECRET, "16 to 128 of A-Z a-z 0-9 _ -")
        if agent.id in seen:
            yield f"{path}.id: {agent.id!r} is there twice"
        seen.add(agent.id)
