"""`deploy/compose.yaml` as processes: what the file says of commands, environments, volumes, secrets, order
is done. Containers' names are ports of loopback, images the programs that the tests have.

As root, nodes have a read-only system, no capabilities, and the image's user if that one can.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

import servers
from cast import free_port
from live.composed_image import DEPLOY, can_read_the_program, make_database, read_image
from live.proxy import NGINX

# Within a namespace of its own: all is read-only but the volume and what is a tmpfs.
_LOCKED = """
mount --make-rprivate / && mount --bind "$0" "$0" && mount -o remount,bind,ro / &&
mount -t tmpfs tmpfs "$TMPDIR" && exec setpriv --reuid "$USER" --regid "$USER" \\
--clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
"""
_WEED_PORTS = [
    "master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port",
    "filer.port.grpc", "s3.port.grpc",
]  # fmt: skip


# What `valkey-cli` is asked to do, by its arguments after the port; its status is whether it went well.
_SAY_TO_REDIS = (
    "import redis, sys; redis.Redis(port=int(sys.argv[1])).execute_command(*sys.argv[2:])"
)


class Composition:
    """The file in a copy of `deploy/`, and all that runs of it. `up` is `docker compose up -d`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.deploy = folder, folder / "deploy"
        shutil.copytree(DEPLOY, self.deploy)
        (folder / "tmp").mkdir()
        self.authority = (
            folder / "authority.crt"
        )  # Whom nodes trust, as they would the public ones.
        self.image = read_image()
        self._is_locked = os.geteuid() == 0 and shutil.which("setpriv") is not None
        is_image_s = self._is_locked and can_read_the_program(self.image.user)
        self._user = self.image.user if is_image_s else os.geteuid()
        self.services: dict[str, Any] = {}
        self._running: dict[str, subprocess.Popen[bytes] | None] = {}
        self._ports = {"postgres:5432": servers.postgres().port}
        self._programs: dict[str, Callable[[], list[str]]] = {
            "listenlink": lambda: [sys.executable, "-m", "listenlink"],
            "python": lambda: [sys.executable],
            "pg_isready": lambda: [str(servers.postgres_program("pg_isready"))],
            "valkey-server": lambda: [servers.redis_program()],
            "valkey-cli": lambda: [sys.executable, "-c", _SAY_TO_REDIS, self._at("valkey:6379")],
        }

    def read(self) -> None:
        """Read the file, once its `.env` is beside it."""
        lines = (self.deploy / ".env").read_text().splitlines()
        given = dict(line.split("=", 1) for line in lines)
        text = (self.deploy / "compose.yaml").read_text()
        text = re.sub(r"\$\{(\w+):\?\}", lambda found: given[found[1]], text)
        text = re.sub(r"\$\{\w+:-(\w+)\}", r"\1", text)
        composed = yaml.safe_load(text)
        self.services = composed["services"]
        # Mounted one by one: what folder they are in is nothing to containers.
        mounted = self.folder / "secrets"
        mounted.mkdir()
        for name, secret in composed["secrets"].items():
            source = self.deploy / secret["file"]
            assert (source.stat().st_mode & 0o777, source.stat().st_uid) == (0o600, self.image.user)
            shutil.copy(source, mounted / name)
            os.chown(mounted / name, self._user, -1)

    @property
    def nodes(self) -> list[str]:
        return [name for name, service in self.services.items() if service["image"] == "listenlink"]

    def port(self, address: str) -> int:
        """The port on loopback that stands for `service:port`."""
        return self._ports.setdefault(address, free_port())

    def _at(self, address: str) -> str:
        return str(self.port(address))

    def up(self, *names: str) -> None:
        """Start these, or all; what they depend on comes first, and is healthy where that is asked."""
        for name in names or tuple(self.services):
            if name in self._running:
                continue
            depends = self.services[name].get("depends_on", {})
            for other in depends:
                self.up(other)
                if isinstance(depends, dict) and depends[other]["condition"] == "service_healthy":
                    self.wait_until_healthy(other)
            self._running[name] = self._start(name)

    def run(self, name: str, *arguments: str) -> str:
        """`docker compose run --rm`: one command in a container of that service; what it printed."""
        self.up(*self.services[name]["depends_on"])
        process = self._launch(name, [*self.image.entrypoint, *arguments], subprocess.PIPE)
        printed, _ = process.communicate(timeout=120)
        assert process.returncode == 0, self.log(name)
        return printed.decode()

    def down(self) -> None:
        """End it all."""
        for process in self._running.values():
            if process is not None and process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(30)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def wait_until_healthy(self, name: str) -> None:
        """Until what the file, or the image, asks for that is content."""
        asked = self.services[name].get("healthcheck", {}).get("test", ["CMD", *self.image.health])
        command, deadline = self._command(name, asked[1:]), time.monotonic() + 60
        while subprocess.run(
            command, env=self._environment(name), capture_output=True, check=False, timeout=30
        ).returncode:
            process = self._running[name]
            assert process is None or process.poll() is None, self.log(name)
            assert time.monotonic() < deadline, self.log(name)
            time.sleep(0.1)

    def _start(self, name: str) -> subprocess.Popen[bytes] | None:
        command = self.services[name].get("command", self.image.command)
        if name == "postgres":
            make_database(self.services[name]["environment"])
            return None
        if name == "nginx":
            command = [str(NGINX), "-g", "daemon off;", "-c", str(self._write_nginx())]
        elif name == "seaweedfs":
            flags = [f"-{flag}={free_port()}" for flag in _WEED_PORTS]
            flags += [
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                "-s3.port.iceberg=0",
                "-s3.port.lance=0",
            ]
            weed = str(Path(sys.executable).with_name("weed"))
            where = f"-logdir={self.folder / 'tmp'}"
            command = [weed, where, *command, *flags, f"-s3.port={self._at('seaweedfs:8333')}"]
        elif name == "valkey":
            command = [*command, "--port", self._at("valkey:6379"), "--bind", "127.0.0.1"]
        else:
            command = [*self.image.entrypoint, *command]
        return self._launch(name, command, None)

    def _launch(self, name: str, command: list[str], output: int | None) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                self._lock(name) + self._command(name, command),
                env=self._environment(name),
                stdin=subprocess.DEVNULL,
                stdout=log if output is None else output,
                stderr=log,
                start_new_session=True,
                cwd=self.folder,
            )

    def _lock(self, name: str) -> list[str]:
        service = self.services[name]
        if name not in self.nodes or not self._is_locked:
            return []
        assert (service["read_only"], service["tmpfs"]) == (True, ["/tmp"])  # noqa: S108
        assert (service["cap_drop"], len(service["volumes"])) == (["ALL"], 1)
        return ["unshare", "-m", "sh", "-ec", _LOCKED, str(self.volume(name))]

    def volume(self, name: str) -> Path:
        """Where the service's volume is, empty at first; a node's is its user's, as the image has it."""
        path = self.folder / "volumes" / name
        path.mkdir(parents=True, exist_ok=True)
        if name in self.nodes:
            os.chown(path, self._user, -1)
        return path

    def _command(self, name: str, command: list[str]) -> list[str]:
        first, *others = [self._here(name, word) for word in command]
        program = self._programs.get(first)
        return [*(program() if program else [first]), *others]

    def _environment(self, name: str) -> dict[str, str]:
        told = dict(self.image.environment) if name in self.nodes else {}
        told |= self.services[name].get("environment", {})
        kept = {key: os.environ[key] for key in ("PATH", "PYTHONPATH") if key in os.environ}
        around = {
            "PGPORT": self._at("postgres:5432"),
            "TMPDIR": str(self.folder / "tmp"),
            "USER": str(self._user),
            "SSL_CERT_FILE": str(self.authority),
        }
        return kept | around | {key: self._here(name, str(value)) for key, value in told.items()}

    def _here(self, name: str, text: str) -> str:
        """The text with this machine's addresses and places for the container's."""
        text = re.sub(
            r"\b(?:node\d|postgres|valkey|seaweedfs):\d+",
            lambda found: f"127.0.0.1:{self.port(found[0])}",
            text,
        )
        text = text.replace("@postgres/", f"@127.0.0.1:{self.port('postgres:5432')}/")
        text = re.sub(r"172\.28\.0\.\d+(/\d+)?", "127.0.0.1", text)
        text = text.replace("0.0.0.0", "127.0.0.1")  # noqa: S104
        text = re.sub(r"(?<![:\d.])(8484)$|(?<=127\.0\.0\.1:)(8484|9484)\b",
                      lambda found: self._at(f"{name}:{found[0]}"), text)  # fmt: skip
        text = text.replace(
            "https://media.music.example", f"https://localhost:{self.port('media:443')}"
        )
        text = text.replace("/run/secrets", str(self.folder / "secrets"))
        for mounted in self.services[name].get("volumes", []):
            source, place = mounted.split(":")[:2]
            if not source.startswith("."):
                text = text.replace(place, str(self.volume(name)))
        return text

    def _write_nginx(self) -> Path:
        """nginx's files where the service mounts them, below a folder of its own."""
        root = self.folder / "nginx"
        (root / "var" / "log" / "nginx").mkdir(parents=True)
        (root / "var" / "run").mkdir()
        for mounted in self.services["nginx"]["volumes"]:
            source, place, *_ = mounted.split(":")
            if not source.startswith("."):
                continue  # What is written: below the same folder here.
            copy = root / place.lstrip("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            text = self._here("nginx", (self.deploy / source).read_text())
            for folder in ("/etc/nginx/", "/var/log/nginx/", "/var/run/"):
                text = text.replace(folder, f"{root}{folder}")
            door = "media:443" if "media.music" in text else "nginx:443"
            text = text.replace("listen 443 ", f"listen 127.0.0.1:{self.port(door)} ")
            text = text.replace("listen 80;", f"listen 127.0.0.1:{self.port('nginx:80')};")
            copy.write_text(text.replace("user nginx;", "user root;" if os.geteuid() == 0 else ""))
        return root / "etc" / "nginx" / "nginx.conf"
