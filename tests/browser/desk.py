"""The desk's pages in every state, as a person gets there: for whoever looks at them, by eye or by rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import FilePayload, Page

from browser.at_once import arrive_signed_in
from browser.desk_licences import LICENCE_STATES
from browser.desk_links import LINK_STATES, ask
from browser.desk_people import PEOPLE_STATES
from browser.desk_webhooks import WEBHOOK_STATES
from cast import Server
from media.make_audio import add_cover, make
from media.make_pictures import plain
from signed_in import GOOD, first_email, new_link

CHROMIUMS_AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class AtDesk:
    """A window at a server's desk, which is at `localhost`: there are passkeys there."""

    def __init__(self, server: Server, page: Page, url: str | None = None) -> None:
        self.server, self.page = server, page
        self.url = url or f"http://localhost:{server.port}"

    def go(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def link(self, email: str | None = None) -> str:
        """A one-time link, as this window reaches it."""
        return f"{self.url}/desk/welcome#{new_link(self.server, email).partition('#')[2]}"

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def sign_in_by_link(self, email: str | None = None) -> None:
        self.page.goto(self.link(email))
        self.page.wait_for_function("!location.hash")
        self.press("Sign in")
        self.page.wait_for_url("**/desk/welcome/next")

    def sign_in(self, email: str | None = None) -> None:
        """Where it isn't the point: the page behind that, without those for it."""
        arrive_signed_in(self, email)

    def sign_in_by_password(self, email: str, password: str) -> None:
        self.go("/desk/sign-in")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.press("Sign in")

    def set_password(self, password: str) -> None:
        self.page.get_by_label("New password").fill(password)
        self.press("Set password")

    def add_authenticator(self) -> None:
        """Chromium's own, which says yes by itself (WebDriver BiDi has none yet)."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": CHROMIUMS_AUTHENTICATOR})


def _wrong(desk: AtDesk) -> None:
    desk.sign_in_by_password("somebody@localhost.example", "not it")


def _offer_refused(desk: AtDesk) -> None:
    desk.sign_in_by_link()
    desk.set_password("too short")


def _me(desk: AtDesk) -> None:
    desk.sign_in()
    desk.add_authenticator()
    desk.press("Add a passkey")
    desk.page.wait_for_url("**/desk?done=passkey_added")
    desk.go("/desk/me")


def _password_set(desk: AtDesk) -> None:
    desk.sign_in_by_link()
    desk.set_password(GOOD)
    desk.page.wait_for_url("**/desk?done=password_set")
    desk.go("/desk/me")


def _signed_in_at(path: str) -> Callable[[AtDesk], None]:
    def arrive(desk: AtDesk) -> None:
        desk.sign_in()
        desk.go(path)

    return arrive


def _invite(desk: AtDesk) -> str:
    desk.go("/desk/people")
    desk.page.get_by_label("Email").fill("colleague@localhost.example")
    desk.press("Invite")
    return desk.page.get_by_label("Invitation").input_value()


def _invited(desk: AtDesk) -> None:
    desk.sign_in()
    _invite(desk)


def _invitation(desk: AtDesk) -> None:
    desk.sign_in_by_link()
    link = _invite(desk)
    desk.press("Sign out")
    desk.go("/desk/welcome#" + link.partition("#")[2])
    desk.page.wait_for_function("!location.hash")
    desk.press("Sign in")


def _asked(desk: AtDesk) -> None:
    told = desk.server.new_organization()
    user = int(told["user_id"].partition("_")[2], 16)
    ((email,),) = desk.server.query("SELECT email FROM users WHERE id = ?", user)
    desk.sign_in(email)
    desk.page.goto(desk.link(first_email(desk.server)))
    desk.page.wait_for_function("!location.hash")
    desk.press("Sign in")


def _music(desk: AtDesk) -> str:
    """The path of a track with a cover, put in by who is signed in, if it isn't there yet."""
    desk.sign_in()
    desk.go("/desk")
    titles = desk.page.get_by_role("link", name="Harbour Lights", exact=True)
    if not titles.count():
        with TemporaryDirectory() as folder:
            song = add_cover(make("mp3_xing", Path(folder) / "song.mp3", sample_count=44_100 * 20))
            file = FilePayload(name="song.mp3", mimeType="audio/mpeg", buffer=song.read_bytes())
        organization = desk.page.evaluate("document.body.dataset.organization")
        for title in ("Late Night Study", "Harbour Lights"):
            said = {"engine": "own_recording", "title": title, "artist": "Ana"}
            answer = desk.page.request.post(
                f"{desk.url}/v1/music/{organization}/tracks",
                multipart={**said, "file": file},
                headers={"Sec-Fetch-Site": "same-origin"},
            )
            assert answer.status == 201, answer.text()
        desk.server.wait_until_derived()
        desk.go("/desk")
    return str(titles.first.get_attribute("href"))


def _track(below: str = "") -> Callable[[AtDesk], object]:
    return lambda desk: desk.go(_music(desk) + below)


def _no_match(desk: AtDesk) -> None:
    _music(desk)
    desk.go("/desk?q=nowhere")


def _track_refused(desk: AtDesk) -> None:
    desk.go(_music(desk))
    desk.page.get_by_label("Title").fill("x" * 600)
    desk.press("Save")


def _signed_out(desk: AtDesk) -> None:
    desk.sign_in_by_link()
    desk.press("Sign out")


def _share(desk: AtDesk) -> str:
    desk.sign_in()
    named = ask(desk, "/collections", {"name": "Three Evenings"})["id"]
    desk.go(f"/desk/collections/{named}/share")
    return str(named)


def _share_wrong(desk: AtDesk) -> None:
    _share(desk)
    desk.page.get_by_text("a date", exact=True).click()
    desk.press("Make link")
    desk.page.wait_for_selector("[role=alert]:not([hidden])")


def _shared(desk: AtDesk) -> None:
    _share(desk)
    desk.press("Make link")
    desk.page.wait_for_selector(".qr")


def _cover_refused(desk: AtDesk) -> None:
    """Of a collection that has one."""
    desk.sign_in()
    page = desk.page
    path = f"/desk/collections/{ask(desk, '/collections', {'name': 'Evening'})['id']}"
    for button, data in (("Set cover", plain()), ("Replace cover", b"GIF89a")):
        desk.go(path + "/cover")
        sent = FilePayload(name="cover.gif", mimeType="image/gif", buffer=data)
        page.get_by_label("Cover", exact=True).set_input_files(sent)
        desk.press(button)
        page.wait_for_url("**" + path + ("?done=cover_set" if data == plain() else "/cover"))
    page.get_by_role("alert").wait_for()


STATES: dict[str, Callable[[AtDesk], object]] = {
    "sign-in": lambda desk: desk.go("/desk/sign-in"),
    "sign-in-wrong": _wrong,
    "signed-out": _signed_out,
    "welcome": lambda desk: desk.page.goto(desk.link()),
    "welcome-paste": lambda desk: desk.go("/desk/welcome"),
    "welcome-asked": _asked,
    "welcome-invitation": _invitation,
    "offer": lambda desk: desk.sign_in_by_link(),
    "offer-refused": _offer_refused,
    "tracks": lambda desk: _music(desk),
    "tracks-no-match": _no_match,
    "track": _track(),
    "track-refused": _track_refused,
    "track-remove": _track("/remove"),
    "me": _me,
    "me-password": _password_set,
    "people": _signed_in_at("/desk/people"),
    "people-invited": _invited,
    "share": _share,
    "share-wrong": _share_wrong,
    "share-made": _shared,
    "cover-refused": _cover_refused,
    "about": _signed_in_at("/desk/about"),
    "nothing": lambda desk: desk.go("/desk/nothing"),
    "nothing-signed-in": _signed_in_at("/desk/nothing"),
    **LINK_STATES,
    **LICENCE_STATES,
    **PEOPLE_STATES,
    **WEBHOOK_STATES,
}
