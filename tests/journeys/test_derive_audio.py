"""What is made from an upload: waveform, loudness, cover, a rendition; and that it goes with the track."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import av
import httpx
import numpy as np
import pytest
from av.container import InputContainer

from cast import Server, share, upload, wait_for_sound
from engines import SENDS_AUDIO
from listenlink.media.sandbox.picture import Picture, read_picture_header
from media.make_audio import add_cover, make, make_picture
from media.make_tags import add_chunk, ape_tag, chunk, id3_picture, id3_tag
from stored import stored_audio

RATE = 44_100


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two songs with the same cover."""
    folder = tmp_path_factory.mktemp("album")
    return [
        add_cover(make("mp3_cbr", folder / f"{number}.mp3", sample_count=RATE * number))
        for number in (2, 3)
    ]


def stored(server: Server) -> set[str]:
    return set(stored_audio(server))


def test_title_and_artist_come_from_the_tags(owner: httpx.Client, tmp_path: Path) -> None:
    tags = {"title": "Harbour", "artist": "The Ferry"}
    path = make("flac", tmp_path / "x.flac", tags=tags)
    assert {key: upload(owner, path)[key] for key in tags} == tags
    told = upload(owner, path, title="Pier", artist="The Boat")
    assert (told["title"], told["artist"]) == ("Pier", "The Boat")
    changed = owner.patch(f"/tracks/{told['id']}", json={"artist": None}).json()
    assert changed["artist"] is None
    assert owner.patch(f"/tracks/{told['id']}", json={"artist": " "}).status_code == 422


def test_a_sine_of_known_loudness(owner: httpx.Client, tmp_path: Path) -> None:
    """EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23.0 dBFS measures -23.0 LUFS."""
    seconds = np.arange(RATE * 20) / RATE
    tone = (10 ** (-23 / 20) * np.sin(2 * np.pi * 1000 * seconds)).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(np.stack([tone, tone]), format="fltp", layout="stereo")
    frame.sample_rate = RATE
    path = tmp_path / "sine.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_f32le", rate=RATE, layout="stereo")
        for converted in av.AudioResampler("flt", "stereo", RATE).resample(frame):
            container.mux(stream.encode(converted))
        container.mux(stream.encode(None))
    sound = wait_for_sound(owner, upload(owner, path)["id"])
    assert sound["loudness_lufs"] == pytest.approx(-23.0, abs=0.1)
    assert len(sound["peaks"]) == 600
    assert set(sound["peaks"]) <= {18, 19}


def test_silence_has_no_loudness_and_a_flat_waveform(owner: httpx.Client, tmp_path: Path) -> None:
    path = make("wav16", tmp_path / "silence.wav", silent=True)
    sound = wait_for_sound(owner, upload(owner, path)["id"])
    assert sound["loudness_lufs"] is None
    assert set(sound["peaks"]) == {0}


def test_a_cover_is_made_anew_in_two_sizes(owner: httpx.Client, album: list[Path]) -> None:
    track_id = upload(owner, album[0])["id"]
    assert wait_for_sound(owner, track_id)["has_cover"]
    for size in ("large", "small"):
        answer = owner.get(f"/tracks/{track_id}/cover", params={"size": size})
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert read_picture_header(answer.content) == Picture("mjpeg", 48, 48)
    assert owner.get(f"/tracks/{track_id}/cover", params={"size": "vast"}).status_code == 422


