"""A JSON Schema in words: what a value is called, what limits it has, which fields.

As OpenAPI 3.1 has it, so draft 2020-12: https://json-schema.org/draft/2020-12/json-schema-validation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

Json = dict[str, Any]

SCHEMAS = "#/components/schemas/"
_ALTERNATIVES = ("oneOf", "anyOf")
# A range's lower and upper end, and what is counted.
_RANGES = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", "character"),
    ("minItems", "maxItems", "item"),
    ("minProperties", "maxProperties", "field"),
)
_SINGLE = {
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "pattern": "matches {}",
    "contentMediaType": "contains {}",
    "default": "default {}",
}
_MARKED = {
    "uniqueItems": "no two alike",
    "readOnly": "only in answers",
    "writeOnly": "only in requests",
    "deprecated": "deprecated",
}
# Descriptions are CommonMark (OpenAPI 3.1, section 4.7.1.1); nobody's HTML passes.
_commonmark = MarkdownIt("js-default").disable("image")
_titles = MarkdownIt("js-default").disable(["image", "link", "autolink"])


class Field(NamedTuple):
    """A named value. Below an inline object `name` has the whole way there: `error.code`, `days[].opens`."""

    name: str
    type: Markup
    is_required: bool
    notes: list[Markup]
    description: Markup


def text_of(markdown: str | None) -> Markup:
    """A description as paragraphs."""
    return Markup(_commonmark.render(markdown or ""))  # noqa: S704 (its HTML is escaped)


def line_of(markdown: str | None) -> Markup:
    """A description as one line, with what is between backticks as code."""
    return Markup(_commonmark.renderInline(markdown or ""))  # noqa: S704 (its HTML is escaped)


def title_of(markdown: str) -> Markup:
    """A summary, to stand in a link: as `line_of`, without links of its own."""
    return Markup(_titles.renderInline(markdown))  # noqa: S704 (its HTML is escaped)


def code(value: Any) -> Markup:
    """A value as JSON, but a text as it is; an empty one has quotes, to be seen."""
    text = value if isinstance(value, str) and value else msgspec.json.encode(value).decode()
    return Markup("<code>{}</code>").format(text)


def slug(name: str) -> str:
    """A name as a part of an anchor."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")


def shown_name(name: str) -> str:
    """A schema's name without the modules that it's from: `Page_a.b.Track_` → `Page_Track`."""
    return re.sub(r"(?:[A-Za-z0-9_]+\.)+", _last_of_generic, name).rstrip("_")


def _last_of_generic(modules: re.Match[str]) -> str:
    generic, bracket, _ = modules.group().partition("_")
    return generic + bracket if bracket and generic[:1].isupper() else ""


def type_of(schema: Any) -> Markup:
    """What kind of value it is: `array of string or null`. Named schemas are links to where they stand."""
    return Markup(" or ").join(_types(schema))


def _types(schema: Any) -> list[Markup]:
    """The kinds of value it may be, each once."""
    if not isinstance(schema, dict) or not schema:
        return [escape("nothing" if schema is False else "anything")]
    found: list[Markup] = []
    for one in _each_type(schema):
        if one not in found:
            found.append(one)
    if schema.get("nullable") and "null" not in found:
        found.append(escape("null"))
    return found


def _each_type(schema: Json) -> Iterator[Markup]:
    if "$ref" in schema:
        yield _link(schema["$ref"])
    elif "const" in schema:
        yield code(schema["const"])
    elif "enum" in schema:
        yield from (
            code(value) if value is not None else escape("null") for value in schema["enum"]
        )
    elif options := [one for word in _ALTERNATIVES for one in schema.get(word, ())]:
        for option in options:
            yield from _types(option)
    elif parts := schema.get("allOf"):
        yield Markup(" and ").join(_grouped(part) for part in parts)
    else:
        kinds = schema.get("type") or _guess(schema)
        for kind in [kinds] if isinstance(kinds, str) else kinds:
            yield _kind(kind, schema)


def _guess(schema: Json) -> str:
    if "properties" in schema or "additionalProperties" in schema:
        return "object"
    return "array" if "items" in schema or "prefixItems" in schema else "anything"


