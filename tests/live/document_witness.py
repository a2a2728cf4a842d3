"""A client that holds every answer against the OpenAPI document."""

from __future__ import annotations

import re
from typing import Any

import httpx
import jsonschema_rs
import msgspec

from cast import Server
from listenlink import wire
from listenlink.web.openapi_schemas import NAMES

# Alike on every answer (docs/api.md, rules for every endpoint), or how HTTP/1.1 sends any.
FIXED = {
    "server", "date", "content-length", "content-type", "connection", "transfer-encoding",
    "x-content-type-options", "referrer-policy", "content-security-policy", "x-robots-tag",
    "cross-origin-resource-policy", "cross-origin-opener-policy", "permissions-policy",
    "access-control-allow-origin", "access-control-expose-headers", "x-accel-buffering",
}  # fmt: skip
# These too, but for answers where they mean something.
OFTEN = {"cache-control", "vary"}


# The types of the bodies, by the names that the document has for them.
SHAPES: dict[str, Any] = {
    NAMES.get(name, name): getattr(wire, name) for name in wire.__all__ if name != "Page"
}
_PAGE: Any = wire.Page
SHAPES |= {name + "Page": _PAGE[kind] for name, kind in SHAPES.items()}


class Witness:
    """Asks, and holds each answer against the document. `seen` are the operations with their statuses, `read`
    the types of their bodies."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.document: dict[str, Any] = httpx.get(server.url + "/schema/openapi.json").json()
        self.client = httpx.Client(base_url=server.url, timeout=60)
        self.org = f"/v1/music/{server.organization_id}"
        self.seen: set[tuple[str, str]] = set()
        self.read: set[Any] = set()
        patterns = [
            (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), path)
            for path in self.document["paths"]
        ]
        # `/v1/music/shared/…` before `/v1/music/{org}/…`, as in the server.
        self._patterns = sorted(patterns, key=lambda pair: "{org}" in pair[1])

    def owner(self, method: str, path: str, **more: Any) -> httpx.Response:
        """By the owner; `path` is below the organisation."""
        headers = {"X-API-Key": self.server.api_key} | more.pop("headers", {})
        return self.anybody(method, self.org + path, headers=headers, **more)

    def anybody(self, method: str, path: str, **more: Any) -> httpx.Response:
        answer = self.client.request(method, path, **more)
        operation = self._operation(method, answer.url.path)
        status = str(answer.status_code)
        assert status in operation["responses"], (operation["operationId"], status, answer.text)
        self.seen.add((operation["operationId"], status))
        described = operation["responses"][status]
        self._check_headers(answer, described, operation["operationId"])
        self._check_body(answer, described, method)
        return answer

    def _operation(self, method: str, path: str) -> Any:
        found = next(path_ for pattern, path_ in self._patterns if pattern.fullmatch(path))
        return self.document["paths"][found][method.lower()]

    def _check_headers(self, answer: httpx.Response, described: Any, name: str) -> None:
        headers = described["headers"]
        told = {header.lower() for header in headers}
        sent = set(answer.headers)
        assert sent - FIXED - OFTEN <= told, (name, answer.status_code, sent - FIXED - OFTEN - told)
        for header, reference in headers.items():
            found = self.document["components"]["headers"][reference["$ref"].rpartition("/")[2]]
            value = answer.headers.get(header)
            assert value is not None or not found.get("required"), (
                name,
                answer.status_code,
                header,
            )
            if value is not None:
                is_number = found["schema"]["type"] == "integer"
                jsonschema_rs.validate(found["schema"], int(value) if is_number else value)

    def _check_body(self, answer: httpx.Response, described: Any, method: str) -> None:
        if method == "HEAD" or "content" not in described:
            assert answer.content == b""
            return
        kind = answer.headers["content-type"].partition(";")[0]
        known = {kind, kind.partition("/")[0] + "/*"} & set(described["content"])
        assert known, (kind, described["content"])
        if kind == "application/json":
            schema = described["content"][kind]["schema"] | {
                "components": self.document["components"]
            }
            jsonschema_rs.validator_for(schema, validate_formats=True).validate(answer.json())
            shape = SHAPES.get(schema.get("$ref", "").rpartition("/")[2])
            if (
                shape is not None
            ):  # Its fields, all of them, in their order and form: as it's read by the client.
                read = msgspec.json.decode(answer.content, type=shape)
                assert msgspec.json.encode(read) == answer.content
                self.read.add(shape)
