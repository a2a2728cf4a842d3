"""A creator declares how much of a recording AI made: while putting it in and afterwards, by the API, in
pieces, by commands and at the desk; more may be declared later, and nothing is taken back."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, run_forked, share, upload
from journeys.people_with_tracks import Person
from journeys.told_marks import Claim, of_answer, tells
from journeys.versioned import listed, make_current, put_in, sounds
from listenlink.client import Client
from pieces import TUS, begin, send

HELPED = Claim("creator", "assisted", None, signed=False)
MADE = Claim("creator", "generated", None, signed=False)
STUDIO = Claim("server", "generated", "Studio", signed=False)


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return sounds(tmp_path_factory.mktemp("audio"))


@pytest.fixture
def creator(server: Server) -> Iterator[httpx.Client]:
    """Of an organisation of their own, which knows nothing of these bytes."""
    made = Person(server, server.new_organization())
    with contextlib.closing(made.desk), contextlib.closing(made.owner):
        yield made.owner


def claims(track: dict[str, Any]) -> tuple[Claim, ...]:
    """What is told of it; whether it's signed yet is up to whoever signs."""
    return tuple(one._replace(signed=False) for one in of_answer(track["ai"]))


def declare(owner: httpx.Client, track: str, ai: object) -> httpx.Response:
    return owner.patch(f"/tracks/{track}", json={"ai": ai})


def test_more_may_be_declared_and_nothing_is_taken_back(
    creator: httpx.Client, takes: list[Path]
) -> None:
    track = upload(creator, takes[0], engine="own_recording")
    assert track["ai"] is None
    assert claims(declare(creator, track["id"], "assisted").json()) == (HELPED,)
    assert claims(declare(creator, track["id"], "assisted").json()) == (HELPED,)
    assert claims(declare(creator, track["id"], "generated").json()) == (MADE,)
    for less in ("assisted", "none", "", None, 2):
        answer = declare(creator, track["id"], less)
        assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (422, "ai")
    assert (
        "isn't taken back" in declare(creator, track["id"], "assisted").json()["error"]["message"]
    )
    # What was to be changed beside it isn't changed.
    creator.patch(f"/tracks/{track['id']}", json={"title": "Other", "ai": "assisted"})
    after = creator.get(f"/tracks/{track['id']}").json()
    assert (after["title"], claims(after)) == (track["title"], (MADE,))
    renamed = creator.patch(f"/tracks/{track['id']}", json={"title": "Other"}).json()
    assert (renamed["title"], claims(renamed)) == ("Other", (MADE,))


@pytest.mark.parametrize("ai", ["assisted", "generated"])
def test_it_is_said_with_the_upload(creator: httpx.Client, takes: list[Path], ai: str) -> None:
    said = (HELPED._replace(mark=ai),)
    assert claims(upload(creator, takes[0], engine="own_recording", ai=ai)) == said
    data = takes[1].read_bytes()
    begun = begin(creator, len(data), engine="own_recording", ai=ai)
    send(creator, begun, 0, data).raise_for_status()
    assert claims(creator.get(begun, headers=TUS).json()["track"]) == said


def test_what_is_no_mark_is_refused_before_the_file_is_looked_at(
    creator: httpx.Client, takes: list[Path]
) -> None:
    with takes[0].open("rb") as file:
        answer = creator.post(
            "/tracks", data={"engine": "studio", "ai": "human"}, files={"file": file}
        )
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (422, "ai")
    metadata = "engine c3R1ZGlv,ai aHVtYW4="
    headers = TUS | {"Upload-Length": "9", "Upload-Metadata": metadata}
    answer = creator.post("/uploads", headers=headers)
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (422, "ai")


def test_a_creator_adds_to_what_an_engine_says_and_takes_nothing_from_it(
    creator: httpx.Client, takes: list[Path]
) -> None:
    track = upload(creator, takes[0], engine="studio")
    assert claims(track) == (STUDIO,)
    assert claims(declare(creator, track["id"], "assisted").json()) == (STUDIO, HELPED)
    # Equal bytes are known as that, whatever is said of them now; elsewhere nobody knows of them.
    again = upload(creator, takes[0], engine="own_recording")
    assert claims(again) == (STUDIO, HELPED)
    assert claims(upload(creator, takes[1], engine="own_recording")) == ()


