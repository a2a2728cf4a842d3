"""Commands of an owner, spoken to the API: upload, share, revoke."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any, BinaryIO

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from listenlink.client import Client, ListenlinkError
from listenlink.errors import RefusesToStart

_UPLOAD_TIMEOUT_SECONDS = 300.0


def upload(
    files: list[Path],
    engine: str,
    mode: str,
    title: str | None,
    instrumental: bool,
    server: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Upload each file; what fails is said, the others go on. Exit status 1 if any failed."""
    if title is not None and len(files) > 1:
        raise RefusesToStart("--title is for one file alone")
    facts = {"engine": engine, "mode": mode, "instrumental": str(instrumental).lower()}
    if title is not None:
        facts["title"] = title
    failed = 0
    with _client(server, api_key) as client, _progress(as_json) as progress:
        organization = _organization(client)
        for path in files:
            try:
                track = _upload_one(client, organization, path, facts, progress)
            except (ListenlinkError, OSError) as error:
                failed += 1
                _tell_failure(path, error, as_json)
            else:
                _tell_track(track, as_json, progress)
    if failed:
        raise SystemExit(1)


def share(
    target: str,
    terms: dict[str, Any],
    server: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Make a link and print its URL, in a terminal with a QR code."""
    kinds = {"mtrack": "tracks", "mcoll": "collections"}
    kind = kinds.get(target.partition("_")[0])
    if kind is None:
        raise RefusesToStart(f"{target} is neither a track (mtrack_…) nor a collection (mcoll_…)")
    with _client(server, api_key) as client:
        path = f"/v1/music/{_organization(client)}/{kind}/{target}/share"
        asked = {name: value for name, value in terms.items() if value is not None}
        link = _ask(lambda: client.post(path, json=asked))
    if as_json:
        print(json.dumps(link))
        return
    print(link["url"])
    print(f"{link['id']}  (shown once; to close it: listenlink revoke {link['id']})")
    if sys.stdout.isatty():
        print_qr(link["url"])


def revoke(share_id: str, server: str | None, api_key: str | None, as_json: bool) -> None:
    """Revoke a link."""
    with _client(server, api_key) as client:
        path = f"/v1/music/{_organization(client)}/share/{share_id}"
        done = _ask(lambda: client.delete(path))
    print(json.dumps(done) if as_json else f"{done['id']}: {done['detail']}")


def print_qr(url: str) -> None:
    """The URL as a QR code of characters."""
    import segno

    drawn = io.StringIO()
    segno.make(url, error="m").terminal(drawn, compact=True)
    print(drawn.getvalue())


def _client(server: str | None, api_key: str | None) -> Client:
    return Client(server, api_key)


def _organization(client: Client) -> str:
    """The organisation that the key is of."""
    return str(_ask(lambda: client.get("/v1/caller"))["organization_id"])


def _ask(request: Any) -> Any:
    try:
        return request()
    except ListenlinkError as error:
        raise RefusesToStart(_sentence(error)) from None


def _sentence(error: Exception) -> str:
    if not isinstance(error, ListenlinkError):
        return f"{type(error).__name__}: {error}"
    trace = f" [{error.trace_id}]" if error.trace_id else ""
    return f"{error.message} ({error.code}){trace}"


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


def _upload_one(
    client: Client, organization: str, path: Path, facts: dict[str, str], progress: Progress
) -> dict[str, Any]:
    task = progress.add_task(path.name, total=path.stat().st_size)
    with path.open("rb") as file:
        answer: dict[str, Any] = client.post(
            f"/v1/music/{organization}/tracks",
            data=facts,
            files={"file": (path.name, _Watched(file, progress, task))},
            timeout=_UPLOAD_TIMEOUT_SECONDS,
        )
    return answer


def _tell_track(track: dict[str, Any], as_json: bool, progress: Progress) -> None:
    if as_json:
        print(json.dumps(track), flush=True)
        return
    seconds = track["measured_duration_seconds"]
    progress.console.file.flush()
    print(f"{track['id']}  {track['title']}  {seconds:.1f} s  {track['licence_class']}", flush=True)
    if track["licence_class"] == "unclear":
        print(f"  No terms are known for engine {track['engine']!r}: told as unclear.")


def _tell_failure(path: Path, error: Exception, as_json: bool) -> None:
    if as_json:
        code = error.code if isinstance(error, ListenlinkError) else type(error).__name__
        print(json.dumps({"file": str(path), "error": code, "message": _sentence(error)}))
    else:
        print(f"{path}: {_sentence(error)}", file=sys.stderr)
