"""Collections and how somebody at the desk handles them, by forms alone."""

from __future__ import annotations

import re

import httpx

DESK = "/desk/collections"


def album(owner: httpx.Client, songs: list[str]) -> str:
    made = owner.post("/collections", json={"name": "Evening"}).json()["id"]
    for song in songs:
        assert owner.post(f"/collections/{made}/tracks", json={"track_id": song}).is_success
    return str(made)


def order_of(owner: httpx.Client, collection: str) -> list[str]:
    told = owner.get(f"/collections/{collection}/tracks").json()
    return [item["track_id"] for item in told["items"]]


def press(person: httpx.Client, path: str, **form: str) -> httpx.Response:
    """Send a form and look at the page that it leads to."""
    answer = person.post(path, data=form)
    assert answer.status_code == 303, answer.text
    page = person.get(answer.headers["location"])
    assert page.status_code == 200
    return page


def undoing(page: httpx.Response) -> dict[str, str] | None:
    """What the page's "Undo" would send."""
    found = re.search(r'<form method="post" action="[^"]*/undo">(.*?)</form>', page.text, re.DOTALL)
    if found is None:
        return None
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', found[1]))
