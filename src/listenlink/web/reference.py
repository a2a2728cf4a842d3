"""`/schema/openapi.json`, and `/docs`: the same as one page, without script or other sites' files.

Both follow from the code alone. So each process makes them once, when somebody first asks, and in a
thread, because that takes as long as a thousand opens.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from importlib import resources
from typing import Any, NamedTuple

import msgspec
from litestar import Litestar, Request, get
from litestar.types import ASGIApp, Receive, Scope, Send

from listenlink.model.shelf import Written
from listenlink.threads import WORK
from listenlink.web.given import Given
from listenlink.web.headers import headers_of
from listenlink.web.openapi import write_document
from listenlink.web.packing import as_taken, write_packed
from listenlink.web.ranges import is_known
from listenlink.web.response import Answer, Headers, send_answer

_STYLE = resources.files("listenlink.web.pages").joinpath("reference.css").read_text("utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_KEPT: Headers = [(b"cache-control", b"no-cache"), (b"vary", b"Accept-Encoding")]


class Document(NamedTuple):
    """A document, and an ETag for each of its forms: to a cache they're different things."""

    written: Written
    etag: bytes
    packed_etag: bytes


class Documents(NamedTuple):
    """The OpenAPI document as JSON, and the page."""

    schema: Document
    page: Document


class Reference:
    """Both documents of one application, for as long as the process lives."""

    def __init__(self) -> None:
        self._making: asyncio.Task[Documents] | None = None

    async def find(self, app: Litestar) -> Documents:
        """Return the documents, making them if nobody has asked before."""
        failed = self._making is not None and self._making.done() and self._making.exception()
        if self._making is None or failed:
            self._making = asyncio.create_task(WORK.run(write_documents, app))
        # Whoever asked first may disconnect; the others still want them.
        return await asyncio.shield(self._making)


def write_documents(app: Litestar) -> Documents:
    """Make both documents from the routes."""
    schema = write_document(app)
    return Documents(
        _document(msgspec.json.encode(schema)), _document(_write_page(schema).encode())
    )


def _document(body: bytes) -> Document:
    written = write_packed(body)
    return Document(written, *(_etag(form) for form in written))


def _etag(body: bytes) -> bytes:
    return b'"%s"' % hashlib.sha256(body).hexdigest().encode()


@get("/schema/openapi.json", opt={"public": True}, include_in_schema=False)
async def get_schema(reference: Given[Reference], request: Request[Any, Any, Any]) -> ASGIApp:
    """The OpenAPI 3.1 document."""
    documents: Documents = await reference.find(request.app)
    return _answering(documents.schema, [(b"content-type", b"application/json")])


@get("/docs", opt={"public": True}, include_in_schema=False)
async def show_reference(reference: Given[Reference], request: Request[Any, Any, Any]) -> ASGIApp:
    """Every endpoint with its parameters, bodies and answers."""
    documents: Documents = await reference.find(request.app)
    policy = (b"content-security-policy", _POLICY.encode())
    return _answering(documents.page, [(b"content-type", b"text/html; charset=utf-8"), policy])


def _answering(document: Document, told: Headers) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        asked: Any = scope
        sending: Any = send
        headers = headers_of(asked)
        body, packed = as_taken(document.written, headers)
        etag = document.packed_etag if packed else document.etag
        found = Answer(200, body, [*told, *packed])
        if is_known(headers, etag):
            found = Answer(304, headers=told)
        await send_answer(asked, sending, found, [*_KEPT, (b"etag", etag)])

    return answer


def _write_page(schema: dict[str, Any]) -> str:
    # Imported here: what reads Markdown is needed once somebody reads these pages.
    from listenlink.web.pages.reference_writer import write_reference

    return write_reference(schema, _STYLE)
