"""The shapes of the JSON: what is written has them to the byte, and older and newer sides are understood."""

from __future__ import annotations

import json
import re
import types
from datetime import date, datetime
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import msgspec
import pytest
from msgspec.structs import fields, replace

from listenlink import client, wire
from listenlink.actions.opening.rule import Opening
from listenlink.actions.show_link import LinkPresenter
from listenlink.client import ListenlinkError
from listenlink.client.answers import as_thing
from listenlink.media.signed_url import SHARED_PURPOSE, PlaybackUrls
from listenlink.model.audit import Outcome
from listenlink.model.licence import EngineRegistry
from listenlink.model.listen_session import ListenSession
from listenlink.model.moment import iso_seconds, moment_of
from listenlink.model.signing import Signer, SigningKey
from listenlink.store.opening.open_rows import FoundCollection, FoundLink, FoundTrack
from listenlink.web.openapi_examples import EXAMPLES
from listenlink.web.openapi_schemas import NAMES
from listenlink.web.pages import page_data
from listenlink.wire import bodies
from listenlink.wire.answers import SECRET, WithSecrets
from web.routes_document import schemas

SHAPES: list[Any] = [
    getattr(wire, name) for name in wire.__all__ if name not in ("Page", "WithSecrets")
]
BODIES = [one for one in vars(bodies).values() if isinstance(one, msgspec.StructMeta)]
BODIES.remove(msgspec.Struct)
API = Path(__file__).parents[2] / "docs" / "api.md"
NOW_US = 1_782_642_600_000_000
WHOLE_LINK = FoundLink(
    id=1, visibility="public", strict_open=0, max_opens=None, opens=0, starts_at=None, expires_at=None,
    created_at=1, revoked_at=None, suspended_at=None, rotation=0, is_pinned=0, has_password=0,
    track=None, collection=None,
)  # fmt: skip
TRACK = FoundTrack(
    7,
    None,
    'A "quoted" title, ♪',
    "x",
    "focus",
    72_001,
    48_000,
    1,
    "unclear",
    "1",
    1,
    None,
    1,
    None,
)
COLLECTION = FoundCollection(9, None, "Evening", None)


def presenter() -> LinkPresenter:
    signer = Signer([SigningKey("0000000a", b"k" * 32)], SHARED_PURPOSE)
    urls = PlaybackUrls("https://music.example", signer, signer, signer, signer)
    return LinkPresenter(urls, EngineRegistry((), ()), 300)


