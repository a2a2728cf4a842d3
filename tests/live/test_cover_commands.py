"""Covers set and removed by `listenlink cover` and by the client."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cast import Server, run_forked
from listenlink.client import Client, ListenlinkError
from media.make_audio import add_cover, make
from media.make_pictures import BLUE, GREEN, RED, WHITE, colour_at, plain


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with Client(server.url, server.api_key) as mine:
        yield mine


@pytest.fixture(scope="module")
def things(
    server: Server, client: Client, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, str]:
    """A track with a white cover inside, and a collection of it."""
    path = make("mp3_cbr", tmp_path_factory.mktemp("audio") / "a.mp3")
    track = client.upload(add_cover(path, plain(WHITE)), engine="studio").id
    collection = client.make_collection("All").id
    client.add_track(collection, track)
    server.wait_until_derived()
    return track, collection


def cover(server: Server, *arguments: str) -> tuple[int, str, str]:
    known = {"SERVER": server.url, "API_KEY": server.api_key}
    done = run_forked("cover", *arguments, **known)
    return done.returncode, done.stdout, done.stderr


def test_by_the_client(client: Client, things: tuple[str, str], tmp_path: Path) -> None:
    track, collection = things
    (tmp_path / "red.jpg").write_bytes(plain(RED))
    assert colour_at(client.track_cover(track)) == colour_at(client.collection_cover(collection))
    client.set_track_cover(track, tmp_path / "red.jpg")
    client.set_collection_cover(collection, io.BytesIO(plain(BLUE, "PNG")))
    for size in ("large", "small"):
        assert colour_at(client.track_cover(track, size=size)) == RED
        assert colour_at(client.collection_cover(collection, size=size)) == BLUE
    client.remove_track_cover(track)
    client.remove_collection_cover(collection)
    for gone in (client.track_cover, client.collection_cover):
        with pytest.raises(ListenlinkError) as error:
            gone(track if gone == client.track_cover else collection)
        assert error.value.status == 404
    client.remove_track_cover(track, restore=True)
    client.remove_collection_cover(collection, restore=True)
    assert colour_at(client.track_cover(track)) == colour_at(client.collection_cover(collection))
    with pytest.raises(ListenlinkError) as refused:
        client.set_track_cover(track, io.BytesIO(b"GIF89a"))
    assert (refused.value.status, refused.value.details["reason"]) == (422, "not_a_picture")
    with pytest.raises(ListenlinkError) as refused:
        client.set_track_cover(track, io.BytesIO(bytes(9_000_000)))
    assert refused.value.status == 413


def test_by_the_command(
    server: Server, client: Client, things: tuple[str, str], tmp_path: Path
) -> None:
    track, collection = things
    picture = tmp_path / "mine.webp"
    picture.write_bytes(plain(GREEN, "WEBP"))
    for thing, shown in ((track, client.track_cover), (collection, client.collection_cover)):
        assert cover(server, "set", thing, str(picture)) == (0, f"{thing}: Cover set.\n", "")
        assert colour_at(shown(thing)) == GREEN
        status, told, _ = cover(server, "remove", thing, "--json")
        assert (status, json.loads(told)["id"]) == (0, thing)
        with pytest.raises(ListenlinkError):
            shown(thing)
        told = f"{thing}: Cover restored.\n"
        assert cover(server, "remove", thing, "--restore") == (0, told, "")
        assert colour_at(shown(thing)) == WHITE


def test_what_can_not_be_done_is_one_line(
    server: Server, things: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "no.jpg").write_bytes(b"no")
    for arguments, told in (
        (("set", "mslink_000000000000", str(tmp_path / "no.jpg")), "neither a track"),
        (("set", things[0], str(tmp_path / "none.jpg")), "none.jpg: "),
        (("set", things[0], str(tmp_path / "no.jpg")), "This isn't a JPEG, PNG or WebP picture."),
        (("remove", "mcoll_000000000000"), "This doesn't exist."),
    ):
        status, out, err = cover(server, *arguments)
        assert (status, out, len(err.splitlines())) == (1, "", 1)
        assert told in err
