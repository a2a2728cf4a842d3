# Written by scripts/write_blocking_client.py. Change client/awaiting/chunks.py, then `make client`.
"""Sends a file in pieces by tus 1.0, resuming wherever it broke off."""

from __future__ import annotations

import base64
from collections.abc import Callable

from listenlink.client.answers import as_thing, json_of
from listenlink.client.blocking.connection import Connection
from listenlink.client.blocking.reading import read_part
from listenlink.client.error import ListenlinkError
from listenlink.client.sending import PIECE_BYTES, may_help, new_key
from listenlink.client.source import Source
from listenlink.wire import Track, Upload

_TUS = {"Tus-Resumable": "1.0.0"}
# Tries without a byte of progress: half a minute, in which a server notices a dead connection.
_TRIES = 7
_TIMEOUT_SECONDS = 120.0
_OTHER_OFFSET = 409


class PieceSender:
    """Sends one file in pieces, reporting its progress."""

    def __init__(
        self, connection: Connection, source: Source, progress: Callable[[int], None]
    ) -> None:
        self._connection = connection
        self._source = source
        self._progress = progress

    def begin(self, uploads_path: str, facts: dict[str, str], idempotency_key: str | None) -> str:
        """Begin a new upload of the file and return its path."""
        pairs = facts | {"filename": self._source.name}
        metadata = ",".join(
            f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in pairs.items()
        )
        length = {"Upload-Length": str(self._source.size_bytes), "Upload-Metadata": metadata}
        key = {"Idempotency-Key": idempotency_key or new_key()}
        answer = self._connection.persist("POST", uploads_path, headers=_TUS | length | key)
        return str(answer.headers["location"])

    def is_there(self, upload_path: str) -> bool:
        """Whether an upload begun earlier can be resumed."""
        try:
            self._look(upload_path)
        except ListenlinkError as error:
            if error.status == 404:
                return False
            raise
        return True

    def send_all(self, upload_path: str) -> Track | None:
        """Send what the server doesn't have yet; return the new track, None if it was deleted since."""
        size_bytes = self._source.size_bytes
        offset, tried = -1, 0
        while offset < size_bytes:
            try:
                there = self._look(upload_path)
                before, offset = offset, there.offset_bytes
                tried = 0 if offset > before else tried
                while offset < size_bytes:
                    offset = self._send(upload_path, offset)
                    tried = 0
            except ListenlinkError as error:
                tried += 1
                is_hopeless = not may_help(error) and error.status != _OTHER_OFFSET
                if is_hopeless or tried == _TRIES:
                    raise
                self._connection.wait(error, tried)
        whole = self._look(upload_path)
        return whole.track

    def _look(self, upload_path: str) -> Upload:
        """Ask how far the upload is. A HEAD would do, but wouldn't say what is wrong."""
        told = self._connection.persist("GET", upload_path, headers=_TUS, timeout=_TIMEOUT_SECONDS)
        upload = as_thing(json_of(told), Upload)
        self._progress(upload.offset_bytes)
        return upload

    def _send(self, upload_path: str, offset: int) -> int:
        ends_at = min(offset + PIECE_BYTES, self._source.size_bytes)
        headers = {
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(ends_at - offset),
            "Upload-Offset": str(offset),
        }
        answer = self._connection.send(
            "PATCH",
            upload_path,
            content=read_part(self._source, offset, ends_at, self._progress),
            headers=_TUS | headers,
            timeout=_TIMEOUT_SECONDS,
        )
        return int(answer.headers["upload-offset"])
