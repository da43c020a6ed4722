"""Where everything of one site is: folders, addresses, ports and secrets, from configuration and environment together."""

import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec
from msgspec.structs import asdict

from agents.roster import AgentId
from engine.asterisk.ports import free_port, rtp_range
from engine.asterisk.settings import AgentPhone, AsteriskSettings, FeatureCodes
from engine.config import Configuration, fields
from engine.config.environment import port_range, port_setting, secret, setting, wrong
from engine.config.models import AsteriskMetricsModel
from engine.config.music import music_classes, sound_files
from engine.config.source import BadConfiguration, Problem
from ivr.stay import HELLO, greeting_class

__all__ = [
    "REPOSITORY",
    "Endpoints",
    "Secrets",
    "Site",
    "asterisk_settings",
    "home_folder",
    "settle_site",
    "write_endpoints",
    "write_private",
]

REPOSITORY = Path(__file__).resolve().parents[1]


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """The real addresses, as endpoints.json has them."""

    sip: str
    http: str
    agi: str
    ami: str
    rtp: str


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """What Asterisk and the phones prove themselves with; made once, kept readable by the owner alone."""

    ami: str
    phones: dict[str, str] = {}


class _KeptSecrets(msgspec.Struct):
    """phones.json"""

    ami: str = ""
    phones: dict[str, str] = {}


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """One site, ready to be started."""

    configuration: Configuration
    home: Path
    asterisk_folder: Path
    recordings: Path
    endpoints: Endpoints
    ami_permit: tuple[str, ...]
    external_address: str
    asterisk_metrics: tuple[str, int] | None
    """Where Asterisk is to show its own figures; None: nowhere."""
    secrets: Secrets
    database_url: str
    redis_url: str

    @property
    def endpoints_file(self) -> Path:
        return self.home / "endpoints.json"


def home_folder() -> Path:
    """$HOTLINE_HOME, made when it is not there."""
    home = Path(setting("HOTLINE_HOME", "var")).resolve()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return home


def settle_site(configuration: Configuration, home: Path, *, keep: bool = False) -> Site:
    """Settle addresses and secrets. With `keep`, ports that were chosen at an earlier start are used again: Asterisk and
    the phones know them."""
    system = configuration.system
    before = _addresses_before(home) if keep else {}
    first, last = _rtp(configuration, before.get("rtp", ""))
    endpoints = Endpoints(
        sip=_address(
            "SIP", setting("HOTLINE_SIP_BIND", system.sip.bind), system.sip.port, before.get("sip", ""), udp=True
        ),
        http=_address("HTTP", setting("HOTLINE_HTTP_BIND", system.http.bind), system.http.port, before.get("http", "")),
        agi=_address("AGI", setting("HOTLINE_AGI_BIND", system.agi.bind), system.agi.port, before.get("agi", "")),
        ami=_address("AMI", setting("HOTLINE_AMI_HOST", system.ami.bind), system.ami.port, before.get("ami", "")),
        rtp=f"{first}-{last}",
    )
    permit = setting("HOTLINE_AMI_PERMIT")
    return Site(
        configuration=configuration,
        home=home,
        asterisk_folder=Path(setting("HOTLINE_ASTERISK_FOLDER", str(home / "asterisk"))),
        recordings=Path(setting("HOTLINE_RECORDINGS", str(home / "recordings"))),
        endpoints=endpoints,
        ami_permit=("127.0.0.1", permit) if permit else ("127.0.0.1",),
        external_address=setting("HOTLINE_EXTERNAL_ADDRESS"),
        asterisk_metrics=_asterisk_metrics(configuration),
        secrets=_secrets(home, configuration),
        database_url=_with_password(
            _url("HOTLINE_DATABASE_URL", system.database_url, fields.database_url)
            or f"sqlite+aiosqlite:///{home}/hotline.db",
            secret("HOTLINE_DATABASE_PASSWORD"),
        ),
        redis_url=_with_password(
            _url("HOTLINE_REDIS_URL", system.redis_url, fields.redis_url), secret("HOTLINE_REDIS_PASSWORD")
        ),
    )


def write_endpoints(site: Site) -> None:
    """Tell where everything is: endpoints.json."""
    write_private(site.endpoints_file, json.dumps(asdict(site.endpoints), indent=2) + "\n")


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = file.with_name(file.name + ".new")
    fresh.unlink(missing_ok=True)  # left by a kill; who may read it is not known
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)


