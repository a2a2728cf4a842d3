"""A visit to a share page, with play and all, spends one unit of its client's rate."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from journeys.seen import BROWSER, opens
from journeys.visiting import JSON, SHARED, ask, begin, left, look, ticket_in
from listenlink.actions.find_instance import load_ring
from listenlink.model.client_address import find_client
from listenlink.model.share_token import digest
from listenlink.model.signing import Signer
from listenlink.model.visit_ticket import PURPOSE, TTL_SECONDS, VisitTickets
from listenlink.settings import load_settings
from media.make_audio import make

LIMIT = 120


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"))


def test_an_office_of_120_listens_within_a_minute(
    server: Server, owner: httpx.Client, song: dict[str, Any]
) -> None:
    """Page, open, what is open, and a watch that stays: all behind one address, and the 121st waits."""
    link = share(owner, song["id"], preview=False)
    before = len(server.audit())
    limits = httpx.Limits(max_connections=None)
    with contextlib.ExitStack() as office:
        listener = office.enter_context(httpx.Client(
            base_url=server.url, headers={"X-Forwarded-For": "198.51.100.120"}, timeout=30, limits=limits
        ))  # fmt: skip
        began_at = time.monotonic()
        for number in range(LIMIT):
            ticket = look(listener, link)
            opened = begin(listener, link, ticket)
            assert opened.status_code == 200, number
            assert opened.headers["x-ratelimit-remaining"] == str(LIMIT - 1 - number)
            session = opened.headers["listen-session"]
            assert ask(listener, link, "details", session, ticket).status_code == 200, number
            events = f"{SHARED}{link['token']}/events?visit={ticket}"
            watch = listener.stream("GET", events, headers={"Listen-Session": session})
            assert office.enter_context(watch).status_code == 200, number
        refused = listener.get(SHARED + link["token"], headers=BROWSER)
        assert time.monotonic() - began_at < 60, "a machine too busy to tell"
        assert refused.status_code == 429
        assert not ticket_in(refused)
        assert listener.get(SHARED + link["token"], headers=JSON).status_code == 429
    assert opens(owner, link) == LIMIT
    told = Counter(line["outcome"] for line in server.audit()[before:])
    assert told["viewed"] == 3 * LIMIT
    assert (told["opened"], told["limited"]) == (LIMIT, 1)


def signed(server: Server, link: dict[str, Any], address: str, made_at: float) -> str:
    """A ticket as the server itself would sign it."""
    tickets = VisitTickets(Signer(load_ring(load_settings(data=server.data)), PURPOSE))
    client = find_client(address, "", ())
    return tickets.write(digest(link["token"]), client, 7, int(made_at))


def test_a_ticket_of_its_time_holds_and_one_that_is_over_does_not(
    server: Server, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link, now = share(owner, song["id"]), time.time()
    for address, age, cost in (
        ("198.51.100.1", TTL_SECONDS - 60, 0),
        ("198.51.100.2", TTL_SECONDS, 1),
    ):
        with server.listener(address) as listener:
            before = left(listener, link)
            ticket = signed(server, link, address, now - age)
            assert begin(listener, link, ticket).status_code == 200
            assert before - left(listener, link) == 1 + cost, age


def _forged(ticket: str) -> str:
    return ticket[:-1] + ("0" if ticket[-1] != "0" else "1")


def _longer(ticket: str) -> str:
    """The same with a later end."""
    parts = ticket.split(".")
    return ".".join([*parts[:3], f"{int(parts[3], 16) + 600:010x}", parts[4]])


@pytest.mark.parametrize(
    "spoil",
    [_forged, _longer, str.upper, lambda t: t + "0", lambda t: t + "&visit=" + t, lambda t: "x" * 900],
)  # fmt: skip
def test_what_is_no_ticket_spends(
    owner: httpx.Client,
    listener: httpx.Client,
    song: dict[str, Any],
    spoil: Callable[[str], str],
) -> None:
    link = share(owner, song["id"])
    ticket = look(listener, link)
    before = left(listener, link)
    assert begin(listener, link, spoil(ticket)).status_code == 200
    assert before - left(listener, link) == 2
    assert begin(listener, link, ticket).status_code == 200
    assert before - left(listener, link) == 3, "the ticket itself wasn't used by that"


def test_a_ticket_of_another_link_or_client_spends(
    server: Server, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link, other = share(owner, song["id"]), share(owner, song["id"])
    with server.listener("198.51.100.10") as mine, server.listener("198.51.100.11") as theirs:
        ticket = look(mine, link)
        for listener, wrong in ((mine, other), (theirs, link)):
            before = left(listener, wrong)
            assert begin(listener, wrong, ticket).status_code == 200
            assert before - left(listener, wrong) == 2
    with server.listener("2001:db8:77::1") as mine, server.listener("2001:db8:77::2") as same:
        ticket = look(mine, link)
        before = left(same, link)
        assert begin(same, link, ticket).status_code == 200
        assert before - left(same, link) == 1, "the /64 is the client"


def test_each_use_of_a_ticket_is_once(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    ticket = look(listener, link)
    before = left(listener, link)
    session = begin(listener, link, ticket).headers["listen-session"]
    for below in ("details", "events"):
        assert ask(listener, link, below, session, ticket).status_code == 200
    assert before - left(listener, link) == 1
    assert begin(listener, link, ticket).status_code == 200
    for below in ("details", "events"):
        assert ask(listener, link, below, session, ticket).status_code == 200
    assert before - left(listener, link) == 1 + 3 + 1
    assert opens(owner, link) == 2, "each open counts, whoever pays"


def test_many_with_one_ticket_at_once_have_one_open_of_it(
    server: Server, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    with server.listener() as listener:
        ticket = look(listener, link)
        before = left(listener, link)
        with ThreadPoolExecutor(8) as crowd:
            answers = list(crowd.map(lambda _: begin(listener, link, ticket), range(24)))
        assert {answer.status_code for answer in answers} == {200}
        assert before - left(listener, link) == 23 + 1


def test_the_limit_of_the_link_holds_with_tickets_too(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], max_opens=2)
    tickets = [look(listener, link) for _ in range(4)]
    with ThreadPoolExecutor(4) as crowd:
        answers = list(crowd.map(lambda ticket: begin(listener, link, ticket), tickets))
    assert Counter(answer.status_code for answer in answers) == {200: 2, 404: 2}
    assert opens(owner, link) == 2


def test_a_renewed_session_and_the_embed_have_tickets_too(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], max_opens=1)
    session = begin(listener, link, look(listener, link, "/embed/")).headers["listen-session"]
    later = share(owner, song["id"])
    ticket = look(listener, later)
    before = left(listener, later)
    session = begin(listener, later, ticket).headers["listen-session"]
    again = look(listener, later)
    renewed = listener.get(
        f"{SHARED}{later['token']}?visit={again}", headers=JSON | {"Listen-Session": session}
    )
    assert renewed.headers["listen-session"] == session
    assert before - left(listener, later) == 2
    assert opens(owner, later) == opens(owner, link) == 1


def test_without_a_limit_there_is_no_ticket(tmp_path: Path) -> None:
    running = Server(tmp_path / "data", {"RESOLVE_LIMIT_PER_MINUTE": "0"})
    running.create()
    running.start()
    try:
        with running.owner() as owner, running.listener() as listener:
            track = upload(owner, make("wav16", tmp_path / "a.wav"))
            link = share(owner, track["id"])
            page = listener.get(SHARED + link["token"], headers=BROWSER)
            assert page.text.endswith('value="">\n</body>\n</html>')
            for _ in range(2):
                made = signed(running, link, "127.0.0.1", time.time())
                assert begin(listener, link, made).status_code == 200
    finally:
        running.stop()
