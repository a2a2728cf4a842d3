"""The host in a request target counts, whatever `Host` says (RFC 9112, 3.2.2), where it is passed on."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from cast import Server, free_port
from engines import of_folder
from live.proxy import caddy_before, needs_caddy, needs_nginx, nginx_before

pytestmark = of_folder


def status(port: int, target: str, host: str) -> int:
    """Of the answer to a request by hand, for a route that needs a key."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        head = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        return int(connection.makefile("rb").readline().split()[1])


@pytest.mark.parametrize(
    ("before", "foreign"),
    [
        # nginx passes it on, and it's refused here; Caddy has no such site.
        pytest.param(nginx_before, 421, marks=needs_nginx, id="nginx"),
        pytest.param(caddy_before, 200, marks=needs_caddy, id="caddy"),
    ],
)
def test_behind_a_proxy_the_targets_host_counts(
    server: Server, tmp_path: Path, before: Any, foreign: int
) -> None:
    port = free_port()
    with before(tmp_path / "proxy", port, server.port):
        assert status(port, "/v1/caller", f"127.0.0.1:{port}") == 401
        assert status(port, f"http://127.0.0.1:{port}/v1/caller", "evil.example") == 401
        assert status(port, "http://evil.example/v1/caller", f"127.0.0.1:{port}") == foreign
