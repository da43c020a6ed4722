"""Many callers are in the menu at once: how soon does each hear something after he was answered? On a real Asterisk.

./hotline bench menus [--callers 50] [--calls 300] [--json]

Each caller stays for 5 seconds, and they come as fast as keeps so many there at once. Measured in the callers' phones: from the
200 that answers the INVITE to the first packet of sound (RTP), which is the welcome's beginning: nothing is sent before it. The
callers send sound of their own from their answer on, as phones do; Asterisk's Answer waits for it, up to half a second.

To reach: 150 ms at p95, and everybody hears something. Exit code 1: missed.
"""

import argparse
import asyncio
import json
import re
import statistics
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

from engine.rehearsal import Rehearsal, write_configuration

__all__ = ["Result", "main", "measure"]

SOON_MS: Final = 150.0
STAYS_S: Final = 5.0
"""How long a caller stays."""
LONGEST_S: Final = 10.0
"""A caller who is not answered by then hears nothing."""
PACKET_S: Final = 0.02
SILENCE: Final = b"\xff" * 160
"""20 ms of it in u-law."""
RTP_HEADER: Final = 12
A_HUM: Final = 20
"""So few different samples in a packet are silence or hum; words have more."""


@dataclass(frozen=True)
class Result:
    """What came of it. Times in milliseconds from the answer."""

    calls: int
    heard_nothing: int
    p50: float
    p95: float
    longest: float

    def missed(self) -> list[str]:
        """Each target that was not reached, in words."""
        missed = []
        if self.heard_nothing:
            missed.append(f"{self.heard_nothing} callers heard nothing; to reach: 0")
        if self.p95 > SOON_MS:
            missed.append(f"the prompt began after {self.p95:.0f} ms at p95; to reach: {SOON_MS:.0f} ms")
        return missed


def main(argv: list[str]) -> int:
    """Run the benchmark and print the result. 0: all targets reached; 1: not, and which."""
    parser = argparse.ArgumentParser(prog="hotline bench menus", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--callers", type=int, default=50, help="callers there at once")
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    result = asyncio.run(measure(arguments.callers, arguments.calls))
    missed = result.missed()
    print(json.dumps({**asdict(result), "missed": missed}, indent=2) if arguments.json else _as_text(result))
    for target in missed:
        print(f"missed: {target}", file=sys.stderr)
    return 1 if missed else 0


async def measure(callers: int, calls: int) -> Result:
    """Bring a site up and let the callers come."""
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        home = Path(folder)
        rehearsal = Rehearsal(home / "var", write_configuration(home / "config"), tell=_progress, network=False)
        async with rehearsal:
            _progress(f"{calls} calls, {callers} callers there at once")
            host, _, port = rehearsal.supervisor.site.endpoints.sip.rpartition(":")
            came = []
            for number in range(calls):
                came.append(asyncio.create_task(_Caller(number, rehearsal.number, (host, int(port))).call()))
                await asyncio.sleep(STAYS_S / callers)
            waits = await asyncio.gather(*came)
    heard = sorted(wait for wait in waits if wait is not None)
    if len(heard) < 2:
        raise RuntimeError("nobody heard anything: nothing was measured")
    cut = statistics.quantiles(heard, n=100)
    return Result(calls, len(waits) - len(heard), cut[49], cut[94], heard[-1])


def _progress(text: str) -> None:
    print(f"... {text}", file=sys.stderr, flush=True)


# --- a caller's phone ---------------------------------------------------------------------------------------------------


class _Socket(asyncio.DatagramProtocol):
    """Hands on what comes."""

    def __init__(self, received: Callable[[bytes], None]) -> None:
        self.datagram_received = lambda data, addr: received(data)  # type: ignore[method-assign]


class _Caller:
    """One call: he dials, listens for a while, and hangs up (SIP over UDP, RFC 3261; RTP, RFC 3550)."""

    def __init__(self, number: int, did: str, hotline: tuple[str, int]) -> None:
        self._hotline = hotline
        self._name = f"139{number:08d}"
        self._uri = f"sip:{did}@{hotline[0]}:{hotline[1]}"
        self._answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._answered_at = 0.0
        self._heard_at: float | None = None
        self._heard_words = False

    async def call(self) -> float | None:
        """From the answer to the first sound, in milliseconds; None: he was not answered, or heard nothing."""
        loop = asyncio.get_running_loop()
        here = ("127.0.0.1", 0)
        sip, _ = await loop.create_datagram_endpoint(partial(_Socket, self._said), local_addr=here)
        media, _ = await loop.create_datagram_endpoint(partial(_Socket, self._heard), local_addr=here)
        try:
            ports = [transport.get_extra_info("sockname")[1] for transport in (sip, media)]
            sip.sendto(self._request("INVITE", self._uri, ports[0], _offer(ports[1])), self._hotline)
            async with asyncio.timeout(LONGEST_S):
                answer = await self._answered
            contact, to = _header(answer, "Contact").strip("<>"), _header(answer, "To")
            sip.sendto(self._request("ACK", contact, ports[0], to=to), self._hotline)
            found = re.search(r"m=audio (\d+)", answer)
            await self._stay(media, int(found[1]) if found else 0)
            sip.sendto(self._request("BYE", contact, ports[0], to=to), self._hotline)
        except TimeoutError:
            return None
        finally:
            sip.close()
            media.close()
        return None if self._heard_at is None or not self._heard_words else (self._heard_at - self._answered_at) * 1000

    async def _stay(self, media: asyncio.DatagramTransport, port: int) -> None:
        for packet in range(round(STAYS_S / PACKET_S)):
            header = struct.pack("!BBHII", 0x80, 0, packet, 160 * packet, 1)
            media.sendto(header + SILENCE, (self._hotline[0], port))
            await asyncio.sleep(PACKET_S)

    def _said(self, data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        if text.startswith("SIP/2.0 200") and "INVITE" in _header(text, "CSeq") and not self._answered.done():
            self._answered_at = time.monotonic()
            self._answered.set_result(text)

    def _heard(self, data: bytes) -> None:
        if self._heard_at is None:
            self._heard_at = time.monotonic()
        self._heard_words |= len(set(data[RTP_HEADER:])) > A_HUM

    def _request(self, method: str, uri: str, port: int, body: str = "", to: str = "") -> bytes:
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-{self._name}-{method}",
            f"From: <sip:{self._name}@127.0.0.1:{port}>;tag={self._name}",
            f"To: {to or f'<{self._uri}>'}",
            f"Call-ID: {self._name}@127.0.0.1:{port}",
            f"CSeq: {2 if method == 'BYE' else 1} {method}",
            f"Contact: <sip:{self._name}@127.0.0.1:{port}>",
            "Max-Forwards: 70",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
            "",
            body,
        ]
        return "\r\n".join(lines).encode()


def _offer(port: int) -> str:
    """The session description (RFC 4566) of a phone that has u-law at this port."""
    lines = ["v=0", "o=caller 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", f"m=audio {port} RTP/AVP 0"]
    return "".join(f"{line}\r\n" for line in lines)


def _header(message: str, name: str) -> str:
    found = re.search(rf"^{name}:[ \t]*([^\r\n]*)", message, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""


def _as_text(result: Result) -> str:
    return (
        f"{result.calls} calls; heard nothing: {result.heard_nothing}\n"
        f"from the answer to the first sound: p50 {result.p50:.1f} ms, p95 {result.p95:.1f} ms,"
        f" longest {result.longest:.1f} ms"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
