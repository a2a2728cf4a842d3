"""What can't be a body of JSON, or is one of another kind, is refused by what is wrong with it."""

from __future__ import annotations

import httpx
import pytest

NESTED = b"[" * 200_000


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 422, "data"),
        (b"null", 422, "data"),
        (b"[]", 422, "data"),
        (b"{}", 422, "name"),
        (b'{"name": 5}', 422, "name"),
        (b'{"name": "a", "public": 1}', 422, "public"),
        (NESTED, 400, None),
        (b'{"name": ' + NESTED, 400, None),
        (b"{", 400, None),
        (b'{"name": "a"} {}', 400, None),
        (b"\xff", 400, None),
        (b'{"name": "\xff"}', 400, None),
        (b'{"name": "\\ud800"}', 400, None),
    ],
)
def test_what_is_wrong_is_named(
    owner: httpx.Client, body: bytes, status: int, field: str | None
) -> None:
    answer = owner.post("/collections", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["details"].get("field") == field


def test_a_body_that_may_be_left_out_is_not_null(owner: httpx.Client) -> None:
    collection = owner.post("/collections", json={"name": "a"}).json()["id"]
    path, kind = f"/collections/{collection}/share", {"Content-Type": "application/json"}
    assert owner.post(path).status_code == 201
    assert owner.post(path, headers=kind).status_code == 201
    refused = owner.post(path, content=b"null", headers=kind)
    assert (refused.status_code, refused.json()["error"]["details"]["field"]) == (422, "data")


def test_a_word_stays_a_word(owner: httpx.Client) -> None:
    made = owner.post("/collections", json={"name": "null"})
    assert (made.status_code, made.json()["name"]) == (201, "null")


def test_an_entry_of_a_list_is_named(owner: httpx.Client) -> None:
    collection = owner.post("/collections", json={"name": "a"}).json()["id"]
    answer = owner.patch(f"/collections/{collection}/order", json={"ordered_track_ids": ["a", 5]})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == "ordered_track_ids[1]"


def test_a_whole_number_may_be_written_with_a_point(owner: httpx.Client) -> None:
    collection = owner.post("/collections", json={"name": "a"}).json()["id"]
    made = owner.post(f"/collections/{collection}/share", json={"max_opens": 5.0})
    assert (made.status_code, made.json()["max_opens"]) == (201, 5)
    made = owner.post(f"/collections/{collection}/share", json={"max_opens": 5.5})
    assert made.status_code == 422


@pytest.mark.parametrize("name", ["name", "description", "cover_image_url"])
def test_text_has_no_nul(owner: httpx.Client, name: str) -> None:
    collection = owner.post("/collections", json={"name": "a"}).json()["id"]
    for answer in (
        owner.post("/collections", json={"name": "a", name: "b\x00c"}),
        owner.patch(f"/collections/{collection}", json={name: "b\x00c"}),
    ):
        assert answer.status_code == 422
        assert answer.json()["error"]["details"]["field"] == name


def test_a_label_has_no_nul(owner: httpx.Client) -> None:
    collection = owner.post("/collections", json={"name": "a"}).json()["id"]
    path = f"/collections/{collection}/share"
    assert owner.post(path, json={"label": "\x00"}).status_code == 422
    link = owner.post(path, json={"label": "a\n"}).json()
    assert owner.patch(f"/share/{link['id']}", json={"label": "\x00"}).status_code == 422
    assert owner.get("/tracks", params={"engine": "\x00"}).status_code == 422
