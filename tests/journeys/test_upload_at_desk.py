"""Putting a track in by the desk's plain form: taken in and refused as the API does, and told on the page."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
import pytest

from cast import Server
from listenlink.web.pages.languages import catalogue
from listenlink.web.pages.upload_words import REASONS
from media.make_audio import make
from signed_in import at_desk
from stored import drafts

PATH = "/desk/upload"
MOST = 400_000
KIND = {"Content-Type": "multipart/form-data; boundary=x"}
ONE_FIELD = re.compile(r'<p class="fault" id="(\w+)-fault" role="alert">(.*?)</p>')


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {
        "MAX_UPLOAD_BYTES": str(MOST), "MAX_AUDIO_SECONDS": "5", "MAX_BEGUN_UPLOADS": "2",
        "TRUSTED_PROXIES": "127.0.0.1/32",
    }  # fmt: skip
    running = Server(tmp_path_factory.mktemp("instance") / "data", settings)
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def person(server: Server) -> Iterator[httpx.Client]:
    with contextlib.closing(at_desk(server)) as client:
        yield client


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    tags = {"title": "From its tags"}
    folder = tmp_path_factory.mktemp("audio")
    return make("flac", folder / "a.flac", tags=tags).read_bytes()


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("audio") / "a.wav"
    return make(
        "wav16", path, sample_count=5 * 8000 + 8000, sample_rate=8000, channels=1
    ).read_bytes()


def send(
    person: httpx.Client, data: bytes, name: str = "song.flac", **fields: str
) -> httpx.Response:
    """The form as a browser sends it: what is typed, then the file."""
    fields = {"title": "", "engine": "own_recording"} | fields
    return person.post(PATH, data=fields, files={"file": (name, data)})


def faults(answer: httpx.Response) -> dict[str, str]:
    """What stands beside which field."""
    return {name: unescape(text) for name, text in ONE_FIELD.findall(answer.text)}


def newest(server: Server) -> dict[str, Any]:
    with server.owner() as owner:
        track: dict[str, Any] = owner.get("/tracks", params={"limit": 1}).json()["items"][0]
        return track


def nothing_is_left(server: Server) -> None:
    server.wait_until_derived()
    assert drafts(server) == []
    assert server.query("SELECT count(*) FROM promises WHERE user_id IS NOT NULL") == [(0,)]


def count(server: Server) -> int:
    return int(server.query("SELECT count(*) FROM tracks")[0][0])


def test_a_file_becomes_a_track_of_who_is_signed_in(
    server: Server, person: httpx.Client, song: bytes
) -> None:
    answer = send(person, song, title="Late Night Study")
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk?done=uploaded")
    track = newest(server)
    assert (track["title"], track["engine"]) == ("Late Night Study", "own_recording")
    assert (track["licence_class"], track["mode"]) == ("personal_only", "creation")
    with server.owner() as owner:
        found = owner.get(f"/audio/{hashlib.sha256(song).hexdigest()}")
        assert found.json() == {"track_id": track["id"]}
    nothing_is_left(server)
    assert "Your track is uploaded." in person.get(PATH, params={"done": "uploaded"}).text


def test_a_title_that_nobody_typed_is_the_files(
    server: Server, person: httpx.Client, song: bytes
) -> None:
    assert send(person, song).status_code == 303
    assert newest(server)["title"] == "From its tags"
    nameless = song.replace(b"From its tags", b" " * 13)
    assert send(person, nameless, "Ihr Name.flac", engine="other").status_code == 303
    assert newest(server)["title"] == "Ihr Name"
    assert newest(server)["licence_class"] == "unclear"


def test_the_engines_are_offered_with_their_licences(person: httpx.Client) -> None:
    text = unescape(person.get(PATH).text)
    offered = re.findall(r'<option value="(\w+)" data-licence="([^"]+)"( selected)?>(.*?)<', text)
    assert [key for key, _, chosen, _ in offered if chosen] == ["own_recording"]
    shown = {key: (name, sentence) for key, sentence, _, name in offered}
    assert shown["own_recording"][0] == "Own recording"
    assert "The source must be named." in shown["own_recording"][1]
    assert shown["studio_cleared"] == (
        "Studio Cleared · Cleared for commercial use", "Commercial use is allowed."
    )  # fmt: skip
    assert shown["other"][0] == "Something else · Unclear"


REFUSED: dict[str, tuple[int, str, str, dict[str, str], Any]] = {
    "not audio": (422, "file", "This file is not audio in a format", {}, b"No music\n" * 20),
    "empty": (422, "file", "This file contains no sound.", {}, b""),
    "cut off": (422, "file", "Part of this file is missing", {}, lambda song: song[:-900]),
    "too long": (422, "file", "longer than the allowed playing time", {}, "long"),
    "announced as too large": (413, "file", "larger than those", {}, bytes(MOST + 300_000)),
    "too large once it's there": (413, "file", "larger than those", {}, bytes(MOST + 1000)),
    "a long title": (422, "title", "longer than 512", {"title": "T" * 513}, lambda song: song),
    "an invisible title": (422, "title", "The title is empty.", {"title": "\u200b"}, lambda song: song),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_stands_beside_its_field_and_what_was_typed_is_there(
    server: Server, person: httpx.Client, song: bytes, long: bytes, name: str
) -> None:
    status, field, words, fields, data = REFUSED[name]
    sent = long if data == "long" else data(song) if callable(data) else data
    typed = {"title": "<b>Kept & told", "engine": "studio"} | fields
    before = count(server)
    answer = send(person, sent, **typed)
    assert answer.status_code == status, answer.text
    assert list(faults(answer)) == [field]
    assert words in faults(answer)[field]
    text = unescape(answer.text)
    assert f'name="title" maxlength="512" dir="auto" value="{typed["title"]}"' in text
    assert re.search(r'<option value="studio" [^>]* selected>', text)
    assert "<b>Kept" not in answer.text
    assert count(server) == before
    nothing_is_left(server)


@pytest.mark.parametrize("language", ["de", "es", "fr"])
def test_it_is_told_in_the_readers_language(person: httpx.Client, language: str) -> None:
    sent: Any = {"data": {"engine": "studio"}, "files": {"file": ("a.txt", b"No music")}}
    answer = person.post(PATH, headers={"Accept-Language": language}, **sent)
    translate = catalogue(language).gettext
    assert faults(answer) == {"file": translate(REASONS["not_audio"])}
    assert translate(REASONS["not_audio"]) != REASONS["not_audio"]


def test_a_file_is_needed(server: Server, person: httpx.Client) -> None:
    # As a browser sends a field that nothing was chosen for.
    body = (
        b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nTyped\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename=""\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\r\n--x--\r\n"
    )
    answer = person.post(PATH, content=body, headers=KIND)
    assert answer.status_code == 422
    assert faults(answer) == {"file": "A file is needed."}
    assert 'value="Typed"' in answer.text
    nothing_is_left(server)


def test_what_was_typed_is_there_also_where_nothing_is_begun(
    server: Server, person: httpx.Client, song: bytes
) -> None:
    """The bounds are asked before anything arrives."""
    with server.owner() as owner:
        headers = {
            "Tus-Resumable": "1.0.0",
            "Upload-Metadata": "engine c3R1ZGlv",
            "Upload-Length": "9",
        }
        begun = [owner.post("/uploads", headers=headers).headers["location"] for _ in range(2)]
        answer = send(person, song, title="Typed")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        assert "Too many uploads have begun." in faults(answer)["file"]
        assert 'value="Typed"' in answer.text
        for path in begun:
            owner.delete(f"{server.url}{path}", headers=headers)
    server.people("org", "quota", server.organization_id, "--tracks", str(count(server)))
    try:
        answer = send(person, song, title="Typed")
        assert answer.status_code == 403
        assert "stores as much as it may" in faults(answer)["file"]
        assert 'value="Typed"' in answer.text
    finally:
        server.people("org", "quota", server.organization_id, "--none")
    nothing_is_left(server)


def test_what_is_no_form_is_none(server: Server, person: httpx.Client) -> None:
    assert person.post(PATH, data={"title": "x"}).status_code == 415
    assert person.post(PATH, content=b"nonsense", headers=KIND).status_code == 400
    nothing_is_left(server)


def test_a_field_that_the_page_does_not_have_is_told_above_them(
    person: httpx.Client, song: bytes
) -> None:
    assert faults(send(person, song, loudness="11")) == {"form": "There is no field 'loudness'."}
    assert list(faults(send(person, song, engine="Un Known"))) == ["engine"]


def test_a_program_gets_the_envelope(person: httpx.Client) -> None:
    sent: Any = {"data": {"engine": "studio"}, "files": {"file": ("a.txt", b"No music")}}
    answer = person.post(PATH, headers={"Accept": "application/json"}, **sent)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["reason"] == "not_audio"


def test_who_is_signed_out_meanwhile_puts_nothing_in(server: Server, song: bytes) -> None:
    with (
        contextlib.closing(at_desk(server)) as client,
        contextlib.closing(at_desk(server)) as other,
    ):
        cookie, before = client.headers["Cookie"], count(server)

        def late() -> Iterator[bytes]:
            yield b'--x\r\nContent-Disposition: form-data; name="engine"\r\n\r\nstudio\r\n'
            other.headers["Cookie"] = cookie
            assert other.post("/desk/sign-out").status_code == 303
            yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.flac"\r\n\r\n'
            yield song + b"\r\n--x--\r\n"

        answer = client.post(PATH, content=late(), headers=KIND)
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/sign-in")
        assert count(server) == before
    nothing_is_left(server)
