"""Free ports on this machine, for several copies side by side. Free now: whoever asks should bind soon."""

from __future__ import annotations

import errno
import random
import socket


def free_port(address: str = "127.0.0.1", *, udp: bool = False) -> int:
    """A port nobody has bound at this address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM) as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port


def is_taken(address: str, port: int, *, udp: bool = False) -> bool:
    """Whether a program listens there now. Connections of an earlier one that are still running out do not count."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM) as probe:
        if not udp:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
        return False


def rtp_range(size: int = 2000) -> tuple[int, int]:
    """First and last port of a range for RTP, below the ports the system hands out.

    Ranges of two copies may overlap: Asterisk takes another pair when one is bound.
    """
    first = random.randrange(10000, 32000 - size, 100)  # noqa: S311 - not a secret
    return first, first + size - 1
