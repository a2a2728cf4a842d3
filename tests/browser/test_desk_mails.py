"""Choosing mails in a browser, and leaving them: the zone is the browser's at first, a press is enough."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from browser.desk import AtDesk
from browser.desk_rules import is_for_everybody, nothing_was_wrong
from browser.listening import Visits
from engines import of_folder
from journeys.leaving_mails import leave_path_of
from journeys.mailed import MailedServer, mailing
from listenlink.model.owner import Owner
from signed_in import first_email

pytestmark = of_folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailedServer]:
    with mailing(tmp_path_factory.mktemp("instance")) as running:
        yield running


@pytest.mark.parametrize("has_script", [True, False])
def test_mails_are_chosen_and_left(
    visit: Visits, server: MailedServer, owner: httpx.Client, has_script: bool
) -> None:
    server.change("DELETE FROM telling_settings")
    seen = visit(timezone_id="Asia/Tokyo", locale="fr-FR", java_script_enabled=has_script)
    desk, page = AtDesk(server, seen.page), seen.page
    if has_script:
        page.goto(desk.link())
        page.wait_for_function("!location.hash")
    else:
        link = desk.link()
        page.goto(link)
        page.get_by_role("textbox").first.fill(link)
    desk.press("Se connecter")
    page.wait_for_url("**/desk/welcome/next")
    desk.go("/desk/me")
    zone = page.get_by_label("Fuseau horaire")
    expect(zone).to_have_value("Asia/Tokyo" if has_script else "UTC")
    zone.fill("Asia/Tokyo")
    page.get_by_label("À quelle fréquence").select_option("daily")
    page.get_by_label("Me signaler un lien").fill("6")
    desk.press("Me prévenir ainsi")
    expect(page.get_by_text("Vous êtes désormais prévenu ainsi.")).to_be_visible()
    assert owner.get("/notifications").json() == {
        "mails": "daily", "language": "fr", "zone": "Asia/Tokyo", "spread_networks": 6, "sends_mail": True,
    }  # fmt: skip
    ((organization, user),) = server.query(
        "SELECT m.organization_id, m.user_id FROM memberships m JOIN users u ON u.id = m.user_id"
        " WHERE u.email = ?", first_email(server),
    )  # fmt: skip
    page.goto(desk.url + leave_path_of(server, Owner(organization, user)))
    assert owner.get("/notifications").json()["mails"] == "daily"
    desk.press("Plus d’e-mails")
    expect(page.get_by_role("heading", level=1)).to_have_text("Plus aucun e-mail ne vient")
    assert owner.get("/notifications").json()["mails"] == "off"
    nothing_was_wrong(seen, server)


def test_the_pages_are_for_everybody(visit: Visits, server: MailedServer) -> None:
    def arrive(desk: AtDesk) -> None:
        desk.sign_in()
        desk.go("/desk/me")

    is_for_everybody(visit, server, arrive)
    leave = leave_path_of(server, Owner(1, 1))
    is_for_everybody(visit, server, lambda desk: desk.go(leave))
    is_for_everybody(visit, server, lambda desk: leave_by_press(desk, leave))


def leave_by_press(desk: AtDesk, path: str) -> None:
    desk.go(path)
    desk.press("No more mails")
