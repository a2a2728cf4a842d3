"""A page is written once for all who ask for it, of one state of things, and what is kept has a bound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from cast import Server, share, upload, wait_for_sound
from journeys.faces import FACES, Beside, look, open_session, requests_for
from journeys.long_album import make_long_album
from journeys.seen import BROWSER
from listenlink.actions.show_page import PageShower
from listenlink.clock import SECOND_US
from listenlink.store import pages
from listenlink.web.pages.languages import LANGUAGES
from listenlink.web.pages.page_writer import PageWriter
from live.load import FULL, serving
from media.make_audio import add_cover, make

MOST_BYTES = 32 * 1024 * 1024
HOUR_US = 3600 * SECOND_US


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("instance")) as server:
        yield server


@pytest.fixture(scope="module")
def owner(running: Server) -> Iterator[httpx.Client]:
    with running.owner() as client:
        yield client


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = add_cover(make("mp3_xing", tmp_path_factory.mktemp("audio") / "song.mp3"))
    track = str(upload(owner, path, title="Song", artist="Ana")["id"])
    wait_for_sound(owner, track)
    return track


@pytest.fixture(scope="module")
def album(running: Server, owner: httpx.Client, song: str) -> str:
    return make_long_album(running, owner, song)


@pytest.fixture
def beside(running: Server, storage_credentials: None) -> Iterator[Beside]:
    opened = Beside(running)
    yield opened
    opened.close()


@pytest.mark.parametrize("face", FACES)
def test_eight_at_once_are_one_reading_and_one_writing(
    beside: Beside, owner: httpx.Client, album: str, face: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = share(owner, album)
    asked = requests_for(link, open_session(beside.get, link))[face]
    done: Counter[str] = Counter()

    def counting(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            done[name] += 1
            return work(*arguments, **named)

        return call

    monkeypatch.setattr(pages, "find_shown", counting("read", pages.find_shown))
    monkeypatch.setattr(PageShower, "_page", counting("made", PageShower._page))
    answers = beside.get_at_once(8, **asked)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert done == {"read": 1, "made": 1}
    assert beside.get(**asked).content == answers[0].content
    assert done == {"read": 1, "made": 1}


@pytest.mark.parametrize("kind", ["share", "ended"])
def test_nobody_waits_while_a_page_is_written(
    beside: Beside, owner: httpx.Client, song: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = share(owner, song)["token"] if kind == "share" else "shr_0"
    write = getattr(PageWriter, kind)
    went_on: list[bool] = []

    def write_slowly(*asked: Any, **named: Any) -> Any:
        went_on.append(beside.let_others_go_on())
        return write(*asked, **named)

    monkeypatch.setattr(PageWriter, kind, write_slowly)
    assert "</html>" in beside.get(f"/v1/music/shared/{token}", headers=BROWSER).text
    assert went_on == [True]


class Meddling:
    """A database in which something happens right behind a reading, or right before one."""

    def __init__(
        self, database: Any, behind: list[Callable[[], object]], before: list[Callable[[], object]]
    ) -> None:
        self._database = database
        self._behind, self._before = behind, before

    async def read(self, work: Any) -> Any:
        if self._before:
            self._before.pop(0)()
        found = await self._database.read(work)
        if self._behind:
            self._behind.pop(0)()
        return found


@pytest.mark.parametrize("times", [1, 2, 3, 7])
def test_what_changes_while_it_is_read_is_kept_under_no_wrong_name(
    beside: Beside, owner: httpx.Client, song: str, times: int
) -> None:
    """The fingerprint is read, then a title changes, then all is read: that is another page, or it would be
    shown once the title is what it was."""
    mine = str(owner.post("/collections", json={"name": "A"}).json()["id"])
    owner.post(f"/collections/{mine}/tracks", json={"track_id": song}).raise_for_status()
    link = share(owner, mine)

    def rename(name: str) -> Callable[[], object]:
        return lambda: owner.patch(f"/collections/{mine}", json={"name": name}).raise_for_status()

    names = ["BCDEFGH"[place] for place in range(times)]
    shower = beside.instance.listening.pages
    database = shower._database
    shower._database = Meddling(database, [rename(f"<{name}>") for name in names], [])  # type: ignore[assignment]
    asked = requests_for(link, {})["oembed"]
    first = beside.get(**asked)
    assert first.status_code == 200
    assert first.json()["title"] in ["A", *(f"<{name}>" for name in names)]
    shower._database = database
    for name in ["A", *(f"<{name}>" for name in names)]:
        rename(name)()
        assert beside.get(**asked).json()["title"] == name


def test_a_token_that_is_replaced_meanwhile_is_on_no_other_page(
    beside: Beside, owner: httpx.Client, song: str
) -> None:
    """The old token was found good, then there is a new one: what is written for the old isn't the new
    one's page, though all that it shows is the same."""
    link, turned = share(owner, song), list[dict[str, Any]]()

    def rotate() -> None:
        turned.append(owner.post(f"/share/{link['id']}/rotate").raise_for_status().json())

    shower = beside.instance.listening.pages
    database = shower._database
    for face in ("page", "embed"):
        old = turned[-1] if turned else link
        shower._database = Meddling(database, [], [rotate])  # type: ignore[assignment]
        late = beside.get(**requests_for(old, {})[face])
        shower._database = database
        assert late.status_code == 200
        told = beside.get(**requests_for(turned[-1], {})[face])
        assert turned[-1]["token"] in told.text
        assert old["token"] not in told.text


def test_many_links_in_all_languages_stay_within_the_bound(
    beside: Beside, owner: httpx.Client, album: str
) -> None:
    """By the short form, a quarter of them, on a shelf of a quarter."""
    shelf, most_bytes = beside.instance.listening.maker.shelf, MOST_BYTES
    assert shelf._most_bytes == MOST_BYTES
    if not FULL:
        most_bytes = shelf._most_bytes = MOST_BYTES // 4
    put = 0
    for _ in range(8 if FULL else 2):
        link = share(owner, album)
        session = open_session(beside.get, link)
        for language in LANGUAGES:
            look(beside.get, link, session, language)
            put += len(FACES)
            assert shelf.bytes_kept <= most_bytes
            kept = [len(part) for thing in shelf._things.values() for part in thing]
            assert sum(kept) <= shelf.bytes_kept
    # Neither is nothing kept, nor everything.
    assert shelf.bytes_kept > most_bytes // 2
    assert 10 < len(shelf) < put
    assert beside.instance.listening.covers.maker.shelf is shelf
