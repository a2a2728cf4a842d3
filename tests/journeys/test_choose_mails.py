"""People choose how they are told, at the desk and by the API; mails are offered only where there are any."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cast import Server
from journeys.mailed import MailedServer, mailing
from signed_in import at_desk

DEFAULT = {
    "mails": "off", "language": "en", "zone": "UTC", "spread_networks": None, "sends_mail": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailedServer]:
    with mailing(tmp_path_factory.mktemp("instance")) as running:
        yield running


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that sends no mails."""
    running = Server(tmp_path_factory.mktemp("silent") / "data")
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def person(server: MailedServer) -> Iterator[httpx.Client]:
    with server.owner(server.new_member()["api_key"]) as client:
        yield client


def test_what_is_left_out_stays(person: httpx.Client) -> None:
    assert person.get("/notifications").json() == DEFAULT
    chosen: dict[str, Any] = {"mails": "daily", "zone": "America/Lima", "spread_networks": 9}
    told = person.patch("/notifications", json=chosen).json()
    assert told == DEFAULT | chosen
    told = person.patch("/notifications", json={"language": "fr", "spread_networks": None}).json()
    assert told == DEFAULT | chosen | {"language": "fr", "spread_networks": None}
    assert person.get("/notifications").json() == told
    assert person.patch("/notifications", json={}).json() == told


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"mails": "weekly"}, "mails"),
        ({"mails": None}, "mails"),
        ({"language": "xx"}, "language"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"zone": ""}, "zone"),
        ({"zone": "Europe/Berlin" * 9}, "zone"),
        ({"spread_networks": 1}, "spread_networks"),
        ({"spread_networks": 1001}, "spread_networks"),
        ({"spread_networks": "5"}, "spread_networks"),
        ({"email": "ana@localhost.example"}, "email"),
    ],
)
def test_what_can_not_be_chosen(person: httpx.Client, sent: dict[str, Any], field: str) -> None:
    answer = person.patch("/notifications", json={"mails": "daily"} | sent)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == field
    assert person.get("/notifications").json() == DEFAULT


def test_a_colleague_has_settings_of_their_own(server: MailedServer, person: httpx.Client) -> None:
    person.patch("/notifications", json={"mails": "daily"}).raise_for_status()
    with server.owner(server.new_member()["api_key"]) as other:
        assert other.get("/notifications").json() == DEFAULT


def test_a_server_without_mails_offers_none(silent: Server) -> None:
    with silent.owner() as owner:
        assert owner.get("/notifications").json() == DEFAULT | {"sends_mail": False}
        refused = owner.patch("/notifications", json={"mails": "daily"})
        assert refused.status_code == 409
        assert refused.json()["error"]["message"] == "This server sends no mails."
        told = owner.patch("/notifications", json={"spread_networks": 4, "mails": "off"}).json()
        assert told == DEFAULT | {"sends_mail": False, "spread_networks": 4}
    with contextlib.closing(at_desk(silent)) as desk:
        page = desk.get("/desk/me").text
        assert 'name="spread_networks"' in page
        assert 'value="4"' in page
        assert 'name="mails"' not in page
        assert 'name="zone"' not in page
        assert 'name="by_mail"' not in desk.get("/desk/people").text
        sent = {"language": "de", "spread_networks": ""}
        assert desk.post("/desk/me/mails", data=sent).status_code == 303
        # A form that was open when mails were still sent.
        late = desk.post("/desk/me/mails", data=sent | {"mails": "daily", "zone": "UTC"})
        assert late.status_code == 409
        assert "This server sends no mails." in late.text
        assert httpx.get(silent.url + "/readyz").json()["checks"].get("mail") is None
    with silent.owner() as owner:
        told = owner.get("/notifications").json()
    assert told == DEFAULT | {"sends_mail": False, "language": "de"}


def test_at_the_desk(server: MailedServer) -> None:
    """The language is at first that of the browser, and so is the zone, which a script puts in."""
    member = server.new_member()
    ((email,),) = server.query(
        "SELECT email FROM users WHERE id = ?", int(member["user_id"].removeprefix("user_"), 16)
    )
    spanish = {"Accept-Language": "es"}
    with (
        contextlib.closing(at_desk(server, email, **spanish)) as desk,
        server.owner(member["api_key"]) as owner,
    ):
        page = desk.get("/desk/me").text
        assert '<option value="es" selected>' in page
        assert re.search('<input id="zone"[^>]* value="UTC" data-here>', page)
        assert email in page.partition('action="/desk/me/mails"')[2].partition("</form>")[0]
        sent = {
            "mails": "hourly",
            "zone": "Europe/Madrid",
            "language": "es",
            "spread_networks": "7",
        }
        done = desk.post("/desk/me/mails", data=sent)
        assert (done.status_code, done.headers["location"]) == (303, "/desk/me?done=mails_changed")
        assert owner.get("/notifications").json() == DEFAULT | sent | {"spread_networks": 7}
        page = desk.get("/desk/me?done=mails_changed").text
        assert "A partir de ahora" in page or "a partir de ahora" in page
        assert '<option value="hourly" selected>' in page
        assert "data-here" not in page
        refuse_all(desk, sent)
        assert owner.get("/notifications").json()["spread_networks"] == 7


def refuse_all(desk: httpx.Client, sent: dict[str, str]) -> None:
    """What is wrong is told beside its field, in the reader's language."""
    for wrong, told in (
        ({"zone": "Marte"}, "Europe/Berlin"),
        ({"spread_networks": "muchas"}, "de 2 a 1000"),
        ({"spread_networks": "1"}, "de 2 a 1000"),
        ({"mails": "a veces"}, "frecuencia"),
        ({"language": "xx"}, "en, de, es, fr"),
    ):
        refused = desk.post("/desk/me/mails", data=sent | {"spread_networks": "8"} | wrong)
        assert refused.status_code == 422
        (name,) = wrong
        fault = refused.text.partition(f'id="{name}-fault" role="alert">')[2].partition("<")[0]
        assert told in fault
        # Nothing typed is lost, and nothing is kept.
        assert f'value="{wrong.get("spread_networks", "8")}"' in refused.text
