"""Schemas and how they're called, and a document with all that OpenAPI 3.1 lets one have."""

from __future__ import annotations

from typing import Any

TRACK = {"$ref": "#/components/schemas/Track"}
TYPES: list[tuple[Any, str]] = [
    ({"type": "string"}, "string"),
    ({"type": "string", "format": "date-time"}, "string (date-time)"),
    ({"type": "integer", "format": "int64"}, "integer (int64)"),
    ({"type": "array"}, "array"),
    ({"type": "array", "items": {"type": "string"}}, "array of string"),
    ({"items": {"type": "integer"}}, "array of integer"),
    ({"type": "array", "items": TRACK}, "array of Track"),
    ({"type": "array", "items": {"type": "array", "items": {}}}, "array of array"),
    ({"type": "array", "items": {"type": ["string", "null"]}}, "array of (string or null)"),
    ({"type": "array", "prefixItems": [{"type": "string"}, TRACK]}, "array of string, Track"),
    ({"type": "object"}, "object"),
    ({"type": "object", "properties": {"items": {"type": "string"}}}, "object"),
    ({"properties": {"a": {}}}, "object"),
    ({"type": "object", "additionalProperties": {}}, "object"),
    ({"type": "object", "additionalProperties": {"type": "boolean"}}, "object of boolean"),
    ({"type": ["string", "null"]}, "string or null"),
    ({"type": "string", "nullable": True}, "string or null"),
    ({"oneOf": [{"type": "string"}]}, "string"),
    ({"oneOf": [TRACK, {"type": "null"}]}, "Track or null"),
    ({"anyOf": [{"type": "string"}, {"type": "string"}, {"type": "number"}]}, "string or number"),
    ({"oneOf": [{"anyOf": [TRACK, {"type": "null"}]}, {"type": "null"}]}, "Track or null"),
    ({"allOf": [TRACK, {"type": "object"}]}, "Track and object"),
    ({"enum": ["link_only", "public"], "type": "string"}, "link_only or public"),
    ({"enum": ["a", None, 1]}, "a or null or 1"),
    ({"const": ""}, '""'),
    ({"const": "<b>"}, "<b>"),
    ({"$ref": "https://example.org/other.json"}, "https://example.org/other.json"),
    ({}, "anything"), (True, "anything"), (False, "nothing"),
]  # fmt: skip
NOTES: list[tuple[Any, list[str]]] = [
    ({"minimum": 1}, ["at least 1"]),
    ({"maximum": 90, "minimum": 1}, ["1 to 90"]),
    ({"minimum": 0, "maximum": 0.5}, ["0 to 0.5"]),
    ({"exclusiveMinimum": 0, "exclusiveMaximum": 2}, ["more than 0", "less than 2"]),
    ({"multipleOf": 5}, ["a multiple of 5"]),
    ({"maxLength": 1}, ["at most 1 character"]),
    ({"minLength": 1, "maxLength": 512}, ["1 to 512 characters"]),
    ({"minItems": 2, "maxItems": 2}, ["2 items"]),
    ({"minProperties": 1}, ["at least 1 field"]),
    ({"pattern": "^<[0-9]+$"}, ["matches ^<[0-9]+$"]),
    ({"default": None}, ["default null"]),
    ({"default": False}, ["default false"]),
    ({"default": ""}, ['default ""']),
    ({"examples": ["a", "b"]}, ["for example a, b"]),
    ({"example": 7}, ["for example 7"]),
    ({"examples": [{"a": 1}]}, []),
    ({"uniqueItems": True, "readOnly": True, "deprecated": True},
     ["no two alike", "only in answers", "deprecated"]),
    ({"additionalProperties": False}, ["no other fields"]),
    ({"oneOf": [{"type": "string", "maxLength": 5}, {"type": "null"}]}, ["at most 5 characters"]),
    ({"oneOf": [{"type": "string", "maxLength": 5}, {"type": "integer", "minimum": 2}]},
     ["string: at most 5 characters", "integer: at least 2"]),
    ({"items": {"pattern": "^m", "type": "string"}, "maxItems": 3}, ["at most 3 items", "each: matches ^m"]),
    (True, []),
]  # fmt: skip
# All that a document may have and ours perhaps hasn't.
STRANGE: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Strange <b>", "description": "Times are `UTC` & more."},
    "tags": [{"name": "Second", "description": "Of `two`."}, {"name": "First"}, {"name": "Empty"}],
    "security": [{"Key": []}],
    "paths": {
        "/a/{id}": {
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                {"$ref": "#/components/parameters/Limit"},
            ],
            "get": {
                "tags": ["First"], "operationId": "read a", "summary": "Read `a`",
                "description": "Say\n\n- one",
                "security": [{}],
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
                    {"name": "f", "in": "query", "deprecated": True, "example": "x y",
                     "content": {"application/json": {"schema": {"type": "object"}}}},
                ],
                "responses": {
                    "200": {
                        "description": "The `a`.",
                        "headers": {
                            "ETag": {"$ref": "#/components/headers/Tag"},
                            "X-Left": {"required": True, "schema": {"type": "integer", "minimum": 0}},
                        },
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object", "required": ["days"],
                                    "properties": {"days": {"type": "array", "items": {
                                        "type": "object", "required": ["n"],
                                        "properties": {
                                            "n": {"type": "integer", "description": "How `many`."},
                                        },
                                    }}},
                                },
                                "examples": {"one": {"value": {"days": [{"n": "<i>"}]}}},
                            },
                            "text/html": {"schema": {"type": "string"}},
                        },
                    },
                    "default": {"$ref": "#/components/responses/Broken"},
                },
            },
            "trace": {"operationId": "read a", "responses": {}},
        },
        "/b": {
            "post": {
                "tags": ["Second"], "deprecated": True,
                "requestBody": {"$ref": "#/components/requestBodies/B"},
                "responses": {"204": {"description": ""}},
            },
        },
    },
    "components": {
        "parameters": {
            "Limit": {"name": "limit", "in": "query", "schema": {"default": 20, "maximum": 100}},
        },
        "headers": {"Tag": {"description": "Of *this* form.", "schema": {"type": "string"}}},
        "responses": {
            "Broken": {"description": "Broken.", "content": {"application/json": {"schema": TRACK}}},
        },
        "requestBodies": {"B": {"required": True, "description": "Your `b`.", "content": {
            "application/json": {"schema": {"oneOf": [TRACK, {"type": "null"}]}}}}},
        "schemas": {
            "Track": {"type": "object", "required": ["title"], "description": "A [link](javascript:x) <b>",
                      "properties": {"title": {"type": "string", "maxLength": 5}, "more": False},
                      "examples": [{"title": "<s>"}]},
            "Any": True,
            "State": {"enum": ["on", "off"], "type": "string"},
            "a.b.Page_a.b.Track_": {"type": "array", "items": TRACK},
        },
    },
}  # fmt: skip
