"""Signed addresses and tokens, changed by chance and asked for over HTTP: 403 or 404, and nothing else.

Some hundred in the ordinary suite, 2,400 with `LISTENLINK_TEST_FULL=1`.
"""

from __future__ import annotations

import random
import urllib.parse
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from cast import Server, share, upload
from engines import of_folder
from live.load import SHARED, serving
from media.make_audio import make
from trust.figures import FULL, figure, seed

pytestmark = of_folder

OF_EACH = 800 if FULL else 100
PIECES = (
    *"0123456789abcdefAF.-_~+", "%2e", "%61", "%00", "%0a", "%FF", "%2F", "١", "０", "é", "1_0", "+1", "-1",
    "0x", "1" * 31, ";a=b", "&x=", ".mp3", "=", "==", "own.",
)  # fmt: skip


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, str]]]:
    """A server, and by kind an address that is good."""
    folder = tmp_path_factory.mktemp("forged")
    with serving(folder) as server, server.owner() as owner, server.listener() as listener:
        song = upload(owner, make("wav16", folder / "a.wav", sample_count=5000))
        path = SHARED + share(owner, song["id"], allow_download=True)["token"]
        opened = listener.get(path)
        session = {"Listen-Session": opened.headers["listen-session"]}
        file = listener.get(f"{path}/download/{song['id']}", headers=session).json()
        urls = {"play": opened.json()["track"]["playback_url"], "download": file["download_url"]}
        yield server, {"token": path} | {kind: path_of(url) for kind, url in urls.items()}


def path_of(url: str) -> str:
    return "/v1/" + url.partition("/v1/")[2]


def change(text: str, chance: random.Random) -> str:
    """The text with up to three changes: pieces put in, taken out, put over others, doubled, moved."""
    pieces = [*PIECES, *text.split(".")]
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(text) + 1)
        gone = chance.choice([0, 0, 1, 1, 2, 8])
        text = text[:start] + chance.choice(["", *pieces]) + text[start + gone :]
    return text


@pytest.mark.parametrize("kind", ["token", "play", "download"])
def test_what_is_changed_by_chance_is_refused(
    good: tuple[Server, dict[str, str]], kind: str
) -> None:
    server, paths = good
    chance = random.Random(f"{seed()} {kind}")  # noqa: S311
    before, _, text = paths[kind].rpartition("/")
    told: Counter[int] = Counter()
    given = []
    with httpx.Client(base_url=server.url) as client:
        for _ in range(OF_EACH):
            changed = f"{before}/{urllib.parse.quote(change(text, chance), safe='%;=&+~')}"
            # A letter may be written as its number: then it's the same address.
            if urllib.parse.unquote(changed) == paths[kind]:
                continue
            answer = client.get(changed)
            told[answer.status_code] += 1
            if answer.status_code not in (403, 404):
                given.append((changed, answer.status_code))
        assert client.get(paths[kind]).status_code == 200
    print(f"{kind}: {dict(told)}")
    figure("mutations over HTTP", told.total())
    figure("mutations over HTTP accepted", len(given))
    assert given == []
