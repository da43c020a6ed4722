"""docker-compose.yml: valid, closed where it should be, and in agreement with the images and with what the code reads."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from engine.config import ENVIRONMENT
from tests.deploy.checkout import REPOSITORY
from tests.deploy.compose import EXTERNAL_ADDRESS, Compose, compose_config, read

OWN_IMAGES = {"asterisk": "asterisk", "engine": "engine", "render": "engine"}
ENGINE_SERVICES = ("engine", "render")


@pytest.fixture(scope="module")
def compose() -> Compose:
    return read()


def dockerfile(image: str) -> str:
    return (REPOSITORY / f"deploy/docker/{image}.Dockerfile").read_text("utf-8")


def test_all_six_parts_and_the_renderer_are_there(compose: Compose) -> None:
    assert set(compose.services) == {"render", "asterisk", "engine", "postgres", "redis", "prometheus", "grafana"}


def test_without_the_address_phones_reach_it_refuses_and_says_so() -> None:
    refused = compose_config()
    assert refused.returncode != 0
    assert "put the address phones and trunk reach this machine at into .env" in refused.stderr


# what is reachable


def test_only_sip_rtp_the_api_and_grafana_are_published(compose: Compose) -> None:
    rtp = {("", port, port, "udp") for port in range(20000, 20200)}
    assert {name: compose.published(name) for name in compose.services if compose.published(name)} == {
        "asterisk": {("", 5060, 5060, "udp")} | rtp,
        "engine": {("127.0.0.1", 8080, 8080, "tcp")},
        "grafana": {("127.0.0.1", 3000, 3000, "tcp")},
    }


def test_asterisk_is_controlled_over_a_network_of_its_own(compose: Compose) -> None:
    assert compose.networks["control"]["internal"] is True
    assert {name for name in compose.services if "control" in compose.networks_of(name)} == {"asterisk", "engine"}
    addresses = {name: compose.services[name]["networks"]["control"]["ipv4_address"] for name in ("asterisk", "engine")}
    environment = compose.environment("engine")
    assert environment["HOTLINE_AMI_HOST"] == addresses["asterisk"]
    assert environment["HOTLINE_AMI_PERMIT"] == environment["HOTLINE_AGI_BIND"] == addresses["engine"]


def test_databases_are_reachable_by_the_engine_alone(compose: Compose) -> None:
    assert compose.networks["data"]["internal"] is True
    assert {name for name in compose.services if "data" in compose.networks_of(name)} == {"engine", "postgres", "redis"}
    assert compose.networks_of("postgres") == compose.networks_of("redis") == {"data"}


# secrets


def test_every_secret_is_explained_and_ignored_by_git(compose: Compose) -> None:
    for name, secret in compose.secrets.items():
        path = Path(secret["file"])
        assert path == REPOSITORY / "deploy/secrets" / name
        assert path.with_name(f"{name}.example").read_text("utf-8").strip()
        ignored = subprocess.run(["git", "check-ignore", "--quiet", str(path)], cwd=REPOSITORY, check=False)
        assert ignored.returncode == 0, f"{path} could be committed"


def test_secrets_come_as_files_a_service_was_given(compose: Compose) -> None:
    for service in compose.services:
        named = {
            name: value
            for name, value in compose.environment(service).items()
            if re.search(r"PASSWORD|SECRET|TOKEN", name)
        }
        text = str(compose.services[service])
        assert set(re.findall(r"/run/secrets/([\w-]+)", text)) == compose.secrets_of(service)
        assert all(value.startswith("/run/secrets/") for value in named.values()), named


def test_made_secrets_are_random_and_closed_and_kept(compose: Compose, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    for path in (REPOSITORY / "deploy/secrets").glob("*.example"):
        (folder / path.name).write_text(path.read_text())
    make = folder / "make.sh"
    make.write_text((REPOSITORY / "deploy/secrets/make.sh").read_text())
    made = []
    for _ in range(2):
        subprocess.run(["sh", str(make)], check=True, capture_output=True)
        made.append({name: (folder / name).read_text() for name in compose.secrets})
    assert made[0] == made[1]
    assert len(set(made[0].values())) == len(compose.secrets)
    assert all(re.fullmatch(r"[0-9a-f]{64}", secret) for secret in made[0].values())
    assert folder.stat().st_mode & 0o077 == 0


# staying up


def test_everything_restarts_and_says_whether_it_is_well(compose: Compose) -> None:
    lasting = {name: service for name, service in compose.services.items() if name != "render"}
    assert {service["restart"] for service in lasting.values()} == {"unless-stopped"}
    assert [name for name, service in lasting.items() if not service["healthcheck"]["test"]] == []
    assert compose.services["render"]["restart"] == "no"


def test_calls_do_not_wait_for_the_databases(compose: Compose) -> None:
    waits_for = {name: how["condition"] for name, how in compose.services["engine"]["depends_on"].items()}
    assert waits_for == {"render": "service_completed_successfully", "postgres": "service_started"}


def test_what_must_outlive_a_container_lies_in_a_volume(compose: Compose) -> None:
    assert compose.mounts("postgres")["/var/lib/postgresql/data"] == "postgres"
    assert compose.mounts("redis")["/data"] == "redis"
    for service in ENGINE_SERVICES:
        environment, mounts = compose.environment(service), compose.mounts(service)
        assert mounts[environment["HOTLINE_HOME"]] == "state"
        assert mounts[environment["HOTLINE_RECORDINGS"]] == "recordings"
        assert mounts[environment["HOTLINE_ASTERISK_FOLDER"]] == "asterisk"
        assert mounts[environment["HOTLINE_CONFIG"]] == "config"


def test_asterisk_sees_the_engines_folders_at_the_same_paths(compose: Compose) -> None:
    shared = {path: volume for path, volume in compose.mounts("engine").items() if volume in ("asterisk", "recordings")}
    assert compose.mounts("asterisk") == shared


def test_mounted_files_of_the_repository_exist(compose: Compose) -> None:
    for service in compose.services:
        for source in compose.mounts(service).values():
            assert source in compose.volumes or (REPOSITORY / source).exists(), f"{service}: {source}"


# the code


@pytest.mark.parametrize("service", ENGINE_SERVICES)
def test_engine_reads_every_variable_it_is_given(compose: Compose, service: str) -> None:
    assert set(compose.environment(service)) - set(ENVIRONMENT) == set()


@pytest.mark.parametrize("service", ENGINE_SERVICES)
def test_engine_has_the_commands_the_services_run(compose: Compose, service: str) -> None:
    [command] = compose.services[service]["command"]
    helped = subprocess.run(
        [str(REPOSITORY / "hotline"), command, "--help"], capture_output=True, text=True, timeout=60, check=False
    )
    assert helped.returncode == 0, helped.stderr
    assert command in helped.stdout


def test_health_check_asks_the_port_the_engine_listens_on(compose: Compose) -> None:
    port = compose.environment("engine")["HOTLINE_HTTP_PORT"]
    assert f"http://127.0.0.1:{port}/healthz" in str(compose.services["engine"]["healthcheck"]["test"])
    assert {inside for _, _, inside, _ in compose.published("engine")} == {int(port)}


def test_published_telephone_ports_are_the_rendered_ones(compose: Compose) -> None:
    environment = compose.environment("render")
    first, last = map(int, environment["HOTLINE_RTP_PORTS"].split("-"))
    inside = {port for _, _, port, _ in compose.published("asterisk")}
    assert inside == {int(environment["HOTLINE_SIP_PORT"]), *range(first, last + 1)}


def test_asterisk_configuration_is_rendered_as_the_containers_stand(compose: Compose, tmp_path: Path) -> None:
    """Run the renderer with the service's own variables, its folders moved to a temporary one."""
    environment = compose.environment("render")
    secret = tmp_path / "ami-secret"
    secret.write_text("0123456789abcdef0123456789abcdef\n")
    moved = {name: value.replace("/var/lib/hotline", str(tmp_path / "h")) for name, value in environment.items()}
    moved |= {"HOTLINE_CONFIG": str(REPOSITORY / "config"), "HOTLINE_AMI_SECRET_FILE": str(secret)}
    rendered = subprocess.run(
        [str(REPOSITORY / "hotline"), *compose.services["render"]["command"]],
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **moved},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert rendered.returncode == 0, rendered.stderr
    etc = tmp_path / "h/asterisk/etc"
    manager = (etc / "manager.conf").read_text()
    assert f"bindaddr = {environment['HOTLINE_AMI_HOST']}" in manager
    assert f"port = {environment['HOTLINE_AMI_PORT']}" in manager
    assert f"permit = {environment['HOTLINE_AMI_PERMIT']}" in manager
    assert secret.read_text().strip() in manager
    agi = f"agi://{environment['HOTLINE_AGI_BIND']}:{environment['HOTLINE_AGI_PORT']}/"
    assert agi in (etc / "extensions.conf").read_text()
    first, last = environment["HOTLINE_RTP_PORTS"].split("-")
    assert f"rtpstart = {first}\nrtpend = {last}" in (etc / "rtp.conf").read_text()
    pjsip = (etc / "pjsip.conf").read_text()
    assert f"bind = {environment['HOTLINE_SIP_BIND']}:{environment['HOTLINE_SIP_PORT']}" in pjsip
    assert f"external_media_address = {EXTERNAL_ADDRESS}" in pjsip
    assert f"external_signaling_address = {EXTERNAL_ADDRESS}" in pjsip