def test_it_holds_for_all_versions_and_a_new_one_is_known_as_those_before_it(
    creator: httpx.Client, takes: list[Path]
) -> None:
    track = upload(creator, takes[0], engine="own_recording")["id"]
    put_in(creator, track, takes[1], engine="studio")
    assert claims(creator.get(f"/tracks/{track}").json()) == (STUDIO,)
    third = put_in(creator, track, takes[2], engine="own_recording").json()
    assert claims(third) == (STUDIO,)
    # Of the first nothing is known by what came after it.
    assert make_current(creator, track, 1).status_code == 200
    assert claims(creator.get(f"/tracks/{track}").json()) == ()
    declare(creator, track, "assisted")
    assert claims(creator.get(f"/tracks/{track}").json()) == (HELPED,)
    make_current(creator, track, 3)
    assert claims(creator.get(f"/tracks/{track}").json()) == (STUDIO, HELPED)
    assert len(listed(creator, track)) == 3


def test_a_link_tells_it_at_once(
    server: Server, creator: httpx.Client, listener: httpx.Client, takes: list[Path]
) -> None:
    track = upload(creator, takes[0], engine="own_recording")["id"]
    link = share(creator, track)
    assert set(tells(server, listener, link).values()) == {()}
    declare(creator, track, "generated")
    told = tells(server, listener, link).values()
    assert {tuple(one._replace(signed=False) for one in claimed) for claimed in told} == {(MADE,)}


def test_engines_tell_what_their_operator_says_of_them(creator: httpx.Client) -> None:
    told = {one["engine_key"]: one["ai"] for one in creator.get("/engines").json()["items"]}
    assert told["studio"] == "generated"
    assert told["own_recording"] == "none"


def test_a_client_declares_it(server: Server, takes: list[Path]) -> None:
    key = server.new_organization()["api_key"]
    with Client(server.url, key) as client:
        track = client.upload(takes[0], engine="own_recording", ai="assisted")
        assert track.ai is not None
        assert (track.ai.mark, track.ai.claims[0].by) == ("assisted", "creator")
        changed = client.change_track(track.id, ai="generated")
        assert changed.ai is not None
        assert changed.ai.mark == "generated"
        assert {one.engine_key: one.ai for one in client.engines()}["studio"] == "generated"


def test_commands_declare_and_tell_it(server: Server, takes: list[Path]) -> None:
    settings = {"SERVER": server.url, "API_KEY": server.new_organization()["api_key"]}

    def run(*arguments: str) -> tuple[int, str, str]:
        done = run_forked(*arguments, **settings)
        return done.returncode, done.stdout, done.stderr

    engine = ("--engine", "own_recording")
    status, told, _ = run("upload", str(takes[0]), *engine, "--ai", "assisted", "--json")
    assert status == 0
    track = json.loads(told)["id"]
    status, told, _ = run("tracks", "show", track)
    assert re.search(r"^ *ai +assisted, says the creator", told, re.MULTILINE), told
    status, told, _ = run("tracks", "edit", track, "--ai", "generated")
    assert re.search(r"^ *ai +generated, says the creator", told, re.MULTILINE), told
    status, told, said = run("tracks", "edit", track, "--ai", "assisted")
    assert (status, told) == (1, "")
    assert said.startswith(
        "listenlink: --ai: This isn't taken back: more may be declared of it, but not less."
    )
    status, _, said = run("upload", str(takes[0]), *engine, "--ai", "human")
    assert status == 1
    assert "--ai" in said
    status, told, _ = run("tracks", "list", "--json")
    assert '"mark": "generated"' in told
    assert "studio\t" in run("engines")[1]
    assert "\tgenerated\t" in run("engines")[1]
