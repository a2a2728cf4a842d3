"""An instance's database and folder with tracks in it, and what marks them."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import c2pa
from sqlalchemy import select

from engines import ENGINE, new_backend
from listenlink.clock import Clock
from listenlink.media.folder.folder import Folder
from listenlink.media.turns import Spending
from listenlink.model.licence import EngineRegistry, EngineTerms, Licence, LicenceClass
from listenlink.model.manifest import Manifest
from listenlink.model.mark import Ai, Mark
from listenlink.model.marking_key import MarkingKey
from listenlink.running.mark_audio import AudioMarker
from listenlink.store import manifests, marks, tables
from media.claimed import key_of
from store.shown_rows import add_owner, add_track

SERVER = "music.example"


def registry_of(**says: Ai | None) -> EngineRegistry:
    """Engines that say so much; `studio` is called Studio."""
    licence = Licence(LicenceClass.PERSONAL_ONLY, "1", False, None)
    terms = [EngineTerms(name, name.title(), licence, 0, 0, ai) for name, ai in says.items()]
    return EngineRegistry(terms, terms)


class MarkedPlace:
    """Where tracks are, of which nothing has been read or signed."""

    def __init__(self, folder: Path, engine: str = ENGINE) -> None:
        self.folder = folder
        self.database = new_backend(folder, engine).open()
        self.storage = Folder(folder)
        self.database.write_now(add_owner)

    def add(
        self,
        number: int,
        content: bytes,
        mark: Mark,
        *,
        content_type: str = "audio/wav",
        made_with: str = "studio",
        version: int = 1,
    ) -> None:
        """A track with these bytes, or another version of it."""
        digest = hashlib.sha256(content).digest()
        path = self.storage.object_path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        audio_id = number + 1_000_000 * (version - 1)

        def add(connection: Any) -> None:
            if version == 1:
                add_track(
                    connection, number, digest=digest, content_type=content_type, engine=made_with
                )
            else:
                row = {"id": audio_id, "digest": digest, "size_bytes": 1, "created_at": 0}
                audio = tables.audio_objects.insert()
                connection.execute(audio.values(row | {"content_type": content_type}))
            marks.add_mark(connection, 1, number, version, audio_id, made_with, mark)

        self.database.write_now(add)

    def marker(
        self,
        registry: EngineRegistry,
        clock: Clock | None = None,
        key: MarkingKey | None = None,
        spending: Spending | None = None,
    ) -> AudioMarker:
        """A node's."""
        key = key or key_of(SERVER)
        return AudioMarker(self.database, self.storage, registry, clock or Clock(), key, spending)

    def mark_all(self, registry: EngineRegistry, **more: Any) -> AudioMarker:
        """Have all done that there is to do now, by a node that has just started."""

        async def work() -> AudioMarker:
            marker = self.marker(registry, **more)
            while await marker.mark_next():
                pass
            return marker

        return asyncio.run(work())

    def manifest(self, number: int, version: int = 1) -> Manifest | None:
        """What was signed."""
        return self.database.read_now(lambda c: manifests.find_manifest(c, number, version))

    def mark(self, number: int, version: int = 1) -> Mark:
        """What is known."""
        return self.database.read_now(lambda c: marks.find_marks(c, {number: version}))[number]

    def unread(self) -> list[int]:
        """Of which tracks it isn't known what they say."""
        rows = select(tables.track_marks.c.track_id).where(tables.track_marks.c.read_at.is_(None))
        return self.database.read_now(lambda c: list(c.execute(rows).scalars()))


def read(content: bytes, manifest: bytes) -> dict[str, Any]:
    """What the library of the standard says of both."""
    with c2pa.Reader("application/octet-stream", io.BytesIO(content), manifest) as reader:
        told: dict[str, Any] = json.loads(reader.json())
    return told


def action(told: dict[str, Any]) -> dict[str, Any]:
    """The one action of the active manifest."""
    (assertion,) = (
        one
        for one in told["manifests"][told["active_manifest"]]["assertions"]
        if one["label"].startswith("c2pa.actions")
    )
    (found,) = assertion["data"]["actions"]
    return dict(found)


class Later(Clock):
    """When all certificates have ended."""

    def now_us(self) -> int:
        return super().now_us() + 20 * 365 * 86_400_000_000
