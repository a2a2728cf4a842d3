"""Draw a link's preview picture, once for each content: kept as a file, drawn again when that is gone."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
from pathlib import Path

import msgspec

from listenlink.errors import Problem, ProblemKind
from listenlink.media.preview import TITLE_LENGTH, Drawing, draw_preview
from listenlink.media.storage import Storage
from listenlink.model.page import Page
from listenlink.model.pattern import make_pattern

MOST_KEPT = 2000
_AT_ONCE = 1
_MOST_WAITING = 32


class PreviewDrawer:
    """Draws previews, one at a time. They lie in a folder of their own and may be deleted at any time."""

    def __init__(self, folder: Storage, kept: Path) -> None:
        self._folder = folder
        self._kept = kept
        self._drawing = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0

    async def draw(self, page: Page) -> bytes:
        """The picture of a shown page, as PNG. Raises Problem(UNAVAILABLE) if too many wait for theirs."""
        asked = await self._folder.run(self._drawing_of, page)
        digest = hashlib.sha256(msgspec.json.encode(asked)).hexdigest()
        path = self._kept / f"{digest}.png"
        with contextlib.suppress(FileNotFoundError):
            return await asyncio.to_thread(path.read_bytes)
        if self._waiting >= _MOST_WAITING:
            raise Problem(ProblemKind.UNAVAILABLE)
        self._waiting += 1
        try:
            async with self._drawing:
                # Drawn meanwhile for somebody else?
                with contextlib.suppress(FileNotFoundError):
                    return await asyncio.to_thread(path.read_bytes)
                picture = await draw_preview(asked)
        finally:
            self._waiting -= 1
        if picture is None:
            raise Problem(ProblemKind.NOT_FOUND)
        await asyncio.to_thread(self._keep, path, picture)
        return picture

    def _drawing_of(self, page: Page) -> Drawing:
        pattern = make_pattern(page.mark)
        cover = page.cover_track.cover if page.cover_track else None
        return Drawing(
            title=(page.title or "")[:TITLE_LENGTH],
            artist=(page.artist or "")[:TITLE_LENGTH] or None,
            hue=pattern.hue,
            second_hue=pattern.second_hue,
            circles=[(c.x, c.y, c.radius, c.hue) for c in pattern.circles],
            cover=self._read_cover(cover) if cover else None,
            peaks=page.tracks[0].peaks if page.tracks else None,
        )

    def _read_cover(self, digest: bytes) -> bytes | None:
        try:
            return self._folder.read_object(digest)
        except (FileNotFoundError, Problem):
            return None

    def _keep(self, path: Path, picture: bytes) -> None:
        """Within bounds: the oldest go. A full disk only means drawing again."""
        with contextlib.suppress(OSError):
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