def test_a_shared_cover_goes_with_its_last_track(
    server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    before = stored(server)
    songs = [
        add_cover(make("mp3_xing", tmp_path / f"{number}.mp3", sample_count=RATE * number))
        for number in (1, 2)
    ]
    tracks = [upload(owner, song)["id"] for song in songs]
    for track_id in tracks:
        wait_for_sound(owner, track_id)
    assert len(stored(server) - before) >= 2
    owner.delete(f"/tracks/{tracks[0]}")
    assert owner.get(f"/tracks/{tracks[1]}/cover").status_code == 200
    owner.delete(f"/tracks/{tracks[1]}")
    left = stored(server)
    again = upload(owner, songs[1])["id"]
    assert wait_for_sound(owner, again)["has_cover"]
    assert owner.get(f"/tracks/{again}/cover").status_code == 200
    owner.delete(f"/tracks/{again}")
    assert stored(server) == left


@pytest.mark.parametrize("kind", ["aiff", "m4a_alac"])
def test_what_browsers_do_not_play_is_played_as_aac(
    server: Server, owner: httpx.Client, listener: httpx.Client, tmp_path: Path, kind: str
) -> None:
    path = make(kind, tmp_path / f"song.{kind}", sample_count=RATE * 3)
    track = upload(owner, path)
    assert wait_for_sound(owner, track["id"])["has_rendition"]
    made = share(owner, track["id"])
    told = listener.get(made["url"]).json()["track"]
    assert told["measured_duration_seconds"] == 3.0
    played = httpx.get(told["playback_url"])
    assert played.headers["content-type"] == "audio/mp4"
    # The index stands in front, so playing begins with the first bytes.
    assert played.content.index(b"moov") < played.content.index(b"mdat")
    with av.open(BytesIO(played.content)) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
        assert isinstance(container, InputContainer)
        assert container.duration == pytest.approx(3_000_000, abs=50_000)
    assert len(stored(server)) >= 2
    owner.delete(f"/tracks/{track['id']}")
    assert httpx.get(told["playback_url"]).status_code == (403 if SENDS_AUDIO else 404)


def test_a_large_wav_is_played_as_aac_and_a_small_one_as_it_is(
    owner: httpx.Client, tmp_path: Path
) -> None:
    small = make("wav16", tmp_path / "small.wav")
    assert not wait_for_sound(owner, upload(owner, small)["id"])["has_rendition"]
    large = make("wav24", tmp_path / "large.wav", sample_count=RATE * 80, silent=True)
    assert large.stat().st_size > 20_000_000
    assert wait_for_sound(owner, upload(owner, large)["id"])["has_rendition"]


def test_the_best_picture_that_is_one_becomes_the_cover(
    owner: httpx.Client, tmp_path: Path
) -> None:
    plain = make("mp3_cbr", tmp_path / "x.mp3").read_bytes()
    front, back = make_picture("mjpeg", 60, 60), make_picture("mjpeg", 90, 90)
    broken = b"\xff\xd8\xff\xe0nonsense"
    cases = {
        60: id3_tag(id3_picture(1, broken), id3_picture(4, back), id3_picture(3, front)) + plain,
        90: id3_tag(id3_picture(3, broken), id3_picture(4, back)) + plain,
        61: plain[plain.index(b"\xff\xfb") :]
        + ape_tag({b"Cover Art (Front)": b"f.jpg\0" + make_picture("mjpeg", 61, 70)}),
    }
    for side, content in cases.items():
        (tmp_path / "y.mp3").write_bytes(content)
        track_id = upload(owner, tmp_path / "y.mp3")["id"]
        assert wait_for_sound(owner, track_id)["has_cover"], side
        answer = owner.get(f"/tracks/{track_id}/cover")
        assert read_picture_header(answer.content) == Picture("mjpeg", side, side)


def test_the_largest_cover_is_taken(owner: httpx.Client, tmp_path: Path) -> None:
    path = make("aiff", tmp_path / "x.aiff")
    picture = make_picture("mjpeg", 4096, 4096)
    tag = chunk(b"ID3 ", id3_tag(id3_picture(3, picture)), ">")
    path.write_bytes(add_chunk(path.read_bytes(), tag, ">"))
    sound = wait_for_sound(owner, upload(owner, path)["id"])
    assert (sound["has_cover"], sound["has_rendition"]) == (True, True)
    assert max(sound["peaks"]) > 0


def test_a_broken_cover_costs_nothing_but_the_cover(owner: httpx.Client, tmp_path: Path) -> None:
    path = add_cover(make("mp3_cbr", tmp_path / "x.mp3"), b"\xff\xd8\xff\xe0nonsense")
    sound = wait_for_sound(owner, upload(owner, path)["id"])
    assert (sound["has_cover"], len(sound["peaks"])) == (False, 600)


def test_a_vector_picture_is_never_taken(
    server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    drawing = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    path = add_cover(make("mp3_cbr", tmp_path / "x.mp3"), drawing, "image/svg+xml")
    before = stored(server)
    sound = wait_for_sound(owner, upload(owner, path)["id"])
    assert not sound["has_cover"]
    assert len(stored(server) - before) == 1


def test_what_was_begun_when_the_process_died_is_made_later(
    server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    track_id = upload(owner, make("flac", tmp_path / "x.flac", sample_count=RATE))["id"]
    wait_for_sound(owner, track_id)
    server.kill()
    server.change(
        "UPDATE audio_objects SET derived_at = NULL, peaks = NULL, derivation_began_at = 1 "
        "WHERE id = (SELECT audio_id FROM tracks WHERE id = ?)",
        int(track_id.removeprefix("mtrack_"), 16),
    )
    server.start()
    with server.owner() as again:
        assert wait_for_sound(again, track_id)["peaks"]
