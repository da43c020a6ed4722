"""./hotline on a fresh checkout: what it makes, once, and what it says when it cannot."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.deploy.checkout import REPOSITORY, STALL_LIMIT_S, Checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_first_start_makes_what_is_missing_and_hands_over_with_the_private_root(checkout: Checkout) -> None:
    done = checkout.run("up", "--config", "my rules")
    assert done.returncode == 0, done.stderr
    root = checkout.path / ".asterisk"
    assert done.stdout == f"root={root} path={checkout.path} arguments=-P -m engine up --config my rules\n"
    [debootstrap] = checkout.calls("debootstrap")
    assert debootstrap == f"--variant=minbase --include=asterisk,asterisk-core-sounds-en-wav,python3 sid {root}"
    assert "--require-hashes -r" in checkout.calls("python")[0]


def test_second_start_makes_nothing_and_says_nothing(checkout: Checkout) -> None:
    checkout.run("up")
    checkout.forget_calls()
    again = checkout.run("up")
    assert (again.returncode, again.stderr) == (0, "")
    assert checkout.calls("python") == ["-P -m engine up"]
    assert [checkout.calls(name) for name in ("python3", "debootstrap", "apt-get")] == [[], [], []]


def test_each_step_says_what_it_makes_and_how_long_that_takes(checkout: Checkout) -> None:
    said = checkout.run("up").stderr.splitlines()
    assert [line.partition(":")[0] for line in said] == ["hotline", "hotline", "hotline"]
    assert ".venv" in said[0]
    assert ".asterisk" in said[1]
    assert "web/dist" in said[2]
    assert all("usually" in line for line in said)


@pytest.mark.parametrize("variables", [{"LANG": "zh_CN.UTF-8"}, {"HOTLINE_LANG": "zh"}])
def test_who_reads_chinese_gets_chinese_messages(checkout: Checkout, variables: dict[str, str]) -> None:
    assert "创建 .venv" in checkout.run("--help", **variables).stderr


def test_named_language_wins_over_the_locale(checkout: Checkout) -> None:
    assert "Making .venv" in checkout.run("--help", LANG="zh_CN.UTF-8", HOTLINE_LANG="en").stderr


def test_python_packages_cut_off_in_the_middle_are_made_again(checkout: Checkout) -> None:
    checkout.cut_off("help")
    leftover = checkout.path / ".venv/leftover"
    leftover.touch()
    assert checkout.run("help").returncode == 0
    assert not leftover.exists()
    assert len([call for call in checkout.calls("python3") if call.startswith("-m venv")]) == 2


def test_private_root_cut_off_in_the_middle_is_removed_and_made_again(checkout: Checkout) -> None:
    checkout.run("help")
    checkout.cut_off("up")
    leftover = checkout.path / ".asterisk/leftover"
    leftover.touch()
    done = checkout.run("up")
    assert done.returncode == 0, done.stderr
    assert not leftover.exists()
    assert len(checkout.calls("debootstrap")) == 2


def test_failed_step_shows_its_last_lines_and_where_the_rest_is(checkout: Checkout) -> None:
    (checkout.path / "deploy/install/asterisk.sh").write_text("#!/bin/sh\necho E: no such mirror\nexit 7\n")
    failed = checkout.run("up")
    assert failed.returncode == 1
    assert "E: no such mirror" in failed.stderr
    assert "exit status 7" in failed.stderr
    assert str(checkout.path / ".tools/setup.log") in failed.stderr
    assert not (checkout.path / ".asterisk/made-from").exists()


def test_changed_lock_file_makes_the_packages_again(checkout: Checkout) -> None:
    checkout.run("help")
    (checkout.path / "requirements.lock").write_text("a==2\n")
    checkout.run("help")
    assert len([call for call in checkout.calls("python3") if call.startswith("-m venv")]) == 2


def test_two_first_starts_at_once_make_it_once(checkout: Checkout) -> None:
    checkout.set("stall")
    first = checkout.start("help")
    step = checkout.wait_until_stalled()
    checkout.unset("stall")
    second = checkout.start("help")
    assert second.stderr
    assert "waiting" in second.stderr.readline()
    # The first one's step now fails; the second finds nothing finished and makes it.
    os.kill(step, signal.SIGKILL)
    first.communicate(timeout=STALL_LIMIT_S)
    second.communicate(timeout=STALL_LIMIT_S)
    assert (first.returncode, second.returncode) == (1, 0)
    third = checkout.run("help")
    assert third.stderr == ""


def test_start_that_waited_does_not_make_it_again(checkout: Checkout) -> None:
    starts = [checkout.start("up") for _ in range(4)]
    for start in starts:
        start.communicate(timeout=STALL_LIMIT_S)
    assert [start.returncode for start in starts] == [0, 0, 0, 0]
    assert len(checkout.calls("debootstrap")) == 1
    assert len([call for call in checkout.calls("python3") if call.startswith("-m venv")]) == 1


def test_stage_that_needs_servers_gets_its_tools_whatever_stage_stands_before_it(checkout: Checkout) -> None:
    checkout.run("test", "lint", "unit")
    assert checkout.calls("debootstrap") == []
    checkout.run("test", "lint", "deploy")
    assert checkout.calls("debootstrap") != []


def test_who_is_not_root_learns_the_ways_out_before_anything_is_made(checkout: Checkout) -> None:
    checkout.set("uid", "1000\n")
    refused = checkout.run("up")
    assert refused.returncode == 1
    assert "docker compose up" in refused.stderr
    assert "as root" in refused.stderr
    assert not (checkout.path / ".venv").exists()


def test_who_is_not_root_may_use_what_needs_no_asterisk(checkout: Checkout) -> None:
    checkout.set("uid", "1000\n")
    assert checkout.run("check").returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["explain", "17"],
        ["watch", "1001"],
        ["bench", "routing"],
        ["bench", "reports"],
        ["up", "--help"],
        ["demo", "-h"],
        [],
    ],
)
def test_command_that_needs_no_asterisk_makes_none(checkout: Checkout, arguments: list[str]) -> None:
    done = checkout.run(*arguments)
    assert done.returncode == 0
    assert "root=unset" in done.stdout
    assert checkout.calls("debootstrap") == []


@pytest.mark.parametrize("version", ["Asterisk 22.10.1~dfsg-1", "Asterisk 20.5.0", "Asterisk certified-20.7-cert1"])
def test_new_enough_system_asterisk_is_used(checkout: Checkout, version: str) -> None:
    checkout.set("asterisk-version", version + "\n")
    checkout.set("uid", "1000\n")
    done = checkout.run("up")
    assert "root= path=" in done.stdout
    assert checkout.calls("debootstrap") == []


@pytest.mark.parametrize("version", ["Asterisk 18.24.1", "Asterisk 16.28.0~dfsg-0+deb11u4", "something else"])
def test_old_system_asterisk_is_left_alone(checkout: Checkout, version: str) -> None:
    checkout.set("asterisk-version", version + "\n")
    assert f"root={checkout.path}/.asterisk" in checkout.run("up").stdout


def test_named_asterisk_root_is_taken_as_it_is(checkout: Checkout) -> None:
    assert "root=/srv/asterisk" in checkout.run("up", HOTLINE_ASTERISK_ROOT="/srv/asterisk").stdout
    assert checkout.calls("debootstrap") == []


def test_mirror_can_be_named(checkout: Checkout) -> None:
    checkout.run("up", HOTLINE_DEBIAN_MIRROR="http://mirror.example/debian")
    assert checkout.calls("debootstrap")[0].split()[-1] == "http://mirror.example/debian"


def test_missing_debootstrap_is_announced_then_installed(checkout: Checkout) -> None:
    debootstrap = checkout.path.parent / "programs/debootstrap"
    text = debootstrap.read_text()
    checkout.remove_stand_in("debootstrap")
    # The package brings the program, as apt-get would. The real one of this machine must not be found meanwhile.
    (checkout.path / "deploy/install/asterisk.sh").write_text(text)
    steps = checkout.path / "deploy/install/telephony.sh"
    steps.write_text(steps.read_text().replace("command -v debootstrap", "command -v no-such-program"))
    done = checkout.run("up")
    assert done.returncode == 0, done.stderr
    assert "Installing Debian packages that are missing: debootstrap" in done.stderr
    assert checkout.calls("apt-get")[-1].endswith("--no-install-recommends debootstrap debian-archive-keyring")


def test_python_without_pip_support_gets_its_debian_package(checkout: Checkout) -> None:
    checkout.set("no-ensurepip")
    done = checkout.run("help")
    assert done.returncode == 0, done.stderr
    assert "missing: python3.11-venv" in done.stderr
    assert checkout.calls("apt-get")[-1].endswith("python3.11-venv")


def test_who_is_not_root_is_told_which_package_to_install(checkout: Checkout) -> None:
    checkout.set("no-ensurepip")
    checkout.set("uid", "1000\n")
    refused = checkout.run("help")
    assert refused.returncode == 1
    assert "sudo apt-get install python3.11-venv" in refused.stderr


def test_old_python_is_refused_with_what_to_do(checkout: Checkout) -> None:
    checkout.set("old-python")
    refused = checkout.run("help")
    assert refused.returncode == 1
    assert "Python 3.11 or newer is needed" in refused.stderr
    assert "HOTLINE_PYTHON=" in refused.stderr


def test_unfinished_root_with_someones_files_mounted_in_it_is_not_removed(checkout: Checkout) -> None:
    kept = checkout.path / "kept"
    mounted = checkout.path / ".asterisk/recordings"
    for folder in (kept, mounted):
        folder.mkdir(parents=True)
    (kept / "call.wav").touch()
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    script = f"mount --bind {kept} {mounted} && exec {checkout.path}/hotline up"
    refused = subprocess.run(
        ["unshare", *as_root, "--mount", "sh", "-c", script],
        env={"PATH": f"{checkout.path.parent}/programs:/usr/bin:/bin:/usr/sbin", "HOTLINE_PYTHON": "python3"},
        capture_output=True,
        text=True,
        timeout=STALL_LIMIT_S,
        check=False,
    )
    assert refused.returncode == 1
    assert f"umount {mounted}" in refused.stderr
    assert (kept / "call.wav").exists()


def test_engine_folder_in_the_callers_directory_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine/__init__.py").touch()
    (tmp_path / "engine/__main__.py").write_text("print('a stranger')\n")
    done = subprocess.run(
        [str(REPOSITORY / "hotline"), "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "a stranger" not in done.stdout


def test_pages_are_built_once_and_again_when_their_sources_change(checkout: Checkout) -> None:
    checkout.run("web")
    checkout.run("web")
    assert checkout.calls("npm") == ["ci --no-audit --no-fund", "run build"]
    (checkout.path / "web/App.vue").write_text("new")
    checkout.run("web")
    assert len(checkout.calls("npm")) == 4


def test_calls_are_served_without_the_pages_when_these_cannot_be_built(checkout: Checkout) -> None:
    checkout.set("no-build")
    done = checkout.run("up")
    assert done.returncode == 0
    assert "./hotline web" in done.stderr
    assert "arguments=-P -m engine up" in done.stdout


def test_machine_without_a_new_enough_node_gets_one_checked_by_its_hash(checkout: Checkout) -> None:
    checkout.set("old-node")
    checkout.run("web")
    assert any("--require-hashes -r" in call and "web/node.lock" in call for call in checkout.calls("python"))
