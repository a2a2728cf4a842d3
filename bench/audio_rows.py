"""The rows of audio: the same files from everybody, whole ones and ranges of a large one.

Every address that is signed is made anew for each sample, so none can end within a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import httpx

import peers_up
from library import Library
from load import Row
from serve import Measured, Served

_CONNECTIONS_OF_RANGES, _CONNECTIONS_OF_FILES = 16, 4
_RANGES = {"64 KiB": 65_536, "1 MiB": 1_048_576}
_LARGE = "200 MB"
_NAMES = {
    "ours": "Listenlink",
    "nginx": "nginx secure_link",
    "same": "nginx, same send buffer",
    "copyparty": "copyparty",
    "file_response": "FileResponse",
}
Asked = tuple[Measured, Callable[[], str]]


@dataclass
class AudioRows:
    """Who is asked for audio: Listenlink, nginx where there is one, with both sizes of its send buffer,
    copyparty and Starlette."""

    library: Library
    ours: Served
    nginx: peers_up.Nginx | None
    copyparty: Served
    file_response: Served
    quick: bool

    def rows(self) -> Iterator[Row]:
        """All of them."""
        for size in self.library.audio_links:
            asked = self._asked(size)
            if size != _LARGE or not self.quick:
                yield from self._whole(size, asked)
            if size == _LARGE:
                yield from self._ranges({who: one for who, one in asked.items() if who != "same"})

    def _asked(self, size: str) -> dict[str, Asked]:
        name = self.library.audio[size].name
        asked: dict[str, Asked] = {"ours": (self.ours, partial(self._playback_path, size))}
        if self.nginx is not None:
            asked["nginx"] = (self.nginx, lambda: peers_up.secure_link(name))
            asked["same"] = (peers_up.SameBuffer(self.nginx), lambda: peers_up.secure_link(name))
        asked["copyparty"] = (self.copyparty, lambda: f"/shr/songs/{name}")
        asked["file_response"] = (self.file_response, lambda: f"/audio/{name}")
        return asked

    def _playback_path(self, size: str) -> str:
        """The signed address of one file, as a listener gets it now."""
        view = httpx.get(self.ours.url + self.library.audio_links[size]).raise_for_status().json()
        return str(view["track"]["playback_url"]).removeprefix(self.ours.url)

    def _whole(self, size: str, asked: dict[str, Asked]) -> Iterator[Row]:
        for who, (server, path) in asked.items():
            yield Row(
                f"{size} {who}", f"{size}: {_NAMES[who]}", server, "whole.lua",
                partial(_whole_arguments, path),
                connections=_CONNECTIONS_OF_FILES, compare_to=f"{size} ours",
                body_bytes=self.library.audio[size].stat().st_size,
            )  # fmt: skip

    def _ranges(self, asked: dict[str, Asked]) -> Iterator[Row]:
        file_bytes = self.library.audio[_LARGE].stat().st_size
        for length, range_bytes in _RANGES.items():
            if self.quick and length != "64 KiB":
                continue
            for who, (server, path) in asked.items():
                yield Row(
                    f"{length} {who}", f"{length} ranges: {_NAMES[who]}", server, "ranges.lua",
                    partial(_range_arguments, path, file_bytes, range_bytes),
                    connections=_CONNECTIONS_OF_RANGES, compare_to=f"{length} ours",
                    body_bytes=range_bytes,
                )  # fmt: skip


def _whole_arguments(path: Callable[[], str]) -> list[str]:
    return [path()]


def _range_arguments(path: Callable[[], str], file_bytes: int, range_bytes: int) -> list[str]:
    return [path(), str(file_bytes), str(range_bytes)]
