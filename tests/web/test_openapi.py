"""The document is the program's: every route is in it, under a name of its own; its examples are valid."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from listenlink.web.openapi_answers import HEADERS
from listenlink.web.openapi_examples import EXAMPLES
from listenlink.web.routes import FOR_ANYBODY, FOR_OWNERS
from web.routes_document import document, schemas

API = Path(__file__).parents[2] / "docs" / "api.md"
# Pages for people and their files, and the document itself: no program asks for them by the document.
LEFT_OUT = {
    "/assets/{name}", "/docs", "/embed/{token}", "/schema/openapi.json", "/robots.txt", "/favicon.ico",
    "/v1/music/shared/{token}/listening/{session}", "/leave/{leave}",
}  # fmt: skip


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def validator(name: str) -> Any:
    reference = {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}
    return jsonschema_rs.validator_for(reference, validate_formats=True)


def test_every_route_is_in_the_document_and_no_other() -> None:
    routed = {
        (path.replace(":str}", "}"), str(method).lower())
        for handler in [*FOR_ANYBODY, *FOR_OWNERS]
        for path in handler.paths
        for method in handler.http_methods
    }
    described = {(path, method) for path, method, _ in operations()}
    assert {one for one in routed if one[0] not in LEFT_OUT} <= described
    # What the front makes of others.
    assert described - routed == {
        ("/v1/music/{org}/uploads", "options"), ("/v1/music/{org}/uploads/{upload_id}", "head"),
    }  # fmt: skip
    assert {path for path, _ in routed} >= LEFT_OUT


def test_every_operation_has_a_name_that_somebody_would_call() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names)) > 50
    for name in names:
        assert re.fullmatch("[a-z]+(_[a-z]+)+", name), name
    assert {
        "open_link", "upload_track", "share_track", "revoke_link", "get_link_details", "watch_link",
        "get_download_url", "check_upload",
    } <= set(names)  # fmt: skip


def test_every_operation_is_told_in_words() -> None:
    tags = {tag["name"] for tag in document()["tags"]}
    assert all(tag["description"] for tag in document()["tags"])
    used = {tag for _, _, operation in operations() for tag in operation["tags"]}
    assert used == tags
    for _, _, operation in operations():
        assert operation["summary"]
        assert operation["description"]
        for status, answer in operation["responses"].items():
            assert answer["description"] not in ("", "Done.") or status == "204", operation
            assert "document follows" not in answer["description"].lower()
            assert "URL follows" not in answer["description"]


def test_errors_that_any_route_has_are_at_each() -> None:
    for path, method, operation in operations():
        answers = set(operation["responses"])
        assert {"400", "431", "500"} <= answers, path
        assert ("421" in answers) == (path not in ("/healthz", "/readyz"))
        assert ("503" in answers) == (method != "options")
        if operation.get("security") != []:
            assert "401" in answers, path
        if "requestBody" in operation:
            assert {"408", "413", "415", "422", "429"} <= answers, path


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("change_link", "409"), ("rotate_link", "409"), ("save_shared_track", "429"),
        ("play_track", "206 304 412 416"), ("get_picture", "304"), ("open_without_script", "303 415"),
        ("append_to_upload", "409 412 423"), ("share_track", "409"), ("watch_link", "404 429"),
    ],
)  # fmt: skip
def test_errors_of_its_own_are_at_the_operation(name: str, statuses: str) -> None:
    (operation,) = [one for _, _, one in operations() if one["operationId"] == name]
    assert set(statuses.split()) <= set(operation["responses"])


def test_a_program_can_renew_what_it_opened() -> None:
    (opening,) = [one for _, _, one in operations() if one["operationId"] == "open_link"]
    assert "Listen-Session" in {one["name"] for one in opening["parameters"]}
    assert "Listen-Session" in opening["responses"]["200"]["headers"]
    kinds = {"application/json", "text/html", "audio/x-mpegurl"}
    assert set(opening["responses"]["200"]["content"]) == kinds


def test_what_may_be_left_out_is_not_required() -> None:
    for path, _, operation in operations():
        body = operation.get("requestBody")
        if body is not None:
            assert body["required"] == (not path.endswith("/share") or "{share_id}" in path)


def walk(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def test_no_schema_is_a_choice_of_one_and_each_reference_leads_somewhere() -> None:
    for one in walk(document()):
        if "oneOf" in one and isinstance(one["oneOf"], list):
            assert len(one["oneOf"]) > 1, one
        if isinstance(reference := one.get("$ref"), str):
            found: Any = document()
            for part in reference.removeprefix("#/").split("/"):
                found = found[part]


def fields() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each field of a named schema, as each of what it may be."""
    for name, schema in schemas().items():
        for field, value in schema.get("properties", {}).items():
            for option in value.get("oneOf", [value]):
                if option.get("type") != "null":
                    yield name, field, option