def _addresses_before(home: Path) -> dict[str, str]:
    """The addresses of an earlier start; none when they cannot be read: they can be chosen again."""
    try:
        found = json.loads((home / "endpoints.json").read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    pairs = found.items() if isinstance(found, dict) else ()
    return {name: text for name, text in pairs if isinstance(text, str)}


def _address(name: str, host: str, configured: int, before: str, *, udp: bool = False) -> str:
    port = port_setting(f"HOTLINE_{name}_PORT", configured)
    if port == 0:
        last = before.rpartition(":")[2]
        port = int(last) if last.isdigit() else free_port(host, udp=udp)
    return f"{host}:{port}"


def _asterisk_metrics(configuration: Configuration) -> tuple[str, int] | None:
    configured = configuration.system.asterisk_metrics or AsteriskMetricsModel()
    bind = setting("HOTLINE_ASTERISK_METRICS_BIND", configured.bind if configuration.system.asterisk_metrics else "")
    return (bind, port_setting("HOTLINE_ASTERISK_METRICS_PORT", configured.port)) if bind else None


def _rtp(configuration: Configuration, before: str) -> tuple[int, int]:
    ports = configuration.system.rtp
    first, last = port_range("HOTLINE_RTP_PORTS", (ports.start, ports.end))
    if first:
        return first, last
    used, _, to = before.partition("-")
    return (int(used), int(to)) if used.isdigit() and to.isdigit() else rtp_range()


def _secrets(home: Path, configuration: Configuration) -> Secrets:
    """The kept secrets, with new ones for whoever has none yet. Raises BadConfiguration when they cannot be read: made anew,
    no phone would be let in any more."""
    file = home / "secrets" / "phones.json"
    try:
        kept = msgspec.json.decode(file.read_bytes(), type=_KeptSecrets)
    except FileNotFoundError:
        kept = _KeptSecrets()
    except ValueError as error:
        message = f"damaged ({error}); bring back a copy, or remove it and give every phone its new secret"
        raise BadConfiguration([Problem(str(file), 0, 0, "", message)]) from error
    phones = dict(kept.phones)
    for agent in configuration.rules.agents:
        phones.setdefault(agent, secrets.token_urlsafe(24))
    ami = kept.ami or secrets.token_urlsafe(24)
    if (ami, phones) != (kept.ami, kept.phones):
        write_private(file, json.dumps({"ami": ami, "phones": phones}, indent=2))
    return Secrets(ami=secret("HOTLINE_AMI_SECRET") or ami, phones=phones)


def _url(name: str, configured: str, check: Callable[[str], str]) -> str:
    try:
        return check(setting(name, configured))
    except ValueError as error:
        raise wrong(name, str(error)) from error


def _with_password(url: str, password: str) -> str:
    if not url or not password:
        return url
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{name}:{quote(password, safe='')}@{host}"))


def asterisk_settings(site: Site) -> AsteriskSettings:
    """What the site's Asterisk is rendered from."""
    system = site.configuration.system
    codes = site.configuration.agents.feature_codes
    sip_host, _, sip_port = site.endpoints.sip.rpartition(":")
    agi_host, _, agi_port = site.endpoints.agi.rpartition(":")
    ami_host, _, ami_port = site.endpoints.ami.rpartition(":")
    first, _, last = site.endpoints.rtp.partition("-")
    metrics_bind, metrics_port = site.asterisk_metrics or ("", 0)
    return AsteriskSettings(
        name=system.site,
        folder=site.asterisk_folder,
        sip_bind=sip_host,
        sip_port=int(sip_port),
        rtp_first=int(first),
        rtp_last=int(last),
        agi_host=agi_host,
        agi_port=int(agi_port),
        ami_bind=ami_host,
        ami_port=int(ami_port),
        ami_secret=site.secrets.ami,
        ami_permit=site.ami_permit,
        metrics_bind=metrics_bind,
        metrics_port=metrics_port,
        external_address=site.external_address,
        trunk_addresses=tuple(address for trunk in system.trunks for address in trunk.addresses) or ("127.0.0.1",),
        dids=tuple(system.numbers),
        dials_out=system.dialling is not None,
        agents=tuple(
            AgentPhone(id=agent.id, name=agent.name, secret=site.secrets.phones[AgentId(agent.id)])
            for agent in site.configuration.rules.agents.values()
        ),
        recordings_folder=site.recordings / "legs",
        prompts_folder=REPOSITORY / "ivr" / "prompts",
        music_classes=tuple(
            (name, tuple(sound_files(folder))) for name, folder in music_classes(site.configuration.folder).items()
        ),
        greetings=_greetings(site.configuration),
        feature_codes=FeatureCodes(
            login=codes.login,
            logout=codes.logout,
            ready=codes.ready,
            not_ready=codes.not_ready,
            wrapup_done=codes.wrap_up_done,
        ),
        language=system.language,
        away_limit_s=int(system.engine_away.music),
        away_dialogue=system.engine_away.dialogue,
        last_resort_wait_s=int(system.engine_away.last_resort),
        call_limit_s=int(system.longest_call),
    )


def _greetings(configuration: Configuration) -> tuple[tuple[str, Path], ...]:
    """In each language, what a customer hears whose phone was rung first, while his agent's rings."""
    prompts = configuration.script.prompts
    found = ((language, prompts.find(HELLO, language)) for language in sorted(prompts.languages))
    return tuple((greeting_class(language), prompt[1]) for language, prompt in found if prompt is not None)
