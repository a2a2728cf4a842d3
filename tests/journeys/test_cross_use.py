"""A signed address is good for one thing: none for another track, link, session or door, however its parts
are put together. All mixtures of the fields of two addresses are tried.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from engines import of_folder
from live.load import SHARED, serving
from media.make_audio import make
from trust.figures import FULL, figure

pytestmark = of_folder

LINKS_OF_EACH = 4 if FULL else 2
PREFIXES = ("/v1/music/audio/", "/v1/music/download/", "/v1/music/archive/", "/v1/music/picture/")


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, list[list[str]]]]:
    """A server, and by kind addresses that are good: of two tracks by two links, in two sessions."""
    folder = tmp_path_factory.mktemp("cross")
    with serving(folder) as server, server.owner() as owner:
        songs = [
            upload(owner, make("wav16", folder / f"{n}.wav", sample_count=9000 + n))
            for n in range(2)
        ]
        links = [share(owner, song["id"], allow_download=True) for song in songs * LINKS_OF_EACH]
        plays, downloads = [], []
        # Of the first link in two sessions.
        for link in (links[0], *links):
            with server.listener() as listener:
                play, download = take(listener, SHARED + link["token"])
            plays.append(play)
            downloads.append(download)
        own = [path_of(owner.get(f"/tracks/{song['id']}").json()["playback_url"]) for song in songs]
        yield server, [plays, downloads, own]


def path_of(url: str) -> str:
    return "/v1/" + url.partition("/v1/")[2]


def take(listener: httpx.Client, path: str) -> tuple[str, str]:
    """What a listener gets by a link to one track: where it plays, and where its file is."""
    opened = listener.get(path)
    track: dict[str, Any] = opened.json()["track"]
    session = {"Listen-Session": opened.headers["listen-session"]}
    file = listener.get(f"{path}/download/{track['id']}", headers=session).json()["download_url"]
    return path_of(track["playback_url"]), path_of(file)


def mixtures(one: str, other: str) -> Iterator[str]:
    """All addresses that have some fields of the one and some of the other."""
    prefix, _, _ = one.rpartition("/")
    fields = [text.rpartition("/")[2].split(".") for text in (one, other)]
    known = {tuple(each) for each in fields}
    for mixed in itertools.product(*zip(*fields, strict=True)):
        if mixed not in known:
            yield f"{prefix}/{'.'.join(mixed)}"


def elsewhere(path: str) -> Iterator[str]:
    """The same text at the doors that it isn't for."""
    for prefix in PREFIXES:
        if not path.startswith(prefix):
            yield prefix + path.rpartition("/")[2]


def test_no_mixture_of_two_addresses_and_no_other_door_is_good(
    addresses: tuple[Server, list[list[str]]],
) -> None:
    server, kinds = addresses
    good = [path for paths in kinds for path in paths]
    # A listener's file has the fields of what is played, and another purpose.
    alike = [kinds[0] + kinds[1], kinds[2]]
    pairs = [pair for paths in alike for pair in itertools.permutations(paths, 2)]
    bad = {mixed for pair in pairs for mixed in mixtures(*pair)}
    bad |= {other for path in good for other in elsewhere(path)}
    with server.listener() as listener:
        assert {listener.get(path).status_code for path in good} == {200}
        given = [path for path in sorted(bad) if listener.get(path).status_code not in (403, 404)]
        # The good ones were good all the time.
        assert {listener.get(path).status_code for path in good} == {200}
    figure("uses for another thing", len(bad))
    figure("uses for another thing that succeeded", len(given), of=len(bad))
    assert len(bad) > 200
    assert given == []
