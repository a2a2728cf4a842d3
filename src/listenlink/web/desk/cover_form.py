"""The form that a cover is sent by: its one picture goes to a draft as it arrives."""

from __future__ import annotations

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from listenlink.actions.give_cover import FIELD
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.media.disk.draft import Draft
from listenlink.web.cover_body import CoverBody, next_piece
from listenlink.web.desk.room import Asked

_FORM = "multipart/form-data"
_MOST_PARTS = 4
# A browser shows an answer only once it has sent everything, so so much of what is too large is read.
_DRAINED_BYTES = 64 * 1024 * 1024


async def receive_picture(request: Asked, draft: Draft) -> None:
    """Receive the form's picture. Raises Problem: 415 for another content type, 413 over the limit, 400 for
    a broken form, 422 if no picture was chosen, and what a draft raises."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != _FORM or not options.get("boundary"):
        raise Problem(ProblemKind.UNSUPPORTED_MEDIA_TYPE, accepts=_FORM)
    body = CoverBody(draft)
    try:
        parser = PushMultipartParser(
            str(options["boundary"]), max_segment_count=_MOST_PARTS, max_header_count=8, strict=True
        )
        await _receive(request, parser, body)
    except MultipartError:
        raise Problem(ProblemKind.BAD_REQUEST) from None
    await body.end()
    if not draft.size_bytes:
        raise invalid(FIELD, "Choose a picture first.")


async def _receive(request: Asked, parser: PushMultipartParser, body: CoverBody) -> None:
    is_picture, goes_on = False, True
    while goes_on:
        piece, goes_on = await next_piece(request)
        for event in parser.parse(piece):
            if isinstance(event, MultipartSegment):
                is_picture = event.name == FIELD
            elif event is not None and is_picture:
                try:
                    await body.add(bytes(event))
                except Problem as problem:
                    if problem.kind is ProblemKind.TOO_LARGE and goes_on:
                        await _drain(request)
                    raise
    parser.close()


async def _drain(request: Asked) -> None:
    drained, goes_on = 0, True
    while goes_on and drained < _DRAINED_BYTES:
        piece, goes_on = await next_piece(request)
        drained += len(piece)
