"""The client's methods that send audio."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Unpack

from listenlink.client.answers import as_thing
from listenlink.client.awaiting.chunks import PieceSender
from listenlink.client.awaiting.owner import Owner
from listenlink.client.awaiting.reading import read_form
from listenlink.client.awaiting.waits import aside
from listenlink.client.sending import PIECES_ABOVE_BYTES, FileForm, new_key, nobody
from listenlink.client.source import Given, Source
from listenlink.client.terms import checked, form_fields
from listenlink.wire import Track
from listenlink.wire.terms import TrackFacts

_TIMEOUT_SECONDS = 300.0


class UploadMethods(Owner):
    """Methods for putting music into your library."""

    async def upload(
        self,
        file: Given,
        *,
        engine: str,
        name: str | None = None,
        progress: Callable[[int], None] = nobody,
        idempotency_key: str | None = None,
        **facts: Unpack[TrackFacts],
    ) -> Track:
        """Upload a file: by its path, open for bytes, or the bytes themselves; `name` is its file name, if it
        isn't the file's own.

        If the server is away or busy, it's sent again, without making a second track. A large file is
        sent in pieces. `progress` is called with the number of bytes sent. May also raise OSError, and
        TypeError for a fact that there isn't.
        """
        fields = form_fields({"engine": engine, **checked(facts, TrackFacts)})
        source = await aside(Source, file, name)
        if source.size_bytes > PIECES_ABOVE_BYTES:
            return await self._upload_in_pieces(
                source, fields, progress=progress, idempotency_key=idempotency_key
            )
        path = await self.path_of("tracks")
        return await self._send_form(path, source, fields, progress, idempotency_key)

    async def upload_in_pieces(
        self,
        file: Given,
        facts: Mapping[str, Any],
        *,
        name: str | None = None,
        upload_path: str | None = None,
        begun: Callable[[str], None] = nobody,
        progress: Callable[[int], None] = nobody,
        idempotency_key: str | None = None,
    ) -> Track:
        """Upload a file by tus 1.0; `facts` are `engine` and those of `upload`. `begun` is called with the
        upload's path, with which a later call can resume; if the upload is gone by then, that call starts
        again."""
        fields = form_fields(checked(facts, TrackFacts, "engine"))
        source = await aside(Source, file, name)
        return await self._upload_in_pieces(
            source, fields, upload_path, begun, progress, idempotency_key
        )

    async def _upload_in_pieces(
        self,
        source: Source,
        fields: dict[str, str],
        upload_path: str | None = None,
        begun: Callable[[str], None] = nobody,
        progress: Callable[[int], None] = nobody,
        idempotency_key: str | None = None,
    ) -> Track:
        sender = PieceSender(self, source, progress)
        if upload_path is None or not await sender.is_there(upload_path):
            uploads_path = await self.path_of("uploads")
            upload_path = await sender.begin(uploads_path, fields, idempotency_key)
            begun(upload_path)
        return as_thing(await sender.send_all(upload_path), Track)

    async def _send_form(
        self,
        path: str,
        source: Source,
        fields: dict[str, str],
        progress: Callable[[int], None],
        idempotency_key: str | None,
    ) -> Track:
        form = FileForm(fields, source.name)
        key = {"Idempotency-Key": idempotency_key or new_key()}
        return await self.ask(
            "POST",
            path,
            Track,
            body=lambda: read_form(form, source, progress),
            headers=key | form.headers(source.size_bytes),
            timeout=_TIMEOUT_SECONDS,
        )
