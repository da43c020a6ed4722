"""A small configuration as text, and a folder to break it in."""

from collections.abc import Mapping
from pathlib import Path

from engine.config import BadConfiguration, load

__all__ = ["SITE", "edited", "folder_of", "problems"]

SITE: Mapping[str, str] = {
    "system": """\
numbers: ["4008869119", "+861012345678"]
trunks:
  - name: carrier
    addresses: [203.0.113.7, 198.51.100.0/24]
sip: {bind: 0.0.0.0, port: 5070}
rtp: {start: 12000, end: 12999}
webhooks:
  - url: https://crm.example/hotline
    events: [offered]
""",
    "queues": """\
vip:
  levels: {1: 10, 2: 20}
  numbers:
    13800138000: 2
queues:
  sales:
    name: {zh: 销售}
    ring: 15s
    max_wait: 2m
    overflow: {queue: repair}
  repair:
    name: {zh: 报修, en: Repairs}
    last_agent: {window: 24h, wait: 20s}
  press:
    name: {zh: 媒体}
    max_wait: 90
    overflow: {prompt: agents_busy}
""",
    "agents": """\
agents:
  1001: {name: 王小明, queues: [sales, repair], groups: [east], skills: {sales: 3}}
  1002: {name: O Brien, queues: [press]}
""",
    "ivr": """\
start: welcome
operator: person
nodes:
  welcome:
    type: announce
    prompts: welcome
    next: hours
  hours:
    type: hours
    calendar: service
    open: menu
    closed: bye
  menu:
    type: menu
    prompts: [menu]
    keys:
      1: person
    timeout: 5s
  person:
    type: enqueue
    queue: sales
  bye:
    type: hang_up
    prompts: closed
""",
    "hours": """\
calendars:
  service:
    time_zone: Asia/Shanghai
    weekly:
      mon: [08:30-17:30]
    special:
      2026-10-01: []
""",
}


def folder_of(folder: Path, site: Mapping[str, str | bytes] = SITE) -> Path:
    """A configuration folder with these files."""
    folder.mkdir(exist_ok=True)
    for name, text in site.items():
        (folder / f"{name}.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def edited(file: str, old: str, new: str) -> dict[str, str]:
    """The site with one place of one file changed."""
    assert SITE[file].count(old) == 1, f"{old!r} must stand in {file}.yaml once"
    return {**SITE, file: SITE[file].replace(old, new)}


def problems(folder: Path, site: Mapping[str, str | bytes]) -> list[str]:
    """What is wrong with this site, a line each; nothing when it can be used."""
    try:
        load(folder_of(folder / "config", site))
    except BadConfiguration as bad:
        return [str(problem) for problem in bad.problems]
    return []
