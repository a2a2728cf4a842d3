# Written by scripts/write_blocking_client.py. Change client/awaiting/reading.py, then `make client`.
"""A file's bytes, read while all else goes on, and told of once they were taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from listenlink.client.blocking.waits import aside
from listenlink.client.sending import READ_BYTES, FileForm
from listenlink.client.source import Source


def read_part(
    source: Source, begins_at: int, ends_at: int, progress: Callable[[int], None]
) -> Iterator[bytes]:
    """The bytes from one offset up to another. Raises OSError if there are fewer."""
    file = aside(source.open)
    try:
        aside(file.seek, begins_at)
        offset = begins_at
        while offset < ends_at:
            data = aside(file.read, min(READ_BYTES, ends_at - offset))
            if not data:
                raise OSError(f"{source.name} got shorter while it was read")
            offset += len(data)
            yield data
            progress(offset)
    finally:
        file.close()


def read_form(form: FileForm, source: Source, progress: Callable[[int], None]) -> Iterator[bytes]:
    """A form with the whole file in it. The progress is that of the file."""
    yield form.head
    yield from read_part(source, 0, source.size_bytes, progress)
    yield form.tail
