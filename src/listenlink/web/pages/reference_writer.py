"""Writes the reference of the API, one page, from its OpenAPI document: whatever stands in that is shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from listenlink.web.pages.schema_words import (
    Field,
    Json,
    code,
    description_of,
    fields_of,
    line_of,
    notes_of,
    shown_name,
    slug,
    text_of,
    title_of,
    type_of,
    whole_examples,
)

_METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")
_OTHER = "Other"


class Content(NamedTuple):
    """A body in one media type. `fields` are its own, or a request's also by name; `examples` are JSON."""

    media_type: str
    type: Markup
    notes: list[Markup]
    fields: list[Field]
    examples: list[str]


class Response(NamedTuple):
    """An answer; its status may be `default`."""

    status: str
    description: Markup
    headers: list[Field]
    contents: list[Content]


class Operation(NamedTuple):
    """A method of a path. `needs_key` is None where the document doesn't say."""

    anchor: str
    method: str
    path: str
    title: Markup
    description: Markup
    is_deprecated: bool
    needs_key: bool | None
    parameters: list[tuple[str, Field]]
    body: Markup
    is_body_required: bool
    contents: list[Content]
    responses: list[Response]


class Group(NamedTuple):
    """The operations of a tag."""

    name: str
    description: Markup
    operations: list[Operation]


class Named(NamedTuple):
    """A schema that others refer to."""

    anchor: str
    name: str
    description: Markup
    content: Content


def write_reference(document: Json, style: str) -> str:
    """The page as HTML, with a style sheet inside."""
    environment = Environment(
        loader=PackageLoader("listenlink.web", "pages"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["slug"] = slug
    reader = _Reader(document)
    info = document["info"]
    return environment.get_template("reference.html").render(
        style=style,
        title=info["title"],
        about=text_of(info.get("description")),
        groups=reader.groups(),
        schemas=reader.schemas(),
    )


class _Reader:
    """Reads a document, in which anything may be a reference to another place of it."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self._anchors: set[str] = set()

    def groups(self) -> list[Group]:
        """The operations by tag: as the document orders its tags, else as they come."""
        told = {tag["name"]: tag.get("description") for tag in self._document.get("tags", ())}
        found: dict[str, list[Operation]] = {name: [] for name in told}
        for path, item in self._document.get("paths", {}).items():
            item = self._resolve(item)
            for method in _METHODS:
                if operation := item.get(method):
                    tag = (operation.get("tags") or [_OTHER])[0]
                    found.setdefault(tag, []).append(self._operation(path, method, item, operation))
        return [Group(name, text_of(told.get(name)), each) for name, each in found.items() if each]

    def schemas(self) -> list[Named]:
        """What others refer to."""
        known = self._document.get("components", {}).get("schemas", {})
        return [
            Named(
                "schema-" + slug(name),
                shown_name(name),
                text_of(description_of(schema)),
                self._content("", {"schema": schema}),
            )
            for name, schema in known.items()
        ]

    def _operation(self, path: str, method: str, item: Json, operation: Json) -> Operation:
        body = self._resolve(operation.get("requestBody", {}))
        shared = [*item.get("parameters", ()), *operation.get("parameters", ())]
        # An operation's own parameter stands for its path's (OpenAPI 3.1, section 4.8.10.1).
        parameters = {(p["name"], p["in"]): p for p in map(self._resolve, shared)}
        keys = operation.get("security", self._document.get("security"))
        return Operation(
            anchor=self._anchor(operation.get("operationId") or f"{method} {path}"),
            method=method.upper(),
            path=path,
            title=title_of(operation.get("summary") or f"{method.upper()} {path}"),
            description=text_of(operation.get("description")),
            is_deprecated=operation.get("deprecated", False),
            needs_key=None if keys is None else bool(keys) and {} not in keys,
            parameters=[(p["in"], self._value(p["name"], p)) for p in parameters.values()],
            body=line_of(body.get("description")),
            is_body_required=body.get("required", False),
            contents=list(self._contents(body, is_sent=True)),
            responses=[
                self._response(status, self._resolve(response))
                for status, response in operation.get("responses", {}).items()
            ],
        )

    def _response(self, status: str, response: Json) -> Response:
        return Response(
            status,
            line_of(response.get("description")),
            [
                self._value(name, self._resolve(header))
                for name, header in response.get("headers", {}).items()
            ],
            list(self._contents(response)),
        )

    def _value(self, name: str, told: Json) -> Field:
        """A parameter or a header, whose schema may stand in a media type."""
        media = next(iter(told.get("content", {}).values()), told)
        schema = media.get("schema", {})
        notes = notes_of(schema)
        given = [told["example"]] if "example" in told else []
        given += [self._resolve(one).get("value") for one in told.get("examples", {}).values()]
        notes += [Markup("for example {}").format(code(value)) for value in given]
        if told.get("deprecated"):
            notes.append(escape("deprecated"))
        described = line_of(told.get("description") or description_of(schema))
        return Field(name, type_of(schema), told.get("required", False), notes, described)

    def _contents(self, holder: Json, *, is_sent: bool = False) -> Iterator[Content]:
        for media_type, media in holder.get("content", {}).items():
            yield self._content(media_type, media, is_sent=is_sent)

    def _content(self, media_type: str, media: Json, *, is_sent: bool = False) -> Content:
        schema = media.get("schema", {})
        given = [media["example"]] if "example" in media else []
        given += [self._resolve(one).get("value") for one in media.get("examples", {}).values()]
        # What is sent is told where it's sent: who writes a request wants to see its fields there.
        meant = self._meant(schema) if is_sent else schema
        return Content(
            media_type,
            type_of(schema),
            notes_of(meant),
            list(fields_of(meant)),
            [_pretty(value) for value in given or whole_examples(meant)],
        )

    def _meant(self, schema: Any) -> Any:
        """The one schema that a body has by name, if it has one, or may be left out."""
        found = self._resolve(schema)
        if not isinstance(found, dict):
            return found
        options = [one for word in ("oneOf", "anyOf") for one in found.get(word, ())]
        filled = [one for one in options if one != {"type": "null"}]
        return self._meant(filled[0]) if len(filled) == 1 else found

    def _resolve(self, node: Any) -> Any:
        """What a reference inside the document leads to (RFC 6901), through any number of them."""
        for _ in range(10):
            if not (isinstance(node, dict) and node.get("$ref", "").startswith("#/")):
                break
            place: Any = self._document
            for step in node["$ref"][2:].split("/"):
                place = place[step.replace("~1", "/").replace("~0", "~")]
            node = place
        return node

    def _anchor(self, name: str) -> str:
        wanted = anchor = slug(name)
        number = 1
        while anchor in self._anchors:
            number += 1
            anchor = f"{wanted}-{number}"
        self._anchors.add(anchor)
        return anchor


def _pretty(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
