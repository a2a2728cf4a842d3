"""The OpenAPI 3.1 document: what the framework reads from the handlers, and what applies to many of them.

A route's errors follow from what it declares: its scope, the ids in its path, its body. So they are
listed once, and a new route gets them automatically. Names and headers of operations are in
`openapi_operations.py`, answers in `openapi_answers.py`, fields in `openapi_schemas.py`.
"""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

from litestar import Litestar

from listenlink.web.openapi_answers import (
    BODY_ERRORS,
    ENVELOPE,
    EVERYWHERE,
    WHEN,
    all_headers,
    describe_headers,
)
from listenlink.web.openapi_examples import EXAMPLES
from listenlink.web.openapi_operations import (
    DESCRIPTIONS,
    MADE_HEADS,
    NAMES,
    OTHERS,
    TAGS,
    describe_links,
    describe_parameters,
)
from listenlink.web.openapi_schemas import (
    describe_schemas,
    name_schemas,
    simplified,
    spell_id,
)

Json = dict[str, Any]

_METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
# These are past the framework, which refuses long addresses: theirs lead to nothing, as any wrong ones.
_HOT = ("/v1/music/shared/{token}", "/v1/music/audio/{signed}")
# Browsers, unfurlers and prefetches get these as pages (docs/api.md, The share page).
_PAGED = ("200", "404", "429", "503")
_BYTES = {"type": "string", "format": "binary"}
_PROBES = ("/healthz", "/readyz")


class _Declared(NamedTuple):
    name: str
    opt: Json


def write_document(app: Litestar) -> Json:
    """The document of this application, as JSON values."""
    document: Json = name_schemas(app.openapi_schema.to_schema())
    declared = _declared(app)
    schemas = document["components"]["schemas"]
    has_ids = {
        operation["operationId"]: _close_bodies(operation, schemas)
        for item in document["paths"].values()
        for operation in item.values()
    }
    describe_schemas(schemas)
    for path, item in document["paths"].items():
        _add_methods(path, item, declared)
        for method in _METHODS:
            if operation := item.get(method):
                found = _handler(declared, path, method)
                _complete(operation, path, method, found, schemas, has_ids)
    for name, example in EXAMPLES.items():
        schemas[name]["examples"] = [example]
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    document["components"]["headers"] = all_headers()
    document["tags"] = [{"name": name, "description": told} for name, told in TAGS.items()]
    return document


def _declared(app: Litestar) -> dict[tuple[str, str], _Declared]:
    """What each route's handler declares (its `opt`), and its name, by path and method."""
    return {
        (path.replace(":str}", "}"), str(method)): _Declared(
            NAMES.get(handler.fn.__name__, handler.fn.__name__), dict(handler.opt)
        )
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        for path in handler.paths
        for method in getattr(handler, "http_methods", ())
    }


def _handler(declared: dict[tuple[str, str], _Declared], path: str, method: str) -> _Declared:
    """HEAD and OPTIONS are named after the path's GET, or its POST if it has none."""
    methods = ("GET", "POST") if method in ("head", "options") else (method.upper(),)
    return next(declared[path, one] for one in methods if (path, one) in declared)


def _add_methods(path: str, item: Json, declared: dict[tuple[str, str], _Declared]) -> None:
    """The methods that are answered without a handler of their own, where a client has to know of them."""
    for method in ("get", "post"):
        found = declared.get((path, method.upper()))
        if found is None or method not in item:
            continue
        if found.name in MADE_HEADS:
            item["head"] = copy.deepcopy(item[method])
        if (found.name, "options") in OTHERS and "options" not in item:
            item["options"] = {
                "parameters": [one for one in item[method]["parameters"] if one["in"] == "path"],
                "responses": {},
                "tags": item[method]["tags"],
                "security": [],
            }


def _complete(
    operation: Json, path: str, method: str, declared: _Declared, schemas: Json, has_ids: Json
) -> None:
    own_ids = has_ids.get(operation.get("operationId", ""), False)
    _name(operation, method, declared)
    operation.pop("deprecated", None)
    if operation.get("security") == [{}]:
        operation["security"] = []  # None is needed, as generators understand it.
    _simplify(operation)
    describe_parameters(operation, declared.opt if method != "options" else {})
    for parameter in operation.get("parameters", []):
        if method != "options":  # It's answered whatever stands in the path.
            spell_id(parameter["name"], parameter["schema"])
    responses: Json = operation["responses"]
    if method == "options":
        responses.clear()
        responses["204"] = {"description": "What may be asked, in the headers."}
    # The framework's own 400: this application answers one in its envelope.
    responses.pop("400", None)
    for status in _errors(operation, path, method, declared.opt, own_ids):
        responses.setdefault(status, {"description": WHEN[status], "content": dict(ENVELOPE)})
    for status, response in responses.items():
        _describe(status, response, method, schemas)
    if operation["operationId"] == "open_link":
        for status in _PAGED:
            responses[status]["content"]["text/html"] = {"schema": {"type": "string"}}
        responses["200"]["content"]["audio/x-mpegurl"] = {"schema": {"type": "string"}}
    operation["responses"] = dict(sorted(responses.items()))
    describe_headers(operation, path, method)
    describe_links(operation)


