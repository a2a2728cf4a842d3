"""A listener on a raw socket who reads at a speed of their own, and knows what came after a moment."""

from __future__ import annotations

import array
import contextlib
import fcntl
import socket
import termios
import threading
import time
from typing import Self
from urllib.parse import urlsplit

from trust.figures import FULL

FULL_SPEED = 0
# At full speed for so many bytes, and then not at all until `finish`.
THEN_NOTHING, _FAST_BYTES = -1, 8_000_000
# What docs/api.md states: at any speed, directly and behind the nginx of deploy/.
MOST_BYTES_AFTER = 512 * 1024
_PIECE_BYTES = 16 * 1024


class SlowReader:
    """Asks for a playback URL and reads so many bytes a second; FULL_SPEED is as fast as it goes, again and
    again until it's refused, THEN_NOTHING for a while, None nothing until `finish`.

    The socket's buffers are the system's own, as a player's are. `received` counts the audio alone.
    """

    def __init__(self, url: str, bytes_per_second: int | None) -> None:
        address = urlsplit(url)
        assert address.hostname is not None
        self._socket = socket.create_connection((address.hostname, address.port or 80), timeout=60)
        self._request = f"GET {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode()
        self.received = 0
        self.is_ended = False
        self._speed = bytes_per_second
        self._read_on = threading.Event()
        self._hurries = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._read_on.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._socket.close()

    def finish(self, within_seconds: float) -> bool:
        """Whether the server ended the stream within this time; who read nothing so far begins to, and
        but for the long form of the tests everybody reads what there still is as fast as it goes."""
        self._read_on.set()
        if not FULL:
            self._hurries.set()
        self._thread.join(within_seconds)
        return self.is_ended

    def arrived(self) -> int:
        """What came to this machine so far, read or not: at full speed the system keeps up to 6 MB for a
        reader who was held up for some milliseconds, and no server can call that back."""
        received, unread = self.received, array.array("i", [0])
        fcntl.ioctl(self._socket, termios.FIONREAD, unread)
        return received + unread[0]

    def _read(self) -> None:
        with contextlib.suppress(ConnectionError):
            while self._read_once():
                pass
        self.is_ended = True

    def _read_once(self) -> bool:
        """Read the whole answer; whether it came to its end. At full speed a song is soon over: again."""
        self._socket.sendall(self._request)
        if self._speed is None:
            self._read_on.wait()
        head, body_bytes, received = b"", 0, 0
        began_at = time.monotonic()
        while not body_bytes or received < body_bytes:
            piece = self._socket.recv(_PIECE_BYTES if (self._speed or 0) > 0 else 4 * _PIECE_BYTES)
            if not piece:
                return False
            if not body_bytes:
                head += piece
                if b"\r\n\r\n" not in head:
                    continue
                head, _, piece = head.partition(b"\r\n\r\n")
                if not head.startswith(b"HTTP/1.1 200 "):
                    return False
                body_bytes = int(head.lower().partition(b"content-length:")[2].split()[0])
            received += len(piece)
            self.received += len(piece)
            if self._speed == THEN_NOTHING and received >= _FAST_BYTES:
                self._read_on.wait()
            elif self._speed is not None and self._speed > 0:
                due_at = began_at + received / self._speed
                self._hurries.wait(max(0.0, due_at - time.monotonic()))
        return True
