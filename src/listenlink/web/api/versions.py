"""A track's versions, for its creator: other audio behind the same links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, delete, get, patch, post
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.params import FromPath, JSONBody

from listenlink import wire
from listenlink.actions import manage_versions as managing
from listenlink.actions.idempotency import Doing
from listenlink.actions.manage_versions import ListedVersions
from listenlink.actions.promise_bytes import Kept
from listenlink.actions.tell_first import telling_first
from listenlink.errors import Problem, ProblemKind
from listenlink.model import ids
from listenlink.model.licence import EngineRegistry
from listenlink.model.moment import moment_of
from listenlink.model.track import Track
from listenlink.model.track_facts import ENGINE_PATTERN
from listenlink.model.version_facts import read_version_facts
from listenlink.model.versions import Version
from listenlink.model.view import licence_view
from listenlink.running.owning import Owning
from listenlink.web.api.idempotency import answer_once, digest_of_form, is_answered
from listenlink.web.api.tracks import track_answer
from listenlink.web.caller import caller_of, path_id
from listenlink.web.given import Given
from listenlink.web.upload_form import (
    UploadForm,
    announced_bytes,
    boundary_of,
    receive_form,
    require_size,
)
from listenlink.wire.bodies import CurrentVersion

_VERSIONS = "/v1/music/{org:str}/tracks/{track_id:str}/versions"
_MOST_DIGITS = 9
_VERSION = _VERSIONS + "/{version:str}"


@dataclass
class NewVersionOperation(Operation):
    """The multipart form, which is read as a stream and so isn't a parameter of the handler."""

    def __post_init__(self) -> None:
        fields = {
            "file": Schema(type="string", format="binary"),  # type: ignore[arg-type]
            "engine": Schema(type="string", pattern=f"^{ENGINE_PATTERN}$"),  # type: ignore[arg-type]
            "current": Schema(type="boolean"),  # type: ignore[arg-type]
        }
        form = Schema(type="object", properties=fields, required=["file"])  # type: ignore[arg-type]
        self.request_body = RequestBody(
            content={"multipart/form-data": OpenAPIMediaType(schema=form)}, required=True
        )


@post(
    _VERSIONS,
    opt={"scope": "write", "repeatable": True, "errors": ["507"]},
    request_max_body_size=None,
    operation_class=NewVersionOperation,
    summary="Put in a new version of a track",
    tags=["Tracks"],
)
async def add_version(
    org: FromPath[str],
    track_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> Response[wire.Track]:
    """Other audio behind the same links, which lead to it from now on. With `current` false it's only put in:
    then its length can be compared before it's made current."""
    number, caller = path_id(ids.TRACK, track_id), caller_of(request)
    most_bytes = owning.settings.max_upload_bytes
    boundary = boundary_of(request)
    require_size(request, most_bytes)
    is_repeat = await is_answered(request, owning)
    if not is_repeat:
        await managing.get_open_to_versions(owning.database, caller, number)
    length = announced_bytes(request, most_bytes)
    async with owning.promises.form(caller, *length, is_repeat=is_repeat) as kept:
        form = await receive_form(request, boundary, owning.storage.drafts, most_bytes, kept)
        try:
            return await _add(owning, request, number, form, kept)
        finally:
            form.discard()


async def _add(
    owning: Owning, request: Request[Any, Any, Any], number: int, form: UploadForm, kept: Kept
) -> Response[wire.Track]:
    if form.draft is None:
        raise Problem(ProblemKind.INVALID, "A file is needed.", field="file")
    draft, facts = form.draft, read_version_facts(form.fields)
    now_us, caller = owning.clock.now_us(), caller_of(request)

    async def make(doing: Doing[Track]) -> Track:
        parts = (owning.uploader, caller, number, draft, facts, now_us)
        return await managing.add_version(*parts, kept.settling(doing))

    def tell(track: Track) -> wire.Track:
        return track_answer(owning, track, caller.owner.user_id)

    return await answer_once(request, owning, digest_of_form(form), tell, make)


@get(_VERSIONS, opt={"scope": "read"}, summary="List the versions of a track", tags=["Tracks"])
async def list_versions(
    org: FromPath[str],
    track_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> wire.Versions:
    """Of a track that the caller made, the newest first, with those that were removed."""
    number = path_id(ids.TRACK, track_id)
    listed = await managing.list_versions(owning.database, caller_of(request), number)
    now_us = owning.clock.now_us()
    found = reversed(listed.versions.items)
    return wire.Versions([tell_version(listed, one, owning.registry, now_us) for one in found])


@patch(
    _VERSION,
    opt={"scope": "write"},
    summary="Make a version the current one",
    tags=["Tracks"],
)
async def make_version_current(
    org: FromPath[str],
    track_id: FromPath[str],
    version: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    data: JSONBody[CurrentVersion],
) -> wire.Version:
    """From now on all links lead to it that follow. If it's that already, nothing changes."""
    number, which, now_us = path_id(ids.TRACK, track_id), _number(version), owning.clock.now_us()

    def tell(listed: ListedVersions) -> wire.Version:
        return tell_version(listed, listed.versions.of(which), owning.registry, now_us)

    database = telling_first(owning.database, tell)
    return tell(await managing.make_current(database, caller_of(request), number, which, now_us))


@delete(
    _VERSION,
    opt={"scope": "write", "errors": ["409"]},
    status_code=200,
    summary="Remove a version for good",
    tags=["Tracks"],
)
async def remove_version(
    org: FromPath[str],
    track_id: FromPath[str],
    version: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> wire.Acknowledgement:
    """Its file is deleted, its playback URLs end at once, and links that are pinned to it lead nowhere. The
    current version can't be removed: 409."""
    number = path_id(ids.TRACK, track_id)
    parts = (owning.database, owning.storage, caller_of(request), number, _number(version))
    await managing.remove_version(*parts, owning.clock.now_us())
    return wire.Acknowledgement(True, track_id, "Version removed.")


def _number(text: str) -> int:
    """The number in a path. Raises Problem(NOT_FOUND) for what is none."""
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise Problem(ProblemKind.NOT_FOUND)
    return int(text)


def tell_version(
    listed: ListedVersions, version: Version, registry: EngineRegistry, now_us: int
) -> wire.Version:
    """One of a track's versions, as its creator sees it."""
    file, current = listed.files.get(version.number), listed.versions.current
    licence = listed.track.of(version).licence(registry, now_us)
    return wire.Version(
        version=version.number,
        current=version.number == current.number,
        engine=version.engine,
        measured_duration_seconds=version.seconds,
        length_change_seconds=round(version.seconds - current.seconds, 3),
        is_shorter_than_declared=version.is_shorter_than_declared,
        created_at=moment_of(version.created_at),
        removed=version.is_removed,
        size_bytes=None if file is None else file.size_bytes,
        content_type=None if file is None else file.content_type,
        licence=licence_view(licence),
    )
