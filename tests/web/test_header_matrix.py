"""Every public route × status: exactly these headers, and no other."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from cast import Server
from engines import of_folder
from journeys.matrix import routes_of
from listenlink.web.routes import FOR_ANYBODY, FOR_OWNERS
from web.header_table import TOLD, differences
from web.public_cases import CASES, MISS_LIMIT, RESOLVE_LIMIT, Case, World

pytestmark = of_folder

BUSY = {
    "page": "busy_page", "public_page": "busy_page", "embed": "busy_embed", "opened": "busy",
    "see_other": "busy_page", "led_to_file": "busy_page", "details": "busy", "events": "busy",
}  # fmt: skip
# What reads and notes nothing needs no turn at the database.
NEVER_BUSY = (
    "/healthz",
    "/readyz",
    "/docs",
    "/schema",
    "/robots.txt",
    "/favicon.ico",
    "/assets",
    "/picture",
    "/audio",
    "/download/{signed}",
    "/archive/{signed}",
    "/manifests/{signed}",
    "/leave/",
)

NOT_ALLOWED = {
    r"/v1/music/audio/.*": "media_not_allowed",
    r"/v1/music/shared/{token}": "not_allowed",
    r"/v1/music/shared/{token}/(listen|events|standing|details)": "listen_not_allowed",
    r"/v1/music/{org}/uploads.*": "uploads_not_allowed",
    r".*": "inner_not_allowed",
}
PUBLIC = {str(route) for route in routes_of(FOR_ANYBODY)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {
        "TRUSTED_PROXIES": "127.0.0.1/32",
        "PUBLIC_URL": "https://music.example",
        "RESOLVE_LIMIT_PER_MINUTE": str(RESOLVE_LIMIT),
        "MISS_LIMIT_PER_MINUTE": str(MISS_LIMIT),
    }
    running = Server(tmp_path_factory.mktemp("instance") / "data", settings)
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def world(server: Server, owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(server, owner, tmp_path_factory.mktemp("audio"))


def check(world: World, case: Case, client: httpx.Client) -> None:
    client.headers.pop("accept-encoding", None)
    answer = case.ask(world, client)
    assert answer.status_code == case.status, str(case)
    assert differences(answer.headers.multi_items(), case.kind) == [], str(case)


def test_every_public_route_has_its_cases() -> None:
    declared = {str(route) for route in routes_of(FOR_ANYBODY)}
    asked = {case.route for case in CASES}
    assert declared - asked == set()
    extra = {
        route for route in asked - declared if route.partition(" ")[0] not in ("HEAD", "OPTIONS")
    }
    assert extra == {"PUT /v1/music/shared/{token}", "PUT /v1/music/audio/{signed}"}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_headers_are_exactly_these(world: World, case: Case) -> None:
    client = world.spent(case.spent) if case.spent else world.server.listener()
    with contextlib.closing(client):
        check(world, case, client)


@pytest.mark.parametrize("route", routes_of([*FOR_ANYBODY, *FOR_OWNERS]), ids=str)
def test_no_route_answers_another_method_or_a_stranger_otherwise(
    world: World, route: object
) -> None:
    method, _, path = str(route).partition(" ")
    filled = path.replace("{", "").replace("}", "")
    with world.server.listener() as client:
        answer = client.request("TRACE", filled)
        refused = next(kind for start, kind in NOT_ALLOWED.items() if re.fullmatch(start, path))
        assert answer.status_code == 405
        assert differences(answer.headers.multi_items(), refused) == []
        if str(route) not in PUBLIC:
            answer = client.request(method, filled)
            assert answer.status_code == 401
            kind = "uploads_stranger" if refused.startswith("uploads") else "stranger"
            assert differences(answer.headers.multi_items(), kind) == []


@pytest.mark.parametrize("path", ["/nothing", "/v1/music/shared/", "/embed/", "/assets/", "/%00"])
def test_what_is_nowhere(world: World, path: str) -> None:
    with world.server.listener() as client:
        answer = client.get(path)
        assert answer.status_code == 404
        kind = "refused" if path.startswith("/v1/music/shared/") else "inner"
        assert differences(answer.headers.multi_items(), kind) == []


def test_a_host_that_is_not_ours(world: World) -> None:
    with world.server.listener() as client:
        for path in (world.path, world.audio, "/oembed", world.listening, "/assets/x"):
            answer = client.get(path, headers={"Host": "evil.example"})
            assert answer.status_code == 421
            assert differences(answer.headers.multi_items(), "inner") == []


def test_what_is_known_already(world: World) -> None:
    with world.server.listener() as client:
        for path in (world.audio, world.download, world.archive, world.manifest):
            tag = client.head(path).headers["etag"]
            answer = client.get(path, headers={"If-None-Match": tag})
            assert answer.status_code == 304
            assert differences(answer.headers.multi_items(), "kept") == []


def test_a_busy_server(world: World) -> None:
    """Somebody else holds the database: every door by token says so, and says when to come again."""
    cases = [
        dataclasses.replace(case, status=503, kind=BUSY.get(case.kind, "inner_busy"))
        for case in {case.route: case for case in reversed(CASES) if case.status < 400}.values()
        if case.kind not in ("looked", "preflight", "session_preflight", "heard")
        and not any(part in case.route for part in NEVER_BUSY)
    ]
    assert len(cases) == 10
    connection = sqlite3.connect(world.server.database, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        clients = [world.server.listener() for _ in cases]
        with ThreadPoolExecutor(len(cases)) as pool:  # each waits for a while
            list(pool.map(check, [world] * len(cases), cases, clients))
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def test_no_policy_is_unsafe_and_one_cookie_is_set() -> None:
    for kind, told in TOLD.items():
        policy = str(told.get("content-security-policy"))
        assert "unsafe" not in policy, kind
        assert "*" not in policy.replace("frame-ancestors *", ""), kind
        # The one cookie that a listener can get, and only by giving a link's password.
        assert ("set-cookie" in told) is (kind == "let_in"), kind


def test_a_difference_would_be_found() -> None:
    right = [("server", "listenlink"), ("set-cookie", "a=b"), ("server", "listenlink")]
    found = differences(right, "heard")
    assert "set-cookie: a=b, unasked" in found
    assert "server twice" in found
    assert "cache-control missing" in found
    assert (
        differences([("cache-control", "public")], "heard")[-1]
        == "cache-control: public, not no-store"
    )
