"""The terms of links over HTTP: changing one is refused where making it so would be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from media.make_audio import make
from trust.figures import FULL

ENDS = {"expires_in_days", "expires_in_hours", "expires_at"}


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"))


def _soon(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds")


def test_a_change_is_refused_exactly_where_making_the_link_so_would_be(
    owner: httpx.Client, song: dict[str, Any]
) -> None:
    """Over HTTP; each pair there is: `tests/model/test_terms.py`."""
    ends: list[dict[str, Any]] = [
        {}, *({"expires_in_days": days} for days in (None, 0, 1, 2, 91)),
        {"expires_in_hours": 0}, {"expires_in_hours": 30}, {"expires_at": _soon(1)},
        {"expires_at": _soon(91)},
        {"expires_at": _soon(1.2), "expires_in_days": 2}, {"expires_at": None, "expires_in_hours": 48},
    ]  # fmt: skip
    others: list[dict[str, Any]] = [
        {"max_opens": None}, {"max_opens": 0}, {"max_opens": 2**53}, {"max_opens": 2**53 + 1},
        {"label": " Ana\n"}, {"label": "x" * 121}, {"label": "a\0b"}, {"label": None},
        {"visibility": "public"}, {"visibility": None}, {"preview": False}, {"strict_open": None},
    ]  # fmt: skip
    later = {"starts_at": _soon(1.5)}
    there: list[dict[str, Any]] = [
        {}, {"expires_in_days": 1}, later, later | {"expires_in_days": 2},
    ]  # fmt: skip
    refused = set()
    both = {"expires_in_days": 1, "label": "Ben"}
    for had in there:
        link, before = share(owner, song["id"], **had), None
        # What is no time meets no other: it's tried once where nothing was said, and once where much was.
        is_first_or_last = had in (there[0], there[-1])
        for change in [*ends, *(others if is_first_or_last or FULL else []), both]:
            path = f"/share/{link['id']}"
            before = before or owner.get(path).json()
            stays = {name: had[name] for name in had if not (name in ENDS and ENDS & set(change))}
            made = owner.post(f"/tracks/{song['id']}/share", json=stays | change)
            changed = owner.patch(path, json=change)
            assert changed.status_code == {201: 200}.get(made.status_code, 422), (had, change)
            if changed.status_code == 200:
                _has_the_same_terms(changed.json(), made.json())
                link, before = share(owner, song["id"], **had), None
                continue
            assert changed.json()["error"]["details"]["field"] in change
            assert owner.get(path).json() == before
            refused.add((*had, *change))
    assert {("starts_at", "expires_in_days"), ("starts_at", "expires_in_days", "label")} <= refused


def _has_the_same_terms(one: dict[str, Any], other: dict[str, Any]) -> None:
    names = (
        "visibility",
        "label",
        "max_opens",
        "starts_at",
        "allow_download",
        "preview",
        "strict_open",
    )
    assert [one[name] for name in names] == [other[name] for name in names]
    ends = [
        told["expires_at"] and datetime.fromisoformat(told["expires_at"]) for told in (one, other)
    ]
    assert ends[0] == ends[1] or abs(ends[0] - ends[1]) < timedelta(seconds=60)


def test_a_link_that_ends_before_it_starts_can_only_be_mended(
    server: Server, owner: httpx.Client, song: dict[str, Any]
) -> None:
    """As changing could leave one before."""
    link = share(owner, song["id"], starts_at=_soon(3), expires_in_days=5)
    number = int(link["id"].removeprefix("mslink_"), 16)
    server.change("UPDATE shares SET expires_at = starts_at WHERE id = ?", number)
    refused = owner.patch(f"/share/{link['id']}", json={"label": "Ben"})
    assert (refused.status_code, refused.json()["error"]["details"]["field"]) == (422, "starts_at")
    for mended in ({"expires_in_days": 4}, {"expires_in_days": None}):
        assert owner.patch(f"/share/{link['id']}", json=mended).status_code == 200
