"""What is known of how music was made is told the same wherever a link tells anything, each in their own
name, and the contract's answer is what it always was."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from cast import Server, share, upload
from engines import of_folder
from journeys.faces import look, open_session, requests_for
from journeys.people_with_tracks import Person
from journeys.seen import see
from journeys.told_marks import Claim, Told, in_words, of_answer, of_saved, tells
from listenlink.model import ids
from media.make_audio import make

NAME = "Ben & <b>Sons</b>"
_UNSETTLED = """
SELECT count(*) FROM track_marks m WHERE m.track_id = ? AND (m.read_at IS NULL OR m.begun_at IS NOT NULL
    OR (m.by_engine + m.by_creator > 0
        AND NOT EXISTS (SELECT 1 FROM manifests s WHERE s.track_id = m.track_id)))
"""


class Row(NamedTuple):
    """What a track is put in with, what is known besides, what of it was signed, and what is told."""

    facts: dict[str, str]
    known: dict[str, Any]
    signed: int
    told: Told


OWN = {"engine": "own_recording"}
SERVER = Claim("server", "generated", "Studio", signed=True)
CREATOR = Claim("creator", "assisted", None, signed=True)
FILE = Claim("file", "generated", NAME, signed=False)
ROWS = {
    "nothing": Row(OWN, {}, 0, ()),
    "an engine": Row({"engine": "studio"}, {}, 2, (SERVER,)),
    "an engine, not signed yet": Row({"engine": "studio"}, {}, 0, (SERVER._replace(signed=False),)),
    "an engine that helps": Row(
        {"engine": "helper"}, {"by_engine": 1, "engine": "studio"}, 1, (SERVER._replace(mark="assisted"),)
    ),
    "a creator": Row(OWN | {"ai": "assisted"}, {}, 1, (CREATOR,)),
    "a creator, all of it": Row(OWN | {"ai": "generated"}, {}, 2, (CREATOR._replace(mark="generated"),)),
    "more than was signed": Row(
        OWN | {"ai": "assisted"}, {"by_engine": 2, "engine": "studio"}, 1,
        (SERVER._replace(signed=False), CREATOR),
    ),
    "a file": Row(OWN, {"by_file": 2, "file_says": NAME}, 0, (FILE,)),
    "a file, in nobody's name": Row(OWN, {"by_file": 1}, 0, (FILE._replace(mark="assisted", name=None),)),
    "a file that says more": Row(
        OWN | {"ai": "assisted"}, {"by_file": 2, "file_says": NAME}, 1, (CREATOR, FILE)
    ),
    "all three": Row(
        {"engine": "studio", "ai": "assisted"}, {"by_file": 2, "file_says": NAME}, 2, (SERVER, CREATOR, FILE)
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("wav16", tmp_path_factory.mktemp("audio") / "Harbour.wav")


@pytest.fixture(scope="module")
def friend(server: Server) -> Iterator[Person]:
    made = Person(server, server.new_organization())
    with contextlib.closing(made.desk), contextlib.closing(made.owner):
        yield made


@pytest.fixture
def creator(server: Server) -> Iterator[httpx.Client]:
    """Of an organisation of their own, which knows nothing of these bytes."""
    made = server.new_organization()
    with httpx.Client(
        base_url=f"{server.url}/v1/music/{made['organization_id']}",
        headers={"X-API-Key": made["api_key"]},
        timeout=60,
    ) as client:
        yield client


def know(server: Server, track: str, known: dict[str, Any], signed: int) -> None:
    """Write what is known of a track's first version, and what this server signed of it, once its own marker
    is through with it; from then on somebody else seems to be at it."""
    number = ids.parse_id(ids.TRACK, track)
    deadline = time.monotonic() + 60
    while server.query(_UNSETTLED, number) != [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    begun: dict[str, Any] = {"begun_at": time.time_ns() // 1_000}
    for column, value in (begun | known).items():
        server.change(
            f"UPDATE track_marks SET {column} = ? WHERE track_id = ?",  # noqa: S608 (its own words)
            value, number,
        )  # fmt: skip
    server.change("DELETE FROM manifests WHERE track_id = ?", number)
    if signed:
        server.change(
            "INSERT INTO manifests (track_id, version, ai, content, made_at) VALUES (?, 1, ?, ?, 1)",
            number, signed, b"c",
        )  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_the_same_is_told_everywhere(
    server: Server, creator: httpx.Client, listener: httpx.Client, friend: Person, wav: Path, name: str
) -> None:  # fmt: skip
    facts, known, signed, expected = ROWS[name]
    track = upload(creator, wav, title="Harbour", **facts)["id"]
    know(server, track, known, signed)
    link = share(creator, track)
    owned = creator.get(f"/tracks/{track}").json()
    told = (
        tells(server, listener, link) | of_saved(friend, link) | {"owner": of_answer(owned["ai"])}
    )
    assert len(told) == 12
    for face, one in told.items():
        wanted = expected
        if face in ("page", "embed", "linked data", "saved, at the desk"):
            wanted = in_words(expected)
        assert one == wanted, face
    assert (owned["manifest_url"] is not None) == bool(signed)
    assert "<b>Sons" not in see(listener, link).text


def test_the_contract_has_nothing_of_it(
    server: Server, creator: httpx.Client, listener: httpx.Client, wav: Path
) -> None:
    track = upload(creator, wav, title="Harbour", engine="studio", ai="assisted")["id"]
    link = share(creator, track)

    def opened() -> dict[str, Any]:
        headers = {"Accept": "application/json"}
        answer = listener.get(f"/v1/music/shared/{link['token']}", headers=headers)
        told: dict[str, Any] = answer.raise_for_status().json()
        return told

    before = opened()
    know(server, track, {"by_file": 2, "file_says": NAME}, 2)
    after = opened()
    for told in (before, after):
        assert list(told["track"]) == [
            "id", "title", "engine", "mode", "measured_duration_seconds", "instrumental", "playback_url",
            "licence",
        ]  # fmt: skip
        del told["track"]["playback_url"]
    assert before == after


@of_folder  # Whose playback URL has what the manifest's has.
def test_details_tell_where_the_manifest_is_and_nobody_elses(
    server: Server, creator: httpx.Client, listener: httpx.Client, wav: Path
) -> None:
    tracks = [upload(creator, wav, engine=engine)["id"] for engine in ("studio", "own_recording")]
    collection = creator.post("/collections", json={"name": "Evenings"}).json()["id"]
    for track in tracks:
        creator.post(f"/collections/{collection}/tracks", json={"track_id": track})
    know(server, tracks[0], {}, 2)
    know(server, tracks[1], {"by_engine": 0}, 0)
    link = share(creator, collection)
    found = []
    for _ in range(2):
        session = open_session(listener.get, link)
        details = listener.get(**requests_for(link, session)["details"]).json()
        first, second = (track["manifest_url"] for track in details["tracks"])
        assert second is None
        opened = listener.get(
            f"/v1/music/shared/{link['token']}", headers=session | {"Accept": "application/json"}
        )
        playback = opened.json()["tracks"][0]["playback_url"]
        # The same open, the same track, the same version; only the moment may be another.
        manifest, _, signed = first.rpartition("/")
        assert manifest == f"{server.url}/v1/music/manifests"
        fields, audio = signed.split("."), playback.rpartition("/")[2].split(".")
        assert (fields[:4], fields[6:8]) == (audio[:4], audio[6:8])
        found.append(signed)
    assert found[0] != found[1]


def test_a_collection_tells_of_how_many_it_is_said(
    server: Server, creator: httpx.Client, listener: httpx.Client, tmp_path: Path
) -> None:
    takes = [
        make("wav16", tmp_path / f"{number}.wav", sample_count=44_100 + number)
        for number in range(3)
    ]
    engines = ("studio", "studio", "own_recording")
    tracks = [
        upload(creator, take, engine=engine)["id"]
        for take, engine in zip(takes, engines, strict=True)
    ]
    collection = creator.post("/collections", json={"name": "Evenings"}).json()["id"]
    link = share(creator, collection)
    for count, (track, mark, kind, said) in enumerate(
        (
            (tracks[0], "generated", "trainedAlgorithmicMedia", "1 of 1."),
            (tracks[1], "generated", "trainedAlgorithmicMedia", "2 of 2."),
            (tracks[2], "assisted", "compositeWithTrainedAlgorithmicMedia", "2 of 3."),
        ),
        1,
    ):
        creator.post(f"/collections/{collection}/tracks", json={"track_id": track})
        faces = look(listener.get, link, open_session(listener.get, link))
        for face in ("page", "embed"):
            assert f"made with AI or with its help: {said}" in faces[face][1]
        assert faces["page"][1].count('<span class="made">Made with AI</span>') == min(count, 2)
        assert json.loads(faces["oembed"][1])["ai"] == {
            "mark": mark, "signed": False, "claims": [],
        }  # fmt: skip
        assert f'digitalsourcetype/{kind}","track":' in faces["page"][1]


def test_of_hidden_music_nothing_is_told_before_it_is_opened(
    server: Server, creator: httpx.Client, listener: httpx.Client, wav: Path
) -> None:
    track = upload(creator, wav, engine="studio")["id"]
    link = share(creator, track, preview=False)
    faces = look(listener.get, link, open_session(listener.get, link))
    for face in ("page", "embed", "oembed"):
        assert "Says this server" not in faces[face][1]
        assert "lgorithmicMedia" not in faces[face][1]
    assert json.loads(faces["details"][1])["tracks"][0]["ai"]["mark"] == "generated"
