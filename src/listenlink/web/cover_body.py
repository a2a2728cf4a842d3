"""A picture that is sent to become a cover: its bytes go to a draft as they arrive, and are bounded."""

from __future__ import annotations

from typing import Any

from litestar import Request

from listenlink.errors import Problem, ProblemKind
from listenlink.media.covers import MOST_BYTES
from listenlink.media.disk.draft import Draft
from listenlink.threads import DISK

_WRITTEN_BYTES = 1024 * 1024


class CoverBody:
    """Writes a picture to the draft, some at a time, in a thread."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._unwritten = bytearray()

    async def add(self, chunk: bytes) -> None:
        """Take some more. Raises Problem: TOO_LARGE, and what a draft raises."""
        self._unwritten += chunk
        if self._draft.size_bytes + len(self._unwritten) > MOST_BYTES:
            raise too_large()
        if len(self._unwritten) >= _WRITTEN_BYTES:
            await self.end()

    async def end(self) -> None:
        """Write what is left."""
        written = bytes(self._unwritten)
        self._unwritten.clear()
        await DISK.run(self._draft.write, written)


def too_large() -> Problem:
    """The problem for a picture of too many bytes."""
    return Problem(
        ProblemKind.TOO_LARGE,
        "This picture is larger than 8 MiB. Make it smaller.",
        field="cover",
        max_bytes=MOST_BYTES,
    )


async def next_piece(request: Request[Any, Any, Any]) -> tuple[bytes, bool]:
    """The next piece of the body, and whether more may follow. Raises Problem: 408 if the sender goes quiet,
    400 if it disconnects."""
    message = await request.receive()
    if message["type"] != "http.request":
        raise Problem(ProblemKind.BAD_REQUEST, "The picture was broken off.")
    return message["body"], message.get("more_body", False)
