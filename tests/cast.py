"""The fixed cast of the tests: a real server on a free loopback port, its owner, and listeners."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

import engines
from listenlink.store.database.location import DatabaseLocation
from object_storage import CREDENTIALS
from ports import free_port as free_port

LISTENLINK = [sys.executable, "-m", "listenlink"]
_addresses = itertools.count(1)
_people = itertools.count(1)


def clean_environment(**settings: str) -> dict[str, str]:
    """This environment without any LISTENLINK_ setting but the given ones."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LISTENLINK_")}
    return kept | {f"LISTENLINK_{name}": value for name, value in settings.items()}


def run_cli(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return _run(arguments, clean_environment(**settings))


def _run(
    arguments: tuple[str, ...], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LISTENLINK, *arguments], env=environment,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@dataclass
class Server:
    """An instance in `data`, and the process that serves it. `settings` are without their prefix;
    `environment` is what else it gets; where there is a bucket, also its credentials.

    `engine` is a new instance's; a server on an instance that is there gets its `settings` too.
    """

    data: Path
    settings: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    organization_id: str = ""
    api_key: str = ""
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None
    log: Path | None = None
    engine: str = engines.ENGINE

    def __post_init__(self) -> None:
        if "DATABASE_URL" not in self.settings:
            self.settings = engines.new_settings(self.engine) | self.settings
        if self.settings.get("STORAGE_URL", "").startswith("s3:"):
            self.environment = CREDENTIALS | self.environment

    @property
    def stored(self) -> dict[str, str]:
        """The settings that say where the instance is."""
        names = ("DATABASE_URL", "REDIS_URL", "STORAGE_URL")
        return {name: self.settings[name] for name in names if name in self.settings}

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command on the instance to its end."""
        environment = clean_environment(**self.stored) | self.environment
        return _run((*arguments, "--data", str(self.data)), environment)

    def create(self) -> None:
        """`listenlink init`."""
        made = self.cli("init", "--json")
        assert made.returncode == 0, made.stderr
        told = json.loads(made.stdout)
        self.organization_id, self.api_key = told["organization_id"], told["api_key"]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        return self.data / "listenlink.db"

    def launch(self) -> None:
        """Start it, without waiting."""
        self.log = self.data.with_name(self.data.name + ".log")
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [*LISTENLINK, "serve", "--data", str(self.data), "--port", str(self.port)],
                env=clean_environment(**self.settings) | self.environment,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def start(self) -> None:
        """Start it, and return when it's ready."""
        self.launch()
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Until what was launched is ready."""
        assert self.process is not None
        assert self.log is not None
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if httpx.get(self.url + "/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.02)
        raise AssertionError("the server didn't get ready: " + self.log.read_text())

    def stop(self) -> None:
        """Ctrl-C, and wait."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None

    def kill(self) -> None:
        """kill -9 the server and all its workers, and wait until the port is free."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self.process = None

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Read the database beside the server."""
        return engines.query(self.backend, sql, parameters)

    def change(self, sql: str, *parameters: Any) -> None:
        """Change the database beside the server, as when time has passed."""
        engines.change(self.backend, sql, parameters)

    @property
    def backend(self) -> DatabaseLocation:
        """Where the database is."""
        return DatabaseLocation(self.data, self.settings.get("DATABASE_URL"))

    def wait_until_derived(self) -> None:
        """Until everything is made of all audio, so that nothing changes by itself."""
        for _ in range(600):
            (waiting,) = self.query(
                "SELECT count(*) FROM audio_objects WHERE derived_at IS NULL AND discarded_at IS NULL"
            )
            if not waiting[0] and not list((self.data / "uploads").glob("draft-*")):
                return
            time.sleep(0.05)
        raise AssertionError("something isn't made")

    def audit(self, *arguments: str) -> list[dict[str, Any]]:
        """`listenlink audit`, read while the server runs."""
        done = self.cli("audit", *arguments)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def outcome_of(self, answer: httpx.Response) -> tuple[str, str | None]:
        """What the audit says of one answer."""
        trace = answer.headers["x-request-id"]
        (line,) = [line for line in self.audit() if line["trace_id"] == trace]
        return line["outcome"], line["reason"]

    def owner(self, api_key: str | None = None) -> httpx.Client:
        """The creator's HTTP client, its base the organisation."""
        return httpx.Client(
            base_url=f"{self.url}/v1/music/{self.organization_id}",
            headers={"X-API-Key": api_key or self.api_key},
            timeout=60,
        )

    def new_member(
        self, role: str = "member", organization_id: str | None = None
    ) -> dict[str, Any]:
        """`listenlink user add` for somebody new; their ids and API key."""
        email = f"user{next(_people)}@localhost.example"
        organization = organization_id or self.organization_id
        return self.people("user", "add", email, "--org", organization, "--role", role)

    def new_organization(self) -> dict[str, Any]:
        """`listenlink org add`; its id, its owner's and their API key."""
        return self.people("org", "add", "Other", "--user", f"owner{next(_people)}@other.example")

    def people(self, *arguments: str) -> dict[str, Any]:
        """`listenlink org`, `user` or `key`, beside the server."""
        done = self.cli(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def listener(self, address: str | None = None) -> httpx.Client:
        """A stranger's HTTP client. Behind the trusted loopback proxy each has its own address."""
        if address is None:
            number = next(_addresses)
            address = f"198.18.{os.getpid() % 256}.{number}" if number < 255 else _far(number)
        return httpx.Client(base_url=self.url, headers={"X-Forwarded-For": address}, timeout=30)


def _far(number: int) -> str:
    """In a network of its own, also where a client is a /48."""
    return f"3fff:{os.getpid() % 4096:x}:{number:x}::1"


def upload(owner: httpx.Client, path: Path, **fields: str) -> dict[str, Any]:
    """Upload a file and return the new track."""
    with path.open("rb") as file:
        answer = owner.post(
            "/tracks", data={"engine": "studio"} | fields, files={"file": (path.name, file)}
        )
    assert answer.status_code == 201, answer.text
    track: dict[str, Any] = answer.json()
    return track


def share(owner: httpx.Client, target_id: str, **terms: Any) -> dict[str, Any]:
    """Make a link to a track or a collection."""
    kind = "tracks" if target_id.startswith("mtrack_") else "collections"
    answer = owner.post(f"/{kind}/{target_id}/share", json=terms)
    assert answer.status_code == 201, answer.text
    link: dict[str, Any] = answer.json()
    return link


def wait_for_sound(owner: httpx.Client, track_id: str) -> dict[str, Any]:
    """What was made from a track's audio, once it is."""
    for _ in range(600):
        told: dict[str, Any] = owner.get(f"/tracks/{track_id}/sound").raise_for_status().json()
        if told["is_made"]:
            return told
        time.sleep(0.05)
    raise AssertionError("nothing was made of the audio")
