"""docker-compose.yml as Debian's docker-compose understands it."""

from __future__ import annotations

import os
import subprocess
from typing import Any

import yaml

from tests.deploy.checkout import REPOSITORY

EXTERNAL_ADDRESS = "203.0.113.5"


def compose_config(**variables: str) -> subprocess.CompletedProcess[str]:
    """`docker-compose config` with these variables set; it needs no Docker."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HOTLINE_", "COMPOSE_"))}
    return subprocess.run(
        ["docker-compose", "--file", "docker-compose.yml", "config"],
        cwd=REPOSITORY,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class Compose:
    """The resolved file. Values of YAML stay plain: services, networks, volumes and secrets by name."""

    def __init__(self, resolved: dict[str, Any]) -> None:
        self.services: dict[str, dict[str, Any]] = resolved["services"]
        self.networks: dict[str, dict[str, Any]] = resolved["networks"]
        self.volumes: dict[str, Any] = resolved["volumes"]
        self.secrets: dict[str, dict[str, str]] = resolved["secrets"]

    def environment(self, service: str) -> dict[str, str]:
        """A service's variables, all as text."""
        return {name: str(value) for name, value in self.services[service].get("environment", {}).items()}

    def networks_of(self, service: str) -> set[str]:
        return set(self.services[service].get("networks") or ())

    def secrets_of(self, service: str) -> set[str]:
        return {secret["source"] for secret in self.services[service].get("secrets", [])}

    def mounts(self, service: str) -> dict[str, str]:
        """Path in the container -> volume name, or path relative to the repository. Both compose versions' spellings."""
        mounts = {}
        for volume in self.services[service].get("volumes", []):
            if isinstance(volume, str):
                source, target = volume.split(":")[:2]
            else:
                source, target = volume["source"], volume["target"]
            mounts[target] = source.removeprefix(f"{REPOSITORY}/")
        return mounts

    def published(self, service: str) -> set[tuple[str, int, int, str]]:
        """(address or "", port outside, port inside, protocol), ranges as docker-compose resolves them."""
        return {_port(port) for port in self.services[service].get("ports", [])}


def _port(port: str | dict[str, Any]) -> tuple[str, int, int, str]:
    if isinstance(port, str):
        outside, _, inside = port.rpartition(":")
        target, _, protocol = inside.partition("/")
        address, _, published = outside.rpartition(":")
        return address, int(published), int(target), protocol
    return port.get("host_ip", ""), int(port["published"]), int(port["target"]), port["protocol"]


def read() -> Compose:
    """The file with the one variable that must be set; the test fails with docker-compose's own words."""
    done = compose_config(HOTLINE_EXTERNAL_ADDRESS=EXTERNAL_ADDRESS)
    assert done.returncode == 0, done.stderr
    return Compose(yaml.safe_load(done.stdout))
