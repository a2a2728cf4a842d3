"""An upload's multipart form (RFC 7578), parsed as it arrives: the file streams to a draft on disk.

Bounded in every way: one file, a few short fields, no waiting for a sender that has gone quiet.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any

from litestar import Request
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from listenlink.actions.promise_bytes import Kept
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.media.disk.draft import Draft
from listenlink.media.disk.drafts import Drafts
from listenlink.threads import DISK
from listenlink.web.sent_file_name import sent_file_name
from listenlink.web.streamed_body import promised_bytes, stream_body

FORM = "multipart/form-data"
_MOST_PARTS = 9
_FIELD_BYTES = 8192
# What a form may add to its file: boundaries, headers and fields.
_OVERHEAD_BYTES = 256 * 1024
_WRITTEN_BYTES = 1024 * 1024


@dataclass(slots=True)
class UploadForm:
    """What arrived. Whoever gets it must `discard()` it in the end, or publish its draft."""

    fields: dict[str, str] = field(default_factory=dict)
    draft: Draft | None = None
    file_name: str = ""

    def discard(self) -> None:
        """Leave no draft behind."""
        if self.draft is not None:
            self.draft.discard()


def boundary_of(request: Request[Any, Any, Any]) -> str:
    """Return the boundary of the form that a request announces. Raises a 415 Problem for another type."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != FORM or not options.get("boundary"):
        raise Problem(
            ProblemKind.UNSUPPORTED_MEDIA_TYPE,
            f"Send a form with a file ({FORM}).",
            accepts=FORM,
        )
    return str(options["boundary"])


def require_size(request: Request[Any, Any, Any], max_file_bytes: int) -> None:
    """Raise Problem: 413 if Content-Length says that it's over the limit."""
    if (promised_bytes(request) or 0) > max_file_bytes + _OVERHEAD_BYTES:
        raise _too_large(max_file_bytes)


def announced_bytes(request: Request[Any, Any, Any], max_file_bytes: int) -> tuple[int | None, int]:
    """Return how long the form's file may be, None if that isn't said, and how long it is at least."""
    length = promised_bytes(request)
    if length is None:
        return None, 0
    return min(length, max_file_bytes), max(0, length - _OVERHEAD_BYTES)


async def receive_form(
    request: Request[Any, Any, Any],
    boundary: str,
    drafts: Drafts,
    max_file_bytes: int,
    kept: Kept,
    form: UploadForm | None = None,
) -> UploadForm:
    """Receive a request's form, with its file on disk, which keeps the promise. Who gives a `form` to be
    filled has what was typed also where the rest is refused.

    Raises Problem: 413 over a limit, 400 for a broken form, 408 if the sender goes quiet, and what a promise
    raises that has to be made larger; then nothing is left on the disk.
    """
    receiver = _Receiver(form or UploadForm(), drafts, max_file_bytes, kept)
    try:
        parser = _parser(boundary)
        async for chunk in stream_body(request):
            for event in parser.parse(chunk):
                receiver.take(event)
            await receiver.write_if_much()
        parser.close()
    except MultipartError:
        receiver.form.discard()
        raise Problem(ProblemKind.BAD_REQUEST, "The form is broken or incomplete.") from None
    except BaseException:
        receiver.form.discard()
        raise
    return receiver.form


async def read_typed(request: Request[Any, Any, Any], boundary: str) -> dict[str, str]:
    """The fields in front of the file of a form that isn't received, so that what was typed can be shown once
    more. Of a broken form, as far as it can be read."""
    fields = _Fields(UploadForm())
    with contextlib.suppress(MultipartError, Problem):
        parser = _parser(boundary)
        async for chunk in stream_body(request):
            for event in parser.parse(chunk):
                fields.take(event)
                if fields.is_at_file():
                    return fields.form.fields
    return fields.form.fields


def _parser(boundary: str) -> PushMultipartParser:
    """Raises MultipartError: it doesn't accept every boundary."""
    return PushMultipartParser(
        boundary, max_segment_count=_MOST_PARTS, max_header_count=8, strict=True
    )


class _Fields:
    """Sorts a form's events into fields."""

    def __init__(self, form: UploadForm) -> None:
        self.form = form
        self.segment: MultipartSegment | None = None
        self._field = bytearray()

    def take(self, event: MultipartSegment | bytearray | bytes | None) -> None:
        if isinstance(event, MultipartSegment):
            self.segment = event
            self._field.clear()
        elif self.is_at_file():
            return
        elif event is None:
            self._end()
        else:
            self._field += event
            if len(self._field) > _FIELD_BYTES:
                raise invalid(self._name(), "This is too long.")

    def is_at_file(self) -> bool:
        return self._name() == "file"

    def _end(self) -> None:
        if self._name() in self.form.fields:
            raise invalid(self._name(), "This field stands twice.")
        try:
            self.form.fields[self._name()] = self._field.decode()
        except UnicodeDecodeError:
            raise invalid(self._name(), "This isn't UTF-8 text.") from None

    def _name(self) -> str:
        return (self.segment.name or "") if self.segment is not None else ""


class _Receiver(_Fields):
    """Sorts a form's events into fields and the draft."""

    def __init__(self, form: UploadForm, drafts: Drafts, max_file_bytes: int, kept: Kept) -> None:
        super().__init__(form)
        self._kept = kept
        self._drafts = drafts
        self._max_file_bytes = max_file_bytes
        self._unwritten: list[bytes] = []
        self._file_bytes = 0
        self._unwritten_bytes = 0

    def take(self, event: MultipartSegment | bytearray | bytes | None) -> None:
        super().take(event)
        if not self.is_at_file():
            return
        if isinstance(event, MultipartSegment):
            self._begin(event)
        elif event is None:
            self._write()
        else:
            self._file_bytes += len(event)
            if self._file_bytes > self._max_file_bytes:
                raise _too_large(self._max_file_bytes)
            self._unwritten.append(bytes(event))
            self._unwritten_bytes += len(event)

    async def write_if_much(self) -> None:
        """Hash and write in a thread, some at a time, so that others are served meanwhile."""
        if self._unwritten_bytes >= _WRITTEN_BYTES:
            await self._kept.cover(self._file_bytes)
            await DISK.run(self._write)

    def _write(self) -> None:
        if self.form.draft is not None:
            self.form.draft.write(b"".join(self._unwritten))
        self._unwritten.clear()
        self._unwritten_bytes = 0

    def _begin(self, segment: MultipartSegment) -> None:
        if self.form.draft is not None:
            raise invalid("file", "One file at a time.")
        self.form.draft = self._drafts.begin(self._kept.number)
        disposition = segment.header("Content-Disposition") or ""
        self.form.file_name = sent_file_name(disposition, segment.filename)


def _too_large(max_file_bytes: int) -> Problem:
    limit_mib = max_file_bytes / 1024 / 1024
    return Problem(
        ProblemKind.TOO_LARGE,
        f"The file is larger than the {limit_mib:g} MiB that are taken in.",
        field="file",
        max_bytes=max_file_bytes,
    )
