"""Uploads files and whole folders: several at a time, each retried where that can help."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import httpx
import msgspec
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from listenlink.cli.begun_uploads import begun_upload
from listenlink.cli.declaring import OPTIONS
from listenlink.cli.owning import client_of, named_option, organization_of, sentence
from listenlink.client import Client, ListenlinkError, Track
from listenlink.client.sending import PIECES_ABOVE_BYTES
from listenlink.errors import RefusesToStart
from listenlink.model.one_line import one_line
from listenlink.wire.terms import UploadFacts

_AT_ONCE = 4
_OPTIONS = {name: f"--{name}" for name in ("engine", "mode", "title", "instrumental")} | OPTIONS
_SUFFIXES = frozenset(
    {".wav", ".wave", ".flac", ".mp3", ".m4a", ".mp4", ".ogg", ".oga", ".opus", ".aif", ".aiff"}
)


@dataclass(frozen=True, slots=True)
class _File:
    """A file to upload. One found in a folder isn't uploaded a second time."""

    path: Path
    is_found: bool


def upload(
    paths: list[Path],
    facts: dict[str, str | bool | None],
    server: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Upload each file, and those below each folder; a failure is printed, and the others go on.

    Exit status 1 if any failed. A large file is sent in pieces, and the same command resumes it.
    """
    found = {path: list(_files_of(path)) for path in paths}
    files = [file for some in found.values() for file in some]
    empty = [path for path, some in found.items() if not some]
    for path in empty:
        print(f"listenlink: {path}: no audio files are in it", file=sys.stderr)
    if facts["title"] is not None and len(files) > 1:
        raise RefusesToStart("--title is for one file alone")
    if not files:
        raise SystemExit(1)
    said = {name: _written(value) for name, value in facts.items() if value is not None}
    with client_of(server, api_key) as client, progress_bars(as_json) as progress:
        organization_of(client)  # Without a key or a server, this fails once, up front.
        uploader = _Uploader(client, client.base_url, said, progress)
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            started = [threads.submit(_end, uploader, file) for file in files]
            # Printed only from here, as each one ends, so that no line runs into another.
            ended = [_tell(done.result(), as_json) for done in as_completed(started)]
    if empty or not all(ended):
        raise SystemExit(1)


def _written(value: str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else value


def _files_of(path: Path) -> Iterator[_File]:
    if not path.is_dir():
        yield _File(path, is_found=False)
        return
    for found in sorted(path.rglob("*")):
        is_hidden = any(part.startswith(".") for part in found.relative_to(path).parts)
        if found.suffix.lower() in _SUFFIXES and not is_hidden and found.is_file():
            yield _File(found, is_found=True)


@dataclass(frozen=True, slots=True)
class _Ended:
    """The result for one file: a new track, the id of an existing one, or what went wrong."""

    path: Path
    how: Track | str | Exception


def _end(uploader: _Uploader, file: _File) -> _Ended:
    try:
        there = uploader.find(file) if file.is_found else None
        return _Ended(file.path, there or uploader.upload(file))
    except (ListenlinkError, OSError, httpx.InvalidURL, UnicodeError) as error:
        return _Ended(file.path, error)


def _tell(ended: _Ended, as_json: bool) -> bool:
    """Print the result for a file; return whether the server has it now."""
    if isinstance(ended.how, Exception):
        _tell_failure(ended.path, ended.how, as_json)
        return False
    if isinstance(ended.how, str):
        _tell_there(ended.path, ended.how, as_json)
    else:
        _tell_track(ended.how, as_json)
    return True


class _Uploader:
    """Uploads files to the key's organisation."""

    def __init__(self, client: Client, server: str, facts: dict[str, str], bars: Progress) -> None:
        self._client = client
        self._server = server
        self._facts = facts
        self._bars = bars

    def find(self, file: _File) -> str | None:
        """The id of the caller's track with these bytes, or None."""
        return self._client.find_audio(_digest(file.path))

    def upload(self, file: _File) -> Track:
        """Upload the file and return the new track."""
        size_bytes = file.path.stat().st_size
        task = self._bars.add_task(file.path.name, total=size_bytes)

        def progress(sent: int) -> None:
            self._bars.update(task, completed=sent)

        try:
            if size_bytes > PIECES_ABOVE_BYTES:
                return self._upload_in_pieces(file, progress)
            facts = cast(UploadFacts, self._facts)
            return self._client.upload(file.path, progress=progress, **facts)
        finally:
            self._bars.remove_task(task)

    def _upload_in_pieces(self, file: _File, progress: Callable[[int], None]) -> Track:
        """Upload in pieces, resuming what an earlier command began; return the new track."""
        place = self._client.path_of("uploads")
        begun = begun_upload(self._server + place, _digest(file.path), self._facts)
        track = self._client.upload_in_pieces(
            file.path,
            self._facts,
            upload_path=begun.find(),
            begun=begun.keep,
            progress=progress,
        )
        begun.forget()
        return track


def _digest(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def progress_bars(as_json: bool) -> Progress:
    """Bars on a terminal for what is under way; nothing elsewhere."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=Console(stderr=True),
        disable=as_json or not sys.stderr.isatty(),
        transient=True,
    )


def _tell_track(track: Track, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(track).decode(), flush=True)
        return
    seconds = track.measured_duration_seconds
    told = f"{track.id}  {track.title}  {seconds:.1f} s  {track.licence_class}"
    print(one_line(told), flush=True)
    if track.licence_class == "unclear":
        print(f"  No terms are known for engine {track.engine!r}: told as unclear.")


def _tell_there(path: Path, track_id: str, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"file": str(path), "id": track_id, "already_there": True}), flush=True)
    else:
        print(one_line(f"{track_id}  {path}: there already"), flush=True)


def _tell_failure(path: Path, error: Exception, as_json: bool) -> None:
    if as_json:
        code = error.code if isinstance(error, ListenlinkError) else type(error).__name__
        print(json.dumps({"file": str(path), "error": code, "message": sentence(error)}))
    else:
        print(one_line(f"{path}: {_option_of(error)}{sentence(error)}"), file=sys.stderr)


def _option_of(error: Exception) -> str:
    """The option that is at fault, if it isn't the file."""
    named = named_option(error, _OPTIONS) if isinstance(error, ListenlinkError) else ""
    return f"{named}: " if named else ""
