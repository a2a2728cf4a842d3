"""What lies around a link refuses like the link itself: for whatever reason, with the same answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cast import Server, share, upload, wait_for_sound
from engines import of_folder
from journeys.refused import REASONS, normalized, refused_link, token_path
from listenlink.model import ids
from media.make_audio import make

PAGE = {"Accept": "text/html"}
NOBODYS = "/v1/music/shared/shr_" + "0" * 32
Ask = Callable[[httpx.Client, str, str], httpx.Response]


def token_of(path: str) -> str:
    return path.rpartition("/")[2]


# Each with the link's path, and with a session of some link or none.
DOORS: dict[str, Ask] = {
    "page": lambda client, path, _: client.get(path, headers=PAGE),
    "page_head": lambda client, path, _: client.head(path, headers=PAGE),
    "page_of_unfurler": lambda client, path, _: client.get(path, headers={"User-Agent": "Twitterbot"}),
    "page_in_german": lambda client, path, _: client.get(
        path, headers=PAGE | {"Accept-Language": "de", "Accept-Encoding": "identity"}
    ),
    "prefetch": lambda client, path, _: client.get(path, headers={"Sec-Purpose": "prefetch"}),
    "form": lambda client, path, _: client.post(path, headers=PAGE),
    "embed": lambda client, path, _: client.get(f"/embed/{token_of(path)}"),
    "oembed": lambda client, path, _: client.get("/oembed", params={"url": f"{client.base_url}"[:-1] + path}),
    "listening": lambda client, path, session: client.get(f"{path}/listening/{session or 'none'}"),
    "details": lambda client, path, session: client.get(f"{path}/details", headers=sent(session)),
    "events": lambda client, path, session: client.get(f"{path}/events", headers=sent(session)),
    "standing": lambda client, path, session: client.get(f"{path}/standing", headers=sent(session)),
    "download": lambda client, path, session: client.get(
        f"{path}/download/mtrack_{'0' * 12}", headers=sent(session)
    ),
    "listen": lambda client, path, session: client.post(
        f"{path}/listen", headers=sent(session), json={"track_id": f"mtrack_{'0' * 12}"}
    ),
}  # fmt: skip
of_each_door = pytest.mark.parametrize("door", DOORS)


def sent(session: str) -> dict[str, str]:
    return {"Listen-Session": session} if session else {}


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = make("wav16", tmp_path_factory.mktemp("audio") / "song.wav", tags={"artist": "Ana"})
    track = upload(owner, path, title="Secret Song")
    wait_for_sound(owner, track["id"])
    return track


@pytest.fixture(scope="module")
def refused(server: Server, owner: httpx.Client, song: dict[str, Any]) -> dict[str, str]:
    """A path for each reason."""
    return {reason: refused_link(server, owner, song, reason) for reason in REASONS}


@of_each_door
def test_every_refusal_of_a_door_is_the_same(
    server: Server, refused: dict[str, str], door: str
) -> None:
    answers = {}
    for reason, path in refused.items():
        with server.listener() as client:
            answers[reason] = DOORS[door](client, path, "")
    first = normalized(answers["unknown"])
    assert first[0] == 404
    for reason, answer in answers.items():
        assert normalized(answer) == first, reason
        assert "Secret" not in answer.text
        assert token_of(refused[reason]) not in answer.text, "the page isn't of this very link"


@of_each_door
def test_a_session_of_a_link_that_was_closed_is_refused_like_any(
    server: Server, owner: httpx.Client, song: dict[str, Any], door: str
) -> None:
    """Revoked, run out, given another token, its session run out: as if there had been none."""
    answers = {}
    for end in ("revoked", "expired", "rotated"):
        link = share(owner, song["id"], allow_download=True)
        path = token_path(link)
        with server.listener() as client:
            session = client.get(path).headers["listen-session"]
            assert client.get(path + "/details", headers=sent(session)).status_code == 200
            if end == "revoked":
                owner.delete(f"/share/{link['id']}")
            elif end == "rotated":
                assert owner.post(f"/share/{link['id']}/rotate").status_code == 200
            else:
                number = ids.parse_id(ids.SHARE, link["id"])
                server.change("UPDATE shares SET expires_at = 1 WHERE id = ?", number)
            answers[end] = DOORS[door](client, path, session)
    with server.listener() as client:
        first = normalized(DOORS[door](client, NOBODYS, ""))
    assert first[0] == 404
    for end, answer in answers.items():
        assert normalized(answer) == first, end


@pytest.mark.parametrize("spelling", ["%73hr_{hex}", "shr_{hex}%00", "shr_{hex}%20", "SHR_{hex}"])
@pytest.mark.parametrize(
    "path",
    [
        "/v1/music/shared/{token}", "/embed/{token}", "/v1/music/shared/{token}/details",
        "/v1/music/shared/{token}/events", "/v1/music/shared/{token}/standing",
        "/v1/music/shared/{token}/listening/{session}",
        "/v1/music/shared/{token}/download/{track}", "/oembed?url={base}/v1/music/shared/{token}",
    ],
)  # fmt: skip
def test_a_token_has_one_spelling_at_every_door(
    server: Server, owner: httpx.Client, song: dict[str, Any], path: str, spelling: str
) -> None:
    link = share(owner, song["id"], allow_download=True)
    with server.listener() as client:
        session = client.get(token_path(link)).headers["listen-session"]
        given = {"base": server.url, "session": session, "track": song["id"]}
        headers = PAGE | sent(session)
        with client.stream(
            "GET", path.format(token=link["token"], **given), headers=headers
        ) as good:
            assert good.status_code in (200, 204)
        token = spelling.format(hex=link["token"].removeprefix("shr_"))
        # In a query, what is decoded once is as it should be: there it's decoded once more.
        written = token.replace("%", "%25") if "oembed" in path else token
        answer = client.get(path.format(token=written, **given), headers=headers)
    # A person's browser is led to the one spelling from what was only pasted badly.
    is_led = path.endswith(("shared/{token}", "embed/{token}")) and "oembed" not in path
    if is_led and spelling in ("shr_{hex}%20", "SHR_{hex}"):
        assert answer.status_code == 302
        assert answer.headers["location"] == path.format(token=link["token"])
    else:
        assert answer.status_code == 404


def test_oembed_describes_links_of_this_server_only(
    server: Server, owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    token = share(owner, song["id"])["token"]
    good = f"{server.url}/v1/music/shared/{token}"
    assert listener.get("/oembed", params={"url": good}).status_code == 200
    for url in (
        token,
        f"https://evil.example/v1/music/shared/{token}",
        f"{server.url}@evil.example/v1/music/shared/{token}",
        f"{server.url}/embed/{token}",
        good + "?x=1",
        good + "/",
        " " + good,
    ):
        assert listener.get("/oembed", params={"url": url}).status_code == 404, url


@pytest.mark.parametrize("path", ["/v1/music/shared/{}/", "/embed/{}/"])
def test_a_slash_behind_the_token_misspells_it_and_a_person_is_led_to_the_right_one(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any], path: str
) -> None:
    link = share(owner, song["id"])
    assert listener.get(path[:-1].format(link["token"]), headers=PAGE).status_code == 200
    led = listener.get(path.format(link["token"]), headers=PAGE)
    assert (led.status_code, led.headers["location"]) == (302, path[:-1].format(link["token"]))
    assert listener.get(path.format(link["token"])).status_code == 404


@of_folder
def test_a_download_has_one_spelling(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    path = token_path(share(owner, song["id"], allow_download=True))
    session = sent(listener.get(path).headers["listen-session"])
    url = listener.get(f"{path}/download/{song['id']}", headers=session).json()["download_url"]
    place, _, signed = url.rpartition("/")
    assert listener.get(url).status_code == 200
    for other in (url + "?x=1", f"{place}/%{ord(signed[0]):02x}{signed[1:]}"):
        assert listener.get(other).status_code == 403, other


def test_a_token_has_one_spelling_where_something_is_changed(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    path = token_path(share(owner, song["id"]))
    session = sent(listener.get(path).headers["listen-session"])
    heard = {"track_id": song["id"]}
    for spelled, statuses in ((path, (204, 201)), (path.replace("shr_", "%73hr_"), (404, 404))):
        told = listener.post(f"{spelled}/listen", headers=session, json=heard)
        key = {"X-API-Key": owner.headers["x-api-key"]}
        saved = listener.post(f"{spelled}/save", headers=key)
        assert (told.status_code, saved.status_code) == statuses
