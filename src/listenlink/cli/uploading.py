"""Upload files and whole folders: several at a time, each tried again where that can help."""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from listenlink.cli.owning import client_of, organization_of, sentence
from listenlink.client import Client, ListenlinkError
from listenlink.errors import RefusesToStart

_Told = TypeVar("_Told")
_TIMEOUT_SECONDS = 300.0
_AT_ONCE = 4
_TRIES = 5
_LONGEST_WAIT_SECONDS = 60.0
_SUFFIXES = frozenset(
    {".wav", ".wave", ".flac", ".mp3", ".m4a", ".mp4", ".ogg", ".oga", ".opus", ".aif", ".aiff"}
)


@dataclass(frozen=True, slots=True)
class _File:
    """One to upload. What was found in a folder isn't uploaded a second time."""

    path: Path
    is_found: bool


def upload(
    paths: list[Path],
    engine: str,
    mode: str,
    title: str | None,
    instrumental: bool,
    server: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Upload each file, and those below each folder; what fails is said, the others go on.

    Exit status 1 if any failed. Each upload may be repeated safely: it has an Idempotency-Key.
    """
    files = [file for path in paths for file in _files_of(path)]
    if title is not None and len(files) > 1:
        raise RefusesToStart("--title is for one file alone")
    facts = {"engine": engine, "mode": mode, "instrumental": str(instrumental).lower()}
    if title is not None:
        facts["title"] = title
    with client_of(server, api_key) as client, _progress(as_json) as progress:
        organization = organization_of(client)
        uploader = _Uploader(client, f"/v1/music/{organization}", facts, progress)
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            started = [threads.submit(_end, uploader, file) for file in files]
            # Told from here alone, as each one ends, so that no line runs into another.
            ended = [_tell(done.result(), as_json) for done in as_completed(started)]
    if not all(ended):
        raise SystemExit(1)


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
    """How one file ended: a new track, the id of one that is there, or what went wrong."""

    path: Path
    how: dict[str, Any] | str | Exception


def _end(uploader: _Uploader, file: _File) -> _Ended:
    try:
        there = uploader.find(file) if file.is_found else None
        return _Ended(file.path, there or uploader.upload(file))
    except (ListenlinkError, OSError) as error:
        return _Ended(file.path, error)


def _tell(ended: _Ended, as_json: bool) -> bool:
    """Say how a file ended; whether it's there now."""
    if isinstance(ended.how, Exception):
        _tell_failure(ended.path, ended.how, as_json)
        return False
    if isinstance(ended.how, str):
        _tell_there(ended.path, ended.how, as_json)
    else:
        _tell_track(ended.how, as_json)
    return True


class _Uploader:
    """Uploads to one organisation."""

    def __init__(
        self, client: Client, base: str, facts: dict[str, str], progress: Progress
    ) -> None:
        self._client = client
        self._base = base
        self._facts = facts
        self._progress = progress

    def find(self, file: _File) -> str | None:
        """The caller's track with these bytes, or None."""
        with file.path.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
        try:
            told = _trying(lambda: self._client.get(f"{self._base}/audio/{digest}"))
        except ListenlinkError as error:
            if error.status == 404:
                return None
            raise
        return str(told["track_id"])

    def upload(self, file: _File) -> dict[str, Any]:
        """The new track."""
        task = self._progress.add_task(file.path.name, total=file.path.stat().st_size)
        key = secrets.token_hex(16)

        def send() -> dict[str, Any]:
            self._progress.reset(task)
            with file.path.open("rb") as source:
                answer: dict[str, Any] = self._client.post(
                    f"{self._base}/tracks",
                    data=self._facts,
                    files={"file": (file.path.name, _Watched(source, self._progress, task))},
                    headers={"Idempotency-Key": key},
                    timeout=_TIMEOUT_SECONDS,
                )
            return answer

        try:
            return _trying(send)
        finally:
            self._progress.remove_task(task)


def _trying(ask: Callable[[], _Told]) -> _Told:
    """Ask, again if the server was busy, limited or away: at most five times, waiting as it says."""
    for tried in range(1, _TRIES + 1):
        try:
            return ask()
        except ListenlinkError as error:
            may_help = error.status in (0, 408, 429) or error.status >= 500
            if not may_help or tried == _TRIES:
                raise
            wait_seconds = error.retry_after_seconds or 0.25 * 2**tried
            time.sleep(min(wait_seconds, _LONGEST_WAIT_SECONDS))
    raise AssertionError("unreachable")


def _progress(as_json: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=Console(stderr=True),
        disable=as_json or not sys.stderr.isatty(),
        transient=True,
    )


class _Watched(io.RawIOBase):
    """A file that moves a progress bar as it's read."""

    def __init__(self, file: BinaryIO, progress: Progress, task: Any) -> None:
        self._file = file
        self._bar = progress
        self._task = task

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def fileno(self) -> int:
        return self._file.fileno()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._bar.advance(self._task, len(data))
        return data


def _tell_track(track: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(track), flush=True)
        return
    seconds = track["measured_duration_seconds"]
    print(f"{track['id']}  {track['title']}  {seconds:.1f} s  {track['licence_class']}", flush=True)
    if track["licence_class"] == "unclear":
        print(f"  No terms are known for engine {track['engine']!r}: told as unclear.")


def _tell_there(path: Path, track_id: str, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"file": str(path), "id": track_id, "already_there": True}), flush=True)
    else:
        print(f"{track_id}  {path}: there already", flush=True)


def _tell_failure(path: Path, error: Exception, as_json: bool) -> None:
    if as_json:
        code = error.code if isinstance(error, ListenlinkError) else type(error).__name__
        print(json.dumps({"file": str(path), "error": code, "message": sentence(error)}))
    else:
        print(f"{path}: {sentence(error)}", file=sys.stderr)
