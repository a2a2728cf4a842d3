"""What can't be played, in Chromium and in Firefox: few requests, then words, and the next track."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from browser.begun import Begun, begin
from browser.damage import Library, bad_frames, noise, web_page
from browser.listening import collect
from browser.middleman import Instead, Middleman, running_middleman
from browser.windows import (
    BROWSERS,
    Window,
    Windows,
    open_player,
    running_windows,
    state,
    wait_for,
    wait_for_words,
    wait_until_heard,
)
from cast import Server, free_port, share
from engines import of_folder
from media.make_audio import FORMATS

pytestmark = of_folder
# The open, and one renewal; of the audio a browser may ask for several parts at each try.
MOST_OPENS, MOST_PARTS = 3, 6
UNPLAYABLE = "This can't be played here."
CLOSED = "This link was closed. Nothing more is played."
RUBBISH = [(200, b"<h1>Log in</h1>"), (200, b"{}"), (502, b"Bad gateway"), (200, b"null")]
IS_FULL = bool(os.environ.get("LISTENLINK_TEST_FULL"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Behind somebody who may answer in its place: that is where its public address leads."""
    url = f"http://127.0.0.1:{free_port()}"
    settings = {"PUBLIC_URL": url, "RESOLVE_LIMIT_PER_MINUTE": "1000"}
    running = Server(tmp_path_factory.mktemp("instance") / "data", settings)
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def between(server: Server) -> Iterator[Middleman]:
    port = int(server.settings["PUBLIC_URL"].rpartition(":")[2])
    with running_middleman(port, server.port) as middleman:
        yield middleman


