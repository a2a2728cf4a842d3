"""The versions of a track, for who made it: put one in by a plain form, make one current, remove one."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from listenlink.actions import manage_versions as managing
from listenlink.actions.authenticate import require_access
from listenlink.actions.idempotency import always
from listenlink.actions.manage_versions import ListedVersions
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.model import ids
from listenlink.model.track import Track
from listenlink.model.version_facts import VersionFacts, read_version_facts
from listenlink.model.versions import SAME_LENGTH_SECONDS, Version
from listenlink.web.caller import path_id
from listenlink.web.desk.room import Asked, Room, person_of, whole_number
from listenlink.web.desk.signing_in import PERSON
from listenlink.web.desk.track import show_track_with
from listenlink.web.given import Given
from listenlink.web.headers import headers_of
from listenlink.web.negotiation import names_page
from listenlink.web.pages.upload_words import find_reason
from listenlink.web.problems import RETRY_AFTER_SECONDS, status_of
from listenlink.web.upload_form import (
    UploadForm,
    announced_bytes,
    boundary_of,
    receive_form,
    require_size,
)

_PATH = "/desk/tracks/{track_id:str}/versions"
_ONE = _PATH + "/{version:str}"
_LIMITED = 429
_MOST_DIGITS = 9


@post(_PATH, opt=PERSON, include_in_schema=False, request_max_body_size=None)
async def add_by_form(
    room: Given[Room], request: Asked, track_id: FromPath[str]
) -> Response[bytes]:
    """Put one in. It's current at once if it's as long as the one before; else one is asked first."""
    caller, number = person_of(request).caller, path_id(ids.TRACK, track_id)
    await managing.list_versions(room.owning.database, caller, number)
    boundary, form = boundary_of(request), UploadForm()
    try:
        added = (await _add(room, request, boundary, number, form)).all_versions.items[-1]
        listed = await managing.list_versions(room.owning.database, caller, number)
        if not _is_as_long(listed, added):
            return room.see(f"/desk/tracks/{track_id}/versions/{added.number}", "version_added")
        now_us = room.owning.clock.now_us()
        await managing.make_current(room.owning.database, caller, number, added.number, now_us)
    except Problem as problem:
        return await _refused(room, request, track_id, problem)
    return room.see(f"/desk/tracks/{track_id}", "version_current")


async def _add(room: Room, request: Asked, boundary: str, number: int, form: UploadForm) -> Track:
    owning, caller = room.owning, person_of(request).caller
    require_access(caller, None, "write")
    await managing.get_open_to_versions(owning.database, caller, number)
    most_bytes = owning.settings.max_upload_bytes
    require_size(request, most_bytes)
    length = announced_bytes(request, most_bytes)
    async with owning.promises.form(caller, *length, is_repeat=False) as kept:
        try:
            await receive_form(request, boundary, owning.storage.drafts, most_bytes, kept, form)
            # A browser sends a file field that nothing was chosen for as an empty file without a name.
            if form.draft is None or not (form.file_name or form.draft.size_bytes):
                raise invalid("file", "A file is needed.")
            said = read_version_facts(form.fields)
            return await managing.add_version(
                owning.uploader,
                caller,
                number,
                form.draft,
                VersionFacts(said.engine, is_current=False),
                owning.clock.now_us(),
                kept.settling(always),
            )
        finally:
            form.discard()


async def _refused(room: Room, request: Asked, track_id: str, problem: Problem) -> Response[bytes]:
    is_page = names_page(headers_of(dict(request.scope)))
    if (reason := find_reason(problem)) is None or not is_page:
        raise problem
    told = Problem(problem.kind, reason, field="version-file")
    status = status_of(problem)
    answer = await show_track_with(room, request, track_id, status, wrong=told)
    if status == _LIMITED:
        wait = problem.details.get("retry_after_seconds", RETRY_AFTER_SECONDS)
        answer.headers["retry-after"] = str(wait)
    return answer


@get(_ONE, opt=PERSON, include_in_schema=False)
async def ask_to_use(
    room: Given[Room], request: Asked, track_id: FromPath[str], version: FromPath[str]
) -> Response[bytes]:
    """Say what becomes of links, and how long it is."""
    return await room.page(request, "use_version", **await _shown(room, request, track_id, version))


@post(_ONE, opt=PERSON, include_in_schema=False)
async def use_one(
    room: Given[Room], request: Asked, track_id: FromPath[str], version: FromPath[str]
) -> Response[bytes]:
    """Make it the current one."""
    owning, caller = room.owning, person_of(request).caller
    number, now_us = path_id(ids.TRACK, track_id), owning.clock.now_us()
    await managing.make_current(owning.database, caller, number, _number(version), now_us)
    return room.see(f"/desk/tracks/{track_id}", "version_current")


@get(f"{_ONE}/remove", opt=PERSON, include_in_schema=False)
async def ask_to_remove_version(
    room: Given[Room], request: Asked, track_id: FromPath[str], version: FromPath[str]
) -> Response[bytes]:
    """What goes with it."""
    return await room.page(
        request, "remove_version", **await _shown(room, request, track_id, version)
    )


@post(f"{_ONE}/remove", opt=PERSON, include_in_schema=False)
async def remove_one_version(
    room: Given[Room], request: Asked, track_id: FromPath[str], version: FromPath[str]
) -> Response[bytes]:
    """Remove it for good."""
    owning, number = room.owning, path_id(ids.TRACK, track_id)
    parts = (owning.database, owning.storage, person_of(request).caller, number, _number(version))
    await managing.remove_version(*parts, owning.clock.now_us())
    return room.see(f"/desk/tracks/{track_id}", "version_removed")


async def _shown(room: Room, request: Asked, track_id: str, version: str) -> dict[str, Any]:
    number, caller = path_id(ids.TRACK, track_id), person_of(request).caller
    listed = await managing.list_versions(room.owning.database, caller, number)
    found = listed.versions.find(_number(version))
    if found is None:
        raise Problem(ProblemKind.NOT_FOUND)
    current = listed.versions.current
    return {
        "id": track_id,
        "track": listed.track,
        "version": found,
        "current": current,
        "is_as_long": _is_as_long(listed, found),
        "is_longer": found.seconds > current.seconds,
        "apart": f"{abs(found.seconds - current.seconds):.1f}",
    }


def _number(text: str) -> int:
    """The number in a path. Raises Problem(NOT_FOUND) for what is none."""
    number = whole_number(text, _MOST_DIGITS)
    if number is None:
        raise Problem(ProblemKind.NOT_FOUND)
    return number


def _is_as_long(listed: ListedVersions, version: Version) -> bool:
    return abs(version.seconds - listed.versions.current.seconds) <= SAME_LENGTH_SECONDS
