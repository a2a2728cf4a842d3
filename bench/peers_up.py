"""The others in the table: what they are, how they are set up, and how each is asked."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import pwd
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from listenlink.cli import listening

from library import Library
from serve import Served, free_port

HERE = Path(__file__).parent
PEERS = HERE / ".peers"
_PYTHON = PEERS / "venv" / "bin" / "python"
_TOLD = ("copyparty", "fastapi", "sqlalchemy", "aiosqlite", "uvicorn", "starlette")
_BANS = ("404", "403", "422", "url", "pw", "pwc")
_SECRET = "bench-secret"  # noqa: S105 - nothing is kept with it


def install() -> None:
    """The venv of the peers, from their lock file; nothing is done if it is up to date."""
    lock, done = HERE / "peers" / "requirements.lock", PEERS / "installed"
    if _PYTHON.exists() and done.exists() and done.read_bytes() == lock.read_bytes():
        return
    subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(PEERS / "venv")], check=True, timeout=120
    )
    subprocess.run(
        [str(_PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--require-hashes", "-r", str(lock)],
        check=True, timeout=300,
    )  # fmt: skip
    done.write_bytes(lock.read_bytes())


def find_versions() -> dict[str, str]:
    """Versions of the peers, as the lock file pins them."""
    pinned = re.findall(
        r"^([a-z]+)==(\S+)", (HERE / "peers" / "requirements.lock").read_text(), re.MULTILINE
    )
    return {name: version for name, version in pinned if name in _TOLD}


def static_app(library: Library, ours: Served) -> Served:
    """A fixed body as large as a track's view, from the same server with the same settings."""
    body = library.folder / "static" / "static.json"
    body.parent.mkdir()
    body.write_bytes(b'"' + b"x" * (_view_bytes(library, ours) - 2) + b'"')
    port = free_port()
    command = [sys.executable, str(HERE / "peers" / "static_app.py"), str(port), str(body)]
    return Served("static", command, library.folder, port)


def _view_bytes(library: Library, ours: Served) -> int:
    path = library.paths("track").read_text().split()[1]
    with urllib.request.urlopen(ours.url + path, timeout=10) as answer:
        return len(answer.read())


@dataclass
class Nginx(Served):
    """nginx, with another port on which what it sends is buffered no further than Listenlink's is."""

    same_port: int = 0


class SameBuffer:
    """nginx, asked on that other port. To a row it's a server."""

    def __init__(self, server: Nginx) -> None:
        self._server = server
        self.urls = [f"http://127.0.0.1:{server.same_port}"]
        self.cpu_seconds, self.pss_mib = server.cpu_seconds, server.pss_mib
        self.threads_cpu_seconds = server.threads_cpu_seconds


def nginx(library: Library) -> Nginx:
    """nginx, for the same fixed body and for audio behind secure_link."""
    folder = library.folder / "nginx"
    folder.mkdir()
    port, same_port = free_port(), free_port()
    text = (HERE / "nginx.conf").read_text()
    filled = {
        "user": pwd.getpwuid(os.getuid()).pw_name,
        "folder": folder,
        "port": port,
        "same_port": same_port,
        "send_buffer": listening._SEND_BUFFER_BYTES,
        "static": library.folder / "static",
        "audio": library.folder / "audio",
        "secret": _SECRET,
    }
    for name, value in filled.items():
        text = text.replace("{{" + name + "}}", str(value))
    (folder / "nginx.conf").write_text(text)
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin") or "nginx"
    command = [program, "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
    return Nginx("nginx", command, folder, port, same_port=same_port)


def secure_link(name: str) -> str:
    """The signed path of one file of nginx."""
    path, expires = f"/audio/{name}", int(time.time()) + 7200
    digest = hashlib.md5(f"{expires}{path} {_SECRET}".encode(), usedforsecurity=False).digest()
    return f"{path}?md5={base64.urlsafe_b64encode(digest).decode().rstrip('=')}&expires={expires}"


def copyparty(library: Library) -> Served:
    """copyparty with a share of the audio's folder; bans are off, or the load would be banned."""
    folder = library.folder / "copyparty"
    port = free_port()
    command = [
        str(_PYTHON), "-m", "copyparty", "-i", "127.0.0.1", "-p", str(port), "-q", "--no-crt",
        "--no-thumb", "--no-mutagen", "--no-mtag-ff", "--rproxy=-1", "--xff-src", "127.0.0.1/32",
        "-a", "bench:benchbench", "-v", f"{library.folder / 'audio'}:music:r,bench", "--shr", "/shr",
    ]  # fmt: skip
    for ban in _BANS:
        command += [f"--ban-{ban}", "no"]
    home = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config"), "TMPDIR": str(folder)}
    return Served("copyparty", command, folder, port, settings=home)


def share_in_copyparty(server: Served) -> None:
    """Two shares: `/shr/one/` with one song, whose `?ls` is JSON, and `/shr/songs/` with all audio."""
    for name, path in (("one", "/music/song.wav"), ("songs", "/music/")):
        asked = {"k": name, "vp": [path], "perms": ["read"], "pw": "", "exp": "600"}
        post = urllib.request.Request(
            server.url + "/?share",
            json.dumps(asked).encode(),
            {"PW": "benchbench", "Content-Type": "application/json"},
        )
        urllib.request.urlopen(post, timeout=10).close()


def textbook(library: Library) -> Served:
    """FastAPI and SQLAlchemy's async ORM, on uvicorn, with the same tokens as Listenlink."""
    folder = library.folder / "textbook"
    folder.mkdir()
    database = str(folder / "textbook.db")
    fill = [
        str(_PYTHON),
        str(HERE / "peers" / "textbook_tables.py"),
        database,
        str(library.paths("track")),
    ]
    subprocess.run(fill, check=True, timeout=60)
    return _uvicorn("textbook", folder, BENCH_DATABASE=database)


def file_response(library: Library) -> Served:
    """Starlette's FileResponse, on uvicorn."""
    return _uvicorn("file_response", library.folder, BENCH_AUDIO=str(library.folder / "audio"))


def _uvicorn(name: str, folder: Path, **settings: str) -> Served:
    port = free_port()
    command = [
        str(_PYTHON), "-m", "uvicorn", f"{name}:app", "--app-dir", str(HERE / "peers"),
        "--host", "127.0.0.1", "--port", str(port), "--loop", "uvloop", "--http", "httptools",
        "--no-access-log", "--log-level", "warning", "--forwarded-allow-ips", "127.0.0.1",
    ]  # fmt: skip
    return Served(name, command, folder, port, settings=settings)
