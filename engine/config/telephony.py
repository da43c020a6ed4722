"""Whether Asterisk's own configuration can be written from this one: the renderer's rules, told with the place in our files.

Ports, folders and secrets are settled later (engine.site) and stand in here as valid ones.
"""

from collections.abc import Iterator
from pathlib import Path

from engine.asterisk.settings import AgentPhone, AsteriskSettings, FeatureCodes
from engine.config.agent_models import AgentsFile
from engine.config.models import SystemFile
from engine.config.source import Path_, Problem, Source

__all__ = ["telephony_problems"]

STAND_IN = "stand-in-" + "x" * 16
ANY_FOLDER = Path("/var/lib/hotline")
ANY_PORT = 5060


def telephony_problems(
    system: SystemFile, agents: AgentsFile, in_system: Source, in_agents: Source
) -> Iterator[Problem]:
    """What the renderer would refuse."""
    places = _places(system, agents)
    for problem in _settings(system, agents).problems():
        path, _, message = problem.partition(": ")
        of_agents, place = places.get(path, (False, ()))
        yield (in_agents if of_agents else in_system).problem(place, message)


def _settings(system: SystemFile, agents: AgentsFile) -> AsteriskSettings:
    codes = agents.feature_codes
    return AsteriskSettings(
        name=system.site,
        folder=ANY_FOLDER,
        sip_bind=system.sip.bind,
        sip_port=system.sip.port or ANY_PORT,
        rtp_first=system.rtp.start or 10000,
        rtp_last=system.rtp.end if system.rtp.start else 10999,
        agi_host=system.agi.bind,
        agi_port=system.agi.port or ANY_PORT,
        ami_bind=system.ami.bind,
        ami_port=system.ami.port or ANY_PORT,
        ami_secret=STAND_IN,
        metrics_bind=system.asterisk_metrics.bind if system.asterisk_metrics else "",
        metrics_port=system.asterisk_metrics.port if system.asterisk_metrics else 0,
        trunk_addresses=tuple(address for trunk in system.trunks for address in trunk.addresses) or ("127.0.0.1",),
        dids=tuple(system.numbers),
        agents=tuple(AgentPhone(id=name, name=agent.name, secret=STAND_IN) for name, agent in agents.agents.items()),
        recordings_folder=ANY_FOLDER,
        feature_codes=FeatureCodes(codes.login, codes.logout, codes.ready, codes.not_ready, codes.wrap_up_done),
        language=system.language,
        away_limit_s=int(system.engine_away.music),
        away_dialogue=system.engine_away.dialogue,
        last_resort_wait_s=int(system.engine_away.last_resort),
        call_limit_s=int(system.longest_call),
    )


def _places(system: SystemFile, agents: AgentsFile) -> dict[str, tuple[bool, Path_]]:
    """The renderer's paths, whether they are of agents.yaml, and our paths."""
    places: dict[str, tuple[bool, Path_]] = {
        "name": (False, ("site",)),
        "language": (False, ("language",)),
        "sip_bind": (False, ("sip", "bind")),
        "sip_port": (False, ("sip", "port")),
        "agi_host": (False, ("agi", "bind")),
        "agi_port": (False, ("agi", "port")),
        "ami_bind": (False, ("ami", "bind")),
        "ami_port": (False, ("ami", "port")),
        "metrics_bind": (False, ("asterisk_metrics", "bind")),
        "metrics_port": (False, ("asterisk_metrics", "port")),
        "rtp_first": (False, ("rtp", "start")),
        "rtp_last": (False, ("rtp", "end")),
        "away_limit_s": (False, ("engine_away", "music")),
        "last_resort_wait_s": (False, ("engine_away", "last_resort")),
        "call_limit_s": (False, ("longest_call",)),
        "feature_codes": (True, ("feature_codes",)),
        "feature_codes.wrapup_done": (True, ("feature_codes", "wrap_up_done")),
    }
    for code in ("login", "logout", "ready", "not_ready"):
        places[f"feature_codes.{code}"] = True, ("feature_codes", code)
    for index in range(len(system.numbers)):
        places[f"dids.{index}"] = False, ("numbers", index)
    addresses = [(i, k) for i, trunk in enumerate(system.trunks) for k in range(len(trunk.addresses))]
    for index, (trunk, address) in enumerate(addresses):
        places[f"trunk_addresses.{index}"] = False, ("trunks", trunk, "addresses", address)
    for index, agent in enumerate(agents.agents):
        places[f"agents.{index}.id"] = True, ("agents", agent)
        places[f"agents.{index}.name"] = True, ("agents", agent, "name")
    return places
