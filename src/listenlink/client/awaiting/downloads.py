"""Fetches a file, going on where it broke off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
from msgspec import Struct

from listenlink.client.answers import as_thing, json_of
from listenlink.client.awaiting.connection import Connection
from listenlink.client.awaiting.waits import aside
from listenlink.client.error import ListenlinkError
from listenlink.client.part import Part
from listenlink.client.sending import READ_BYTES, may_help

Progress = Callable[[int, int], None]

# The address has ended, or leads to something else by now.
_ANEW = (403, 412, 416)
_PARTIAL = 206
# Compressed on its way it would have other offsets.
_AS_IT_IS = {"Accept-Encoding": "identity"}


class _Address(Struct):
    """Where a file can be fetched: of a download, or of one's own track."""

    download_url: str = ""
    playback_url: str | None = None


class Fetcher:
    """Saves what the address leads to that is asked for at a path; asks for another where one has ended."""

    def __init__(
        self,
        connection: Connection,
        file: Path,
        path: str,
        headers: dict[str, str],
        progress: Progress,
    ) -> None:
        self._connection = connection
        self._file = file
        self._path = path
        self._headers = headers
        self._progress = progress
        self._begun_at = -1

    async def fetch(self) -> None:
        """Save it. What has arrived stays in a part, whatever this ends by."""
        failed, before = 0, -1
        while True:
            self._begun_at = -1
            try:
                await self._try()
            except ListenlinkError as error:
                # Whoever gets further each time may go on for as long as it takes.
                failed = 0 if self._begun_at > before else failed + 1
                before = max(self._begun_at, before)
                may_go_on = may_help(error) or error.status in _ANEW
                if failed >= self._connection.tries or not may_go_on:
                    raise
                await self._connection.wait(error, failed)
            else:
                return

    async def _try(self) -> None:
        answer = await self._connection.persist("GET", self._path, headers=self._headers)
        told = as_thing(json_of(answer), _Address)
        url = told.download_url or told.playback_url or ""
        etag, size = await self._look(url)
        part = await aside(Part, self._file, etag, size)
        self._begun_at = part.begins_at
        try:
            if self._begun_at < size:
                await self._append(url, etag, size, part)
        finally:
            there = await aside(part.close)
        if there != size:
            raise ListenlinkError(0, "CUT_OFF", "The download broke off. Try again to go on.")
        await aside(part.become_file)

    async def _look(self, url: str) -> tuple[str, int]:
        """Its tag and its size, by the first byte: what is signed for GET is refused to HEAD by a bucket."""
        async with self._connection.fetching(
            url, headers=_AS_IT_IS | {"Range": "bytes=0-0"}
        ) as got:
            etag, size = got.headers.get("etag", ""), _size_of(got)
        if not etag or not size.isdigit():
            raise ListenlinkError(200, "NOT_LISTENLINK", "The download has no ETag or no length.")
        return etag, int(size)

    async def _append(self, url: str, etag: str, size: int, part: Part) -> None:
        """Append to the part what follows of what has this tag."""
        headers = {"Range": f"bytes={self._begun_at}-", "If-Range": etag, "If-Match": etag}
        async with self._connection.fetching(url, headers=_AS_IT_IS | headers) as answer:
            if answer.status_code != _PARTIAL:  # All of it, whatever was asked for.
                await aside(part.clear)
            async for data in answer.aiter_raw(READ_BYTES):
                self._progress(await aside(part.write, data), size)


def _size_of(answer: httpx.Response) -> str:
    if answer.status_code == _PARTIAL:
        return str(answer.headers.get("content-range", "")).rpartition("/")[2]
    return str(answer.headers.get("content-length", ""))


def untold(_there: int, _of: int) -> None:
    """A progress that nobody is told of."""
