"""Who may speak to the API, and as whom: tokens and roles.

The tokens lie in one file that only its owner can read, made at the first start with a random token for each agent, one for a
supervisor, one for an administrator and one for screens on the wall. More staff, inspectors say, are added to the file by hand.
Only here is the file read and written; what a role may do is decided where it is asked (cti.http.access).
"""

import hashlib
import os
import secrets
import stat
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from agents.roster import AgentId, AgentSettings

__all__ = ["Accounts", "BadTokenFile", "Identity", "Role"]

SHORTEST_TOKEN: Final = 20


class Role(StrEnum):
    """客服专员, 组长/主管, 质检, 管理员; and a screen on the wall, 大屏, which may see the wallboard and nothing else."""

    AGENT = "agent"
    TEAM_LEADER = "team_leader"
    INSPECTOR = "inspector"
    ADMINISTRATOR = "administrator"
    WALLBOARD = "wallboard"


class BadTokenFile(Exception):
    """The token file cannot be used; the message names the file, what is wrong with it and what to do."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks. `agent` is set for agents only."""

    role: Role
    name: str
    agent: AgentId | None = None


class _Staff(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    role: Role
    token: str


class _TokenFile(msgspec.Struct, forbid_unknown_fields=True):
    agents: dict[AgentId, str] = {}
    staff: list[_Staff] = []


class Accounts:
    """The tokens in force. A token is looked up by its digest, so the time that takes says nothing about the token."""

    def __init__(self, path: Path, tokens: _TokenFile, roster: Iterable[AgentSettings]) -> None:
        self._path = path
        self._tokens = tokens
        self._by_digest: dict[bytes, Identity] = {}
        self.follow(roster)

    @classmethod
    def open(cls, path: Path, roster: Iterable[AgentSettings]) -> "Accounts":
        """Read the file, or make it, and give everybody of the roster who has no token one. Raises BadTokenFile."""
        return cls(path, _read(path) if path.exists() else _first_tokens(), roster)

    def follow(self, roster: Iterable[AgentSettings]) -> None:
        """After a change of the roster: new agents get tokens, those of agents who are gone no longer open anything. A file
        that has no token for a wallboard gets one."""
        agents = list(roster)
        missing = [agent.id for agent in agents if agent.id not in self._tokens.agents]
        self._tokens.agents.update((agent, _token()) for agent in missing)
        no_wallboard = self.token_for(Role.WALLBOARD) is None
        if no_wallboard:
            self._tokens.staff.append(_Staff(name="wallboard", role=Role.WALLBOARD, token=_token()))
        if missing or no_wallboard or not self._path.exists():
            _write(self._path, self._tokens)
        self._by_digest = self._identities(agents)

    def identify(self, token: str) -> Identity | None:
        """Whose token this is; None: nobody's."""
        return self._by_digest.get(_digest(token))

    def token_of(self, agent: AgentId) -> str | None:
        """For commands on this machine that act for an agent."""
        return self._tokens.agents.get(agent)

    def token_for(self, role: Role) -> str | None:
        """For commands on this machine: the token of someone of the staff with this role."""
        return next((staff.token for staff in self._tokens.staff if staff.role is role), None)

    def _identities(self, agents: list[AgentSettings]) -> dict[bytes, Identity]:
        known = [
            *(
                (self._tokens.agents[agent.id], Identity(role=Role.AGENT, name=agent.name, agent=agent.id))
                for agent in agents
            ),
            *((staff.token, Identity(role=staff.role, name=staff.name)) for staff in self._tokens.staff),
        ]
        return {_digest(token): identity for token, identity in known}


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _token() -> str:
    """Never with a dash in front: `--token -x` would be taken for an option."""
    while (token := secrets.token_urlsafe(32)).startswith("-"):
        pass
    return token


def _first_tokens() -> _TokenFile:
    return _TokenFile(
        staff=[
            _Staff(name="supervisor", role=Role.TEAM_LEADER, token=_token()),
            _Staff(name="admin", role=Role.ADMINISTRATOR, token=_token()),
        ]
    )


def _read(path: Path) -> _TokenFile:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise BadTokenFile(f"{path}: others can read it; run: chmod 600 {path}")
    try:
        tokens = msgspec.json.decode(path.read_bytes(), type=_TokenFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadTokenFile(f"{path}: {error}; mend it, or move it away and new tokens are made") from None
    _check(path, tokens)
    return tokens


def _check(path: Path, tokens: _TokenFile) -> None:
    """Refuse what would let the wrong person in."""
    owned = [*tokens.agents.items(), *((staff.name, staff.token) for staff in tokens.staff)]
    seen: dict[str, str] = {}
    for owner, token in owned:
        if len(token) < SHORTEST_TOKEN:
            raise BadTokenFile(f"{path}: the token of {owner} has fewer than {SHORTEST_TOKEN} characters")
        if token in seen:
            raise BadTokenFile(f"{path}: {seen[token]} and {owner} have the same token")
        seen[token] = owner
    for staff in tokens.staff:
        if staff.role is Role.AGENT:
            raise BadTokenFile(f"{path}: {staff.name} under staff has the role agent; agents stand under agents")


def _write(path: Path, tokens: _TokenFile) -> None:
    """Whole or not at all, and never readable for others."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(tokens), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
