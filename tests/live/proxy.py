"""nginx or Caddy in front of the tests' servers, with the example configuration of `deploy/`."""

from __future__ import annotations

import contextlib
import getpass
import os
import re
import resource
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cast import free_port

CADDY = shutil.which("caddy")
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
DEPLOY = Path(__file__).parents[2] / "deploy"
needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx isn't installed: apt install nginx")
needs_caddy = pytest.mark.skipif(CADDY is None, reason="Caddy isn't installed: apt install caddy")

_AROUND = """
daemon off;
worker_processes 1;
user {user};
pid {folder}/nginx.pid;
error_log {folder}/error.log error;
worker_rlimit_nofile {descriptors};
events {{ worker_connections {connections}; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {inside}
}}
"""


def write_configuration(folder: Path, inside: str) -> Path:
    """A whole configuration in `folder`, with `inside` as its http block."""
    folder.mkdir(exist_ok=True)
    path = folder / "nginx.conf"
    _, descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)
    around = _AROUND.format(
        user=getpass.getuser(), folder=folder, inside=inside,
        descriptors=descriptors, connections=min(32_768, descriptors),
    )  # fmt: skip
    path.write_text(around)
    return path


def local_example(folder: Path, port: int, *nodes: int) -> str:
    """The example for these nodes, on a loopback port without TLS, its logs in `folder`."""
    text = (DEPLOY / "nginx-nodes.conf").read_text() + (DEPLOY / "nginx.conf").read_text()
    text = re.sub(r"    server 127\.0\.0\.1:\d+ ", "    server NODE ", text)
    line = next(line for line in text.splitlines() if "server NODE" in line)
    text = re.sub(r"(    server NODE .*\n)+", "NODES\n", text)
    text = text.replace("NODES", "\n".join(line.replace("NODE", f"127.0.0.1:{n}") for n in nodes))
    text = text.replace("listen 443 ssl http2 ", f"listen 127.0.0.1:{port} ")
    text = text.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
    text = re.sub(r".*ssl_certificate.*\n", "", text)
    assert "ssl" not in text
    return text.replace("/var/log/nginx/", f"{folder}/")


@contextlib.contextmanager
def running_nginx(folder: Path, inside: str, port: int) -> Iterator[None]:
    """nginx with that http block, which listens on `port`."""
    path = write_configuration(folder, inside)
    with _running([str(NGINX), "-c", str(path)], folder, port):
        yield


@contextlib.contextmanager
def nginx_before(folder: Path, port: int, *nodes: int) -> Iterator[None]:
    """nginx as the example has it, on `port`, before the nodes on these ports."""
    with running_nginx(folder, local_example(folder, port, *nodes), port):
        yield


@contextlib.contextmanager
def caddy_before(folder: Path, port: int, *nodes: int) -> Iterator[None]:
    """Caddy as the example has it, on `port` and without TLS, before the nodes on these ports."""
    text = (DEPLOY / "Caddyfile").read_text()
    names = f"http://music.example:{port}, http://127.0.0.1:{port}"
    text = text.replace("music.example {", f"{names} {{\n\tbind 127.0.0.1")
    text = re.sub(
        r"(reverse_proxy) [^{]*", rf"\1 {' '.join(f'127.0.0.1:{n}' for n in nodes)} ", text
    )
    folder.mkdir(exist_ok=True)
    path = folder / "Caddyfile"
    assert text.count("\n{\n") == 1
    path.write_text(text.replace("\n{\n", "\n{\n\tadmin off\n\tauto_https off\n", 1))
    command = [str(CADDY), "run", "--config", str(path), "--adapter", "caddyfile"]
    with _running(command, folder, port):
        yield


@contextlib.contextmanager
def _running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    with (folder / "stderr").open("w") as stderr:
        # Caddy keeps what it was told in the user's folders.
        homes = {"XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}
        process = subprocess.Popen(command, stderr=stderr, cwd=folder, env=os.environ | homes)
    try:
        deadline = time.monotonic() + 10
        while True:
            assert process.poll() is None, (folder / "stderr").read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(10)
