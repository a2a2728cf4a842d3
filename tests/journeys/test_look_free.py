"""Whoever looks at a link that opens once spends nothing, and every program of the contract's kinds opens it.

What each sends stands in `agents_that_look.txt` and `agents_that_open.txt`; it's sent as it stands there,
without what a library would add.
"""

from __future__ import annotations

import http.client
import itertools
import json
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from cast import Server, share
from journeys.seen import opens, upload_song
from journeys.unfurlers import LOOKERS, OPENERS, Program

_addresses = itertools.count(1)


@dataclass(frozen=True)
class Asked:
    """A whole answer; names of headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def is_page(self) -> bool:
        return self.headers["content-type"] == "text/html; charset=utf-8"


class Wire:
    """A connection on which a request is sent as it is written, each from an address of its own."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def ask(self, method: str, path: str, headers: dict[str, str]) -> Asked:
        sending = self._connection
        sending.putrequest(method, path, skip_accept_encoding=True)
        number = next(_addresses)
        sending.putheader("X-Forwarded-For", f"198.19.{number // 250}.{number % 250 + 1}")
        for name, value in headers.items():
            sending.putheader(name, value)
        sending.endheaders()
        answer = sending.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Asked(answer.status, told, answer.read())


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return upload_song(owner, tmp_path_factory.mktemp("audio"))


@pytest.fixture
def wire(server: Server) -> Wire:
    return Wire(server.port)


def path_of(link: dict[str, Any]) -> str:
    return f"/v1/music/shared/{link['token']}"


def described_at(server: Server, link: dict[str, Any]) -> str:
    place = f"{server.url}/oembed?format=json&url={link['url']}"
    return f'<{place}>; rel="alternate"; type="application/json+oembed"'


def faults_of_look(wire: Wire, path: str, program: Program, link: str) -> list[str]:
    """What is wrong with what the program got, by GET and by HEAD."""
    shown = wire.ask("GET", path, program.headers)
    told = wire.ask("HEAD", path, program.headers)
    passing = {"x-request-id", "date", "x-ratelimit-reset", "ratelimit"}
    faults = []
    if shown.status != 200 or not shown.is_page or "listen-session" in shown.headers:
        faults.append(f"got {shown.status} {shown.headers.get('content-type')}")
    if shown.headers.get("link") != link:
        faults.append(f"Link: {shown.headers.get('link')}")
    if told.status != 200 or told.body or set(told.headers) != set(shown.headers):
        faults.append(
            f"HEAD is {told.status} with {sorted(set(told.headers) ^ set(shown.headers))}"
        )
    for name in set(told.headers) - passing:
        if told.headers[name] != shown.headers.get(name):
            faults.append(f"HEAD has {name}: {told.headers[name]}")
    return [f"{program.name}: {fault}" for fault in faults]


def test_the_tables_are_whole() -> None:
    for table, least in ((LOOKERS, 120), (OPENERS, 60)):
        assert len(table) >= least
        assert len({program.name for program in table}) == len(table)
        assert len({str(program) for program in table}) == len(table)
        assert all(program.seen for program in table)


def test_all_that_look_get_the_page_and_spend_nothing(
    server: Server, owner: httpx.Client, wire: Wire, song: dict[str, Any]
) -> None:
    """Who opened it is named: the next one finds it spent."""
    link = share(owner, song["id"], max_opens=1)
    place, faults = described_at(server, link), []
    for program in LOOKERS:
        found = faults_of_look(wire, path_of(link), program, place)
        if found and opens(owner, link):
            found.append(f"{program.name} or the one before opened it")
            link = share(owner, song["id"], max_opens=1)
            place = described_at(server, link)
        faults += found
    assert faults == []
    assert opens(owner, link) == 0
    with server.listener() as person:
        assert person.get(path_of(link)).json()["available"] is True
    assert opens(owner, link) == 1
    assert wire.ask("GET", path_of(link), LOOKERS[0].headers).status == 404


def test_all_programs_of_the_contract_open(
    owner: httpx.Client, wire: Wire, song: dict[str, Any]
) -> None:
    faults = []
    for program in OPENERS:
        link = share(owner, song["id"], max_opens=1)
        # A link that opens once: if HEAD had opened it, GET wouldn't.
        for method in ("HEAD", "GET"):
            asked = wire.ask(method, path_of(link), program.headers)
            if asked.status != 200 or asked.is_page:
                faults.append(f"{program.name}: {method} {asked.status}")
        if opens(owner, link) != 1:
            faults.append(f"{program.name} didn't open it")
        if asked.is_page or json.loads(asked.body)["track"]["title"] != "Late <Night>":
            faults.append(f"{program.name}: {asked.body[:80]!r}")
    assert faults == []


def test_on_a_strict_link_nobody_opens_who_does_not_say_json(
    owner: httpx.Client, wire: Wire, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], strict_open=True)
    counted, faults = 0, []
    for program in [*LOOKERS, *OPENERS]:
        said = "application/json" in program.headers.get("Accept", "")
        says = said and "Sec-Purpose" not in program.headers
        asked = wire.ask("GET", path_of(link), program.headers)
        counted += says
        has_opened = "listen-session" in asked.headers
        if asked.status != 200 or asked.is_page is says or has_opened is not says:
            faults.append(f"{program.name}: {asked.status} {asked.headers['content-type']}")
    assert faults == []
    assert opens(owner, link) == counted
    assert 0 < counted < len(OPENERS)
