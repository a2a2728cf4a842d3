"""What JSON is refused for by its types, the actions refuse by themselves, in the same field: they're asked
without JSON too, by somebody without a key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from listenlink.actions import manage_collections, manage_keys, manage_library, manage_links
from listenlink.actions.make_link import make_link
from listenlink.clock import DAY_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model import ids
from listenlink.model.share import TargetType
from listenlink.web.json_body import _invalid, sent_fields
from listenlink.wire import bodies
from store.owned import NOW, SEALER, Place, in_person, make_place

_Ask = Callable[[Place, dict[str, Any]], Awaitable[Any]]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = await in_person(await make_place(tmp_path))
    yield made
    made.database.close()


def _change_link(place: Place, said: dict[str, Any]) -> Awaitable[Any]:
    asked: Any = said
    return manage_links.change_link(
        place.database, SEALER, place.owner, place.made.link.share.id, asked, NOW
    )


def _make_link(place: Place, said: dict[str, Any]) -> Awaitable[Any]:
    asked: Any = said
    return make_link(
        place.database, SEALER, place.owner, TargetType.TRACK, place.made.track, asked, NOW
    )


def _make_collection(place: Place, said: dict[str, Any]) -> Awaitable[Any]:
    said = {"description": None, "cover_image_url": None} | said
    return manage_collections.make_collection(place.database, place.owner, now_us=NOW, **said)


def _change_collection(place: Place, said: dict[str, Any]) -> Awaitable[Any]:
    asked: Any = said
    return manage_collections.change_collection(
        place.database, place.owner, place.made.collection, asked, NOW
    )


def _order(place: Place, said: dict[str, Any]) -> Awaitable[Any]:
    numbers = [ids.parse_id(ids.TRACK, text) or 0 for text in said["ordered_track_ids"]]
    return manage_collections.reorder(
        place.database, place.owner, place.made.collection, numbers, NOW
    )


def _change_track(place: Place, said: dict[str, Any]) -> Awaitable[Any]:
    asked: Any = said
    return manage_library.change_track(place.database, place.owner, place.made.track, asked, NOW)


def _mint(place: Place, said: dict[str, Any]) -> Awaitable[Any]:
    scopes, days = frozenset(said["scopes"]), said.get("expires_in_days")
    return manage_keys.mint_key(place.database, place.owner, scopes, days, NOW)


_LINK: list[dict[str, Any]] = [
    {"max_opens": 0}, {"max_opens": 1}, {"max_opens": 2**53}, {"max_opens": 2**53 + 1}, {"max_opens": None},
    {"label": "x" * 120}, {"label": "x" * 121}, {"label": "a\0"}, {"label": ""}, {"label": None},
    {"expires_in_days": 0}, {"expires_in_days": 1}, {"expires_in_days": 10**12}, {"expires_in_days": None},
    {"expires_in_days": 1, "label": "x" * 121},
]  # fmt: skip
_COLLECTION: list[dict[str, Any]] = [
    {"name": ""}, {"name": "x" * 512}, {"name": "x" * 513}, {"name": "a\0b"}, {"name": "\0"},
    {"name": " \x7f\n"}, {"name": " a\n"}, {"name": "a\0"}, {"name": "\0a"},
    *(
        {"name": "A", field: text}
        for field, most in (("description", 4096), ("cover_image_url", 1024))
        for text in ("", "x" * most, "x" * (most + 1), "\0", None)
    ),
]  # fmt: skip
_TRACK: list[dict[str, Any]] = [
    *(
        {field: text}
        for field in ("title", "artist")
        for text in ("", " \n", "\0", "a\0", "x" * 512, "x" * 513)
    ),
    {"artist": None}, {"instrumental": True},
]  # fmt: skip
_KEY: list[dict[str, Any]] = [
    {"scopes": []}, {"scopes": ["read"]}, {"scopes": ["read", "all"]},
    *({"scopes": ["read"], "expires_in_days": days} for days in (None, 0, 1, 3650, 3651)),
]  # fmt: skip
_ID = "mtrack_000000000000"
_ASKED: list[tuple[type[msgspec.Struct], _Ask, list[dict[str, Any]]]] = [
    (bodies.LinkTerms, _make_link, _LINK),
    (bodies.ChangedTerms, _change_link, _LINK),
    (bodies.NewCollection, _make_collection, _COLLECTION),
    (bodies.ChangedCollection, _change_collection, _COLLECTION),
    (
        bodies.Order,
        _order,
        [{"ordered_track_ids": [_ID] * many} for many in (0, 10_000, 10_001)],
    ),
    (bodies.ChangedTrack, _change_track, _TRACK),
    (bodies.NewKey, _mint, _KEY),
]


@pytest.mark.parametrize(
    ("body", "ask", "table"), _ASKED, ids=lambda it: getattr(it, "__name__", "")
)
async def test_json_and_the_action_refuse_the_same(
    place: Place, body: type[msgspec.Struct], ask: _Ask, table: list[dict[str, Any]]
) -> None:
    for said in table:
        by_json = by_action = None
        try:
            sent_fields(msgspec.convert(said, body))
        except msgspec.ValidationError as error:
            by_json = _invalid(str(error)).details["field"].partition("[")[0]
        try:
            await ask(place, said)
        except Problem as problem:
            by_action = problem.details["field"]
            if problem.kind is not ProblemKind.INVALID or not problem.message:
                raise
        assert by_action == by_json, said


async def test_the_start_of_a_link_is_changed_as_it_is_made(place: Place) -> None:
    """By whoever can ask for that."""

    def at(us: int) -> datetime:
        return datetime.fromtimestamp(us / 1_000_000, UTC)

    await _change_link(place, {"expires_in_days": 2, "starts_at": at(NOW + DAY_US)})
    for field, said in (
        ("starts_at", {"starts_at": at(NOW + 2 * DAY_US)}),
        ("starts_at", {"starts_at": at(NOW + DAY_US).replace(tzinfo=None)}),
        ("expires_in_days", {"expires_in_days": 1}),
        ("expires_at", {"expires_at": at(NOW + DAY_US)}),
    ):
        with pytest.raises(Problem) as told:
            await _change_link(place, said)
        assert told.value.details["field"] == field
    told_link = await _change_link(place, {"starts_at": None, "expires_at": at(NOW + DAY_US)})
    assert (told_link.share.starts_at, told_link.share.expires_at) == (None, NOW + DAY_US)
