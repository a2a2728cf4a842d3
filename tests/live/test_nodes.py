"""Several nodes on one PostgreSQL and one Redis are one Listenlink: limits, counts, revocations, keys."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from addresses import new_address
from cast import Server, run_forked, share, upload
from engines import POSTGRESQL
from journeys.visiting import ask, begin, left, look
from media.make_audio import make
from shorter_waits import TIDIED, TIDIED_SECONDS, shorter

PROXY = {"TRUSTED_PROXIES": "127.0.0.1/32"}
LIMIT = 40


def node_of(first: Server, folder: Path, **settings: str) -> Server:
    """Another node on the same instance, with a copy of its keys and the same audio."""
    folder.mkdir()
    for name in ("secrets", "objects"):
        (folder / name).symlink_to(first.data / name)
    made = Server(folder, {**first.settings, **settings}, first.environment, engine=POSTGRESQL)
    made.organization_id, made.api_key = first.organization_id, first.api_key
    return made


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    folder = tmp_path_factory.mktemp("nodes")
    settings = PROXY | {"RESOLVE_LIMIT_PER_MINUTE": str(LIMIT)}
    first = Server(folder / "first", settings, shorter(TIDIED), engine=POSTGRESQL)
    first.create()
    first.start()
    second = node_of(first, folder / "second")
    second.start()
    yield [first, second]
    second.stop()
    first.stop()


@pytest.fixture(scope="module")
def song(nodes: list[Server], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("audio")
    with nodes[0].owner() as owner:
        return upload(owner, make("wav16", folder / "a.wav", sample_count=5000))


def first_answer(node: Server) -> httpx.Response:
    """What a node that was just launched says of its readiness."""
    for _ in range(600):
        try:
            return httpx.get(node.url + "/readyz", timeout=5)
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("it doesn't answer")


def link_to(nodes: list[Server], song: dict[str, Any], **terms: Any) -> dict[str, Any]:
    with nodes[0].owner() as owner:
        return share(owner, song["id"], **terms)


def ask_at_once(nodes: list[Server], token: str, many: int, address: str | None) -> list[int]:
    """Statuses of many requests, spread over the nodes."""

    def ask(number: int) -> int:
        with nodes[number % len(nodes)].listener(address) as listener:
            return listener.get(f"/v1/music/shared/{token}").status_code

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(ask, range(many)))


def test_a_client_has_one_limit_over_all_nodes(nodes: list[Server], song: dict[str, Any]) -> None:
    token = link_to(nodes, song)["token"]
    statuses = ask_at_once(nodes, token, 3 * LIMIT, new_address())
    assert (statuses.count(200), statuses.count(429)) == (LIMIT, 2 * LIMIT)


def test_a_visit_goes_on_at_another_node_and_its_ticket_is_used_once_by_all(
    nodes: list[Server], song: dict[str, Any]
) -> None:
    link, address = link_to(nodes, song), new_address()
    with nodes[0].listener(address) as first, nodes[1].listener(address) as second:
        ticket, before = look(first, link), left(second, link)
        session = begin(second, link, ticket).headers["listen-session"]
        assert ask(first, link, "details", session, ticket).status_code == 200
        assert before - left(first, link) == 1
        begin(first, link, ticket)
        assert before - left(second, link) == 3
        for _ in range(left(first, link)):
            first, second = second, first
            assert begin(first, link, look(second, link)).status_code == 200
        assert first.get(f"/v1/music/shared/{link['token']}").status_code == 429


def test_a_player_goes_on_at_another_node_with_its_one_open(
    nodes: list[Server], song: dict[str, Any]
) -> None:
    path = f"/v1/music/shared/{link_to(nodes, song, max_opens=1)['token']}"
    player, address = {"User-Agent": "VLC/3.0.24 LibVLC/3.0.24"}, new_address()
    for node in (*nodes, *nodes):
        with node.listener(address) as listener:
            assert listener.get(path, headers=player).status_code == 302


def test_nodes_race_for_the_last_opens_and_none_is_given_twice(
    nodes: list[Server], song: dict[str, Any]
) -> None:
    for most in (1, 7, 30):
        link = link_to(nodes, song, max_opens=most)
        statuses = ask_at_once(nodes, link["token"], 60, None)
        assert (statuses.count(200), statuses.count(404)) == (most, 60 - most)
        number = int(link["id"].removeprefix("mslink_"), 16)
        assert nodes[0].query("SELECT opens FROM shares WHERE id = ?", number) == [(most,)]
        lines = nodes[0].query(
            "SELECT count(*) FROM audit WHERE share_id = ? AND outcome = 1", number
        )
        assert lines == [(most,)]


def test_what_is_revoked_on_one_node_is_refused_by_the_other(
    nodes: list[Server], song: dict[str, Any]
) -> None:
    for _ in range(5):
        link = link_to(nodes, song)
        with nodes[1].listener() as listener, nodes[0].owner() as owner:
            opened = listener.get(f"/v1/music/shared/{link['token']}")
            url = opened.json()["track"]["playback_url"]
            path = httpx.URL(url).path
            assert listener.get(path).status_code == 200
            assert owner.delete(f"/share/{link['id']}").status_code == 200
            assert listener.get(f"/v1/music/shared/{link['token']}").status_code == 404
            assert listener.get(path).status_code == 403


def test_a_limit_that_is_set_while_nodes_open_counts_every_open(
    nodes: list[Server], song: dict[str, Any]
) -> None:
    link = link_to(nodes, song)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask_at_once, nodes, link["token"], 200, None)
        with nodes[1].owner() as owner:
            for most in (1000, None, 900, None, 800) * 4:
                changed = owner.patch(f"/share/{link['id']}", json={"max_opens": most})
                assert changed.status_code == 200
        opened = asked.result().count(200)
        with nodes[0].owner() as owner:
            assert owner.get(f"/share/{link['id']}").json()["opens"] == opened == 200


@pytest.mark.parametrize("fault", ["other key", "lacks one", "environment"])
def test_a_node_whose_keys_do_not_match_is_not_ready_and_says_why(
    nodes: list[Server], tmp_path: Path, fault: str
) -> None:
    ring = (nodes[0].data / "secrets" / "signing-keys").read_text()
    key_id = ring.split()[0]
    other = f"{key_id if fault == 'other key' else secrets.token_hex(4)} {secrets.token_hex(32)}"
    node = node_of(nodes[0], tmp_path / "third")
    (node.data / "secrets").unlink()
    if fault == "environment":
        node.settings["SIGNING_KEYS"] = other
    else:
        shutil.copytree(
            nodes[0].data / "secrets", node.data / "secrets", ignore=shutil.ignore_patterns(".*")
        )
        (node.data / "secrets" / "signing-keys").write_text(other + "\n")
    node.launch()
    told = first_answer(node)
    assert told.status_code == 503
    said = told.json()["checks"]["keys"]
    assert key_id in said
    assert node.log is not None
    assert said in node.log.read_text()
    assert other.split()[1] not in node.log.read_text() + told.text
    node.stop()
    node.settings["SIGNING_KEYS"] = f"{other},{ring.strip()}" if fault != "other key" else ring
    node.start()
    assert httpx.get(node.url + "/readyz").json()["checks"]["keys"] == "ok"
    node.stop()
    nodes[0].change("DELETE FROM signing_keys WHERE key_id <> ?", key_id)


def test_a_second_node_without_redis_is_refused(nodes: list[Server], tmp_path: Path) -> None:
    node = node_of(nodes[0], tmp_path / "alone")
    refused = run_forked(
        "serve", "--data", str(node.data), "--port", str(node.port),
        DATABASE_URL=node.settings["DATABASE_URL"],
    )  # fmt: skip
    assert refused.returncode == 1
    assert "served already" in refused.stderr


def test_several_workers_share_the_limit_by_redis(
    nodes: list[Server], song: dict[str, Any], tmp_path: Path
) -> None:
    node = node_of(nodes[0], tmp_path / "workers", WORKERS="2")
    node.start()
    token = link_to(nodes, song)["token"]
    statuses = ask_at_once([node], token, 2 * LIMIT, new_address())
    assert statuses.count(200) == LIMIT
    node.stop()


def test_refusals_listens_and_pictures_have_one_budget_over_all_nodes(
    nodes: list[Server], song: dict[str, Any]
) -> None:
    link, address, before = link_to(nodes, song), new_address(), counted_repeats(nodes[0])
    statuses = ask_at_once(nodes, "shr_" + "e" * 32, 3 * LIMIT, address)
    assert (statuses.count(404), statuses.count(429)) == (LIMIT, 2 * LIMIT)
    counts = (counted_repeats(nodes[0]) - before for _ in range(10))
    assert next((count for count in counts if count >= 2 * LIMIT), 0) == 2 * LIMIT
    with nodes[0].listener() as listener:
        opened = listener.get(f"/v1/music/shared/{link['token']}")
        page = listener.get(f"/v1/music/shared/{link['token']}", headers={"Accept": "text/html"})
    picture = page.text.partition('og:image" content="')[2].partition('"')[0]
    session = {"Listen-Session": opened.headers["listen-session"]}

    def listen(number: int) -> int:
        with nodes[number % 2].listener(address) as listener:
            path, heard = f"/v1/music/shared/{link['token']}/listen", {"track_id": song["id"]}
            return listener.post(path, headers=session, json=heard).status_code

    def look(number: int) -> int:
        with nodes[number % 2].listener(address) as listener:
            return listener.get(httpx.URL(picture).path).status_code

    with ThreadPoolExecutor(8) as pool:
        heard = list(pool.map(listen, range(2 * LIMIT)))
        seen = list(pool.map(look, range(6 * LIMIT)))
    assert (heard.count(204), heard.count(429)) == (LIMIT, LIMIT)
    assert (seen.count(200), seen.count(429)) == (5 * LIMIT, LIMIT)
    statuses = ask_at_once(nodes, link["token"], LIMIT, address)
    assert statuses == [200] * LIMIT, "good links open all the while"


def counted_repeats(node: Server) -> int:
    """The sum of the counted rows, once each node has written its own."""
    time.sleep(TIDIED_SECONDS)
    return sum(count for (count,) in node.query("SELECT count FROM limited WHERE reason = 9"))
