"""The files of `deploy/` fit the program: settings exist, configurations are read by whom they are for."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from listenlink.settings import PREFIX, Settings
from live.proxy import NGINX, needs_nginx, write_configuration

DEPLOY = Path(__file__).parents[2] / "deploy"
ANALYZE = shutil.which("systemd-analyze")
# Of the parts for several nodes.
SETTINGS_TO_COME = {"DATABASE_URL", "REDIS_URL", "STORAGE_URL", "ACCEL_PREFIX", "SIGNING_KEYS_FILE"}
KNOWN = {name.upper() for name in Settings.model_fields} | SETTINGS_TO_COME


@pytest.mark.parametrize("path", sorted(DEPLOY.iterdir()), ids=lambda path: path.name)
def test_every_setting_that_is_named_exists(path: Path) -> None:
    assert set(re.findall(rf"\b{PREFIX}([A-Z_]+)\b", path.read_text())) <= KNOWN


def write_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "music.example")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "listenlink.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "listenlink.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


@needs_nginx
@pytest.mark.parametrize("nodes", ["nginx-nodes.conf", "compose-nodes.conf"])
def test_nginx_reads_the_example_as_it_stands(tmp_path: Path, nodes: str) -> None:
    assert NGINX is not None
    write_certificate(tmp_path)
    text = "\n".join((DEPLOY / name).read_text() for name in (nodes, "nginx.conf"))
    for there in ("/etc/nginx", "/var/log/nginx"):
        text = text.replace(there + "/", f"{tmp_path}/")
    # Names of containers, which nobody here would know.
    text = re.sub(r"\b(node[123]|seaweedfs):", "127.0.0.1:", text)
    path = write_configuration(tmp_path / "nginx", text)
    done = subprocess.run(
        [NGINX, "-t", "-c", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr.replace("conflicting server name", "")


def test_no_path_and_no_address_is_logged() -> None:
    text = (DEPLOY / "nginx.conf").read_text()
    (logged,) = re.findall(r"log_format listenlink .*?;\n", text, re.DOTALL)
    assert not re.search(r"\$(request|uri|request_uri|args|remote_addr|http_|query)\b", logged)
    assert all(
        line.endswith(("emerg;", "listenlink;", "off;"))
        for line in re.findall(r"(?:access|error)_log .*", text)
    )


def load_compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return loaded


def test_compose_has_three_nodes_and_what_they_stand_on() -> None:
    compose = load_compose()
    services = compose["services"]
    nodes = {name for name in services if name.startswith("node")}
    assert len(nodes) == 3
    assert set(services) - nodes == {"nginx", "postgres", "valkey", "seaweedfs"}
    for name in nodes:
        settings = services[name]["environment"]
        assert {key.removeprefix(PREFIX) for key in settings if key.startswith(PREFIX)} <= KNOWN
        assert services[name]["read_only"] is True
        assert set(services[name]["depends_on"]) <= set(services)
        assert not services[name].get("ports"), "only nginx is reached from outside"
        for volume in services[name]["volumes"]:
            assert volume.partition(":")[0] in compose["volumes"]
    for mounted in services["nginx"]["volumes"]:
        source = mounted.partition(":")[0]
        assert (
            source.startswith("./secrets/")
            or (source.startswith("./") and (DEPLOY / source).exists())
            or source in compose["volumes"]
        )


def test_every_service_is_bounded_and_has_no_rights_it_needs_not() -> None:
    compose = load_compose()
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert re.fullmatch(r"\d+[mg]", service["mem_limit"]), name
        assert 0 < service["pids_limit"] <= 1024, name
        assert "CPUS" in service["cpus"], name
        assert service["tmpfs"], name
        assert "privileged" not in service
        assert not {"SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE", "NET_RAW"} & set(
            service.get("cap_add", ())
        )
        # The nodes begin as whom the image says, and never become anybody else.
        assert ("cap_add" in service) == (not name.startswith("node")), name


def test_every_image_has_an_exact_version() -> None:
    named = [service["image"] for service in load_compose()["services"].values()]
    named += re.findall(r"^FROM (\S+)", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    others = {image for image in named if image != "listenlink"}
    assert len(others) == 5
    for image in others:
        assert re.search(r":\d+(\.\d+)+(-|$|@sha256:)", image), image
        if image.startswith(("nginx", "valkey", "python")):
            assert re.search(r":\d+\.\d+\.\d+", image), image


def test_the_unit_bounds_what_it_takes_and_outlives_a_child() -> None:
    text = (DEPLOY / "listenlink.service").read_text()
    for bound in ("MemoryHigh", "MemoryMax", "TasksMax", "LimitNOFILE", "LimitCORE"):
        assert re.search(rf"^{bound}=\d+%?$", text, re.MULTILINE), bound
    assert "OOMPolicy=continue\n" in text, (
        "by default, all of the unit ends with one of its processes"
    )


def test_the_image_copies_what_is_there_and_runs_as_nobody_in_particular() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    root = DEPLOY.parent
    allowed = [
        line[1:] for line in (root / ".dockerignore").read_text().splitlines() if line[0] == "!"
    ]
    for sources in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE):
        for source in sources.split():
            assert (root / source).exists()
            assert source in allowed
    assert "--require-hashes" in text
    assert re.findall(r"^USER (.*)", text, re.MULTILINE) == ["10001:10001"]


def test_the_linter_of_images_finds_nothing() -> None:
    lint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [lint, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, of a program and a user that are here."""
    text = (DEPLOY / "listenlink.service").read_text()
    text = text.replace("/opt/listenlink/.venv/bin/listenlink serve", "/bin/true")
    path = tmp_path / "listenlink.service"
    path.write_text(re.sub(r"^(User|Group)=.*", r"\1=daemon", text, flags=re.MULTILINE))
    return path


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze isn't installed")
@pytest.mark.parametrize("asked", [["verify"], ["security", "--offline=true", "--threshold=20"]])
def test_systemd_reads_the_unit_and_finds_little_exposed(unit: Path, asked: list[str]) -> None:
    assert ANALYZE is not None
    done = subprocess.run([ANALYZE, *asked, unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_the_unit_lets_the_server_write_where_its_data_is() -> None:
    text = (DEPLOY / "listenlink.service").read_text()
    (state,) = re.findall(r"^StateDirectory=(.*)", text, re.MULTILINE)
    assert "ProtectSystem=strict" in text, "so only that folder can be written to"
    named = re.findall(r"(?:LISTENLINK_DATA=|--data )(\S+)", text)
    assert len(named) == 2
    assert {str(Path(path).parent) for path in named} == {f"/var/lib/{state}"}
    assert f"-o listenlink -g listenlink /var/lib/{state}\n" in text
