"""The fixed cast of the tests: a real server on a free loopback port, its owner, and listeners."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, cast

import httpx

import commands
import engines
import fork_server
from addresses import new_address
from commands import LISTENLINK as LISTENLINK
from commands import clean_environment as clean_environment
from commands import run_cli as run_cli
from commands import run_forked as run_forked
from commands import run_program
from faked_time import CLOCK
from fork_server import Forked
from listenlink.store.database.location import DatabaseLocation
from object_storage import CREDENTIALS
from ports import free_port as free_port
from shorter_waits import WAITS
from signing import UNSIGNED, is_signed, wait_until_signed

_people = itertools.count(1)


@dataclass
class Server:
    """An instance in `data`, and the process that serves it. `settings` are without their prefix;
    `environment` is what else it gets; where there is a bucket, also its credentials.
    `engine` is a new instance's; a server on an instance that is there gets its `settings` too.
    `is_forked` is whether it and its commands are forked from what has the program loaded, or started.
    """

    data: Path
    settings: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    organization_id: str = ""
    api_key: str = ""
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | Forked | None = None
    log: Path | None = None
    engine: str = engines.ENGINE
    is_forked: bool = True

    def __post_init__(self) -> None:
        if "DATABASE_URL" not in self.settings:
            self.settings = engines.new_settings(self.engine) | self.settings
        if self.settings.get("STORAGE_URL", "").startswith("s3:"):
            self.environment = CREDENTIALS | self.environment
        # What else is in there may be meant for the interpreter or the linker.
        is_plain = self.environment.keys() <= CREDENTIALS.keys() | CLOCK | WAITS
        self.is_forked &= is_plain and LISTENLINK is commands.LISTENLINK

    @property
    def stored(self) -> dict[str, str]:
        """The settings that say where the instance is."""
        names = ("DATABASE_URL", "REDIS_URL", "STORAGE_URL")
        return {name: self.settings[name] for name in names if name in self.settings}

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command on the instance to its end."""
        environment = clean_environment(**self.stored) | self.environment
        run = fork_server.run if self.is_forked else run_program
        return run((*arguments, "--data", str(self.data)), environment)

    def create(self) -> None:
        """`listenlink init`."""
        told = self.people("init")
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
        serving = ["serve", "--data", str(self.data), "--port", str(self.port)]
        environment = clean_environment(**self.settings) | self.environment
        with self.log.open("a") as log:
            if self.is_forked:
                self.process = Forked(serving, environment, log, log)
                return
            self.process = subprocess.Popen(
                [*LISTENLINK, *serving], env=environment,
                stdout=log, stderr=log, text=True, start_new_session=True,
            )  # fmt: skip

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
            if self._is_ready():
                return
            time.sleep(0.01)
        raise AssertionError(self.log.read_text())

    def _is_ready(self) -> bool:
        asked = HTTPConnection("127.0.0.1", self.port, timeout=5)
        with contextlib.closing(asked), contextlib.suppress(OSError, HTTPException):
            asked.request("GET", "/readyz")
            return asked.getresponse().status == 200
        return False

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
                break
            time.sleep(0.05)
        else:
            raise AssertionError("something isn't made")
        wait_until_signed(lambda: self.query(UNSIGNED) == [(0,)])

    def audit(self, *arguments: str) -> list[dict[str, Any]]:
        """What `listenlink audit` prints; all of it, without the command."""
        if not arguments:
            return engines.read_lines(self.backend)
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
            headers={"X-API-Key": api_key or self.api_key}, timeout=60,
        )  # fmt: skip

    def new_member(
        self, role: str = "member", organization_id: str | None = None
    ) -> dict[str, Any]:
        """`listenlink user add` for somebody new; their ids and API key."""
        options = ["--org", organization_id or self.organization_id, "--role", role]
        return self.people("user", "add", f"user{next(_people)}@localhost.example", *options)

    def new_organization(self) -> dict[str, Any]:
        """`listenlink org add`; its id, its owner's and their API key."""
        return self.people("org", "add", "Other", "--user", f"owner{next(_people)}@other.example")

    def people(self, *arguments: str) -> dict[str, Any]:
        """What `listenlink org`, `user` or `key` says, beside the server."""
        done = self.cli(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return cast(dict[str, Any], json.loads(done.stdout))

    def listener(self, address: str | None = None) -> httpx.Client:
        """A stranger's HTTP client. Behind the trusted loopback proxy each has its own address."""
        headers = {"X-Forwarded-For": address or new_address()}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)


def upload(owner: httpx.Client, path: Path, **fields: str) -> dict[str, Any]:
    """Upload a file and return the new track."""
    with path.open("rb") as file:
        sent = {"file": (path.name, file)}
        answer = owner.post("/tracks", data={"engine": "studio"} | fields, files=sent)
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
            break
        time.sleep(0.05)
    else:
        raise AssertionError("nothing was made of the audio")
    wait_until_signed(lambda: is_signed(owner.get(f"/tracks/{track_id}").json()["ai"]))
    return told
