"""Every door keeps its promise while the database is locked, killed, hung, or has no connections left:
what needs it is refused in time and not done, the rest answers as ever, and soon all is well by itself.

`LISTENLINK_TEST_FULL=1` lets each fault last for half a minute.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Connection, text

import servers
from cast import Server, free_port
from engines import POSTGRESQL, SQLITE, of_sqlite
from live.database_faults import PostgresFaults, locked_file
from live.door_promises import (
    ANY_WITHIN_SECONDS,
    BACK_WITHIN_SECONDS,
    Told,
    ask_all,
    broken_promises,
    check_it_is_as_ever,
    check_it_recovers,
    revoke_watched,
    seconds_until_open,
    watch,
)
from live.doors import ORG, Door, House, in_order, list_doors
from live.load import FULL

# Once for both sets of back ends: it starts what it needs.
pytestmark = [of_sqlite, pytest.mark.timeout(600 if FULL else 180)]
LASTS_SECONDS = 30.0 if FULL else 0.0
DOORS = list_doors()
# What only those who ask at a door change.
_BOOKS = (
    "organizations", "users", "memberships", "api_keys", "tracks", "collections", "collection_tracks",
    "shares", "library", "resumable_uploads", "idempotent_answers", "listens",
)  # fmt: skip
_SETTINGS = {
    "TRUSTED_PROXIES": "127.0.0.1/32",
    "RESOLVE_LIMIT_PER_MINUTE": "1000",
    "MISS_LIMIT_PER_MINUTE": "1000",
}


def books(server: Server) -> dict[str, list[str]]:
    """All that nobody changes but who asks at a door, row by row. A link's opens are added up later."""
    # On connections of its own: those of before may be dead.
    with contextlib.closing(server.backend.open()) as database:
        return database.read_now(lambda c: {name: _rows(c, name) for name in _BOOKS})


def _rows(connection: Connection, table: str) -> list[str]:
    rows = connection.execute(text(f"SELECT * FROM {table}")).mappings()  # noqa: S608
    return sorted(
        str({name: value for name, value in row.items() if name != "opens"}) for row in rows
    )


def ask_for_a_while(house: House) -> list[Told]:
    """Ask at every door at once, again and again while the fault lasts."""
    # What `/readyz` says may be a second old.
    time.sleep(1.1)
    until, told = time.monotonic() + LASTS_SECONDS, ask_all(house, DOORS)
    check_metrics(house)
    while time.monotonic() < until:
        told += ask_all(house, DOORS)
    return told


def check_metrics(house: House) -> None:
    """The operator learns in time what is wrong. They're no route: they have an address of their own."""
    began = time.monotonic()
    told = httpx.get(f"http://{house.server.settings['METRICS_ADDRESS']}/metrics", timeout=30).text
    assert time.monotonic() - began < ANY_WITHIN_SECONDS
    assert 'listenlink_check_ok{check="database"} 0.0' in told
    assert 'listenlink_requests_total{door="routes",status="5xx"}' in told


def check_fault(
    house: House, fault: contextlib.AbstractContextManager[None], *, can_read: bool
) -> None:
    before = books(house.server)
    with fault:
        told = ask_for_a_while(house)
    assert seconds_until_open(house) < BACK_WITHIN_SECONDS
    reading, *_ = in_order(DOORS)
    check_it_recovers(house, reading)
    wrong = broken_promises(told, can_read=can_read)
    assert not wrong, "\n".join(wrong)
    assert books(house.server) == before, "what was refused was done after all"


def check_the_end(house: House) -> None:
    """All that writes does so again, and what was refused meanwhile left nothing that's in its way."""
    check_it_is_as_ever(house, list(in_order(DOORS)))


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("sqlite")
    with running(Server(folder / "data", dict(_SETTINGS), engine=SQLITE), folder) as house:
        yield house


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, PostgresFaults]]:
    folder = tmp_path_factory.mktemp("postgresql")
    program = servers.new_postgres(durable=True, connections=40)
    url = servers.new_database(program)
    settings = _SETTINGS | {"DATABASE_URL": url, "REDIS_URL": servers.new_redis_database()}
    with running(Server(folder / "data", settings, engine=POSTGRESQL), folder) as house:
        yield house, PostgresFaults(program, url)
    program.kill()


@contextlib.contextmanager
def running(server: Server, folder: Path) -> Iterator[House]:
    server.settings["METRICS_ADDRESS"] = f"127.0.0.1:{free_port()}"
    server.create()
    server.start()
    house = House(server, folder)
    yield house
    house.close()
    server.stop()


def test_a_locked_file_stops_what_writes_and_nothing_else(sqlite: House) -> None:
    sqlite.have_watched()
    watched: list[str] = []
    watching = threading.Thread(target=watch, args=(sqlite, watched))
    watching.start()
    while not watched:
        assert watching.is_alive()
        time.sleep(0.02)
    check_fault(sqlite, locked_file(sqlite.server.database), can_read=True)
    check_last_piece(sqlite)
    assert watched == ["200"], "the stream goes on"
    revoke_watched(sqlite)
    watching.join(BACK_WITHIN_SECONDS)
    assert watched == ["200", "event: ended"]
    check_the_end(sqlite)


def check_last_piece(house: House) -> None:
    """What arrives whole while the database is locked is refused in time, kept, and made a track once."""
    path = house.path_of(Door("HEAD", ORG + "/uploads/{upload_id}"))
    piece = house.sent(Door("PATCH", ORG + "/uploads/{upload_id}")) | {"content": house.song}
    with locked_file(house.server.database):
        began = time.monotonic()
        refused = house.client.patch(path, **piece)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert time.monotonic() - began < ANY_WITHIN_SECONDS
    before = house.server.query("SELECT count(*) FROM tracks")[0][0]
    for _ in range(2):
        told = house.client.head(path, headers=piece["headers"])
        assert (told.status_code, told.headers["upload-offset"]) == (200, str(len(house.song)))
    assert house.server.query("SELECT count(*) FROM tracks")[0][0] == before + 1


@pytest.mark.parametrize(
    ("name", "can_read"),
    [
        ("EXCLUSIVE", True),
        ("ACCESS EXCLUSIVE", False),
        ("hung", False),
        ("crowded", False),
        ("killed", False),
    ],
)
def test_postgresql(postgresql: tuple[House, PostgresFaults], name: str, can_read: bool) -> None:
    house, faults = postgresql
    fault = faults.locked(name) if name.endswith("EXCLUSIVE") else getattr(faults, name)()
    check_fault(house, fault, can_read=can_read)


def test_after_all_that_every_door_does_what_it_is_for(
    postgresql: tuple[House, PostgresFaults],
) -> None:
    check_the_end(postgresql[0])
