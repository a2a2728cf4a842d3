"""Putting tracks in: every format measured by decoding, everything else refused without a trace."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import av
import httpx
import pytest

from cast import Server, upload
from engines import SENDS_AUDIO
from media.make_audio import FORMATS, cut_by_an_editor, make
from stored import drafts, stored_audio

PLAYLIST = b"#EXTM3U\n#EXTINF:10,\nfile:///etc/hostname\n"
CONTENT_TYPES = {
    "wav": "audio/wav", "flac": "audio/flac", "mp3": "audio/mpeg", "ipod": "audio/mp4", "ogg": "audio/ogg",
    "aiff": "audio/aiff", "adts": "audio/aac", "mp4": "audio/mp4", "webm": "audio/webm",
    "matroska": "audio/matroska",
}  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server that takes only short and small audio."""
    running = Server(
        tmp_path_factory.mktemp("small") / "data",
        {"MAX_UPLOAD_BYTES": "300000", "MAX_AUDIO_SECONDS": "5"},
    )
    running.create()
    running.start()
    yield running
    running.stop()


def decoded_seconds(path: Path) -> float:
    """The length by another way than the product's: every frame that libav gives."""
    with av.open(str(path)) as container:
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


def kept(server: Server) -> tuple[int, int, list[str]]:
    """Rows of tracks and of stored audio, and everything that is stored."""
    server.wait_until_derived()
    (counts,) = server.query(
        "SELECT (SELECT count(*) FROM tracks), (SELECT count(*) FROM audio_objects)"
    )
    return counts[0], counts[1], sorted([*stored_audio(server), *drafts(server)])


@pytest.mark.parametrize("kind", list(FORMATS))
def test_each_format_is_measured_to_the_millisecond(
    owner: httpx.Client, tmp_path: Path, kind: str
) -> None:
    path = make(kind, tmp_path / f"{kind}.bin", sample_count=130_000)
    track = upload(owner, path)
    assert track["is_shorter_than_declared"] is False
    exact = 130_000 / FORMATS[kind].sample_rate
    # FFmpeg's own Vorbis encoder declares the end of its last block, not of the music.
    is_exact = FORMATS[kind].is_exact and kind != "ogg_vorbis"
    truth = exact if is_exact else decoded_seconds(path)
    assert track["measured_duration_seconds"] == pytest.approx(truth, abs=0.001)
    playing = owner.get(track["playback_url"])
    assert playing.content == path.read_bytes()
    assert playing.headers["content-type"] == CONTENT_TYPES[FORMATS[kind].container]


def test_a_track_is_what_was_said_of_it(owner: httpx.Client, tmp_path: Path) -> None:
    track = upload(
        owner,
        make("wav16", tmp_path / "x.wav"),
        title=" A  title ",
        mode="focus",
        instrumental="true",
    )
    assert {name: track[name] for name in ("title", "engine", "mode", "instrumental", "licence_class")} == {
        "title": "A  title",
        "engine": "studio",
        "mode": "focus",
        "instrumental": True,
        "licence_class": "personal_only",
    }  # fmt: skip
    assert owner.get(f"/tracks/{track['id']}").json()["title"] == "A  title"


def test_a_header_that_promises_more_is_told(owner: httpx.Client, tmp_path: Path) -> None:
    """An editor's cut: whole frames, a tag at the end, and the header of before."""
    track = upload(
        owner, cut_by_an_editor(make("mp3_xing", tmp_path / "x.mp3", sample_count=264_600))
    )
    assert track["is_shorter_than_declared"] is True
    assert owner.get(f"/tracks/{track['id']}").json()["is_shorter_than_declared"] is True


def test_an_engine_nobody_knows_gives_no_rights(
    server: Server, owner: httpx.Client, listener: httpx.Client, tmp_path: Path
) -> None:
    track = upload(owner, make("wav16", tmp_path / "x.wav"), engine="never_heard_of")
    link = owner.post(f"/tracks/{track['id']}/share").json()
    licence = listener.get(f"/v1/music/shared/{link['token']}").json()["track"]["licence"]
    assert licence == {
        "licence_class": "unclear",
        "licence_version": "unknown",
        "commercial_use": False,
        "requires_attribution": True,
    }


def broken_files(folder: Path) -> dict[str, tuple[Path, str]]:
    """Files that are refused, by name, each with the reason that the details give."""

    def cut(kind: str, name: str) -> Path:
        path = make(kind, folder / name, sample_count=88_200)
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
        return path

    def text(name: str, data: bytes) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return {
        "text": (text("notes.wav", b"Dear diary, " * 500), "not_audio"),
        "empty": (text("empty.flac", b""), "empty"),
        "playlist": (text("list.mp3", PLAYLIST), "not_audio"),
        "cut wav": (cut("wav16", "cut.wav"), "truncated"),
        "cut flac": (cut("flac", "cut.flac"), "truncated"),
        "cut m4a": (cut("m4a_aac", "cut.m4a"), "truncated"),
        "cut mp3": (cut("mp3_xing", "cut.mp3"), "truncated"),
        "cut webm": (cut("webm_opus", "cut.webm"), "truncated"),
        "short": (make("wav16", folder / "short.wav", sample_count=4409), "too_short"),
    }


