"""Sends a file in pieces by tus 1.0, resuming wherever it broke off."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator

from listenlink.client.connection import Connection
from listenlink.client.error import ListenlinkError
from listenlink.client.owner import as_thing
from listenlink.client.sending import may_help, trying, wait
from listenlink.client.source import Source, SourceFile
from listenlink.wire import Track, Upload

# A proxy that reads a whole request before passing it on loses at most one of these.
PIECE_BYTES = 16 * 1024 * 1024
_TUS = {"Tus-Resumable": "1.0.0"}
_READ_BYTES = 256 * 1024
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

    def begin(self, uploads_path: str, facts: dict[str, str]) -> str:
        """Begin a new upload of the file and return its path. If the answer is lost, another upload is
        begun, and the server forgets the first."""
        pairs = facts | {"filename": self._source.name}
        metadata = ",".join(
            f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in pairs.items()
        )
        length = {"Upload-Length": str(self._source.size_bytes), "Upload-Metadata": metadata}
        answer = trying(lambda: self._connection.send("POST", uploads_path, headers=_TUS | length))
        return str(answer.headers["location"])

    def is_there(self, upload_path: str) -> bool:
        """Whether an upload begun earlier can be resumed."""
        try:
            trying(lambda: self._look(upload_path))
        except ListenlinkError as error:
            if error.status == 404:
                return False
            raise
        return True

    def send_all(self, upload_path: str) -> Track | None:
        """Send what the server doesn't have yet; return the new track, None if it was deleted since."""
        size_bytes = self._source.size_bytes
        offset, tried = -1, 0
        with self._source.open() as file:
            while offset < size_bytes:
                try:
                    before, offset = offset, self._look(upload_path).offset_bytes
                    tried = 0 if offset > before else tried
                    while offset < size_bytes:
                        offset = self._send(upload_path, file, offset)
                        tried = 0
                except ListenlinkError as error:
                    tried += 1
                    is_hopeless = not may_help(error) and error.status != _OTHER_OFFSET
                    if is_hopeless or tried == _TRIES:
                        raise
                    wait(error, tried)
        return trying(lambda: self._look(upload_path)).track

    def _look(self, upload_path: str) -> Upload:
        """Ask how far the upload is. A HEAD would do, but wouldn't say what is wrong."""
        told = self._connection.get(upload_path, headers=_TUS, timeout=_TIMEOUT_SECONDS)
        upload = as_thing(told, Upload)
        self._progress(upload.offset_bytes)
        return upload

    def _send(self, upload_path: str, file: SourceFile, offset: int) -> int:
        length = min(PIECE_BYTES, self._source.size_bytes - offset)
        headers = {
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(length),
            "Upload-Offset": str(offset),
        }
        answer = self._connection.send(
            "PATCH",
            upload_path,
            content=self._read(file, offset, length),
            headers=_TUS | headers,
            timeout=_TIMEOUT_SECONDS,
        )
        return int(answer.headers["upload-offset"])

    def _read(self, file: SourceFile, offset: int, length: int) -> Iterator[bytes]:
        file.seek(offset)
        end = offset + length
        while offset < end:
            data = file.read(min(_READ_BYTES, end - offset))
            if not data:
                raise OSError(f"{self._source.name} got shorter while it was read")
            offset += len(data)
            yield data
            self._progress(offset)
