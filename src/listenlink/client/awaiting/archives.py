"""The client's methods for taking music along: a track's file, or a whole collection as one ZIP."""

from __future__ import annotations

import os
from pathlib import Path

from listenlink.client.addresses import headers_of, read_link
from listenlink.client.awaiting.downloads import Fetcher, Progress, untold
from listenlink.client.awaiting.owner import Owner


class ArchiveMethods(Owner):
    """Methods for taking music along. What has arrived stays in a file beside the one that is named,
    `FILE.….part`, so that the same call goes on where it was after whatever broke it off, unless what is
    fetched has changed. `progress` is told how many bytes there are, and of how many. They may also raise
    OSError."""

    async def download_collection(
        self, collection_id: str, file: str | os.PathLike[str], *, progress: Progress | None = None
    ) -> None:
        """Save the files of your collection's tracks as a ZIP."""
        path = await self.path_of("collections", collection_id, "download")
        await Fetcher(self, Path(file), path, {}, progress or untold).fetch()

    async def download_track(
        self, track_id: str, file: str | os.PathLike[str], *, progress: Progress | None = None
    ) -> None:
        """Save the audio of a track in your library as it's played: the file that was put in, or what was
        made of it if browsers can't play that. As they were put in, a collection's ZIP has them."""
        path = await self.path_of("tracks", track_id)
        await Fetcher(self, Path(file), path, {}, progress or untold).fetch()

    async def download_shared(
        self,
        link: str,
        session: str,
        file: str | os.PathLike[str],
        *,
        progress: Progress | None = None,
    ) -> None:
        """Save what a link to a collection leads to as a ZIP, if it may be taken along. `session` is from an
        open of the link. Each call counts as a download, and so does each time that it has to ask again."""
        path = f"{read_link(link).url}/download"
        await Fetcher(self, Path(file), path, headers_of(session), progress or untold).fetch()

    async def download_shared_track(
        self,
        link: str,
        session: str,
        track_id: str,
        file: str | os.PathLike[str],
        *,
        progress: Progress | None = None,
    ) -> None:
        """Save the file of one track that a link leads to, as it was put in, as `download_shared` does."""
        path = f"{read_link(link).url}/download/{track_id}"
        await Fetcher(self, Path(file), path, headers_of(session), progress or untold).fetch()