# the images


def test_containers_run_as_the_one_user_both_images_make() -> None:
    users = {image: re.search(r"useradd --uid (\d+)", dockerfile(image)) for image in ("asterisk", "engine")}
    assert len({found.group(1) for found in users.values() if found}) == 1
    assert all(users.values())
    assert all("USER hotline" in dockerfile(image) for image in users)


def test_volumes_start_with_that_users_folders(compose: Compose) -> None:
    for service, image in OWN_IMAGES.items():
        for path, source in compose.mounts(service).items():
            if source in compose.volumes:
                assert path in re.split(r"\s+", dockerfile(image)), f"{image}: {path} would belong to root"


def test_asterisk_starts_from_what_was_rendered(compose: Compose) -> None:
    rendered = compose.environment("render")["HOTLINE_ASTERISK_FOLDER"] + "/etc/asterisk.conf"
    assert rendered in dockerfile("asterisk")
    assert rendered in compose.services["asterisk"]["healthcheck"]["test"]


def test_image_and_private_root_are_installed_by_the_same_script() -> None:
    assert "RUN /opt/hotline/deploy/install/asterisk.sh\n" in dockerfile("asterisk")
    assert 'deploy/install/asterisk.sh" --root' in (REPOSITORY / "deploy/install/telephony.sh").read_text()


