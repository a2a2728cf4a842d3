"""Serves metrics on an address of their own, in a thread of their own."""

from __future__ import annotations

import socket
import threading
from socketserver import TCPServer
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, ProcessCollector, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer
from prometheus_client.registry import Collector


class _MetricsServer(ThreadingWSGIServer):
    """Like its parent, but asks no name service for the name of its own address."""

    def server_bind(self) -> None:
        """Bind to the address, and use the address as the server's name."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()


class _MetricsServerV6(_MetricsServer):
    address_family = socket.AF_INET6


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing: a scrape isn't news."""


def start_metrics(collector: Collector, host: str, first_port: int, ports: int) -> WSGIServer:
    """Serve metrics on the first of these ports that is free. Returns the server, to call `shutdown()` on.

    Raises OSError if none is free.
    """
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(collector)
    kind = _MetricsServerV6 if ":" in host else _MetricsServer
    tell = make_wsgi_app(registry)
    for port in range(first_port, first_port + ports):
        try:
            server = make_server(host, port, tell, kind, handler_class=_Silent)
        except OSError as error:
            taken = error
        else:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            return server
    raise taken
