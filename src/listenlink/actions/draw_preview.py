"""Draw a link's preview picture once for given content: cached as a file, drawn again when that is gone."""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
from pathlib import Path
from typing import NamedTuple

from listenlink.errors import Problem, ProblemKind, is_exhausted
from listenlink.media.disk.room import DATA
from listenlink.media.preview import TITLE_LENGTH, Drawing, draw_preview
from listenlink.media.storage import Storage
from listenlink.media.turns import Turns
from listenlink.model.page import Preview
from listenlink.model.pattern import make_pattern
from listenlink.threads import DISK, NoThread

MOST_KEPT = 2000
_MOST_WAITING = 64
_MOST_WAITING_OF_ONE = 16


class Drawn(NamedTuple):
    """A picture as PNG, and what it actually shows: less than was asked for if a cover can't be read."""

    picture: bytes
    shown: Preview


class PreviewDrawer:
    """Draws previews, one at a time, by turns of those whose links they are of. They're in a folder of their
    own and may be deleted at any time."""

    def __init__(self, storage: Storage, kept: Path) -> None:
        self._storage = storage
        self._kept = kept
        self._turns = Turns(1, 0)

    @property
    def waiting(self) -> int:
        """How many wait for theirs."""
        return self._turns.waiting

    async def draw(self, shown: Preview) -> Drawn:
        """Return the picture. Raises Problem(UNAVAILABLE) if too many requests are waiting for theirs, and
        Problem(NOT_FOUND) if it can't be drawn."""
        picture = await self._find(shown)
        if picture is not None:
            return Drawn(picture, shown)
        cover = await self._read_cover(shown.cover) if shown.cover else None
        if shown.cover and cover is None:
            # Cached under a different name, so that the full picture is drawn once the cover can be read.
            return await self.draw(dataclasses.replace(shown, cover=None))
        return Drawn(await self._draw_in_turn(shown, cover), shown)

    async def _draw_in_turn(self, shown: Preview, cover: bytes | None) -> bytes:
        turns, creator = self._turns, shown.creator_id
        if turns.waiting >= _MOST_WAITING or turns.waiting_of(creator) >= _MOST_WAITING_OF_ONE:
            raise Problem(ProblemKind.UNAVAILABLE)
        async with turns.take(creator):
            # Somebody else's request may have drawn it in the meantime.
            picture = await self._find(shown)
            if picture is not None:
                return picture
            picture = await draw_preview(_drawing_of(shown, cover))
        if picture is None:
            raise Problem(ProblemKind.NOT_FOUND)
        await DISK.run(self._keep, self._path(shown), picture)
        return picture

    def _path(self, shown: Preview) -> Path:
        return self._kept / f"{shown.digest}.png"

    async def _find(self, shown: Preview) -> bytes | None:
        try:
            return await DISK.run(self._path(shown).read_bytes)
        except OSError as error:
            if is_exhausted(error):
                raise
            return None  # What can't be read, for whatever reason, is drawn again.

    async def _read_cover(self, digest: bytes) -> bytes | None:
        try:
            return await self._storage.read_object(digest)
        except NoThread:
            raise  # It can be read, but not by so many at once.
        except (FileNotFoundError, Problem):
            return None

    def _keep(self, path: Path, picture: bytes) -> None:
        """Cache the picture, deleting the oldest to stay within bounds. A disk that is full, or as full as it
        may get, only means redrawing."""
        with contextlib.suppress(OSError, Problem):
            self._storage.room.require(DATA, len(picture))
            self._kept.mkdir(mode=0o700, exist_ok=True)
            kept = sorted(self._kept.glob("*.png"), key=lambda file: file.stat().st_mtime)
            for old in kept[: max(0, len(kept) + 1 - MOST_KEPT)]:
                old.unlink(missing_ok=True)
            draft = path.with_name(f".{secrets.token_hex(8)}")
            try:
                draft.write_bytes(picture)
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)


def _drawing_of(shown: Preview, cover: bytes | None) -> Drawing:
    pattern = make_pattern(shown.mark)
    return Drawing(
        title=shown.title[:TITLE_LENGTH],
        artist=(shown.artist or "")[:TITLE_LENGTH] or None,
        hue=pattern.hue,
        second_hue=pattern.second_hue,
        circles=[(c.x, c.y, c.radius, c.hue) for c in pattern.circles],
        cover=cover,
        peaks=shown.peaks,
    )
