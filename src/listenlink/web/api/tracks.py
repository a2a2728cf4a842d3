"""Tracks, for their creator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.params import FromPath

from listenlink import wire
from listenlink.actions import manage_tracks as managing
from listenlink.actions.idempotency import Doing
from listenlink.actions.manage_library import get_track as get_library_track
from listenlink.actions.promise_bytes import Kept
from listenlink.errors import Problem, ProblemKind
from listenlink.model import ids
from listenlink.model.moment import moment_of
from listenlink.model.track import Track
from listenlink.model.track_facts import ENGINE_PATTERN, read_facts
from listenlink.model.view import ai_view
from listenlink.running.owning import Owning
from listenlink.web.api.idempotency import answer_once, digest_of_form, is_answered
from listenlink.web.caller import caller_of, path_id
from listenlink.web.given import Given
from listenlink.web.upload_form import (
    UploadForm,
    announced_bytes,
    boundary_of,
    receive_form,
    require_size,
)
from listenlink.wire.bodies import AI_MARKS, ATTRIBUTION_LENGTH, MODES, TERMS, TITLE_LENGTH


@dataclass
class UploadOperation(Operation):
    """The multipart form, which is read as a stream and so isn't a parameter of the handler."""

    def __post_init__(self) -> None:
        fields = {
            "file": Schema(type="string", format="binary"),  # type: ignore[arg-type]
            "title": Schema(type="string", max_length=TITLE_LENGTH),  # type: ignore[arg-type]
            "artist": Schema(type="string", max_length=TITLE_LENGTH),  # type: ignore[arg-type]
            "engine": Schema(type="string", pattern=f"^{ENGINE_PATTERN}$"),  # type: ignore[arg-type]
            "mode": Schema(type="string", enum=[*MODES]),  # type: ignore[arg-type]
            "instrumental": Schema(type="boolean"),  # type: ignore[arg-type]
            "declared_licence": Schema(type="string", enum=[*TERMS]),  # type: ignore[arg-type]
            "attribution_text": Schema(type="string", max_length=ATTRIBUTION_LENGTH),  # type: ignore[arg-type]
            "confirmed": Schema(type="boolean"),  # type: ignore[arg-type]
            "ai": Schema(type="string", enum=[*AI_MARKS]),  # type: ignore[arg-type]
        }
        form = Schema(type="object", properties=fields, required=["file", "engine"])  # type: ignore[arg-type]
        self.request_body = RequestBody(
            content={"multipart/form-data": OpenAPIMediaType(schema=form)}, required=True
        )


@post(
    "/v1/music/{org:str}/tracks",
    opt={"scope": "write", "repeatable": True, "errors": ["507"]},
    request_max_body_size=None,
    operation_class=UploadOperation,
    summary="Upload a track",
    tags=["Tracks"],
)
async def upload_track(
    org: FromPath[str], owning: Given[Owning], request: Request[Any, Any, Any]
) -> Response[wire.Track]:
    """Upload a track: WAV, FLAC, MP3, M4A, AAC, Ogg, Opus, WebM, Matroska or AIFF."""
    most_bytes = owning.settings.max_upload_bytes
    boundary = boundary_of(request)
    require_size(request, most_bytes)
    is_repeat = await is_answered(request, owning)  # refuses a wrong key before the file is sent
    length = announced_bytes(request, most_bytes)
    caller = caller_of(request)
    async with owning.promises.form(caller, *length, is_repeat=is_repeat) as kept:
        form = await receive_form(request, boundary, owning.storage.drafts, most_bytes, kept)
        try:
            return await _make_track(owning, request, form, kept)
        finally:
            form.discard()


async def _make_track(
    owning: Owning, request: Request[Any, Any, Any], form: UploadForm, kept: Kept
) -> Response[wire.Track]:
    if form.draft is None:
        raise Problem(ProblemKind.INVALID, "A file is needed.", field="file")
    draft, facts, now_us = form.draft, read_facts(form.fields), owning.clock.now_us()

    async def make(doing: Doing[Track]) -> Track:
        return await owning.uploader.upload(
            caller_of(request), draft, facts, form.file_name, now_us, kept.settling(doing)
        )

    def tell(track: Track) -> wire.Track:
        return track_answer(owning, track, track.creator_id)

    return await answer_once(request, owning, digest_of_form(form), tell, make)


@get(
    "/v1/music/{org:str}/tracks/{track_id:str}",
    opt={"scope": "read"},
    summary="Get a track",
    tags=["Tracks"],
)
async def get_track(
    org: FromPath[str],
    track_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> wire.Track:
    """A track that the caller made or saved, with a fresh playback URL."""
    number = path_id(ids.TRACK, track_id)
    caller = caller_of(request)
    track = await get_library_track(owning.database, caller, number)
    return track_answer(owning, track, caller.owner.user_id)


@delete(
    "/v1/music/{org:str}/tracks/{track_id:str}",
    opt={"scope": "write"},
    status_code=200,
    summary="Delete a track",
    tags=["Tracks"],
)
async def delete_track(
    org: FromPath[str],
    track_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> wire.Acknowledgement:
    """Delete a track: its links answer `available: false`, and its playback URLs end at once."""
    number = path_id(ids.TRACK, track_id)
    await managing.delete_track(
        owning.database, owning.storage, caller_of(request), number, owning.clock.now_us()
    )
    return wire.Acknowledgement(True, track_id, "Track deleted.")


def track_answer(owning: Owning, track: Track, user_id: int | None) -> wire.Track:
    """The answer for a user who may hear the track; `user_id` is None in lists, where it can't be heard."""
    now_us = owning.clock.now_us()
    licence = track.licence(owning.registry, now_us)
    declared = track.declarations if track.link_made_at is None else None
    url = manifest_url = None
    if user_id is not None:
        ttl_seconds = owning.settings.playback_ttl_seconds
        url = managing.own_playback_url(
            owning.urls, owning.storage.urls, user_id, track, ttl_seconds, now_us
        )
        manifest_url = managing.own_manifest_url(owning.urls, user_id, track, ttl_seconds, now_us)
    return wire.Track(
        id=ids.public_id(ids.TRACK, track.id),
        title=track.title,
        engine=track.engine,
        mode=track.mode,
        measured_duration_seconds=track.measured_duration_seconds,
        instrumental=track.instrumental,
        licence_class=licence.licence_class.value,
        created_at=moment_of(track.created_at),
        playback_url=url,
        stem_urls=None,
        artist=track.artist,
        is_shorter_than_declared=track.is_shorter_than_declared,
        declared_licence=None if declared is None else declared.newest.terms.value,
        attribution_text=None if declared is None else declared.newest_text,
        version=track.version,
        versions=track.all_versions.there,
        ai=ai_view(track.claims(owning.registry, now_us)),
        manifest_url=manifest_url,
    )
