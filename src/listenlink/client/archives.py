"""The client's methods for archives: a whole collection as one ZIP, going on where it broke off."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO

from listenlink.client.connection import Connection
from listenlink.client.error import ListenlinkError
from listenlink.client.links import read_link
from listenlink.client.owner import Owner, as_thing
from listenlink.client.sending import may_help, nobody, trying, wait
from listenlink.wire import Download

Progress = Callable[[int, int], None]

_PIECE_BYTES = 256 * 1024
_TRIES = 5
# The URL has ended, or the archive is another one by now.
_ANEW = (403, 412, 416)
_UNFIT = re.compile(r"[^0-9A-Za-z]")


class ArchiveMethods(Owner):
    """Methods for taking a collection along. What has arrived stays in a file beside the one that is named,
    `FILE.….part`, so that the same call goes on where it was after whatever broke it off, unless the
    collection has changed. `progress` is told how many bytes there are, and of how many. They may also raise
    OSError."""

    def download_collection(
        self, collection_id: str, file: str | os.PathLike[str], *, progress: Progress | None = None
    ) -> None:
        """Save the files of your collection's tracks as a ZIP."""
        path = self.path_of("collections", collection_id, "download")
        _fetch(self, Path(file), lambda: self.get(path), progress or _nobody)

    def download_shared(
        self,
        link: str,
        session: str,
        file: str | os.PathLike[str],
        *,
        progress: Progress | None = None,
    ) -> None:
        """Save what a link to a collection leads to as a ZIP, if it may be taken along. `session` is from an
        open of the link. Each call counts as a download, and so does each time that it has to ask again."""
        path, headers = f"{read_link(link).url}/download", {"Listen-Session": session}
        _fetch(self, Path(file), lambda: self.get(path, headers=headers), progress or _nobody)


def _nobody(_there: int, _of: int) -> None:
    nobody(None)


def _tell(progress: Progress, size: int, there: int) -> None:
    progress(there, size)


def _fetch(
    connection: Connection, file: Path, ask: Callable[[], object], progress: Progress
) -> None:
    """Save what the URL that is asked for leads to. Asks for another URL where one has ended."""
    failed, before = 0, -1
    while True:
        there = -1
        try:
            url = as_thing(trying(ask), Download).download_url
            head = trying(lambda at=url: connection.send("HEAD", at))  # type: ignore[misc]
            etag, size = head.headers["etag"], int(head.headers["content-length"])
            part = file.with_name(f"{file.name}.{_UNFIT.sub('', etag)[:16]}.part")
            with part.open("ab") as opened:
                if opened.tell() > size:
                    opened.truncate(0)
                there = opened.tell()
                if there < size:
                    _go_on(connection, url, etag, opened, partial(_tell, progress, size))
                there = opened.tell()
                opened.flush()
                os.fsync(opened.fileno())
            if there != size:
                raise ListenlinkError(0, "CUT_OFF", "The archive broke off. Try again to go on.")
            part.replace(file)
            _clear(file)
            return
        except ListenlinkError as error:
            # Whoever gets further each time may go on for as long as it takes.
            failed = 0 if there > before else failed + 1
            before = max(there, before)
            if failed >= _TRIES or not (may_help(error) or error.status in _ANEW):
                raise
            wait(error, failed)


def _clear(file: Path) -> None:
    """Remove what is left of archives that were others: nobody goes on with these."""
    ours = re.compile(re.escape(file.name) + r"\.[0-9a-f]{16}\.part")
    for left in file.parent.iterdir():
        if ours.fullmatch(left.name):
            left.unlink(missing_ok=True)


def _go_on(
    connection: Connection, url: str, etag: str, part: IO[bytes], progress: Callable[[int], None]
) -> None:
    """Append to the part what follows of the archive with this tag."""
    there = part.tell()
    headers = {"Range": f"bytes={there}-", "If-Range": etag, "If-Match": etag}
    with connection.fetching(url, headers=headers) as answer:
        if answer.status_code == 200:  # All of it, whatever was asked for.
            part.seek(0)
            part.truncate()
        for chunk in answer.iter_raw(_PIECE_BYTES):
            part.write(chunk)
            progress(part.tell())