def test_images_get_all_that_runs_and_nothing_else() -> None:
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    allowed = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    packages = {path.parent.name for path in REPOSITORY.glob("*/__init__.py")} - {"tests", "bench"}
    install = {"requirements-engine.lock", "deploy/install/asterisk-packages", "deploy/install/asterisk.sh"}
    assert allowed == packages | install | {"asterisk-config", "web"}


def test_engines_image_has_the_built_pages_where_the_engine_looks_for_them() -> None:
    assert re.search(r"^COPY --from=pages /web/dist web/dist$", dockerfile("engine"), re.M)
    assert "web/dist" in (REPOSITORY / ".dockerignore").read_text().split()


def test_what_is_left_out_of_the_image_is_not_loaded_by_what_runs_there() -> None:
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    left_out = [line.removesuffix(".py").replace("/", ".") for line in lines if line.startswith("engine/")]
    assert left_out
    program = "import engine.__main__, engine.app, engine.asterisk.render, engine.watch, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "engine.app" in loaded
    assert [name for name in loaded if name.startswith(tuple(left_out))] == []


@pytest.mark.parametrize("image", ["asterisk", "engine"])
def test_copied_files_exist_and_reach_the_builder(image: str) -> None:
    allowed = (REPOSITORY / ".dockerignore").read_text().split()
    sources = [
        word for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile(image), re.M) for word in line.split()[:-1]
    ]
    assert sources
    for source in sources:
        assert (REPOSITORY / source).exists(), source
        assert source == "." or any(source.startswith(rule[1:]) for rule in allowed if rule.startswith("!")), source


# the others


def test_prometheus_scrapes_the_engine_and_finds_its_rules(compose: Compose) -> None:
    settings = yaml.safe_load((REPOSITORY / "deploy/prometheus/prometheus.yml").read_text())
    targets = {
        target for job in settings["scrape_configs"] for one in job["static_configs"] for target in one["targets"]
    }
    assert f"engine:{compose.environment('engine')['HOTLINE_HTTP_PORT']}" in targets
    mounts = compose.mounts("prometheus")
    assert mounts["/etc/prometheus/prometheus.yml"] == "deploy/prometheus/prometheus.yml"
    for pattern in settings["rule_files"]:
        inside = Path("/etc/prometheus") / pattern
        assert list((REPOSITORY / mounts[str(inside.parent)]).glob(inside.name)), f"no rules match {pattern}"


def test_grafana_finds_prometheus_and_the_dashboards(compose: Compose) -> None:
    mounts = compose.mounts("grafana")
    provisioning = REPOSITORY / mounts["/etc/grafana/provisioning"]
    sources = [yaml.safe_load(path.read_text()) for path in sorted(provisioning.glob("datasources/*.y*ml"))]
    assert [one["url"] for source in sources for one in source["datasources"]] == ["http://prometheus:9090"]
    providers = [yaml.safe_load(path.read_text()) for path in sorted(provisioning.glob("dashboards/*.y*ml"))]
    folders = [one["options"]["path"] for provider in providers for one in provider["providers"]]
    assert folders
    for folder in folders:
        inside, _, language = folder.rpartition("/")
        assert list((REPOSITORY / mounts[inside] / language).rglob("*.json")), f"no dashboard in {folder}"
