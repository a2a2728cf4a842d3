"""What a path allows is told whole: by OPTIONS, by a 405, and to other sites' pages by the preflight."""

from __future__ import annotations

import re

import httpx
import pytest

from cast import Server, share, upload
from listenlink.web.routes import FOR_ANYBODY, FOR_OWNERS
from media.make_audio import make

THING = "x_000000000000"


def allowed_by_path() -> dict[str, set[str]]:
    """Of each path all methods that any handler declares."""
    allowed: dict[str, set[str]] = {}
    for handler in [*FOR_ANYBODY, *FOR_OWNERS]:
        for path in handler.paths:
            methods = allowed.setdefault(re.sub(r"{[^}]+}", THING, path), {"OPTIONS"})
            methods |= {str(method) for method in handler.http_methods}
            methods |= {"HEAD"} if "GET" in methods else set()
    return allowed


@pytest.mark.parametrize(("path", "methods"), allowed_by_path().items())
def test_options_and_a_refused_method_name_every_method(
    listener: httpx.Client, path: str, methods: set[str]
) -> None:
    asked = listener.options(path)
    another = next(method for method in ("PUT", "PATCH", "DELETE") if method not in methods)
    refused = listener.request(another, path)
    assert (asked.status_code, asked.content) == (204, b"")
    assert refused.status_code == 405
    for answer in (asked, refused):
        assert sorted(answer.headers["allow"].split(", ")) == sorted(methods)


def test_another_sites_player_may_tell_of_a_listen(
    owner: httpx.Client, listener: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> None:
    track = upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"))
    path = f"/v1/music/shared/{share(owner, track['id'])['token']}"
    origin = {"Origin": "https://player.example"}
    wanted = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,listen-session",
    }
    preflight = listener.options(path + "/listen", headers=origin | wanted).headers
    assert preflight["access-control-allow-origin"] == "*"
    assert preflight["access-control-allow-methods"] == "POST, OPTIONS"
    assert (
        preflight["access-control-allow-headers"]
        == "Content-Type, Listen-Session, Share-Password, Share-Unlock"
    )
    session = {"Listen-Session": listener.get(path).headers["listen-session"]}
    told = {"track_id": track["id"]}
    done = listener.post(path + "/listen", json=told, headers=origin | session)
    refused = listener.post(path + "/listen", json=told, headers=origin)
    for answer, status in ((done, 204), (refused, 404)):
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "access-control-allow-credentials" not in answer.headers


def test_owners_paths_are_for_no_other_site(server: Server, listener: httpx.Client) -> None:
    for path in (f"/v1/music/{server.organization_id}/uploads", "/v1/caller"):
        answer = listener.options(path, headers={"Origin": "https://player.example"})
        assert "access-control-allow-origin" not in answer.headers
