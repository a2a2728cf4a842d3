"""What our client doesn't do by mistake: ask the wrong server, drop a misspelled term, show a secret."""

from __future__ import annotations

import secrets
import threading
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cast import Server
from listenlink import client as whole
from listenlink.client import Client, ListenlinkError
from listenlink.client.addresses import read_link
from listenlink.wire.answers import SECRET, WithSecrets
from media.make_audio import make

TOKEN = "shr_" + "0" * 32


class Heard(ThreadingHTTPServer):
    """Another server, which hears what it's asked, and knows nothing."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Hearing)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Hearing(BaseHTTPRequestHandler):
    server: Heard

    def do_GET(self) -> None:
        self.server.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def other() -> Iterator[Heard]:
    heard = Heard()
    thread = threading.Thread(target=heard.serve_forever, args=(0.01,))
    thread.start()
    yield heard
    heard.shutdown()
    thread.join()
    heard.server_close()


@pytest.fixture(scope="module")
def mine(server: Server) -> Iterator[Client]:
    with Client(server.url, server.api_key) as client:
        yield client


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("wav16", tmp_path_factory.mktemp("audio") / "Evening.wav", sample_count=5000)


@pytest.mark.parametrize("path", ["/v1/music/shared/{}", "/embed/{}", "/v1/music/shared/{}/?a=b#c"])
def test_an_address_is_asked_at_its_own_host_and_without_the_key(
    mine: Client, other: Heard, path: str
) -> None:
    link = other.url + path.format(TOKEN)
    with pytest.raises(ListenlinkError) as refused:
        mine.open(link)
    assert refused.value.status == 404
    with pytest.raises(ListenlinkError):
        mine.record_listen(link, "ls1.x", "mtrack_000000000000")
    (opened, headers), (heard, more) = other.asked
    assert (opened, heard) == (f"/v1/music/shared/{TOKEN}", f"/v1/music/shared/{TOKEN}/listen")
    for sent in (headers, more):
        assert "x-api-key" not in sent
        assert str(mine._api_key) not in str(sent)


def test_a_link_of_another_server_is_saved_nowhere(mine: Client, other: Heard) -> None:
    with pytest.raises(ListenlinkError, match=other.url) as refused:
        mine.save(f"{other.url}/v1/music/shared/{TOKEN}")
    assert (refused.value.status, refused.value.code) == (0, "OTHER_SERVER")
    assert TOKEN not in str(refused.value)
    assert other.asked == []


@pytest.mark.parametrize(
    "link", [f"//other.example/v1/music/shared/{TOKEN}", f"other.example/v1/music/shared/{TOKEN}",
             f"ftp://other.example/{TOKEN}", f"https:///{TOKEN}", f"http://a:b/{TOKEN}"]
)  # fmt: skip
def test_what_is_no_address_is_refused_without_being_repeated(mine: Client, link: str) -> None:
    for ask in (mine.open, mine.save):
        with pytest.raises(ValueError, match="this isn't a link's address") as refused:
            ask(link)
        assert TOKEN not in "".join(traceback.format_exception(refused.value)).replace(link, "")
        assert TOKEN not in str(refused.value)


def test_ones_own_links_open_however_they_are_spelled(
    mine: Client, server: Server, song: Path
) -> None:
    link = mine.share(mine.upload(song, engine="studio").id)
    for spelled in (
        link.token,
        link.url,
        link.url + "/",
        f" {link.url} ",
        f"/v1/music/shared/{link.token}",
    ):
        assert mine.open(spelled).available
        assert mine.save(spelled).source == "own"
    assert read_link(link.url.replace("http:", "HTTP:")).origin == server.url


def test_the_key_goes_to_the_very_server_alone() -> None:
    """Another scheme or port is another server, however much the rest is alike."""
    with Client("https://music.example", "ak_secret") as client:
        own = ("https://music.example", "https://Music.Example:443", "https://a@music.example", "")
        for origin in own:
            assert client._may_carry_key("POST", f"{origin}/v1/caller"), origin
            assert not client._may_carry_key("GET", f"{origin}/v1/music/shared/{TOKEN}")
        for origin in (
            "http://music.example", "https://music.example:8443", "//music.example", "https://example",
            "https://music.example.evil", "https://music.example@evil", "https://music.example:99999",
        ):  # fmt: skip
            assert not client._may_carry_key("POST", f"{origin}/v1/caller"), origin


@pytest.mark.parametrize(
    "ask",
    [
        lambda client, song: client.share("mtrack_000000000000", max_open=5),
        lambda client, song: client.share("mtrack_000000000000", expires_in=5),
        lambda client, song: client.change_link("mslink_000000000000", max_open=5),
        lambda client, song: client.change_link("mslink_000000000000", starts_at=None),
        lambda client, song: client.make_collection("All", descripton="a"),
        lambda client, song: client.change_collection("mcoll_000000000000", titel="a"),
        lambda client, song: client.change_track("mtrack_000000000000", titel="a"),
        lambda client, song: client.upload(song, engine="studio", titel="a"),
        lambda client, song: client.upload_in_pieces(song, {"engine": "studio", "titel": "a"}),
    ],
)
def test_a_misspelled_term_is_refused_before_anything_is_sent(
    other: Heard, song: Path, ask: Any
) -> None:
    with (
        Client(other.url, "ak_secret") as client,
        pytest.raises(TypeError, match="unexpected name"),
    ):
        ask(client, song)
    assert other.asked == []


def test_nothing_that_is_printed_shows_a_secret(mine: Client, server: Server, song: Path) -> None:
    track = mine.upload(song, engine="studio")
    link, listed = mine.share(track.id, label="Ana"), mine.make_collection("All")
    again = mine.rotate(link.id)
    mine.add_track(listed.id, track.id)
    view = mine.open(again.token)
    many = mine.open(mine.share(listed.id).token)
    assert track.playback_url
    assert view.track
    assert view.session
    assert many.tracks
    hidden = [
        server.api_key, link.token, again.token, view.session, track.playback_url,
        view.track.playback_url, many.tracks[0].playback_url,
    ]  # fmt: skip
    things: list[object] = [
        mine,
        mine._http,
        track,
        link,
        again,
        view,
        view.track,
        many,
        mine.caller(),
    ]
    for thing in things:
        for shown in (repr(thing), str(thing), f"{thing}", repr([thing]), repr({"a": thing})):
            assert not [secret for secret in hidden if secret in shown], thing
    assert "label='Ana'" in repr(link)
    assert "token='…'" in repr(link)
    assert again.url.endswith(again.token)


def test_no_error_shows_a_secret(server: Server, other: Heard) -> None:
    key, token, session, word = (secrets.token_hex(16) for _ in range(4))
    closed = f"http://somebody:{word}@127.0.0.1:9"
    asks: list[Callable[[], object]] = [
        lambda: Client(server.url, key).caller(),
        lambda: Client(closed, key, tries=1).open(token, session=session),
        lambda: Client(closed, key, tries=1).save(token),
        lambda: Client(server.url).open(token),
        lambda: Client(other.url, key).open(token),
        lambda: Client(server.url, key).open(f"ftp://a:{word}@b/{token}"),
        lambda: Client(server.url, key).save(f"https://a:{word}@b/{token}"),
    ]
    for ask in asks:
        with pytest.raises((ListenlinkError, ValueError)) as error:
            ask()
        text = "".join(traceback.format_exception(error.value)) + repr(error.value)
        assert not [secret for secret in (key, token, session, word) if secret in text], text


def test_every_type_that_holds_a_secret_hides_it() -> None:
    for name in whole.__all__:
        kind = getattr(whole, name)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            named = {field.name for field in msgspec.structs.fields(kind)}
            assert issubclass(kind, WithSecrets) == bool(named & SECRET), name
