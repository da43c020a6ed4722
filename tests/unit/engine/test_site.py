"""Where everything is: files, environment and an earlier start together; secrets are made once and kept to their owner."""

import json
import os
import threading
from pathlib import Path

import pytest

from engine.asterisk.settings import AsteriskSettings
from engine.config import BadConfiguration, Configuration, load
from engine.site import Site, asterisk_settings, home_folder, settle_site, write_endpoints, write_private
from tests.unit.engine.sites import SITE, edited, folder_of


@pytest.fixture(autouse=True)
def no_variables_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HOTLINE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    return load(folder_of(tmp_path / "config"))


@pytest.fixture
def free(tmp_path: Path) -> Configuration:
    """With any free port everywhere."""
    anywhere = "".join(f"{name}: {{port: 0}}\n" for name in ("http", "agi", "ami"))
    system = edited("system", "bind: 0.0.0.0, port: 5070", "port: 0")["system"].replace("start: 12000", "start: 0")
    return load(folder_of(tmp_path / "free", {**SITE, "system": anywhere + system}))


def port(address: str) -> int:
    return int(address.rpartition(":")[2])


def settings_of(site: Site) -> AsteriskSettings:
    settings = asterisk_settings(site)
    assert settings.problems() == []
    return settings


def test_addresses_are_those_of_the_files(tmp_path: Path, configuration: Configuration) -> None:
    site = settle_site(configuration, tmp_path)
    assert (site.endpoints.sip, site.endpoints.http) == ("0.0.0.0:5070", "127.0.0.1:8080")
    assert (site.endpoints.agi, site.endpoints.ami, site.endpoints.rtp) == (
        "127.0.0.1:4573",
        "127.0.0.1:5038",
        "12000-12999",
    )
    assert (site.database_url, site.redis_url) == (f"sqlite+aiosqlite:///{tmp_path}/hotline.db", "")


def test_variables_win_over_the_files(
    tmp_path: Path, configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "SIP_BIND": "10.0.0.1",
        "SIP_PORT": "5999",
        "HTTP_BIND": "10.0.0.2",
        "HTTP_PORT": "8999",
        "AGI_BIND": "10.0.0.3",
        "AGI_PORT": "4999",
        "AMI_HOST": "10.0.0.4",
        "AMI_PORT": "5998",
        "AMI_PERMIT": "10.0.0.5",
        "RTP_PORTS": "20000-20100",
        "EXTERNAL_ADDRESS": "203.0.113.9",
        "ASTERISK_FOLDER": "/srv/asterisk",
        "RECORDINGS": "/srv/recordings",
        "DATABASE_URL": "postgresql://hotline@db/hotline",
        "DATABASE_PASSWORD": "a/b:c@d",
        "REDIS_URL": "redis://redis:6379/0",
        "REDIS_PASSWORD": "s p",
        "AMI_SECRET": "from-outside-0123456789",
    }.items():
        monkeypatch.setenv(f"HOTLINE_{name}", value)
    site = settle_site(configuration, tmp_path)
    assert (site.endpoints.sip, site.endpoints.http) == ("10.0.0.1:5999", "10.0.0.2:8999")
    assert site.database_url == "postgresql://hotline:a%2Fb%3Ac%40d@db/hotline"
    assert site.redis_url == "redis://:s%20p@redis:6379/0"
    assert site.secrets.ami == "from-outside-0123456789"
    settings = settings_of(site)
    assert (settings.agi_host, settings.agi_port, settings.ami_bind, settings.ami_port) == (
        "10.0.0.3",
        4999,
        "10.0.0.4",
        5998,
    )
    assert (settings.rtp_first, settings.rtp_last, settings.ami_permit) == (20000, 20100, ("127.0.0.1", "10.0.0.5"))
    assert (settings.folder, settings.recordings_folder) == (Path("/srv/asterisk"), Path("/srv/recordings/legs"))
    assert settings.external_address == "203.0.113.9"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("HOTLINE_SIP_PORT", "sip", "expected a port from 0 to 65535, got 'sip'"),
        ("HOTLINE_HTTP_PORT", "65536", "expected a port from 0 to 65535, got '65536'"),
        ("HOTLINE_AGI_PORT", "-1", "expected a port from 0 to 65535, got '-1'"),
        ("HOTLINE_AMI_PORT", "٤٥", "expected a port from 0 to 65535, got '٤٥'"),
        ("HOTLINE_RTP_PORTS", "10000", "expected two ports such as 10000-10999"),
        ("HOTLINE_RTP_PORTS", "10000-10005", "expected two ports such as 10000-10999"),
        ("HOTLINE_RTP_PORTS", "10000-99999", "expected two ports such as 10000-10999"),
        ("HOTLINE_RTP_PORTS", "a-b", "expected two ports such as 10000-10999"),
        ("HOTLINE_DATABASE_URL", "mysql://geheim@x", "expected a URL beginning with sqlite://"),
        ("HOTLINE_REDIS_URL", "http://geheim", "expected a URL beginning with redis://"),
        ("HOTLINE_AMI_SECRET_FILE", "/no/such/file", "/no/such/file cannot be read: No such file or directory"),
        ("HOTLINE_DATABASE_PASSWORD_FILE", "/dev/null", "/dev/null is empty"),
        ("HOTLINE_REDIS_PASSWORD_FILE", "/bin/true", "/bin/true cannot be read: "),
    ],
)
def test_a_variable_that_cannot_be_used_is_told_like_a_problem_of_the_files(
    tmp_path: Path,
    configuration: Configuration,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    message: str,
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadConfiguration) as caught:
        settle_site(configuration, tmp_path)
    assert str(caught.value).startswith(f"environment: {name}: {message}")
    assert "geheim" not in str(caught.value)


