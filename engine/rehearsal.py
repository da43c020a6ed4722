"""A whole site with a telephone network around it, on this machine: what the demo, the telephony tests and benchmarks run.

Nothing is pretended: the site is `hotline up`'s own supervisor with both its children, the callers and phones are a second
Asterisk, and what is done to agents goes through the HTTP API.
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import yaml

from engine.asterisk.ports import free_port, rtp_range
from engine.asterisk.process import private_root
from engine.asterisk.settings import AgentPhone
from engine.config import load
from engine.network import NetworkSettings, TelephoneNetwork
from engine.site import REPOSITORY, Site, settle_site
from engine.supervisor import Supervisor

__all__ = ["Rehearsal", "write_configuration"]

ALWAYS = ["00:00-24:00"]


def write_configuration(folder: Path, changes: dict[str, Callable[[Any], None]] | None = None) -> Path:
    """The example configuration on any free ports, open around the clock, each file changed further by `changes`."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted((REPOSITORY / "config").glob("*.yaml")):
        data = yaml.safe_load(file.read_text("utf-8"))
        _for_here(file.stem, data, folder)
        if changes and file.stem in changes:
            changes[file.stem](data)
        (folder / file.name).write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), "utf-8")
    return folder


@cache
def _carrier_port(folder: Path) -> int:
    """Where the network takes calls to numbers outside: the same however often the configuration is written."""
    return free_port(udp=True)


def _for_here(name: str, data: Any, folder: Path) -> None:
    if name == "system":
        for trunk in data["trunks"]:
            trunk["dial"] = f"127.0.0.1:{_carrier_port(folder)}"
        for service in ("sip", "http", "agi", "ami"):
            data[service]["port"] = 0
        data["rtp"] = {"start": 0}
    if name == "hours":
        for calendar in data["calendars"].values():
            calendar["weekly"] = {day: ALWAYS for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
            calendar["special"] = {}
            for key in ("holidays", "holiday", "workday"):
                calendar.pop(key, None)


class Rehearsal:
    """`async with Rehearsal(home, configuration_folder) as site: ...`"""

    def __init__(
        self,
        home: Path,
        configuration: Path,
        tell: Callable[[str], None] = print,
        *,
        network: bool = True,
        prepare: Callable[[Path], None] | None = None,
    ) -> None:
        """`prepare` may change the rendered Asterisk folder before it is started; without `network` nobody calls."""
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.supervisor = Supervisor(settle_site(load(configuration), home), tell, prepare)
        self._with_network = network
        self.network = TelephoneNetwork(self._network_settings(), root=private_root())
        self._http: aiohttp.ClientSession | None = None

    @property
    def number(self) -> str:
        """What callers dial."""
        return self.supervisor.site.configuration.system.numbers[0]

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Bring the site and then the network up; every phone is registered when this returns."""
        try:
            await self.start_site()
            if self._with_network:
                await self.start_network()
        except BaseException:
            await self.stop()
            raise

    async def start_site(self) -> None:
        """Bring the site up alone; who calls this also calls `stop`, however it ends."""
        await self.supervisor.start()
        self._http = aiohttp.ClientSession(
            f"http://{self.supervisor.site.endpoints.http}",
            headers={"Authorization": f"Bearer {self._administrator_token()}"},
        )

    async def start_network(self) -> None:
        """Bring the network up; every phone is registered when this returns."""
        await self.network.start()
        await self.network.wait_registered()

    async def stop(self) -> None:
        """Everything that was started, down again."""
        if self._http is not None:
            await self._http.close()
            self._http = None
        if self._with_network:
            await self.network.stop()
        await self.supervisor.stop(drain_s=0.0)

    async def get(self, path: str) -> Any:
        """What the API answers, as an administrator."""
        assert self._http is not None
        async with self._http.get(path) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def post(self, path: str, body: Any) -> Any:
        """As `get`, with something to say. Raises aiohttp.ClientResponseError."""
        assert self._http is not None
        async with self._http.post(path, json=body) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def agent(self, agent: str, state: str, reason: str = "") -> Any:
        """Log in, ready, not_ready, logout, wrap_up_done."""
        return await self.post(f"/api/agents/{agent}/state", {"state": state, **({"reason": reason} if reason else {})})

    async def on_duty(self, *agents: str) -> None:
        """Log these agents in and set them ready."""
        for agent in agents:
            await self.agent(agent, "login")
            await self.agent(agent, "ready")

    def _administrator_token(self) -> str:
        tokens = json.loads((self.home / "secrets" / "tokens.json").read_text("utf-8"))
        return str(next(staff["token"] for staff in tokens["staff"] if staff["role"] == "administrator"))

    def _network_settings(self) -> NetworkSettings:
        site = self.supervisor.site
        host, _, port = site.endpoints.sip.rpartition(":")
        first, last = rtp_range()
        agents = site.configuration.rules.agents.values()
        return NetworkSettings(
            folder=self.home / "network",
            sip_port=_port_dialled(site) or free_port(udp=True),
            ami_port=free_port(),
            rtp_first=first,
            rtp_last=last,
            hotline_address=host,
            hotline_port=int(port),
            phones=tuple(AgentPhone(agent.id, agent.name, site.secrets.phones[agent.id]) for agent in agents),
            ami_secret="network-of-the-rehearsal",  # noqa: S106 - loopback, for minutes
        )


def _port_dialled(site: Site) -> int:
    """Where the site expects the network when it calls numbers outside; 0: it does not."""
    dialled = next((trunk.dial for trunk in site.configuration.system.trunks if trunk.dial), "")
    return int(dialled.rpartition(":")[2]) if ":" in dialled else 0
