"""Putting a track in by a plain form, and the page where that works without script. What has script sends its
files to the API, in pieces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post

from listenlink.actions.authenticate import require_access
from listenlink.actions.idempotency import always
from listenlink.errors import Problem, invalid
from listenlink.model.declared import Terms
from listenlink.model.declaring import FIELDS as DECLARING
from listenlink.model.licence import OWN_RECORDING
from listenlink.model.track_facts import TrackFacts, read_facts
from listenlink.web.desk.licences import tell_default
from listenlink.web.desk.room import Asked, Room, person_of
from listenlink.web.desk.signing_in import PERSON
from listenlink.web.given import Given
from listenlink.web.headers import headers_of
from listenlink.web.negotiation import names_page
from listenlink.web.pages.upload_words import find_reason
from listenlink.web.problems import RETRY_AFTER_SECONDS, status_of
from listenlink.web.upload_form import (
    UploadForm,
    announced_bytes,
    boundary_of,
    read_typed,
    receive_form,
    require_size,
)

_TRACKS = "/desk"
_FIELDS = ("file", "title", "engine", "ai", *DECLARING)
_LIMITED = 429


@get("/desk/upload", opt=PERSON, include_in_schema=False)
async def show_upload(room: Given[Room], request: Asked) -> Response[bytes]:
    """Where one puts tracks in."""
    default = await tell_default(room, person_of(request).caller)
    return await room.page(request, "upload_page", **default)


@post("/desk/upload", opt=PERSON, include_in_schema=False, request_max_body_size=None)
async def upload_by_form(room: Given[Room], request: Asked) -> Response[bytes]:
    """Put one file in. It's taken in and refused as the API does both."""
    boundary, form = boundary_of(request), UploadForm()
    try:
        await _make_track(room, request, boundary, form)
    except Problem as problem:
        if (reason := find_reason(problem)) is None or not names_page(
            headers_of(dict(request.scope))
        ):
            raise
        typed = form.fields or await read_typed(request, boundary)
        return await _refused(room, request, problem, reason, typed)
    return room.see(_TRACKS, "uploaded")


async def _make_track(room: Room, request: Asked, boundary: str, form: UploadForm) -> None:
    owning, caller = room.owning, person_of(request).caller
    require_access(caller, None, "write")
    most_bytes = owning.settings.max_upload_bytes
    require_size(request, most_bytes)
    length = announced_bytes(request, most_bytes)
    async with owning.promises.form(caller, *length, is_repeat=False) as kept:
        try:
            await receive_form(request, boundary, owning.storage.drafts, most_bytes, kept, form)
            # A browser sends a file field that nothing was chosen for as an empty file without a name.
            if form.draft is None or not (form.file_name or form.draft.size_bytes):
                raise invalid("file", "A file is needed.")
            facts, now_us = _facts_of(form.fields), owning.clock.now_us()
            await owning.uploader.upload(
                caller, form.draft, facts, form.file_name, now_us, kept.settling(always)
            )
        finally:
            form.discard()


def _facts_of(fields: Mapping[str, str]) -> TrackFacts:
    """A form of a page sends a field also where nothing was typed, and those that aren't shown for what is
    chosen, whatever was typed there before."""
    said = {name: text for name, text in fields.items() if name != "title" or text}
    terms, engine = said.get("declared_licence"), said.get("engine", "").strip()
    unasked = set(DECLARING) if not terms or engine != OWN_RECORDING else set()
    if terms == Terms.ZERO:
        unasked.add("attribution_text")
    return read_facts({name: text for name, text in said.items() if name not in unasked})


async def _refused(
    room: Room, request: Asked, problem: Problem, reason: str, typed: Mapping[str, Any]
) -> Response[bytes]:
    field = problem.details.get("field", "file")
    told = Problem(problem.kind, reason, field=field if field in _FIELDS else "form")
    status = status_of(problem)
    default = await tell_default(room, person_of(request).caller)
    answer = await room.page(request, "upload_page", status, wrong=told, typed=typed, **default)
    if status == _LIMITED:
        wait = problem.details.get("retry_after_seconds", RETRY_AFTER_SECONDS)
        answer.headers["retry-after"] = str(wait)
    return answer
