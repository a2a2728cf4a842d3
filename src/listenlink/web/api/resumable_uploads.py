"""Uploads that come in pieces, for tus programs. They describe a track just as a form would."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.params import FromPath

from listenlink import wire
from listenlink.actions.begun_upload import METADATA, Progress
from listenlink.actions.idempotency import Doing
from listenlink.actions.manage_library import find_track
from listenlink.actions.receive_chunk import Chunk
from listenlink.clock import SECOND_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model import ids
from listenlink.model.moment import moment_of
from listenlink.model.resumable_upload import ResumableUpload
from listenlink.running.owning import Owning
from listenlink.web.api import tus
from listenlink.web.api.idempotency import answer_once, digest_of_headers
from listenlink.web.api.tracks import track_answer
from listenlink.web.caller import caller_of, path_id
from listenlink.web.given import Given
from listenlink.web.streamed_body import promised_bytes, stream_body

TRACK_HEADER = "Listenlink-Track"
_UPLOADS = "/v1/music/{org:str}/uploads"
_UPLOAD = _UPLOADS + "/{upload_id:str}"


@post(
    _UPLOADS,
    opt={
        "scope": "write",
        "headers": [tus.RESUMABLE, tus.LENGTH, tus.METADATA],
        "errors": ["412", "413", "429", "507"],
        "repeatable": True,
    },
    summary="Begin an upload in pieces",
    tags=["Uploads"],
)  # fmt: skip
async def begin_upload(
    org: FromPath[str], owning: Given[Owning], request: Request[Any, Any, Any]
) -> Response[wire.Upload]:
    """Say how large the file is and what it is; `Location` is where to send its pieces (tus 1.0)."""
    tus.require_tus(request)
    size_bytes, metadata = (
        tus.number_of(request, "Upload-Length"),
        request.headers.get(METADATA, ""),
    )
    now_us = owning.clock.now_us()

    async def make(doing: Doing[ResumableUpload]) -> ResumableUpload:
        caller = caller_of(request)
        return await owning.resumer.begin(caller, size_bytes, metadata, now_us, doing)

    def tell(upload: ResumableUpload) -> wire.Upload:
        return _body(Progress(upload, 0), None)

    answer = await answer_once(request, owning, digest_of_headers(size_bytes, metadata), tell, make)
    # What is told again has the same headers.
    begun = msgspec.json.decode(answer.content, type=wire.Upload)
    answer.headers["Location"] = f"/v1/music/{org}/uploads/{begun.id}"
    answer.headers["Upload-Offset"] = "0"
    ends_at = begun.expires_at.timestamp()
    answer.headers["Upload-Expires"] = tus.http_date(int(ends_at) * SECOND_US)
    return answer


@get(
    _UPLOAD,
    opt={"scope": "write", "headers": [tus.RESUMABLE], "errors": ["412", "423", "507"]},
    summary="Ask how far an upload is",
    tags=["Uploads"],
)
async def look_at_upload(
    org: FromPath[str],
    upload_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> Response[wire.Upload]:
    """`Upload-Offset` is where to continue; once the track is made, `Listenlink-Track` is its id.
    Programs ask with `HEAD`."""
    tus.require_tus(request)
    number = path_id(ids.UPLOAD, upload_id)
    caller = caller_of(request)
    progress = await owning.resumer.look(caller, number, owning.clock.now_us())
    made = await find_track(owning.database, caller, progress.upload.track_id)
    track = None if made is None else track_answer(owning, made, caller.owner.user_id)
    answer = _answer(progress, track)
    answer.headers["Upload-Length"] = str(progress.upload.size_bytes)
    answer.headers[METADATA] = progress.upload.metadata
    return answer


@patch(
    _UPLOAD,
    opt={
        "scope": "write",
        "headers": [tus.RESUMABLE, tus.OFFSET],
        "errors": ["408", "409", "412", "423", "507"],
    },
    status_code=204,
    request_max_body_size=None,
    operation_class=tus.PieceOperation,
    summary="Send a piece of an upload",
    tags=["Uploads"],
)
async def append_to_upload(
    org: FromPath[str],
    upload_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> Response[None]:
    """Send the bytes from `Upload-Offset` on. With the last of them, the track is made."""
    tus.require_tus(request)
    if request.headers.get("content-type", "").strip().lower() != tus.PIECE:
        raise Problem(
            ProblemKind.UNSUPPORTED_MEDIA_TYPE, f"A piece is {tus.PIECE}.", accepts=tus.PIECE
        )
    progress = await owning.resumer.append(
        caller_of(request),
        path_id(ids.UPLOAD, upload_id),
        tus.number_of(request, "Upload-Offset"),
        Chunk(stream_body(request), promised_bytes(request)),
        owning.clock.now_us(),
    )
    return Response(None, status_code=204, headers=_headers(progress))


@delete(
    _UPLOAD,
    opt={"scope": "write", "headers": [tus.RESUMABLE], "errors": ["412", "423"]},
    status_code=204,
    summary="End an upload",
    tags=["Uploads"],
)
async def end_upload(
    org: FromPath[str],
    upload_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> None:
    """Discard the upload and what has arrived of it. A track that was made of it stays."""
    tus.require_tus(request)
    number = path_id(ids.UPLOAD, upload_id)
    await owning.resumer.end(caller_of(request), number, owning.clock.now_us())


def _answer(progress: Progress, track: wire.Track | None) -> Response[wire.Upload]:
    return Response(_body(progress, track), headers=_headers(progress))


def _body(progress: Progress, track: wire.Track | None) -> wire.Upload:
    return wire.Upload(
        ids.public_id(ids.UPLOAD, progress.upload.id),
        progress.upload.size_bytes,
        progress.offset_bytes,
        moment_of(progress.expires_at),
        track,
    )


def _headers(progress: Progress) -> dict[str, str]:
    headers = {
        "Upload-Offset": str(progress.offset_bytes),
        "Upload-Expires": tus.http_date(progress.expires_at),
    }
    if track_id := _track_id(progress):
        headers[TRACK_HEADER] = track_id
    return headers


def _track_id(progress: Progress) -> str | None:
    number = progress.upload.track_id
    return None if number is None else ids.public_id(ids.TRACK, number)
