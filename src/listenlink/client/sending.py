"""How requests are sent: how often, how long is waited, and a form with a file in it."""

from __future__ import annotations

import random
import secrets
from collections.abc import Mapping
from typing import Any

from listenlink.client.error import ListenlinkError

# At most so often in all.
TRIES = 5
LONGEST_WAIT_SECONDS = 60.0
# Above this a file is sent in pieces, so that a broken connection costs no more than the last of them.
PIECES_ABOVE_BYTES = 32 * 1024 * 1024
# A proxy that reads a whole request before passing it on loses at most one of these.
PIECE_BYTES = 16 * 1024 * 1024
READ_BYTES = 256 * 1024
_FIRST_WAIT_SECONDS = 0.5
# Of many that were refused at one moment, not all come back at one moment.
_SPREAD = 0.25
_FORM_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


def nobody(_: Any) -> None:
    """A callback that ignores what it's given."""


def new_key() -> str:
    """An `Idempotency-Key` that nobody can guess."""
    return secrets.token_hex(16)


def may_help(error: ListenlinkError) -> bool:
    """Whether a retry can help, because the server was away, busy or limiting."""
    return error.status in (0, 408, 423, 429) or error.status >= 500


def seconds_to_wait(error: ListenlinkError, tried: int) -> float:
    """How long to wait after so many tries: as long as the server says, or else twice as long as the last
    time, and a bit more."""
    seconds = error.retry_after_seconds or _FIRST_WAIT_SECONDS * 2 ** (tried - 1)
    return seconds * random.uniform(1, 1 + _SPREAD)  # noqa: S311 (nobody gains by guessing it)


class FileForm:
    """A form with fields and one file: what goes before the file's bytes, and after them."""

    def __init__(self, fields: Mapping[str, str], file_name: str) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; '
            f'filename="{file_name.translate(_FORM_ESCAPES)}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        self.head = "".join(parts).encode()
        self.tail = f"\r\n--{boundary}--\r\n".encode()

    def headers(self, size_bytes: int) -> dict[str, str]:
        """Those of a request with this form and a file of this size."""
        length = len(self.head) + size_bytes + len(self.tail)
        return {"Content-Type": self.content_type, "Content-Length": str(length)}
