"""What HTTP asks of every server (RFC 9110, 9112, 6750, 5789), whatever the route."""

from __future__ import annotations

import gzip
import re
import socket
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from listenlink.web.routes import FOR_ANYBODY, FOR_OWNERS
from media.make_audio import make

JSON = "application/json"
PICTURES = "image/jpeg, image/png, image/webp"
# What a route takes as a body, by its path; any other takes JSON.
KINDS = {
    ("POST", "/v1/music/{org:str}/tracks"): "multipart/form-data; boundary=b",
    ("PATCH", "/v1/music/{org:str}/uploads/{upload_id:str}"): "application/offset+octet-stream",
    ("PUT", "/v1/music/{org:str}/tracks/{track_id:str}/cover"): PICTURES,
    ("PUT", "/v1/music/{org:str}/collections/{collection_id:str}/cover"): PICTURES,
}


@pytest.fixture(scope="module")
def names(server: Server, owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What stands in the paths, so that every route is reached."""
    track = upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"))["id"]
    link = share(owner, track)
    begun = {"Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Metadata": "engine c3R1ZGlv"}
    told = {"url": "http://127.0.0.1:9/hook", "events": ["link.spread"]}
    return {
        "org": server.organization_id, "track_id": track, "share_id": link["id"],
        "collection_id": owner.post("/collections", json={"name": "All"}).json()["id"],
        "upload_id": owner.post("/uploads", headers=begun).json()["id"],
        "token": link["token"], "key_id": owner.post("/keys", json={"scopes": ["read"]}).json()["id"],
        "version": "1", "webhook_id": owner.post("/webhooks", json=told).json()["id"],
    }  # fmt: skip


def routes_with_a_body() -> list[tuple[str, str]]:
    """Every route that reads one: those with JSON, the form, the pieces, and the page's own form."""
    routes = [
        (method, path)
        for handler in [*FOR_ANYBODY, *FOR_OWNERS]
        for path in handler.paths
        for method in {*map(str, handler.http_methods)} & {"POST", "PUT", "PATCH"}
        if (method, path) in KINDS
        or "data" in handler.fn.__annotations__
        or path == "/v1/music/shared/{token:str}"
    ]
    return sorted(routes)


def ask(
    owner: httpx.Client, names: dict[str, str], method: str, path: str, kind: str, **more: Any
) -> httpx.Response:
    filled = re.sub(r"\{(\w+):str\}", lambda match: names[match.group(1)], path)
    headers = {"Content-Type": kind, "Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
    url = owner.base_url.copy_with(raw_path=filled.encode())
    return owner.request(method, url, headers=headers | more.pop("headers", {}), **more)


def test_the_routes_with_a_body_are_found() -> None:
    assert len(routes_with_a_body()) >= 13
    assert set(KINDS) < set(routes_with_a_body())


@pytest.mark.parametrize(("method", "path"), routes_with_a_body())
def test_a_compressed_body_is_refused_as_such(
    owner: httpx.Client, names: dict[str, str], method: str, path: str
) -> None:
    kind = KINDS.get((method, path), JSON).partition(",")[0]
    for coding in ("gzip", "br", "deflate", "gzip, gzip", "GZip"):
        answer = ask(
            owner, names, method, path, kind,
            content=gzip.compress(b"{}"), headers={"Content-Encoding": coding},
        )  # fmt: skip
        assert answer.status_code == 415, coding
        assert answer.headers["accept-encoding"] == "identity"
        assert answer.json()["error"]["code"] == "UNSUPPORTED_MEDIA_TYPE"
        assert answer.json()["error"]["details"] == {"accepts_encoding": "identity"}
    plain = ask(owner, names, method, path, kind, headers={"Content-Encoding": "identity"})
    assert plain.status_code != 415
    bodiless = ask(owner, names, method, path, kind, headers={"Content-Encoding": "gzip"})
    assert bodiless.status_code != 415


@pytest.mark.parametrize(
    ("method", "path"), [one for one in routes_with_a_body() if not one[1].endswith("{token:str}")]
)
def test_another_kind_of_body_is_refused_and_the_right_one_named(
    owner: httpx.Client, names: dict[str, str], method: str, path: str
) -> None:
    wanted = KINDS.get((method, path), JSON).partition(";")[0]
    for kind in (
        "text/xml",
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/jsonp",
    ):
        answer = ask(owner, names, method, path, kind, content=b"{}")
        assert answer.status_code == 415, kind
        assert answer.headers["accept"] == wanted
        assert answer.headers.get("accept-patch") == (wanted if method == "PATCH" else None)
        assert "accept-encoding" not in answer.headers


@pytest.mark.parametrize(
    "kind",
    ["application/json", "Application/JSON; charset=utf-8", "application/vnd.api+json", None],
)
def test_json_has_several_names_or_none(owner: httpx.Client, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    made = owner.post("/collections", content=b'{"name": "Evening"}', headers=headers)
    assert made.status_code == 201


def test_options_name_what_a_patch_may_be(owner: httpx.Client, names: dict[str, str]) -> None:
    track, upload_path = f"/tracks/{names['track_id']}", f"/uploads/{names['upload_id']}"
    assert owner.options(track).headers["accept-patch"] == JSON
    assert owner.options(upload_path).headers["accept-patch"] == "application/offset+octet-stream"
    assert "accept-patch" not in owner.options("/tracks").headers


@pytest.mark.parametrize(
    ("headers", "code", "error"),
    [
        ({}, "AUTHENTICATION_REQUIRED", None),
        ({"Authorization": "Basic YTpi"}, "AUTHENTICATION_REQUIRED", None),
        ({"X-API-Key": "ak_x"}, "INVALID_API_KEY", "invalid_token"),
        ({"Authorization": "Bearer ak_" + "0" * 40}, "INVALID_API_KEY", "invalid_token"),
    ],
)
def test_who_is_not_let_in_is_told_the_scheme(
    server: Server, headers: dict[str, str], code: str, error: str | None
) -> None:
    """RFC 9110, section 15.5.2; RFC 6750, section 3: no error is named to who sent no key."""
    for path in ("/v1/caller", f"/v1/music/{server.organization_id}/tracks"):
        answer = httpx.get(server.url + path, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)
        challenge = answer.headers["www-authenticate"]
        assert challenge.startswith('Bearer realm="listenlink"')
        named = re.search('error="([a-z_]+)"', challenge)
        assert (named.group(1) if named else None) == error


def test_a_key_that_is_over_is_told_so_by_every_reason(server: Server, owner: httpx.Client) -> None:
    expired = owner.post("/keys", json={"scopes": ["read"], "expires_in_days": 1}).json()
    off = owner.post("/keys", json={"scopes": ["read"]}).json()
    digits = int(expired["id"].removeprefix("key_"), 16)
    server.change("UPDATE api_keys SET expires_at = 1 WHERE id = ?", digits)
    owner.delete(f"/keys/{off['id']}")
    for key, word in ((expired, "expired"), (off, "deactivated")):
        answer = httpx.get(server.url + "/v1/caller", headers={"X-API-Key": key["api_key"]})
        assert answer.status_code == 401
        assert (
            f'error="invalid_token", error_description="{word}"'
            in (answer.headers["www-authenticate"])
        )


def test_a_key_that_may_not_is_told_which_scope_it_lacks(
    server: Server, owner: httpx.Client
) -> None:
    reader = owner.post("/keys", json={"scopes": ["read"]}).json()["api_key"]
    with server.owner(reader) as other:
        refused = other.post("/collections", json={"name": "a"})
    assert refused.status_code == 403
    assert refused.json()["error"]["details"] == {"scope": "write"}
    assert refused.headers["www-authenticate"] == (
        'Bearer realm="listenlink", error="insufficient_scope", scope="write"'
    )


def raw(server: Server, head: str) -> tuple[int, dict[str, str]]:
    """The status and headers of the answer to a request written by hand."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head.encode())
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
    lines = answer.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    return int(lines[0].split()[1]), {
        name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])
    }


HOST = "Host: 127.0.0.1\r\nConnection: close\r\n\r\n"
CLOSE = "Connection: close\r\n\r\n"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/v1/caller", "/docs", "*"])
def test_a_request_of_http_1_1_without_a_host_is_bad(server: Server, path: str) -> None:
    assert raw(server, f"GET {path} HTTP/1.1\r\n{CLOSE}")[0] == 400
    assert raw(server, f"GET {path} HTTP/1.1\r\nHost:\r\n{CLOSE}")[0] == 400
    assert raw(server, f"GET {path} HTTP/1.1\r\nHost: a\r\nHost: b\r\n{CLOSE}")[0] == 400


def test_a_probe_of_http_1_0_needs_no_host(server: Server) -> None:
    assert raw(server, f"GET /healthz HTTP/1.0\r\n{CLOSE}")[0] == 200
    assert raw(server, f"GET /v1/caller HTTP/1.0\r\n{CLOSE}")[0] == 421


@pytest.mark.parametrize("path", ["/v1/caller", "/", "/v1/music/shared/shr_0"])
def test_the_host_in_an_absolute_target_is_refused_as_any_other(server: Server, path: str) -> None:
    assert raw(server, f"GET http://evil.example{path} HTTP/1.1\r\n{CLOSE}")[0] == 421
    assert raw(server, f"GET http://evil.example{path} HTTP/1.0\r\n{CLOSE}")[0] == 421


def test_the_whole_server_may_be_asked_for_its_options(server: Server) -> None:
    """RFC 9110, section 9.3.7; the target `*` is for OPTIONS alone (RFC 9112, section 3.2.4)."""
    status, headers = raw(server, f"OPTIONS * HTTP/1.1\r\n{HOST}")
    assert status == 204
    assert headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
    for method in ("GET", "HEAD", "POST", "TRACE"):
        assert raw(server, f"{method} * HTTP/1.1\r\n{HOST}")[0] == 400
    assert raw(server, f"OPTIONS * HTTP/1.1\r\nHost: evil.example\r\n{CLOSE}")[0] == 421


def test_heads_and_targets_that_are_too_long_are_told_so(server: Server) -> None:
    assert raw(server, f"GET /v1/caller?a={'x' * 2000} HTTP/1.1\r\n{HOST}")[0] == 414
    assert raw(server, f"GET /v1/{'x' * 2000} HTTP/1.1\r\n{HOST}")[0] == 414
    assert raw(server, f"GET / HTTP/1.1\r\nX-A: {'x' * 70_000}\r\n{HOST}")[0] == 431


HEADED = ["/healthz", "/readyz", "/v1/caller", "/v1/music/{org}/tracks", "/v1/music/{org}/tracks/{track_id}",
          "/v1/music/{org}/tracks/{track_id}/sound", "/v1/music/{org}/engines", "/v1/music/{org}/share",
          "/v1/music/{org}/share/{share_id}", "/v1/music/{org}/keys", "/v1/music/{org}/collections",
          "/schema/openapi.json", "/docs", "/v1/nowhere"]  # fmt: skip


@pytest.mark.parametrize("path", HEADED)
def test_a_head_is_a_get_without_its_body(
    owner: httpx.Client, names: dict[str, str], path: str
) -> None:
    url = owner.base_url.copy_with(raw_path=path.format(**names).encode())
    got, headed = owner.get(url), owner.head(url)
    assert (headed.status_code, headed.content) == (got.status_code, b"")
    changing = {"x-request-id", "date", "content-length"}
    assert set(got.headers) - changing == set(headed.headers) - changing
    assert headed.headers["content-type"] == got.headers["content-type"]