def _kind(kind: str, schema: Json) -> Markup:
    if kind == "array":
        if first := schema.get("prefixItems"):
            return Markup("array of {}").format(Markup(", ").join(map(_grouped, first)))
        items = schema.get("items")
        return Markup("array of {}").format(_grouped(items)) if items else escape("array")
    if kind == "object":
        others = schema.get("additionalProperties")
        is_map = isinstance(others, dict) and others and not schema.get("properties")
        return Markup("object of {}").format(_grouped(others)) if is_map else escape("object")
    if form := schema.get("format"):
        return Markup("{} ({})").format(kind, form)
    return escape(kind)


def _grouped(schema: Any) -> Markup:
    types = _types(schema)
    return types[0] if len(types) == 1 else Markup("({})").format(type_of(schema))


def _link(reference: str) -> Markup:
    if not reference.startswith(SCHEMAS):
        return code(reference)
    name = reference.removeprefix(SCHEMAS)
    return Markup('<a href="#schema-{}">{}</a>').format(slug(name), shown_name(name))


def notes_of(schema: Any) -> list[Markup]:
    """Its limits, default and examples, and those of its alternatives and of an array's items."""
    if not isinstance(schema, dict):
        return []
    notes = list(_own_notes(schema))
    options = [
        one
        for word in (*_ALTERNATIVES, "allOf")
        for one in schema.get(word, ())
        if isinstance(one, dict) and one.get("type") != "null"
    ]
    for option in options:
        mark = Markup("{}: {}") if len(options) > 1 else Markup("{1}")
        notes += [mark.format(type_of(option), note) for note in notes_of(option)]
    notes += [Markup("each: {}").format(note) for note in notes_of(schema.get("items"))]
    return notes


def _own_notes(schema: Json) -> Iterator[Markup]:
    for low, high, unit in _RANGES:
        if low in schema or high in schema:
            yield _range(schema.get(low), schema.get(high), unit)
    for word, sentence in _SINGLE.items():
        if word in schema:
            yield Markup(sentence).format(code(schema[word]))  # noqa: S704 (one of ours)
    for word, sentence in _MARKED.items():
        if schema.get(word):
            yield escape(sentence)
    if schema.get("additionalProperties") is False:
        yield escape("no other fields")
    shown = [value for value in _examples(schema) if not isinstance(value, dict | list)]
    if shown:
        yield Markup("for example {}").format(Markup(", ").join(map(code, shown)))


def _range(low: Any, high: Any, unit: str) -> Markup:
    last = low if high is None else high
    counted = f" {unit}{'' if last == 1 else 's'}" if unit else ""
    if low is None:
        return escape(f"at most {high}{counted}")
    if high is None:
        return escape(f"at least {low}{counted}")
    return escape(f"{low}{counted}" if low == high else f"{low} to {high}{counted}")


def _examples(schema: Json) -> list[Any]:
    return [*schema.get("examples", ()), *([schema["example"]] if "example" in schema else [])]


def description_of(schema: Any) -> str | None:
    """What a schema says of itself; `true` and `false` are schemas, too, and say nothing."""
    return schema.get("description") if isinstance(schema, dict) else None


def whole_examples(schema: Any) -> list[Any]:
    """The examples that are too much for a line: objects and arrays."""
    known = _examples(schema) if isinstance(schema, dict) else []
    return [value for value in known if isinstance(value, dict | list)]


def fields_of(schema: Any, before: str = "") -> Iterator[Field]:
    """The fields of an object, and those of objects that are written inside it rather than by name."""
    if not isinstance(schema, dict):
        return
    required = schema.get("required", ())
    for name, value in schema.get("properties", {}).items():
        described = line_of(description_of(value))
        yield Field(before + name, type_of(value), name in required, notes_of(value), described)
        yield from fields_of(value, f"{before}{name}.")
    yield from fields_of(schema.get("items"), f"{before.removesuffix('.')}[]." if before else "[].")
    for word in (*_ALTERNATIVES, "allOf"):
        for option in schema.get(word, ()):
            yield from fields_of(option, before)
