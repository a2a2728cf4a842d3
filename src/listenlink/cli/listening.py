"""The socket that listeners connect to, and what every connection inherits from it (docs/decisions/0033).

Left to itself, granian opens a socket with the system's buffers: megabytes for a listener who reads slowly,
which no revocation takes back.
"""

from __future__ import annotations

import errno
import os
import socket
from typing import Any

from granian._granian import SocketHolder
from granian.constants import HTTPModes
from granian.http import HTTP1Settings
from granian.server.mp import MPServer

from listenlink.capacity import Capacity

# The system doubles it, for its own bookkeeping.
_SEND_BUFFER_BYTES = 64 * 1024
# Both the largest head of a request and how much of an answer the server buffers.
_MESSAGE_BUFFER_BYTES = 32 * 1024
_HEAD_WITHIN_MS = 30_000
# A client that has read nothing of what was sent for this long is gone. This also covers data that none
# of our code waits for any more.
_UNREAD_MS = 60_000
_BACKLOG = 1024
_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class ListeningServer(MPServer):
    """granian on a socket of our own, with HTTP/1.1 only: to detect HTTP/2, it waits for the first bytes
    without a time limit, and it lets in 16 MiB of headers."""

    refusal: str | None = None

    def __init__(self, target: str, capacity: Capacity, **options: Any) -> None:
        super().__init__(
            target,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(
                header_read_timeout=_HEAD_WITHIN_MS, max_buffer_size=_MESSAGE_BUFFER_BYTES
            ),
            backlog=_BACKLOG,
            backpressure=capacity.connections,
            **options,
        )

    def refuse(self, reason: str) -> None:
        """End the server, because a worker can't start; `refusal` says why, and no worker is replaced."""
        self.refusal = reason
        for worker in self.wrks:
            worker.interrupt_by_parent = True
        interrupt: Any = self.signal_handler_interrupt
        interrupt()

    def _init_shared_socket(self) -> None:
        listening = open_socket(self.bind_addr, self.bind_port)
        # Each worker has this very descriptor and closes it on shutdown, so it must be the only one.
        self._descriptor = listening.detach()
        holder: Any = SocketHolder
        self._shd = holder(self._descriptor, False, self.backlog)
        self._ssp = self._sso = None

    def _drop_shared_socket(self) -> None:
        os.close(self._descriptor)


def open_socket(host: str, port: int) -> socket.socket:
    """Open a socket that listens on this address and port. Raises OSError, and UnicodeError for a host that
    can't be a name.

    Of a name's addresses the first that is this machine's, IPv4 first: `localhost` is both, and whoever
    writes 127.0.0.1 means it too.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found.sort(key=lambda one: one[0] != socket.AF_INET)
    for place in found[:-1]:
        try:
            return _listen(*place)
        except OSError as error:
            if error.errno not in _NOT_HERE:
                raise
    return _listen(*found[-1])


def _listen(
    family: int, kind: int, protocol: int, _name: str, address: tuple[Any, ...]
) -> socket.socket:
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
        listening.bind(address)
        listening.listen(_BACKLOG)
        listening.setblocking(False)
    except BaseException:
        listening.close()
        raise
    return listening
