"""The telephone network itself: renders and runs its Asterisk, places calls, follows what becomes of them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.asterisk.process import AsteriskProcess, start
from engine.asterisk.render import TEMPLATES, fill, make_folders, write_file
from engine.asterisk.settings import AgentPhone
from engine.network.calls import Phone, PhoneCall, PlacedCall, Script, caller_script
from engine.network.management import Management, Message

_POLL_S = 0.05
_OWN_TEMPLATES = TEMPLATES.parent / "network"
_SHARED_TEMPLATES = (
    "asterisk",
    "logger",
    "cdr",
    "stasis",
    "indications",
    "acl",
    "ccss",
    "udptl",
    "pjproject",
    "features",
)


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """Where the network runs and whom it calls. Its address must be one of Hotline's trunk addresses."""

    folder: Path
    sip_port: int
    ami_port: int
    rtp_first: int
    rtp_last: int
    hotline_address: str
    hotline_port: int
    phones: tuple[AgentPhone, ...]
    ami_secret: str = field(repr=False)
    address: str = "127.0.0.1"
    name: str = "network"


class TelephoneNetwork:
    """`async with TelephoneNetwork(settings, root=root) as network: call = await network.call("4008869119", ...)`."""

    def __init__(self, settings: NetworkSettings, *, root: Path | None, die_with_parent: bool = True) -> None:
        self._settings = settings
        self._root = root
        self._die_with_parent = die_with_parent
        self._management = Management(self._received)
        self._asterisk: AsteriskProcess | None = None
        self._numbers = itertools.count(1)
        self._legs: dict[str, PlacedCall | PhoneCall] = {}
        self._outside: dict[str, Phone] = {}
        self._phones = {phone.id: Phone(phone.id, self._management.act, self._dial) for phone in settings.phones}

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Run the network's Asterisk; its phones register by themselves within a second."""
        _render(self._settings)
        self._asterisk = await start(self._settings.folder, root=self._root, die_with_parent=self._die_with_parent)
        await self._management.open(self._settings.ami_port, "network", self._settings.ami_secret)

    async def stop(self) -> None:
        """Hang everything up and end."""
        await self._management.close()
        if self._asterisk is not None:
            await self._asterisk.stop()

    async def wait_registered(self, timeout_s: float = 10.0) -> None:
        """Return once every phone is registered; TimeoutError otherwise."""
        async with asyncio.timeout(timeout_s):
            while True:
                shown = await self.asterisk.command("pjsip show registrations")
                if shown.count(" Registered ") == len(self._phones):
                    return
                await asyncio.sleep(_POLL_S)

    async def reset(self) -> None:
        """Everyone hangs up now, and the phones only ring again."""
        await self.asterisk.command("channel request hangup all")
        for phone in (*self._phones.values(), *self._outside.values()):
            await phone.ignores()
        self.forget_rings()

    def forget_rings(self) -> None:
        """What the phones have rung for so far is over and counts no more."""
        for phone in (*self._phones.values(), *self._outside.values()):
            phone.forget_rings()

    @property
    def asterisk(self) -> AsteriskProcess:
        """The network's Asterisk, while started."""
        assert self._asterisk is not None
        return self._asterisk

    def phone(self, agent_id: str) -> Phone:
        """One agent's phone; KeyError when there is none."""
        return self._phones[agent_id]

    def outside(self, number: str) -> Phone:
        """The phone of a number that is no agent's: that of a customer who is called."""
        if number not in self._outside:
            self._outside[number] = Phone(number, self._management.act, self._dial, number)
        return self._outside[number]

    async def call(
        self,
        did: str,
        *,
        number: str,
        name: str = "",
        digits: Sequence[tuple[float, str]] = (),
        tone_hz: int | None = None,
        hang_up_after_s: float = 30.0,
        listen: bool = False,
        script: Script = (),
        carrier: str = "carrier",
    ) -> PlacedCall:
        """A caller dials; returns while it rings. Times count from the answer; `listen` keeps what he hears. `script` is in
        place of digits, tone and hang-up; `carrier` how his keys travel: carrier (RFC 4733), carrier-info, or carrier-inband
        for steps of `calls.inband`."""
        steps = script or caller_script("@", digits, tone_hz, hang_up_after_s, listen=listen)
        return await self._dial(carrier, did, steps, number, name)

    async def _dial(self, endpoint: str, target: str, script: Script, number: str, name: str) -> PlacedCall:
        settings = self._settings
        call_id = f"{settings.name}-call-{next(self._numbers)}"
        call = PlacedCall(call_id, asyncio.get_running_loop().time(), act=self._management.act)
        if any(step.startswith("listen:") for step in script):
            call.heard = settings.folder / "spool" / f"heard-{call_id}.wav"
        self._legs[call_id] = call
        steps = "/".join(step.replace("listen:@", f"listen:{call_id}") for step in script)
        await self._management.act(
            "Originate",
            Channel=f"PJSIP/{endpoint}/sip:{target}@{settings.hotline_address}:{settings.hotline_port}",
            ChannelId=call_id,
            Context="script",
            Exten="s",
            Priority="1",
            CallerID=f'"{name}" <{number}>' if name else number,
            Timeout="60000",
            Async="true",
            Variable=f"SCRIPT={steps}",
        )
        return call

    def _received(self, event: Message) -> None:
        taker: Callable[[Message], None] | None = {
            "Newchannel": self._new_channel,
            "Newstate": self._new_state,
            "Hangup": self._hangup,
            "OriginateResponse": self._originated,
        }.get(event.get("Event", ""))
        if taker is not None:
            taker(event)

    def _new_channel(self, event: Message) -> None:
        exten = event.get("Exten", "")
        phone = self._outside.get(exten) or self._phones.get(exten.removeprefix("agent-"))
        if event.get("Context") != "phones" or phone is None:
            return
        call = PhoneCall(event["Uniqueid"], _now())
        call.shown_number, call.shown_name = event.get("CallerIDNum", ""), event.get("CallerIDName", "")
        self._legs[call.id] = call
        phone.rang(call)

    def _new_state(self, event: Message) -> None:
        leg = self._legs.get(event["Uniqueid"])
        if leg is not None and event.get("ChannelStateDesc") == "Up":
            leg.was_answered(_now())

    def _hangup(self, event: Message) -> None:
        leg = self._legs.pop(event["Uniqueid"], None)
        if leg is not None:
            leg.has_ended(_now(), int(event.get("Cause", "0")))

    def _originated(self, event: Message) -> None:
        """A call that never got a channel ends here; every other ends with its Hangup."""
        if event.get("Response") == "Failure" and event.get("Uniqueid") == "<null>":
            leg = self._legs.pop(event.get("ChannelId", ""), None)
            if leg is not None:
                leg.has_ended(_now(), 0)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _render(settings: NetworkSettings) -> None:
    make_folders(settings.folder)
    values: dict[str, object] = {name: getattr(settings, name) for name in NetworkSettings.__dataclass_fields__}
    values["language"] = "en"
    values["phones"] = "\n".join(_phone(settings, phone) for phone in settings.phones)
    values["phone_extensions"] = "\n".join(_extension(phone) for phone in settings.phones)
    shared = [TEMPLATES / f"{name}.conf.tmpl" for name in _SHARED_TEMPLATES]
    own = [path for path in _OWN_TEMPLATES.glob("*.conf.tmpl") if path.name != "pjsip-phone.conf.tmpl"]
    for template in (*shared, *own):
        write_file(settings.folder / "etc" / template.name.removesuffix(".tmpl"), fill(template, values), secret=True)


def _phone(settings: NetworkSettings, phone: AgentPhone) -> str:
    values: dict[str, object] = {"hotline_address": settings.hotline_address, "hotline_port": settings.hotline_port}
    return fill(_OWN_TEMPLATES / "pjsip-phone.conf.tmpl", values | {"id": phone.id, "secret": phone.secret})


def _extension(phone: AgentPhone) -> str:
    name = f"agent-{phone.id}"
    return f"exten => {name},1,Set(SCRIPT=${{DB(script/{name})}})\n same => n,Goto(script,rung,1)"
