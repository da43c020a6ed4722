"""What tests need of the outside: callers who send raw SIP (SIPp), and ears that judge a sound file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from engine.asterisk.process import AsteriskProcess

_INVITE = b"""<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="raw caller">
<send retrans="500"><![CDATA[
INVITE sip:@DID@@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: @FROM@;tag=[call_number]
To: <sip:@DID@@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:raw@[local_ip]:[local_port]>
Max-Forwards: 70
@MORE@Content-Type: application/sdp
Content-Length: [len]

v=0
o=raw 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
"""
_ANSWERED = b"""<recv response="200" rrs="true"/>
<send><![CDATA[
ACK sip:@DID@@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: @FROM@;tag=[call_number]
To: <sip:@DID@@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
<pause milliseconds="@HOLD@"/>
<send retrans="500"><![CDATA[
BYE sip:@DID@@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: @FROM@;tag=[call_number]
To: <sip:@DID@@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="200"/>
</scenario>
"""
_REFUSED = b"""<recv response="@EXPECT@"/>
<send><![CDATA[
ACK sip:@DID@@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: @FROM@;tag=[call_number]
To: <sip:@DID@@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
</scenario>
"""


@dataclass(frozen=True, slots=True)
class SippOutcome:
    """How SIPp's one call went: 0 means that everything came as the scenario says."""

    returncode: int
    printed: str


async def raw_caller(
    folder: Path,
    hotline_port: int,
    did: str,
    from_header: bytes,
    *,
    more_headers: bytes = b"",
    expect: int = 200,
    hold_ms: int = 500,
    address: str = "127.0.0.1",
) -> SippOutcome:
    """One call whose From header (name and address, without tag) is sent byte for byte; `more_headers` end in CRLF.

    A `[` cannot be sent: it begins SIPp's own words. With `expect` 200 the caller stays `hold_ms` and hangs up; any
    other code must be the final reply.
    """
    text = _INVITE + (_ANSWERED if expect == 200 else _REFUSED)
    for mark, value in {
        b"@DID@": did.encode(),
        b"@FROM@": from_header,
        b"@MORE@": more_headers,
        b"@HOLD@": str(hold_ms).encode(),
        b"@EXPECT@": str(expect).encode(),
    }.items():
        text = text.replace(mark, value)
    scenario = folder / "raw-caller.xml"
    scenario.write_bytes(text)
    command = ["sipp", f"127.0.0.1:{hotline_port}", "-sf", str(scenario), "-i", address, "-m", "1"]
    limits = ["-timeout", f"{hold_ms // 1000 + 10}s", "-timeout_error", "-nostdin"]
    process = await asyncio.create_subprocess_exec(
        *command, *limits, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    printed, _ = await process.communicate()
    assert process.returncode is not None
    return SippOutcome(process.returncode, printed.decode("utf-8", "replace"))


async def eventually(condition: Callable[[], bool | Awaitable[bool]], timeout_s: float = 5.0) -> None:
    """Return as soon as the condition holds; TimeoutError if it does not in time."""
    async with asyncio.timeout(timeout_s):
        while True:
            holds = condition()
            if holds if isinstance(holds, bool) else await holds:
                return
            await asyncio.sleep(0.02)


async def no_channel_is_left(asterisk: AsteriskProcess) -> None:
    """Wait until the last channel is gone; TimeoutError when one stays."""

    async def none_left() -> bool:
        return "0 active channels" in await asterisk.command("core show channels count")

    await eventually(none_left)


def seconds(path: Path) -> float:
    """Length of a sound file."""
    return float(soundfile.info(path).duration)


def tone_share(path: Path, hz: float, width_hz: float = 15.0) -> float:
    """Which part (0 to 1) of the file's energy lies around one frequency."""
    sound, rate = soundfile.read(path, dtype="float64")
    power = np.abs(np.fft.rfft(sound)) ** 2
    frequencies = np.fft.rfftfreq(len(sound), 1 / rate)
    total = float(power.sum())
    return float(power[np.abs(frequencies - hz) < width_hz].sum()) / total if total else 0.0


def longest_silence_s(path: Path, threshold: float = 0.002, window_s: float = 0.05) -> float:
    """The longest stretch in which nothing can be heard."""
    sound, rate = soundfile.read(path, dtype="float64")
    window = round(rate * window_s)
    loud = [float(np.abs(sound[at : at + window]).max()) > threshold for at in range(0, len(sound), window)]
    longest = run = 0
    for heard in loud:
        run = 0 if heard else run + 1
        longest = max(longest, run)
    return longest * window_s
