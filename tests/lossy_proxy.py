"""A TCP proxy on loopback that spoils what passes: it cuts requests short, and loses answers."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

_BUSY = b"HTTP/1.1 503 Service Unavailable\r\n%sContent-Length: 0\r\nConnection: close\r\n\r\n"
_READ_BYTES = 65_536


class LossyProxy:
    """In front of one port. `requests` are the first lines of what was asked.

    `cuts` says for each next connection after how many bytes of request it's cut; `is_lost` is asked
    for each request, when its answer begins, whether that is lost: a 503 is told in its place, with
    `when_to_retry` in its head.
    """

    def __init__(self, upstream_port: int) -> None:
        self.requests: list[str] = []
        self.cuts: list[int] = []
        self.is_lost: Callable[[str], bool] = lambda line: False
        self.when_to_retry = b"Retry-After: 1\r\n"
        self._upstream = ("127.0.0.1", upstream_port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        """Until it's closed."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                cut = self.cuts.pop(0) if self.cuts else None
                _Passing(self, client, socket.create_connection(self._upstream), cut).start()

    def close(self) -> None:
        """Take no more connections."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


class _Passing:
    """One connection, passed both ways."""

    def __init__(
        self, proxy: LossyProxy, client: socket.socket, server: socket.socket, cut: int | None
    ) -> None:
        self._proxy, self._client, self._server, self._left = proxy, client, server, cut
        self._line: str | None = None  # of the request whose answer hasn't begun

    def start(self) -> None:
        for pump in (self._pass_requests, self._pass_answers):
            threading.Thread(target=self._until_it_ends, args=(pump,), daemon=True).start()

    def _until_it_ends(self, pump: Callable[[], None]) -> None:
        with contextlib.suppress(OSError):
            pump()
        for side in (self._client, self._server):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)  # It wakes the other pump.
            side.close()  # What wasn't read is reset, so that its sender doesn't wait.

    def _pass_requests(self) -> None:
        while data := self._client.recv(_READ_BYTES):
            if self._line is None:
                self._line = data.partition(b"\r\n")[0].decode("latin-1")
                self._proxy.requests.append(self._line)
            if self._left is not None:
                data = data[: self._left]
                self._left -= len(data)
            self._server.sendall(data)
            if self._left == 0:
                return

    def _pass_answers(self) -> None:
        while data := self._server.recv(_READ_BYTES):
            line, self._line = self._line, None
            if line is not None and self._proxy.is_lost(line):
                self._client.sendall(_BUSY % self._proxy.when_to_retry)
                return
            self._client.sendall(data)


@contextlib.contextmanager
def lossy_proxy(upstream_port: int) -> Iterator[LossyProxy]:
    """A running one."""
    proxy = LossyProxy(upstream_port)
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join(5)