@pytest.mark.parametrize(
    ("link", "outcome", "tracks"),
    [
        (replace(WHOLE_LINK, track=TRACK, expires_at=NOW_US + 1), Outcome.OPENED, [TRACK]),
        (replace(WHOLE_LINK, collection=COLLECTION), Outcome.OPENED, [TRACK, TRACK._replace(id=8)]),
        (replace(WHOLE_LINK, collection=COLLECTION), Outcome.OPENED, []),
        (replace(WHOLE_LINK, track=TRACK), Outcome.REMOVED, []),
    ],
    ids=["track", "collection", "empty", "removed"],
)
def test_what_the_hot_path_writes_is_a_view_to_the_byte(
    link: FoundLink, outcome: Outcome, tracks: list[FoundTrack]
) -> None:
    """Written again from the type, it would differ by any field more or less, in another place or form."""
    session = ListenSession(1, 0, 5, NOW_US // 1_000_000 + 900)
    opening = Opening(outcome, link=link, tracks=tracks, session=session)
    hot = presenter()
    for _ in range(2):  # Written, and then remembered.
        written = hot.write(opening, NOW_US)
        view = msgspec.json.decode(written, type=wire.ShareView)
        assert msgspec.json.encode(view) == written
        assert list(msgspec.json.decode(written)) == list(schemas()["ShareView"]["properties"])
        assert view.available == (outcome is Outcome.OPENED)
        assert len(view.tracks or [view.track]) == max(1, len(tracks))
    if view.track is not None:
        assert view.track.playback_url.startswith("https://music.example/v1/music/audio/")
        assert view.share.expires_at == moment_of(NOW_US)


@pytest.mark.parametrize(
    "at_us",
    [
        0, -1, NOW_US, NOW_US + 999_999, 10**20, -(10**20), -62_135_596_800_000_000,
        253_402_300_799_999_999, -40_000_000_000_000_000,
    ],
)  # fmt: skip
def test_a_time_in_an_answer_is_spelled_as_everywhere(at_us: int) -> None:
    assert msgspec.json.encode(moment_of(at_us)).decode() == f'"{iso_seconds(at_us)}"'


def example(kind: Any) -> Any:
    """Something of this type, as JSON has it; of a struct, each field."""
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(one for one in get_args(kind) if one is not types.NoneType)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return {field.name: example(field.type) for field in fields(kind)}
    if get_origin(kind) is list:
        return [example(get_args(kind)[0])]
    if get_origin(kind) is dict or kind is dict:
        return {}
    known = {
        str: "x", int: 5, float: 1.5, bool: True, datetime: "2026-06-28T10:30:00Z", date: "2026-06-28",
    }  # fmt: skip
    return known[kind]


def grown(told: Any) -> Any:
    """The same from a newer server, which has more to tell of everything."""
    if isinstance(told, dict) and told:
        return {name: grown(value) for name, value in told.items()} | {"another": [1]}
    return [grown(one) for one in told] if isinstance(told, list) else told


@pytest.mark.parametrize("kind", SHAPES, ids=lambda kind: kind.__name__)
def test_what_is_read_is_written_as_it_was_whatever_else_was_there(kind: Any) -> None:
    told = example(kind)
    read = as_thing(grown(told), kind)
    written = msgspec.json.decode(msgspec.json.encode(read))
    assert written == told
    assert list(written) == list(told)


OLDER: dict[Any, set[str]] = {
    wire.Caller: {"usage"},
    wire.Usage: {"quota_bytes", "quota_tracks"},
    wire.Track: {
        "playback_url",
        "stem_urls",
        "artist",
        "is_shorter_than_declared",
        "declared_licence",
        "attribution_text",
        "version",
        "versions",
        "ai",
        "manifest_url",
    },
    wire.Engine: {"ai"},
    wire.SavedTrack: {"share_link_id"},
    wire.Day: {"downloads", "quarters", "by_agent"},
    wire.TrackListens: {"downloads", "quarters", "version"},
    wire.Stats: {
        "by_track",
        "by_agent",
        "listening",
        "listening_within_seconds",
        "downloads",
        "quarters",
    },
}
OLDER[wire.Link] = OLDER[wire.NewLink] = {
    "allow_download", "preview", "strict_open", "version", "has_password",
    "revocation_reaches_players_within_seconds", "revocation_cuts_running_streams",
}  # fmt: skip
OLDER[wire.Link] = OLDER[wire.NewLink] | {"created_by"}
OLDER[wire.ShownLink] = OLDER[wire.Link] | {"url"}


# What the last slice of a list hasn't.
LAST = {"next_cursor"}


@pytest.mark.parametrize("kind", SHAPES, ids=lambda kind: kind.__name__)
def test_an_older_server_is_understood_and_nothing_less(kind: Any) -> None:
    """What it may leave out has a default, and still the document requires it of ours."""
    last = LAST if kind in (wire.MembersPage, wire.TargetStats) else set()
    left_out = OLDER.get(kind, set()) | last
    told = example(kind)
    as_thing({name: value for name, value in told.items() if name not in left_out}, kind)
    if kind is wire.OEmbed:
        return
    for name in told.keys() - left_out:
        with pytest.raises(ListenlinkError, match=name):
            as_thing({other: value for other, value in told.items() if other != name}, kind)
    assert set(schemas()[NAMES.get(kind.__name__, kind.__name__)]["required"]) == told.keys() - last


def test_every_object_of_the_document_is_said_here_and_nowhere_else() -> None:
    here = {NAMES.get(kind.__name__, kind.__name__): kind for kind in [*SHAPES, *BODIES]}
    assert len(here) == len(SHAPES) + len(BODIES)
    lists = {name for name in schemas() if name.endswith("Page") and name != "MembersPage"}
    of_pages = {
        name for name, one in vars(page_data).items() if isinstance(one, msgspec.StructMeta)
    }
    described = {name for name, schema in schemas().items() if "properties" in schema}
    assert described - lists - of_pages == set(here)
    for name, kind in here.items():
        assert list(schemas()[name]["properties"]) == [field.name for field in fields(kind)]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_read_by_its_type(name: str) -> None:
    (kind,) = [one for one in [*SHAPES, *BODIES] if NAMES.get(one.__name__, one.__name__) == name]
    read = msgspec.convert(EXAMPLES[name], kind)
    if kind in SHAPES:
        assert msgspec.json.decode(msgspec.json.encode(read)) == EXAMPLES[name]


def test_examples_in_the_documentation_are_as_their_types_are_written() -> None:
    """Within each other too: the same fields in the same places, times in the same form."""
    by_fields = {tuple(field.name for field in fields(kind)): kind for kind in SHAPES}
    blocks = re.findall(r"```json\n(.*?)```", API.read_text(), re.DOTALL)
    read = set()
    for told in map(json.loads, blocks):
        if (kind := by_fields.get(tuple(told))) is not None:
            read.add(kind)
            assert json.dumps(msgspec.to_builtins(msgspec.convert(told, kind))) == json.dumps(told)
    assert {wire.ShareView, wire.Track, wire.NewLink, wire.Link, wire.ErrorEnvelope} <= read
    assert len(read) > 8


@pytest.mark.parametrize("kind", [*SHAPES, client.ShareView], ids=lambda kind: kind.__name__)
def test_whatever_holds_a_secret_hides_it(kind: Any) -> None:
    held = {field.name for field in fields(kind)} & SECRET
    assert not held or issubclass(kind, WithSecrets)
    shown = repr(msgspec.convert(example(kind), kind))
    for name in held:
        assert f"{name}='…'" in shown
