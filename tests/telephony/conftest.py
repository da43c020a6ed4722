"""One Asterisk rendered from asterisk-config/ and one small telephone network beside it, shared by a module's tests.

A test that uses them is marked `asyncio(loop_scope="module")`. After each test everything is hung up, phones only ring
again, recordings are gone, and a channel that stays is an error of that test.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from cti.agi import AgiServer, AgiSession
from engine.asterisk.ports import free_port, rtp_range
from engine.asterisk.process import AsteriskNotInstalled, AsteriskProcess, private_root, start
from engine.asterisk.render import render
from engine.asterisk.settings import AgentPhone, AsteriskSettings
from engine.network import NetworkSettings, TelephoneNetwork
from tests.telephony.phones import no_channel_is_left

DID = "4008869119"
PHONES = tuple(AgentPhone(number, f"坐席 {number}", f"secret-of-agent-{number}") for number in ("1001", "1002", "1003"))

Handler = Callable[[AgiSession], Awaitable[None]]


@pytest.fixture(scope="session")
def asterisk_root() -> Path | None:
    """The private root, or None for the system's Asterisk."""
    if shutil.which("sipp") is None:
        pytest.skip("sipp is not installed")
    try:
        return private_root()
    except AsteriskNotInstalled as error:
        pytest.skip(str(error))


def asterisk_settings(folder: Path) -> AsteriskSettings:
    """An instance on free ports, with short limits; nobody listens on its AGI port yet."""
    first, last = rtp_range()
    return AsteriskSettings(
        name="test",
        folder=folder / "a",
        sip_bind="127.0.0.1",
        sip_port=free_port(udp=True),
        rtp_first=first,
        rtp_last=last,
        agi_host="127.0.0.1",
        agi_port=free_port(),
        ami_port=free_port(),
        ami_secret="only-for-this-test-run",
        trunk_addresses=("127.0.0.1",),
        dids=(DID,),
        agents=PHONES,
        recordings_folder=folder / "recordings",
        away_limit_s=3,
        away_dialogue=False,
        last_resort_wait_s=4,
    )


def network_settings(settings: AsteriskSettings, folder: Path) -> NetworkSettings:
    """The network beside an instance."""
    first, last = rtp_range()
    return NetworkSettings(
        folder=folder / "n",
        sip_port=free_port(udp=True),
        ami_port=free_port(),
        rtp_first=first,
        rtp_last=last,
        hotline_address="127.0.0.1",
        hotline_port=settings.sip_port,
        phones=settings.agents,
        ami_secret="only-for-this-test-run",
    )


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> AsteriskSettings:
    """The shared instance's settings."""
    return asterisk_settings(tmp_path_factory.mktemp("shared"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asterisk(settings: AsteriskSettings, asterisk_root: Path | None) -> AsyncIterator[AsteriskProcess]:
    """The shared instance, running."""
    render(settings)
    process = await start(settings.folder, root=asterisk_root, visible=[settings.recordings_folder])
    yield process
    await process.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_network(
    asterisk: AsteriskProcess, settings: AsteriskSettings, asterisk_root: Path | None
) -> AsyncIterator[TelephoneNetwork]:
    """The network, running."""
    beside = network_settings(settings, settings.folder.parent)
    async with TelephoneNetwork(beside, root=asterisk_root) as network:
        await network.wait_registered()
        yield network


@pytest_asyncio.fixture(loop_scope="module")
async def network(
    shared_network: TelephoneNetwork, asterisk: AsteriskProcess, settings: AsteriskSettings
) -> AsyncIterator[TelephoneNetwork]:
    """Callers, and phones that are registered and ring; cleaned up after the test."""
    yield shared_network
    await shared_network.reset()
    await no_channel_is_left(asterisk)
    for recording in settings.recordings_folder.iterdir():
        recording.unlink()


@dataclass(slots=True)
class EngineStub:
    """Stands where the engine stands: an AGI server on the instance's AGI port that a test can end and start again."""

    port: int
    server: AgiServer | None = None

    async def serve(self, handler: Handler) -> None:
        """Take callers from now on; each is answered first, as the engine does."""

        async def answered(session: AgiSession) -> None:
            await session.answer()
            await handler(session)

        self.server = AgiServer(answered, port=self.port)
        await self.server.start()

    async def die(self) -> None:
        """All connections end, in the middle of whatever they do."""
        if self.server is not None:
            await self.server.close()
            self.server = None


@pytest_asyncio.fixture(loop_scope="module")
async def engine(settings: AsteriskSettings, network: TelephoneNetwork) -> AsyncIterator[EngineStub]:
    """Not serving yet."""
    stub = EngineStub(settings.agi_port)
    yield stub
    await network.reset()
    await stub.die()