def test_what_is_not_whole_audio_is_refused_and_leaves_nothing(
    server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    before = kept(server)
    for name, (path, reason) in broken_files(tmp_path).items():
        with path.open("rb") as file:
            answer = owner.post("/tracks", data={"engine": "studio"}, files={"file": file})
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (422, "VALIDATION_ERROR"), name
        assert (error["details"]["field"], error["details"]["reason"]) == ("file", reason), name
    assert kept(server) == before


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "engine"),
        ({"engine": "No Such!"}, "engine"),
        ({"engine": "studio", "mode": "loud"}, "mode"),
        ({"engine": "studio", "instrumental": "perhaps"}, "instrumental"),
        ({"engine": "studio", "title": "x" * 513}, "title"),
        ({"engine": "studio", "titel": "x"}, "titel"),
    ],
)
def test_wrong_fields_are_named_and_leave_nothing(
    server: Server, owner: httpx.Client, tmp_path: Path, fields: dict[str, str], field: str
) -> None:
    before = kept(server)
    with make("wav16", tmp_path / "a.wav").open("rb") as file:
        answer = owner.post("/tracks", data=fields, files={"file": file})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == field
    assert kept(server) == before


def test_a_form_without_a_file_or_of_another_kind_is_refused(owner: httpx.Client) -> None:
    missing = owner.post("/tracks", files={"engine": (None, "studio")})
    assert (missing.status_code, missing.json()["error"]["details"]["field"]) == (422, "file")
    other = owner.post("/tracks", json={"engine": "studio"})
    assert other.status_code == 415
    broken = owner.post(
        "/tracks",
        content=b"--b\r\nnonsense",
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert broken.status_code == 400


def test_too_much_is_refused_and_leaves_nothing(small: Server, tmp_path: Path) -> None:
    large = make("wav16", tmp_path / "large.wav", sample_count=300_000)
    long = make("flac", tmp_path / "long.flac", sample_count=6 * 44_100, silent=True)
    with small.owner() as owner:
        with large.open("rb") as file:
            told = owner.post("/tracks", data={"engine": "studio"}, files={"file": file})
        assert told.status_code == 413
        assert told.json()["error"]["code"] == "PAYLOAD_TOO_LARGE"
        assert told.json()["error"]["details"]["max_bytes"] == 300_000
        unmeasured = owner.post(
            "/tracks",
            content=chunked_form(large),
            headers={"Content-Type": "multipart/form-data; boundary=b"},
        )
        assert unmeasured.status_code == 413
        with long.open("rb") as file:
            slow = owner.post("/tracks", data={"engine": "studio"}, files={"file": file})
        assert slow.status_code == 422
        assert slow.json()["error"]["details"]["reason"] == "too_long"
    assert kept(small) == (0, 0, [])


def chunked_form(path: Path) -> Any:
    """A form whose length isn't told beforehand."""
    yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    yield path.read_bytes()
    yield b"\r\n--b--\r\n"


def test_equal_bytes_are_stored_once_and_go_with_their_last_track(
    server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    path = make("wav16", tmp_path / "same.wav", sample_count=5000)
    before = kept(server)
    first, second = upload(owner, path), upload(owner, path)
    assert first["id"] != second["id"]
    assert len(kept(server)[2]) == len(before[2]) + 1
    owner.delete(f"/tracks/{first['id']}")
    assert owner.get(second["playback_url"]).content == path.read_bytes()
    owner.delete(f"/tracks/{second['id']}")
    assert kept(server)[2] == before[2]
    assert owner.get(second["playback_url"]).status_code == (403 if SENDS_AUDIO else 404)
    assert owner.get(upload(owner, path)["playback_url"]).content == path.read_bytes()


async def test_many_uploads_of_the_same_file_at_once(server: Server, tmp_path: Path) -> None:
    data = make("flac", tmp_path / "race.flac", sample_count=7000).read_bytes()
    headers = {"X-API-Key": server.api_key}
    async with httpx.AsyncClient(headers=headers, timeout=60) as client:
        url = f"{server.url}/v1/music/{server.organization_id}/tracks"
        answers = await asyncio.gather(
            *(
                client.post(url, data={"engine": "studio"}, files={"file": ("r.flac", data)})
                for _ in range(8)
            )
        )
        assert {answer.status_code for answer in answers} == {201}
        for answer in answers:
            assert (await client.get(answer.json()["playback_url"])).content == data
