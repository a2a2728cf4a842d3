"""A file's bytes, read while all else goes on, and told of once they were taken."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from listenlink.client.awaiting.waits import aside
from listenlink.client.sending import READ_BYTES, FileForm
from listenlink.client.source import Source


async def read_part(
    source: Source, begins_at: int, ends_at: int, progress: Callable[[int], None]
) -> AsyncIterator[bytes]:
    """The bytes from one offset up to another. Raises OSError if there are fewer."""
    file = await aside(source.open)
    try:
        await aside(file.seek, begins_at)
        offset = begins_at
        while offset < ends_at:
            data = await aside(file.read, min(READ_BYTES, ends_at - offset))
            if not data:
                raise OSError(f"{source.name} got shorter while it was read")
            offset += len(data)
            yield data
            progress(offset)
    finally:
        file.close()


async def read_form(
    form: FileForm, source: Source, progress: Callable[[int], None]
) -> AsyncIterator[bytes]:
    """A form with the whole file in it. The progress is that of the file."""
    yield form.head
    async for data in read_part(source, 0, source.size_bytes, progress):
        yield data
    yield form.tail
