"""Take in a piece of an upload: from wherever it arrives, to its draft."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from listenlink.errors import Problem, ProblemKind
from listenlink.media.folder.resumable_drafts import ResumableDraft

# What a kill costs at most, besides what the network holds.
_WRITTEN_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes that arrive. `promised_bytes` is how many, if it was said before."""

    chunks: AsyncIterator[bytes]
    promised_bytes: int | None


async def receive_chunk(draft: ResumableDraft, size_bytes: int, piece: Chunk) -> None:
    """Write and sync what comes, some at a time in a thread; it stays if the piece breaks off.

    Raises Problem(TOO_LARGE) if the draft would get larger than `size_bytes`, at once if that was
    promised; then nothing of the piece stays. Raises what the piece's chunks raise.
    """
    if draft.size_bytes + (piece.promised_bytes or 0) > size_bytes:
        raise too_large(size_bytes)
    unwritten = bytearray()
    arrived = began = draft.size_bytes

    async def write() -> None:
        taken = bytes(unwritten)
        unwritten.clear()  # First: what a full disk didn't take must not be followed by anything.
        await asyncio.to_thread(draft.append, taken)

    try:
        async for chunk in piece.chunks:
            arrived += len(chunk)
            if arrived > size_bytes:
                unwritten.clear()
                await asyncio.to_thread(draft.cut_to, began)
                raise too_large(size_bytes)
            unwritten += chunk
            if len(unwritten) >= _WRITTEN_BYTES:
                await write()
    finally:
        await write()
        await asyncio.to_thread(draft.sync)


def too_large(max_bytes: int) -> Problem:
    """A 413 that says how much is taken in."""
    return Problem(
        ProblemKind.TOO_LARGE,
        f"This is more than the {max_bytes} bytes that are taken in.",
        max_bytes=max_bytes,
    )
