"""The reference page says what the OpenAPI document says: of ours, and of one with all that there may be."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from cast import Server
from engines import of_folder
from journeys.faces import Beside
from listenlink.web.openapi import write_document
from listenlink.web.pages.reference_writer import write_reference
from listenlink.web.pages.schema_words import fields_of, notes_of, shown_name, type_of
from web.page_reader import ReadPage
from web.schema_table import NOTES, STRANGE, TRACK, TYPES

pytestmark = of_folder


def words(markup: str) -> str:
    """What a reader reads."""
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


def article(page: str, anchor: str) -> str:
    """What stands under an anchor, as text of single spaces."""
    found = re.search(rf'<article id="{anchor}">(.*?)</article>', page, re.DOTALL)
    assert found is not None, anchor
    return " ".join(words(found[1]).split())


@pytest.mark.parametrize(("schema", "expected"), TYPES, ids=repr)
def test_types_are_named(schema: Any, expected: str) -> None:
    assert words(type_of(schema)) == expected


@pytest.mark.parametrize(("schema", "expected"), NOTES, ids=repr)
def test_limits_are_told(schema: Any, expected: list[str]) -> None:
    assert [words(note) for note in notes_of(schema)] == expected


def test_fields_of_objects_inside_are_named_with_their_way() -> None:
    inner = {"type": "object", "required": ["b"], "properties": {"b": {"type": "string"}, "c": {}}}
    schema = {
        "required": ["a"],
        "properties": {"a": inner, "d": {"type": "array", "items": inner}, "items": TRACK},
        "allOf": [TRACK, {"properties": {"e": {"oneOf": [inner, {"type": "null"}]}}}],
    }
    told = [(field.name, words(field.type), field.is_required) for field in fields_of(schema)]
    assert told == [
        ("a", "object", True), ("a.b", "string", True), ("a.c", "anything", False),
        ("d", "array of object", False), ("d[].b", "string", True), ("d[].c", "anything", False),
        ("items", "Track", False),
        ("e", "object or null", False), ("e.b", "string", True), ("e.c", "anything", False),
    ]  # fmt: skip


def test_names_are_shown_without_their_modules() -> None:
    assert shown_name("Page_a.b.Track_") == "Page_Track"
    assert shown_name("a.b.Track") == shown_name("Track") == "Track"


def check_soundness(page: str) -> ReadPage:
    """Ids are of one element each, links lead to one, and tables are headed."""
    read = ReadPage(page)
    ids = [e.attributes["id"] for e in read.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for element in read.elements:
        href = element.attributes.get("href") or ""
        assert not href.startswith("#") or href[1:] in ids, href
        if element.name == "th":
            assert element.attributes.get("scope") in ("row", "col")
    assert all("`" not in text for text, element in read.texts if element.name != "code")
    return read


def test_whatever_is_in_a_document_is_shown() -> None:
    page = write_reference(STRANGE, "")
    read = check_soundness(page)
    assert [e.text for e in read.elements if e.name == "h2"] == [
        "Contents", "Second", "First", "Other", "Objects",
    ]  # fmt: skip
    told = article(page, "read-a")
    for expected in (
        "Read", "GET /a/{id}", "Say one", "No key is needed.",
        "id path required integer", "limit query anything at most 100 · default 20",
        "f query object for example x y · deprecated",
        "200 The a. application/json: object Example", '"n": "<i>"', "text/html: string",
        "ETag string · Of this form.", "X-Left always integer at least 0",
        "default Broken. application/json: Track",
        "Fields of the answer 200", "days required array of object", "days[].n required integer · How many.",
    ):  # fmt: skip
        assert expected in told, expected
    assert "id path required string" not in told
    assert "A key is needed." in article(page, "read-a-2")
    told = article(page, "post-b")
    for expected in (
        "POST /b", "Deprecated.", "A key is needed.", "Body required", "Your b.",
        "application/json: Track or null", "title required string at most 5 characters",
    ):  # fmt: skip
        assert expected in told, expected
    assert article(page, "schema-Any") == "Any anything"
    assert "more nothing" in article(page, "schema-Track")
    assert "on or off" in article(page, "schema-State")
    assert '"title": "<s>"' in article(page, "schema-Track")
    assert "array of Track" in article(page, "schema-a-b-Page-a-b-Track")
    # What a document says is text.
    assert not re.search(r"<(b|i|s)>|href=\"javascript", page)
    assert "<code>a</code>" in page
    assert "<code>UTC</code> &amp; more" in page


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    """Ours."""
    beside = Beside(server)
    try:
        return write_document(beside.front.routes.begin().result())
    finally:
        beside.close()


def test_ours_is_sound_and_has_an_index_of_everything(document: dict[str, Any]) -> None:
    page = write_reference(document, "")
    read = check_soundness(page)
    listed = {
        e.attributes["href"] for e in read.elements if e.name == "a" and "href" in e.attributes
    }
    articles = [e for e in read.elements if e.name == "article"]
    operations = [
        operation
        for item in document["paths"].values()
        for method, operation in item.items()
        if method in ("get", "head", "post", "put", "patch", "delete", "options")
    ]
    assert len(articles) == len(operations) + len(document["components"]["schemas"])
    index = page.partition("<nav")[2].partition("</nav>")[0]
    for element in articles:
        assert f'href="#{element.attributes["id"]}"' in index
    assert "/schema/openapi.json" in listed
    told = {text for text, element in read.texts if element.attributes.get("class") == "type"}
    assert not told & {"list", "any", ""}


def test_every_field_of_ours_has_its_type_its_limits_and_whether_it_is_required(
    document: dict[str, Any],
) -> None:
    page = write_reference(document, "")
    seen = 0
    for name, schema in document["components"]["schemas"].items():
        rows = re.findall(
            r"<tr>\s*<th scope=\"row\"><code>(.*?)</tr>", page_of(page, name), re.DOTALL
        )
        told = {words(row.partition("</code>")[0]): " ".join(words(row).split()) for row in rows}
        for field, value in schema.get("properties", {}).items():
            row = told[field]
            assert (" required " in row) is (field in schema.get("required", ())), (name, field)
            if value.get("type") == "array":
                assert "array of " in row
            for word in ("pattern", "maxLength", "maximum", "minimum", "default", "maxItems"):
                if word in value:
                    shown = value[word] if isinstance(value[word], str) else json_of(value[word])
                    assert shown in row, (name, field, word)
            seen += 1
    assert seen > 100


def page_of(page: str, name: str) -> str:
    """The article of a schema, as HTML."""
    anchor = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")
    return page.partition(f'<article id="schema-{anchor}">')[2].partition("</article>")[0]


def json_of(value: Any) -> str:
    """A number or a truth value as the page writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
