"""The OpenAPI 3.1 document: what the framework reads from the handlers, and what applies to many of them.

A route's errors follow from what it declares: its scope, the ids in its path, its body. So they are
listed once, here, and a new route gets them automatically.
"""

from __future__ import annotations

from typing import Any

from litestar import Litestar

from listenlink.model import ids
from listenlink.web.api.idempotency import KEY_HEADER, KEY_PATTERN

Json = dict[str, Any]

_METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
# The ids in paths and bodies, by parameter name.
_IDS = {
    "org": ids.ORGANIZATION,
    "track_id": ids.TRACK,
    "collection_id": ids.COLLECTION,
    "share_id": ids.SHARE,
    "key_id": ids.API_KEY,
    "upload_id": ids.UPLOAD,
}
_DIGITS = "9692d3f775dd"
_ENVELOPE = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorEnvelope"}}}
_WHEN = {
    "400": "The request, its JSON or its form can't be read.",
    "401": "No key, or one that is wrong, expired or switched off.",
    "403": "The key isn't of this organisation, or lacks the scope.",
    "404": "There is no such thing for this caller.",
    "408": "The sender was quiet for too long.",
    "409": "This contradicts the present state.",
    "412": "`Tus-Resumable` is missing or another version.",
    "413": "The body or the file is too large.",
    "415": "Another content type is needed.",
    "422": "A field or parameter is wrong; `details.field` names it.",
    "423": "Another request works on this upload.",
    "503": "Busy, or out of room; try again after `Retry-After`.",
}
_BODY_ERRORS = ("400", "413", "415", "422")
_EXAMPLES: dict[str, Json] = {
    "NewCollection": {"name": "Evening", "description": "Quiet."},
    "LinkTerms": {"visibility": "link_only", "expires_in_days": 30, "max_opens": 5, "label": "Ana"},
    "TrackOfCollection": {"track_id": ids.TRACK + _DIGITS},
    "NewKey": {"scopes": ["read", "share"], "expires_in_days": 90},
    "ErrorEnvelope": {
        "success": False,
        "error": {
            "code": "RESOURCE_NOT_FOUND",
            "message": "This doesn't exist.",
            "system_message": "No such resource for this caller",
            "type": "client_error",
            "status": 404,
            "details": {},
            "trace_id": "req_1816fe172a83e1f7",
            "timestamp": "2026-11-24T02:53:36Z",
        },
    },
}


def write_document(app: Litestar) -> Json:
    """The document of this application, as JSON values."""
    document: Json = app.openapi_schema.to_schema()
    declared = _declared(app)
    schemas = document["components"]["schemas"]
    for path, item in document["paths"].items():
        for method in _METHODS:
            if operation := item.get(method):
                has_ids = _close_bodies(operation, schemas)
                _complete(operation, method, declared[path, method.upper()], has_ids)
    for name, example in _EXAMPLES.items():
        if name in schemas:
            schemas[name]["examples"] = [example]
    return document


def _declared(app: Litestar) -> dict[tuple[str, str], Json]:
    """What each route's handler declares (its `opt`), by path and method."""
    return {
        (path.replace(":str}", "}"), str(method)): dict(handler.opt)
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        for path in handler.paths
        for method in getattr(handler, "http_methods", ())
    }


def _complete(operation: Json, method: str, declared: Json, has_ids: bool) -> None:
    responses: Json = operation["responses"]
    # The framework's own 400: this application answers one in its envelope.
    if not (declared.get("public") and "requestBody" in operation):
        responses.pop("400", None)
    responses.get("204", {}).pop("content", None)
    for parameter in operation.get("parameters", []):
        _spell_id(parameter["name"], parameter["schema"])
    if declared.get("public"):
        _keep_bodiless(operation, method)
        return
    if declared.get("repeatable"):
        operation.setdefault("parameters", []).append(_idempotency_key())
    if headers := declared.get("headers"):
        operation.setdefault("parameters", []).extend(headers)
    for status in _errors(operation, declared, has_ids):
        told = {"description": _WHEN[status], "content": _ENVELOPE}
        responses.setdefault(status, told)
    operation["responses"] = dict(sorted(responses.items()))


def _errors(operation: Json, declared: Json, has_ids: bool) -> set[str]:
    errors = {"401", "503", *declared.get("errors", ())}
    parameters = operation.get("parameters", [])
    if "scope" in declared:
        errors.add("403")
    named = [parameter["name"] for parameter in parameters if parameter["in"] == "path"]
    if has_ids or named not in ([], ["org"]):
        errors.add("404")
    if any(parameter["in"] in ("query", "header") for parameter in parameters):
        errors.add("422")
    if body := operation.get("requestBody"):
        errors.update(_BODY_ERRORS)
        if "multipart/form-data" in body["content"]:
            errors.add("408")
    if declared.get("repeatable"):
        errors.add("409")
    return errors


def _keep_bodiless(operation: Json, method: str) -> None:
    """`HEAD` is answered without a body; `OPTIONS` with what is allowed, and nothing else."""
    if method == "options":
        operation["responses"] = {"204": {"description": "What may be asked, in the headers."}}
    elif method == "head":
        for response in operation["responses"].values():
            response.pop("content", None)


def _close_bodies(operation: Json, schemas: Json) -> bool:
    """Say that unknown fields are refused, and that ids in a body are spelled like those in a path.

    Returns whether there are such ids: like those in a path, they may lead to nothing.
    """
    has_ids = False
    for media in operation.get("requestBody", {}).get("content", {}).values():
        for schema in _meant(media["schema"], schemas):
            schema["additionalProperties"] = False
            for name, value in schema["properties"].items():
                has_ids = _spell_id(name, value) or has_ids
    return has_ids


def _meant(schema: Json, schemas: Json) -> list[Json]:
    """The object schemas that a schema is, or refers to."""
    options = [schema, *schema.get("oneOf", []), *schema.get("anyOf", [])]
    named = [
        schemas[option["$ref"].rpartition("/")[2]] if "$ref" in option else option
        for option in options
    ]
    return [option for option in named if "properties" in option]


def _spell_id(name: str, schema: Json) -> bool:
    if name not in _IDS or schema.get("type") != "string":
        return False
    schema["pattern"] = f"^{_IDS[name]}[0-9a-f]{{12}}$"
    schema["examples"] = [_IDS[name] + _DIGITS]
    return True


def _idempotency_key() -> Json:
    return {
        "name": KEY_HEADER,
        "in": "header",
        "required": False,
        "description": "The same key with the same body gets the first answer again, for 24 hours.",
        "schema": {
            "type": "string",
            "pattern": f"^{KEY_PATTERN}$",
            "examples": ["7d1f6a52-0c1f-4f8e-9c53-5a0a4a1a3a0e"],
        },
    }
