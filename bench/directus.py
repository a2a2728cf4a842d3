"""Directus 11, for the full run: installed by npm, an item, and a share of it.

Its own command line asks a package registry for updates first, so what stands behind that is run.
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

from serve import Served, environment, free_port

_INSTALL_SECONDS, _BOOTSTRAP_SECONDS = 480, 120
_EMAIL, _PASSWORD = "admin@example.com", "benchbench"
_ENTRY = Path("node_modules/@directus/api/dist/cli/run.js")


class NotThere(Exception):
    """Directus can't be had here; the message says why in a few words."""


def begin_install(folder: Path) -> subprocess.Popen[bytes] | None:
    """Start npm, or nothing where Directus is installed already. Raises NotThere without npm."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise NotThere("npm isn't installed")
    if (folder / _ENTRY).exists():
        return None
    folder.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "directus@11"]
    with (folder / "npm.log").open("wb") as log:
        return subprocess.Popen(
            ["timeout", str(_INSTALL_SECONDS), *command], cwd=folder, stdout=log, stderr=log
        )


def end_install(folder: Path, npm: subprocess.Popen[bytes] | None) -> str:
    """Wait for npm; the version. Raises NotThere."""
    if npm is not None and npm.wait(_INSTALL_SECONDS + 30) != 0:
        raise NotThere("npm install failed")
    package = folder / "node_modules" / "directus" / "package.json"
    return str(json.loads(package.read_text())["version"])


def directus(installed: Path, folder: Path) -> Served:
    """A new instance on SQLite, not yet started. Raises NotThere."""
    port = free_port()
    settings = {
        "DB_CLIENT": "sqlite3",
        "DB_FILENAME": str(folder / "directus.db"),
        "SECRET": secrets.token_hex(32),
        "ADMIN_EMAIL": _EMAIL,
        "ADMIN_PASSWORD": _PASSWORD,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TELEMETRY": "false",
        "IP_TRUST_PROXY": "127.0.0.1",
        "LOG_LEVEL": "warn",
        "NODE_ENV": "production",
    }
    for name in ("uploads", "extensions"):
        (folder / name).mkdir(parents=True)
    command = ["node", str(installed / _ENTRY)]
    done = subprocess.run(
        [*command, "bootstrap"],
        cwd=folder,
        env=environment(**settings),
        capture_output=True,
        timeout=_BOOTSTRAP_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise NotThere("its bootstrap failed")
    return Served("directus", [*command, "start"], folder, port, "/server/ping", settings)


def share_in_directus(server: Served) -> str:
    """An item and a share of it; the body that opens the share."""
    login = _post(server, "/auth/login", {"email": _EMAIL, "password": _PASSWORD})
    token = login["access_token"]
    key = {"field": "id", "type": "integer", "meta": {}}
    key["schema"] = {"is_primary_key": True, "has_auto_increment": True}
    title = {"field": "title", "type": "string", "meta": {}, "schema": {}}
    songs = {"collection": "songs", "schema": {}, "meta": {}, "fields": [key, title]}
    _post(server, "/collections", songs, token)
    song = _post(server, "/items/songs", {"title": "Late Night Study"}, token)
    role = _call(urllib.request.Request(server.url + "/roles?fields=id", headers=_bearer(token)))[
        0
    ]["id"]
    asked = {"name": "bench", "collection": "songs", "item": str(song["id"]), "role": role}
    return json.dumps({"share": _post(server, "/shares", asked, token)["id"]})


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _post(server: Served, path: str, body: dict[str, Any], token: str = "") -> Any:
    headers = {"Content-Type": "application/json"} | _bearer(token)
    return _call(urllib.request.Request(server.url + path, json.dumps(body).encode(), headers))


def _call(request: urllib.request.Request) -> Any:
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["data"]
