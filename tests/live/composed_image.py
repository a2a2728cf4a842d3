"""What deploy/Dockerfile says of how Listenlink's image is run, and what stands for PostgreSQL's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import yaml

import servers

DEPLOY = Path(__file__).parents[2] / "deploy"


class Image(NamedTuple):
    """What deploy/Dockerfile says of how the image is run."""

    entrypoint: list[str]
    command: list[str]
    health: list[str]
    environment: dict[str, str]
    user: int


def read_image() -> Image:
    """Read deploy/Dockerfile."""
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    lists = {
        name: yaml.safe_load(listed)
        for name, listed in re.findall(r"^(ENTRYPOINT|CMD|HEALTHCHECK).*?(\[.*\])$", text, re.M)
    }
    # The last ENV is the finished image's.
    told = re.findall(r"^ENV (.*)$", text, re.M)[-1].split()
    environment = dict(pair.split("=", 1) for pair in told)
    environment.pop("PATH")
    user = int(re.findall(r"^USER (\d+):\1$", text, re.M)[0])
    return Image(lists["ENTRYPOINT"], lists["CMD"], lists["HEALTHCHECK"], environment, user)


def make_database(named: dict[str, str]) -> None:
    """The database as PostgreSQL's image makes it, on the tests' own PostgreSQL."""
    user, database, password = (named[f"POSTGRES_{what}"] for what in ("USER", "DB", "PASSWORD"))
    for sql in (
        f"DROP DATABASE IF EXISTS {database}",
        f"DROP ROLE IF EXISTS {user}",
        f"CREATE ROLE {user} LOGIN SUPERUSER PASSWORD '{password}'",
        f"CREATE DATABASE {database} OWNER {user} TEMPLATE template0",
    ):
        servers.run_sql(servers.postgres(), "postgres", sql)


def can_read_the_program(user: int) -> bool:
    """Whether this user can run what the tests run, and by the same Python: who can't come to that one may be
    given the system's."""
    asked = "import listenlink, sys; print(sys.base_prefix)"
    command = ["setpriv", f"--reuid={user}", "--clear-groups", sys.executable, "-c", asked]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    return told.stdout.strip() == sys.base_prefix
