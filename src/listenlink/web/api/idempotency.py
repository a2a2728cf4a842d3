"""The `Idempotency-Key` header: reads it, and answers the write behind it as before or anew."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response

from listenlink.actions.idempotency import (
    HEADER,
    AnsweredBefore,
    Asked,
    Doing,
    Once,
    was_answered,
)
from listenlink.actions.tell_first import Telling
from listenlink.errors import invalid
from listenlink.running.owning import Owning
from listenlink.web.caller import caller_of
from listenlink.web.upload_form import UploadForm

KEY_HEADER = HEADER
KEY_PATTERN = "[!-~]{1,255}"
_KEY = re.compile(KEY_PATTERN)
_Made = TypeVar("_Made")


def idempotency_key(request: Request[Any, Any, Any]) -> str | None:
    """The key that was sent, or None. Raises a 422 Problem if it's malformed or sent twice."""
    sent = request.headers.getall(HEADER, [])
    if not sent:
        return None
    if len(sent) > 1 or _KEY.fullmatch(sent[0]) is None:
        raise invalid(HEADER, "This is one key of 1 to 255 visible ASCII characters.")
    return sent[0]


async def is_answered(request: Request[Any, Any, Any], owning: Owning) -> bool:
    """Whether this was answered before under its key. Raises a 422 Problem like `idempotency_key`."""
    key = idempotency_key(request)
    if key is None:
        return False
    asked = Asked(caller_of(request).owner, _route(request), key, b"")
    return await was_answered(owning.database, asked, owning.clock.certain_us())


def _route(request: Request[Any, Any, Any]) -> str:
    return f"{request.method} {request.scope['path'].rstrip('/')}"


async def answer_once(
    request: Request[Any, Any, Any],
    owning: Owning,
    body_digest: bytes,
    tell: Callable[[_Made], msgspec.Struct],
    make: Callable[[Doing[_Made]], Awaitable[_Made]],
    status_code: int = 201,
) -> Response[Any]:
    """Answer with what `make` made, as `tell` renders it; with a key, the same bytes if it's sent again."""
    key = idempotency_key(request)
    if key is None:
        telling: Telling[_Made] = Telling(tell)
        await make(telling)
        return _answer(telling.answer, status_code)
    once: Once[_Made] = Once(
        owning.sealer,
        Asked(caller_of(request).owner, _route(request), key, body_digest),
        lambda made: msgspec.json.encode(tell(made)),
        owning.clock.now_us(),
        owning.clock.certain_us(),
    )
    try:
        await once.look(owning.database)
        await make(once)
    except AnsweredBefore as before:
        return _answer(before.answer, status_code)
    return _answer(once.answer, status_code)


async def digest_of_body(request: Request[Any, Any, Any]) -> bytes:
    """SHA-256 of a JSON body as it was sent, or of nothing."""
    return hashlib.sha256(await request.body()).digest()


def digest_of_headers(*values: object) -> bytes:
    """SHA-256 of what is sent in headers instead of a body."""
    return hashlib.sha256(msgspec.json.encode(values)).digest()


def digest_of_form(form: UploadForm) -> bytes:
    """SHA-256 of a form: its file by digest and name, and its fields in any order."""
    file = None if form.draft is None else form.draft.digest.hex()
    fields = sorted(form.fields.items())
    return hashlib.sha256(msgspec.json.encode([file, form.file_name, fields])).digest()


def _answer(body: bytes, status_code: int) -> Response[Any]:
    return Response(body, status_code=status_code, media_type="application/json")