def test_free_ports_are_chosen_and_kept_for_a_restart_of_the_engine(tmp_path: Path, free: Configuration) -> None:
    site = settle_site(free, tmp_path)
    endpoints = site.endpoints
    ports = [port(address) for address in (endpoints.sip, endpoints.http, endpoints.agi, endpoints.ami)]
    assert min(ports) > 1023
    assert len(set(ports[1:])) == 3
    write_endpoints(site)
    assert settle_site(free, tmp_path, keep=True).endpoints == endpoints
    assert settle_site(free, tmp_path).endpoints.http != endpoints.http
    settings_of(site)


@pytest.mark.parametrize("contents", ["", "{", "[]", '{"http": 5, "rtp": "x", "sip": "nowhere"}', "\udcff"])
def test_damaged_addresses_of_an_earlier_start_are_chosen_again(
    tmp_path: Path, free: Configuration, contents: str
) -> None:
    (tmp_path / "endpoints.json").write_bytes(contents.encode("utf-8", "surrogateescape"))
    settings_of(settle_site(free, tmp_path, keep=True))


def test_secrets_are_made_once_random_and_for_their_owner_alone(tmp_path: Path, configuration: Configuration) -> None:
    first = settle_site(configuration, tmp_path / "one").secrets
    again = settle_site(configuration, tmp_path / "one").secrets
    other = settle_site(configuration, tmp_path / "two").secrets
    assert first == again
    assert len({first.ami, *first.phones.values(), other.ami, *other.phones.values()}) == 6
    file = tmp_path / "one" / "secrets" / "phones.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_a_new_agent_gets_a_secret_and_one_who_left_keeps_his(tmp_path: Path, configuration: Configuration) -> None:
    before = settle_site(configuration, tmp_path).secrets.phones
    agents = SITE["agents"].replace("  1002:", "  1003:")
    after = settle_site(load(folder_of(tmp_path / "config", {**SITE, "agents": agents})), tmp_path).secrets.phones
    assert set(after) == {"1001", "1002", "1003"}
    assert (after["1001"], after["1002"]) == (before["1001"], before["1002"])


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"phones": ["1001"]}', '{"ami": 5}', "\udcff"])
def test_damaged_secrets_stop_the_start_and_stay_as_they_are(
    tmp_path: Path, configuration: Configuration, damage: str
) -> None:
    """Made anew without a word, not one phone could register any more."""
    settle_site(configuration, tmp_path)
    file = tmp_path / "secrets" / "phones.json"
    file.write_bytes(damage.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadConfiguration, match="bring back a copy"):
        settle_site(configuration, tmp_path)
    assert file.read_bytes() == damage.encode("utf-8", "surrogateescape")


def test_secrets_are_in_no_repr(tmp_path: Path, configuration: Configuration) -> None:
    site = settle_site(configuration, tmp_path)
    shown = repr(settings_of(site))
    assert not [secret for secret in (site.secrets.ami, *site.secrets.phones.values()) if secret in shown]


def test_a_private_file_is_never_readable_by_others_not_even_after_a_kill_left_one_half_written(tmp_path: Path) -> None:
    half = tmp_path / "secret.new"
    half.write_text("half")
    half.chmod(0o666)
    seen: set[int] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            for file in tmp_path.glob("secret"):
                seen.add(file.stat().st_mode & 0o777)

    looking = threading.Thread(target=look)
    looking.start()
    for number in range(50):
        write_private(tmp_path / "secret", f"{number}")
    done.set()
    looking.join()
    assert seen <= {0o600}
    assert (tmp_path / "secret").read_text() == "49"
    assert not half.exists()


def test_endpoints_are_written_for_others_to_find(tmp_path: Path, configuration: Configuration) -> None:
    site = settle_site(configuration, tmp_path)
    write_endpoints(site)
    assert json.loads(site.endpoints_file.read_text()) == {
        "sip": "0.0.0.0:5070",
        "http": "127.0.0.1:8080",
        "agi": "127.0.0.1:4573",
        "ami": "127.0.0.1:5038",
        "rtp": "12000-12999",
    }


def test_the_home_folder_is_made_when_it_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "a" / "b"))
    assert home_folder() == tmp_path / "a" / "b"
    assert home_folder().is_dir()


def test_asterisk_gets_numbers_trunks_agents_and_times_from_the_files(
    tmp_path: Path, configuration: Configuration
) -> None:
    settings = settings_of(settle_site(configuration, tmp_path))
    assert settings.dids == ("4008869119", "+861012345678")
    assert settings.trunk_addresses == ("203.0.113.7", "198.51.100.0/24")
    assert [(agent.id, agent.name) for agent in settings.agents] == [("1001", "王小明"), ("1002", "O Brien")]
    assert (settings.away_limit_s, settings.last_resort_wait_s, settings.call_limit_s) == (45, 120, 14400)
