"""A track's title and artist: from a file's name, its tags, a form or a change; only what can be seen."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from cast import upload
from media.make_audio import make


def test_the_title_comes_from_the_tags_or_the_files_name(
    owner: httpx.Client, tmp_path: Path
) -> None:
    tagged = make("mp3_xing", tmp_path / "tagged.mp3", tags={"title": "From the tag"})
    assert upload(owner, tagged)["title"] == "From the tag"
    assert upload(owner, make("wav16", tmp_path / "My Song.v2.wav"))["title"] == "My Song.v2"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Mr. Smith", "Mr. Smith"),
        ("01. Intro.WAV", "01. Intro"),
        ("Symphony No. 9", "Symphony No. 9"),
        ("C:\\Music\\a/Op. 1.Nr. 2.flac", "Op. 1.Nr. 2"),
        (".mp3", ".mp3"),
        ("in\u202evoice\u2066\u200b.wav", "invoice"),
        ("\u202e\u200d.wav", "Untitled"),
    ],
)
def test_a_files_name_is_a_title(
    owner: httpx.Client, tmp_path: Path, name: str, title: str
) -> None:
    data = make("wav16", tmp_path / "x.wav", sample_count=9000).read_bytes()
    answer = owner.post("/tracks", data={"engine": "studio"}, files={"file": (name, data)})
    assert answer.json()["title"] == title


def test_dotnet_names_its_files_in_two_ways(owner: httpx.Client, tmp_path: Path) -> None:
    word = "=?utf-8?B?TcO8bGxlciBOci4gMS53YXY=?="
    for told in (f"\"{word}\"; filename*=utf-8''M%C3%BCller%20Nr.%201.wav", f'"{word}"'):
        form = (
            b'--b\r\nContent-Disposition: form-data; name="engine"\r\n\r\nstudio\r\n'
            b"--b\r\nContent-Disposition: form-data; name=file; filename=%s\r\n\r\n"
            % told.encode()
            + make("wav16", tmp_path / "x.wav", sample_count=9000).read_bytes()
            + b"\r\n--b--\r\n"
        )
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        answer = owner.post("/tracks", content=form, headers=headers)
        assert answer.json()["title"] == "Müller Nr. 1", answer.text


def test_what_cannot_be_seen_is_in_no_title(owner: httpx.Client, tmp_path: Path) -> None:
    unseen, seen = "\u202eA\u2067b\u200b\ufeff\u00ad\U000e0041\u3164 ", "Ab"
    path = make("mp3_xing", tmp_path / "x.mp3", tags={"title": unseen, "artist": unseen})
    track = upload(owner, path)
    assert (track["title"], track["artist"]) == (seen, seen)
    told = upload(owner, path, title=unseen, artist=unseen)
    assert (told["title"], told["artist"]) == (seen, seen)
    changed = owner.patch(f"/tracks/{told['id']}", json={"title": unseen + "c", "artist": unseen})
    assert (changed.json()["title"], changed.json()["artist"]) == (seen + " c", seen)
    made = owner.post("/collections", json={"name": unseen}).json()
    assert made["name"] == seen
    path_of = f"/collections/{made['id']}"
    assert owner.patch(path_of, json={"name": f"\u2066{seen}"}).json()["name"] == seen
    for asked in (owner.post("/collections", json={"name": "\u202e"}),
                  owner.patch(path_of, json={"name": "\u200b "})):  # fmt: skip
        assert (asked.status_code, asked.json()["error"]["details"]["field"]) == (422, "name")
    for name in ("title", "artist"):
        answer = owner.patch(f"/tracks/{told['id']}", json={name: "\u202e\u200d"})
        assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (422, name)