@pytest.fixture(scope="module")
def library(
    server: Server, owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> Library:
    return Library(server, owner, tmp_path_factory.mktemp("audio"))


@pytest.fixture(scope="module", params=BROWSERS)
def windows(request: pytest.FixtureRequest, between: Middleman) -> Iterator[Windows]:
    with running_windows(request.param) as opened:
        yield opened


@pytest.fixture
def window(windows: Windows, begun: dict[str, Begun]) -> Iterator[Window]:
    opened = windows()
    yield opened
    opened.close()


def press_play(window: Window, link: dict[str, Any]) -> None:
    open_player(window, link["url"])
    window.press("#play")


def check_quiet(window: Window, between: Middleman, link: dict[str, Any], parts: int) -> None:
    """Little was asked for, and nothing more is."""
    assert state(window)["button"] == "Play"
    time.sleep(1.2)
    asked = between.about(link)
    time.sleep(1.2)
    assert between.about(link) == asked
    assert 1 <= between.opens(link["token"]) <= MOST_OPENS
    assert min(parts, 1) <= len(between.about(link, "/audio/")) <= parts


@pytest.fixture(scope="module")
def begun(
    windows: Windows, between: Middleman, owner: httpx.Client, library: Library
) -> Iterator[dict[str, Begun]]:
    """What takes long, begun before the first test: the others go on meanwhile."""
    songs = [library.add("wav16", seconds=12)["id"] for _ in range(2)]
    status, body = RUBBISH[1]
    ways = {
        "rubbish": (share(owner, songs[0]), "", Instead(status, body)),
        "events": (share(owner, songs[0]), "/events", Instead(200, b"hello")),
        "stream": (share(owner, songs[1]), "/nothing", Instead()),
    }
    made = {name: begin(windows, between, *way) for name, way in ways.items()}
    yield made
    for one in made.values():
        one.window.close()


@pytest.mark.parametrize("damage", [bad_frames, web_page] if IS_FULL else [bad_frames])
def test_damaged_sound_is_told_after_few_requests(
    window: Window, between: Middleman, owner: httpx.Client, library: Library, damage: Any
) -> None:
    link = share(owner, library.add("mp3_cbr", damage, seconds=6)["id"])
    press_play(window, link)
    wait_for_words(window, UNPLAYABLE)
    check_quiet(window, between, link, MOST_PARTS)


@pytest.mark.parametrize("kind", sorted(FORMATS) if IS_FULL else ["flac"])
def test_so_is_that_of_every_kind(
    window: Window, between: Middleman, owner: httpx.Client, library: Library, kind: str
) -> None:
    link = share(owner, library.add(kind, noise)["id"])
    press_play(window, link)
    wait_for_words(window, UNPLAYABLE)
    assert 1 <= between.opens(link["token"]) <= MOST_OPENS


def test_two_bad_tracks_dont_end_a_collection(
    window: Window, between: Middleman, owner: httpx.Client, library: Library
) -> None:
    songs = [
        library.add("wav16", seconds=9),
        library.add("flac", noise),
        library.add("mp3_cbr", noise),
    ]
    link = share(owner, collect(owner, songs)["id"])
    press_play(window, link)
    wait_for_words(window, "On to the next one.")
    wait_for(lambda: state(window)["now"] == songs[0]["title"])
    wait_until_heard(window)
    assert state(window)["button"] == "Pause"
    assert between.opens(link["token"]) <= MOST_OPENS
    notes = "[...document.querySelectorAll('#playlist li')].map(li => li.querySelector('.note')?.textContent)"
    assert window.ask(notes) == [UNPLAYABLE, UNPLAYABLE, None]


def test_where_all_tracks_are_bad_it_stops_with_words(
    window: Window, between: Middleman, owner: httpx.Client, library: Library
) -> None:
    songs = [library.add(kind, noise) for kind in ("wav16", "flac", "mp3_cbr")]
    link = share(owner, collect(owner, songs)["id"])
    press_play(window, link)
    wait_for_words(window, UNPLAYABLE)
    check_quiet(window, between, link, 3 * MOST_PARTS)


@pytest.mark.parametrize(("status", "body"), RUBBISH if IS_FULL else RUBBISH[1:2])
def test_rubbish_for_an_answer_is_told_after_few_requests(
    windows: Windows,
    begun: dict[str, Begun],
    between: Middleman,
    owner: httpx.Client,
    library: Library,
    status: int,
    body: bytes,
) -> None:
    ready = begun.get("rubbish") if (status, body) == RUBBISH[1] else None
    window, link, _ = ready or begin(
        windows, between, share(owner, library.add("wav16")["id"]), "", Instead(status, body)
    )
    wait_for(lambda: state(window)["button"] == "Play", 20)
    check_quiet(window, between, link, 0)
    assert "removed" not in state(window)["status"]


def test_events_that_end_at_once_are_not_asked_for_on_and_on(
    begun: dict[str, Begun], between: Middleman
) -> None:
    ready = begun["events"]
    ready.wait_until(5)
    assert 1 <= len(between.about(ready.link, "/events", ready.began_at + 5)) <= 4


def test_a_closed_link_falls_silent_though_its_events_cannot_be_had(
    windows: Windows, between: Middleman, owner: httpx.Client, library: Library
) -> None:
    """Refused, too many, cut off, held back before or behind the head of the answer."""
    song = library.add("wav16", seconds=30)["id"]
    ways = [
        Instead(503, b"{}"),
        Instead(200, b"", seconds=30),
        Instead(200, b"", seconds=30, has_begun=False),
        Instead(429, b"{}"),
        Instead(200, b""),
    ][: None if IS_FULL else 3]
    links = [share(owner, song) for _ in ways]
    opened = [windows() for _ in ways]
    for way, link, window in zip(ways, links, opened, strict=True):
        between.instead[f"{link['token']}/events"] = way
        press_play(window, link)
    for window in opened:
        wait_until_heard(window)
    began_at, asked = time.monotonic(), between.count(links, "/standing")
    time.sleep(2)
    per_second = (between.count(links, "/standing") - asked) / (time.monotonic() - began_at)
    assert per_second <= len(ways) * 1.2
    for link in links:
        owner.delete(f"/share/{link['id']}").raise_for_status()
    closed_at = time.monotonic()
    for window in opened:
        wait_for_words(window, CLOSED, seconds=8)
    # A look a second; what is more than two is a busy machine.
    assert time.monotonic() - closed_at < 4
    for window, link in zip(opened, links, strict=True):
        assert state(window)["disabled"]
        assert between.opens(link["token"]) <= 2
        window.close()


def test_where_there_is_a_stream_nobody_asks_beside_it(
    begun: dict[str, Begun], between: Middleman
) -> None:
    ready = begun["stream"]
    ready.wait_until(2.5)
    before = between.about(ready.link, "/standing", ready.began_at)
    assert between.about(ready.link, "/standing") == before
    assert len(between.about(ready.link, "/events")) == 1


def test_without_a_sound_device_it_says_so(
    between: Middleman, owner: httpx.Client, library: Library
) -> None:
    """Firefox plays nothing then, and calls it an error of each track's sound."""
    songs = [library.add("wav16"), library.add("wav16")]
    link = share(owner, collect(owner, songs)["id"])
    with running_windows("firefox", has_sound=False) as windows:
        window = windows()
        press_play(window, link)
        wait_for_words(window, "There is no sound output on this device.")
        check_quiet(window, between, link, MOST_PARTS)
        assert state(window)["now"] == songs[1]["title"]
        window.close()
