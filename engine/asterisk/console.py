"""Asterisk's own command line over its control socket: for start, stop, health and tests, never on the call path."""

from __future__ import annotations

import asyncio
from pathlib import Path

_VERBOSE_MARKS = bytes(range(0x80, 0x8B))  # Asterisk puts one before each line it also shows on consoles


class ConsoleUnavailable(Exception):
    """Asterisk's control socket does not answer: it is not running, or it is stuck."""


async def run_command(folder: Path, command: str, timeout_s: float = 10.0) -> str:
    """What Asterisk prints for one command, such as `core show channels count`.

    Protocol: connect, skip the line `host/pid/version`, send the command, NUL-terminated, behind the words
    `cli quit after`; Asterisk prints and closes (main/asterisk.c, netconsole).
    """
    try:
        async with asyncio.timeout(timeout_s):
            return await _talk(folder / "run" / "asterisk.ctl", command)
    except (OSError, TimeoutError) as error:
        raise ConsoleUnavailable(f"{folder / 'run' / 'asterisk.ctl'}: no answer to {command!r} ({error!r})") from error


async def _talk(socket: Path, command: str) -> str:
    reader, writer = await asyncio.open_unix_connection(socket)
    try:
        await reader.readline()
        writer.write(f"cli quit after {command}".encode() + b"\0")
        await writer.drain()
        printed = await reader.read(-1)
    finally:
        writer.close()
    return printed.translate(None, _VERBOSE_MARKS + b"\0").decode("utf-8", "replace")