def test_times_addresses_ids_and_words_are_more_than_strings() -> None:
    seen = set()
    for name, field, value in fields():
        if field.endswith("_at") or field in ("at", "timestamp"):
            assert value["format"] == "date-time", (name, field)
        elif (field.endswith("_url") or field == "url") and field != "cover_image_url":
            assert value["format"] == "uri", (name, field)
        elif field.endswith("_id") and field not in ("target_id", "trace_id"):
            assert "pattern" in value, (name, field)
        elif field in (
            "state",
            "visibility",
            "target_type",
            "licence_class",
            "mode",
            "outcome",
            "kind",
        ):
            assert "enum" in schemas()[value["$ref"].rpartition("/")[2]], (name, field)
        else:
            continue
        seen.add(field)
    assert len(seen) > 20


def test_every_schema_is_told_in_words() -> None:
    assert [name for name, schema in schemas().items() if not schema.get("description")] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_valid(name: str) -> None:
    validator(name).validate(EXAMPLES[name])
    assert schemas()[name]["examples"] == [EXAMPLES[name]]
    optional = {"LinkTerms", "NewCollection", "Recipient", "TermsForEach"}
    assert name in optional or set(EXAMPLES[name]) == set(schemas()[name]["properties"])


def test_examples_of_fields_and_headers_are_valid() -> None:
    found = [
        one for one in walk(document()) if "examples" in one and isinstance(one["examples"], list)
    ]
    assert len(found) > 40
    for schema in found:
        checked = {"components": document()["components"]} | schema
        for example in schema["examples"]:
            jsonschema_rs.validate(checked, example)


def test_every_header_that_is_described_is_of_some_answer() -> None:
    used = {
        header["$ref"].rpartition("/")[2].removesuffix("-if-any")
        for _, _, operation in operations()
        for answer in operation["responses"].values()
        for header in answer.get("headers", {}).values()
    }
    assert used == set(HEADERS)


def test_links_give_parameters_that_their_operation_has() -> None:
    parameters = {
        one["operationId"]: {p["name"] for p in one.get("parameters", ())}
        for _, _, one in operations()
    }
    links = [
        link
        for _, _, operation in operations()
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert len(links) > 20
    for link in links:
        given = {name.rpartition(".")[2] for name in link["parameters"]}
        assert given <= parameters[link["operationId"]], link


def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), names
    return dict(pairs)


def examples_of_the_documentation() -> list[Any]:
    blocks = re.findall(r"```json\n(.*?)```", API.read_text(), re.DOTALL)
    return [json.loads(block, object_pairs_hook=once_each) for block in blocks]


def test_examples_in_the_documentation_are_whole_answers() -> None:
    """Each has exactly the fields of one of the answers, in their order, and valid ones."""
    by_fields = {tuple(schema.get("properties", ())): name for name, schema in schemas().items()}
    found = set()
    for example in examples_of_the_documentation():
        name = by_fields.get(tuple(example))
        assert name is not None, list(example)
        found.add(name)
        validator(name).validate(_with_whole_addresses(example))
    assert len(found) >= 12


def _with_whole_addresses(example: Any) -> Any:
    """An address that is cut short with `…` isn't one."""
    return json.loads(json.dumps(example, ensure_ascii=False).replace("…", "x"))
