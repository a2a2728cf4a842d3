"""A link stays open, and its music is removed: no door by its token, its session or what was signed for it
tells anything of the music or gives a byte of it; nor does it when the same bytes are put in again.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import httpx
import pytest

from cast import upload
from engines import SENDS_AUDIO
from journeys.refused_everywhere import KINDS, EndedLinks, Kind
from journeys.token_doors import DOORS, Door, ask_for
from live.load import serving
from media.make_audio import add_cover, make
from trust.figures import figure

TITLE, ARTIST = "Gone Song of Nobody", "Vanished Quartet"


def tell(links: EndedLinks, door: Door) -> tuple[int, bytes]:
    """The status, and all that is said within a moment: events have no end."""
    asked = ask_for(links, door._replace(session="own" if door.session else ""), "open")
    status, said = 0, b""
    with (
        contextlib.suppress(httpx.ReadTimeout),
        httpx.Client(base_url=links.server.url, timeout=1.0) as client,
        client.stream(
            asked.method, asked.path, headers=asked.headers, content=asked.body
        ) as answer,
    ):
        status = answer.status_code
        for chunk in answer.iter_bytes():
            said += chunk
    return status, said


def what_is_told(said: bytes, audio: bytes, track: str) -> list[str]:
    """What of the music is in there: its words, its number, its bytes."""
    words = {TITLE: TITLE.encode(), ARTIST: ARTIST.encode(), "the track": track.encode()}
    # A piece of the middle, which no other file has.
    words["its audio"] = audio[len(audio) // 2 :][:64]
    return [name for name, word in words.items() if word in said]


@pytest.mark.timeout(180)
def test_no_door_tells_of_music_that_was_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KINDS, "open", Kind(lambda *_: None))
    path = add_cover(make("mp3_xing", tmp_path / "song.mp3"))
    audio = path.read_bytes()
    with serving(tmp_path, MISS_LIMIT_PER_MINUTE="0") as server, server.owner() as owner:
        track = upload(owner, path, title=TITLE, artist=ARTIST)["id"]
        server.wait_until_derived()
        links = EndedLinks(server, track)
        before = {door.name: what_is_told(tell(links, door)[1], audio, track) for door in DOORS}
        assert {"open", "page", "oembed", "details"} <= {
            name for name, told in before.items() if told
        }
        assert owner.delete(f"/tracks/{track}").status_code == 200
        leaks = ask_everywhere(links, audio, track)
        again = upload(owner, path, title="Another", artist="Somebody")["id"]
        assert again != track
        leaks |= ask_everywhere(links, audio, track)
    figure("doors asked about removed music", 2 * len(DOORS))
    figure("doors that told of it", len(leaks), of=2 * len(DOORS))
    assert leaks == {}


def ask_everywhere(links: EndedLinks, audio: bytes, track: str) -> dict[str, list[str]]:
    """By door, what it tells of the music or gives of it."""
    leaks = {}
    for door in DOORS:
        status, said = tell(links, door)
        told = what_is_told(said, audio, track)
        # What the asker named themselves may be said to them.
        told = [
            name for name in told if name != "the track" or "{track}" not in door.path + door.body
        ]
        # A bucket's address of the file leads to nothing once the file is gone.
        if door.is_signed and status < 400 and (SENDS_AUDIO or status < 300):
            told.append(f"{status}")
        if told:
            leaks[door.name] = told
    return leaks
