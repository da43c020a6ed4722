"""The environment variables Hotline reads, all of them. They win over system.yaml: images differ by them, not by files."""

import os
from collections.abc import Mapping
from pathlib import Path

from engine.config.source import BadConfiguration, Problem

__all__ = ["ENVIRONMENT", "port_range", "port_setting", "secret", "setting", "wrong"]

ENVIRONMENT: dict[str, str] = {
    "HOTLINE_HOME": "folder of all run-time state; default ./var",
    "HOTLINE_CONFIG": "folder of the configuration files; default ./config",
    "HOTLINE_ASTERISK_ROOT": "private root folder holding Asterisk; empty: the system's Asterisk",
    "HOTLINE_ASTERISK_FOLDER": "folder of the Asterisk instance; default $HOTLINE_HOME/asterisk",
    "HOTLINE_RECORDINGS": "folder of the recordings; default $HOTLINE_HOME/recordings",
    "HOTLINE_SIP_BIND": "address phones and trunks reach Asterisk at",
    "HOTLINE_SIP_PORT": "UDP port of SIP",
    "HOTLINE_RTP_PORTS": "UDP ports of RTP, first-last",
    "HOTLINE_EXTERNAL_ADDRESS": "address phones and trunks know this machine by, when it is behind NAT or in a container",
    "HOTLINE_AGI_BIND": "address the engine's FastAGI server listens at; Asterisk connects there",
    "HOTLINE_AGI_PORT": "TCP port of FastAGI",
    "HOTLINE_AMI_HOST": "address of Asterisk's manager interface",
    "HOTLINE_AMI_PORT": "TCP port of the manager interface",
    "HOTLINE_AMI_PERMIT": "address the manager interface lets in besides 127.0.0.1",
    "HOTLINE_AMI_SECRET": "secret of the manager user; default: made at the first start",
    "HOTLINE_AMI_SECRET_FILE": "file that holds HOTLINE_AMI_SECRET",
    "HOTLINE_ASTERISK_METRICS_BIND": "address at which Asterisk shows its own figures to Prometheus; default: nowhere",
    "HOTLINE_ASTERISK_METRICS_PORT": "TCP port of these",
    "HOTLINE_HTTP_BIND": "address of API and metrics",
    "HOTLINE_HTTP_PORT": "TCP port of API and metrics",
    "HOTLINE_METRICS_TOKEN": "token that GET /metrics then asks for; default: it asks for none",
    "HOTLINE_METRICS_TOKEN_FILE": "file that holds HOTLINE_METRICS_TOKEN",
    "HOTLINE_DATABASE_URL": "SQLAlchemy URL; default: SQLite in $HOTLINE_HOME",
    "HOTLINE_DATABASE_PASSWORD": "put into HOTLINE_DATABASE_URL",
    "HOTLINE_DATABASE_PASSWORD_FILE": "file that holds HOTLINE_DATABASE_PASSWORD",
    "HOTLINE_SMTP_PASSWORD": "password of the mail server reports go to",
    "HOTLINE_SMTP_PASSWORD_FILE": "file that holds HOTLINE_SMTP_PASSWORD",
    "HOTLINE_REDIS_URL": "Redis URL; empty: no Redis",
    "HOTLINE_REDIS_PASSWORD": "put into HOTLINE_REDIS_URL",
    "HOTLINE_REDIS_PASSWORD_FILE": "file that holds HOTLINE_REDIS_PASSWORD",
    "HOTLINE_LANG": "language of messages on the terminal: zh or en; default by LANG",
}


LAST_PORT = 65535


def wrong(name: str, message: str) -> BadConfiguration:
    """A variable that cannot be used, as a problem like those of the files."""
    return BadConfiguration([Problem("environment", 0, 0, name, message)])


def setting(name: str, default: str = "", environment: Mapping[str, str] | None = None) -> str:
    """A variable's value; an empty one counts as not set. Only variables listed in ENVIRONMENT may be asked for."""
    assert name in ENVIRONMENT, name
    return (environment if environment is not None else os.environ).get(name) or default


def port_setting(name: str, default: int, environment: Mapping[str, str] | None = None) -> int:
    """A port, 0 for any free one. Raises BadConfiguration."""
    text = setting(name, str(default), environment)
    if not (text.isascii() and text.isdigit() and int(text[:6]) <= LAST_PORT):
        raise wrong(name, f"expected a port from 0 to {LAST_PORT}, got {text[:40]!r}")
    return int(text)


def port_range(name: str, default: tuple[int, int], environment: Mapping[str, str] | None = None) -> tuple[int, int]:
    """First and last port, `10000-10999`; 0 or a range that begins with 0 for any free one. Raises BadConfiguration."""
    text = setting(name, f"{default[0]}-{default[1]}", environment)
    first, _, last = text.partition("-")
    ports = [int(part) for part in (first, last or "0") if part.isascii() and part.isdigit() and len(part) < 6]
    if len(ports) < 2 or max(ports) > LAST_PORT or (ports[0] and ports[1] - ports[0] < 9):
        raise wrong(name, f"expected two ports such as 10000-10999, at least 10 of them, or 0, got {text[:40]!r}")
    return ports[0], ports[1]


def secret(name: str, environment: Mapping[str, str] | None = None) -> str:
    """A secret, from NAME or from the file that NAME_FILE names. Raises BadConfiguration when that file is of no use."""
    file = setting(f"{name}_FILE", environment=environment)
    if not file:
        return setting(name, environment=environment)
    try:
        found = Path(file).read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise wrong(f"{name}_FILE", f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if not found:
        raise wrong(f"{name}_FILE", f"{file} is empty")
    return found
