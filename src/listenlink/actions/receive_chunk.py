"""Receive a piece of an upload, from wherever it arrives, into its draft."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from listenlink.errors import Problem, ProblemKind
from listenlink.media.disk.resumable_drafts import ResumableDraft
from listenlink.threads import DISK

# The most that is lost if the process is killed, apart from what is still in the network.
_WRITTEN_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Chunk:
    """Arriving bytes. `promised_bytes` is how many, if that was declared beforehand."""

    chunks: AsyncIterator[bytes]
    promised_bytes: int | None


def require_fitting(draft: ResumableDraft, size_bytes: int, piece: Chunk) -> None:
    """Raise Problem(TOO_LARGE) if it's clear beforehand that the draft would grow beyond `size_bytes`."""
    if draft.size_bytes + (piece.promised_bytes or 0) > size_bytes:
        raise too_large(size_bytes)


async def receive_chunk(draft: ResumableDraft, size_bytes: int, piece: Chunk) -> None:
    """Write and sync what arrives, a bit at a time in a thread; it stays if the piece breaks off.

    Raises Problem(TOO_LARGE) if the draft would grow beyond `size_bytes`; then nothing of the piece stays.
    Raises NoRoom, and whatever the piece's chunks raise.
    """
    unwritten = bytearray()
    arrived = began = draft.size_bytes

    async def write() -> None:
        taken = bytes(unwritten)
        unwritten.clear()  # First: nothing may be written after bytes that a full disk didn't take.
        await DISK.run(draft.append, taken)

    try:
        async for chunk in piece.chunks:
            arrived += len(chunk)
            if arrived > size_bytes:
                unwritten.clear()
                await DISK.run(draft.cut_to, began)
                raise too_large(size_bytes)
            unwritten += chunk
            if len(unwritten) >= _WRITTEN_BYTES:
                await write()
    finally:
        await write()
        await DISK.run(draft.sync)


def too_large(max_bytes: int) -> Problem:
    """Return a 413 that says how much is accepted."""
    return Problem(
        ProblemKind.TOO_LARGE,
        f"This is more than the {max_bytes} bytes that are taken in.",
        max_bytes=max_bytes,
    )