def _name(operation: Json, method: str, declared: _Declared) -> None:
    name, summary = OTHERS.get(
        (declared.name, method), (declared.name, operation.get("summary", ""))
    )
    operation["operationId"], operation["summary"] = name, summary
    if name in DESCRIPTIONS or "description" not in operation:
        operation["description"] = DESCRIPTIONS.get(name, summary + ".")


def _simplify(operation: Json) -> None:
    """Bring all schemas in an operation to the form of the named ones; a query parameter is never null."""
    for parameter in operation.get("parameters", []):
        schema = simplified(parameter["schema"])
        options = [one for one in schema.pop("oneOf", []) if one.get("type") != "null"]
        schema = (options[0] | schema) if options else schema
        if isinstance(schema.get("type"), list):
            (schema["type"],) = [kind for kind in schema["type"] if kind != "null"]
            schema["enum"] = [word for word in schema["enum"] if word is not None]
        parameter["schema"] = schema
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    for kind, media in [pair for body in bodies for pair in body.get("content", {}).items()]:
        is_binary = kind.startswith(("audio/", "image/"))
        media["schema"] = _BYTES if is_binary else simplified(media["schema"])
    if body := operation.get("requestBody"):
        for media in body["content"].values():
            if "oneOf" in media["schema"]:  # The framework's form of a body that may be left out.
                media["schema"], body["required"] = media["schema"]["oneOf"][0], False


def _errors(operation: Json, path: str, method: str, declared: Json, has_ids: bool) -> set[str]:
    errors = {*EVERYWHERE, *declared.get("errors", ())}
    if path in _HOT:
        errors.discard("414")
    if path in _PROBES:
        errors.discard("421")
    if method == "options":
        return errors - {"503"}
    parameters = operation.get("parameters", [])
    if operation.get("requestBody"):
        errors.update(BODY_ERRORS)
    if declared.get("public"):
        return errors
    errors.add("401")
    errors.add("403")  # Of a key that is good, but whose organisation is suspended, on any route.
    named = [parameter["name"] for parameter in parameters if parameter["in"] == "path"]
    if has_ids or named not in ([], ["org"]):
        errors.add("404")
    if any(parameter["in"] in ("query", "header") for parameter in parameters):
        errors.add("422")
    if declared.get("repeatable"):
        errors.add("409")
    return errors


def _describe(status: str, response: Json, method: str, schemas: Json) -> None:
    """An answer that is what was asked for is described by what it holds."""
    response.pop("headers", None)
    if status == "204" or method == "head" or status == "431":
        content = response.pop("content", {})
    else:
        content = response.get("content", {})
    names = [media["schema"].get("$ref", "").rpartition("/")[2] for media in content.values()]
    if response["description"].startswith(("Request fulfilled", "Document created")):
        told = schemas.get(names[0] if names else "", {}).get("description", "Done.")
        response["description"] = told.partition("\n")[0].split(". ")[0].rstrip(".") + "."


def _close_bodies(operation: Json, schemas: Json) -> bool:
    """Say that unknown fields are refused. Returns whether there are ids in the body: like those in a path,
    they may lead to nothing."""
    has_ids = False
    for media in operation.get("requestBody", {}).get("content", {}).values():
        for schema in _meant(media["schema"], schemas):
            schema["additionalProperties"] = False
            for name, value in schema["properties"].items():
                has_ids = spell_id(name, value) or has_ids
    return has_ids


def _meant(schema: Json, schemas: Json) -> list[Json]:
    """The object schemas that a schema is, or refers to."""
    options = [schema, *schema.get("oneOf", []), *schema.get("anyOf", [])]
    named = [
        schemas[option["$ref"].rpartition("/")[2]] if "$ref" in option else option
        for option in options
    ]
    return [option for option in named if "properties" in option]
