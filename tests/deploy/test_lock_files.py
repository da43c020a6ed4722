"""The lock files: whole, in step with pyproject.toml, and free of any index address."""

from __future__ import annotations

import json
import re
import tomllib

import pytest

from tests.deploy.checkout import REPOSITORY

LOCKS = ("requirements.lock", "requirements-engine.lock", "web/node.lock")
PAGES = "web/package-lock.json"
_PIN = re.compile(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", re.M)


def pins(lock: str) -> set[tuple[str, str]]:
    """Locked names and versions; a name may have two, for older and newer Pythons."""
    return set(_PIN.findall((REPOSITORY / lock).read_text("utf-8")))


def names(lock: str) -> set[str]:
    """Locked names."""
    return {name for name, _ in pins(lock)}


def declared(requirements: list[str]) -> set[str]:
    """The distribution names of requirement lines, as the locks spell them."""
    found = (re.match(r"[A-Za-z0-9._-]+", line) for line in requirements)
    return {re.sub(r"[-_.]+", "-", name.group()).lower() for name in found if name}


@pytest.mark.parametrize("lock", [*LOCKS, PAGES])
def test_lock_names_no_address(lock: str) -> None:
    assert "://" not in (REPOSITORY / lock).read_text("utf-8")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_hashes(lock: str) -> None:
    blocks = re.split(r"^(?=[a-z0-9])", (REPOSITORY / lock).read_text("utf-8"), flags=re.M)[1:]
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert len(blocks) == len(pins(lock))


def test_locks_hold_everything_that_is_declared() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    runtime = declared(project["project"]["dependencies"])
    assert runtime - names("requirements-engine.lock") == set()
    assert (runtime | declared(project["dependency-groups"]["dev"])) - names("requirements.lock") == set()


def test_image_gets_the_tested_versions_and_no_test_tools() -> None:
    assert pins("requirements-engine.lock") - pins("requirements.lock") == set()
    assert "pytest" not in names("requirements-engine.lock")


def test_every_package_of_the_pages_has_a_hash_and_no_address() -> None:
    packages = json.loads((REPOSITORY / PAGES).read_text("utf-8"))["packages"]
    locked = {name: package for name, package in packages.items() if name}
    assert [name for name, package in locked.items() if "integrity" not in package] == []
    assert [name for name, package in locked.items() if "resolved" in package] == []
