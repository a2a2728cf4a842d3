"""Mails arrive at a real mail server, in their reader's language, and no title becomes a header or markup."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from cast import Server, share, upload
from journeys.mailed import (
    MailedServer,
    leave_path,
    mailing,
    text_of,
    wait_for,
    want_mails,
)
from media.make_audio import make
from outbound.receiver import receiving
from trust.figures import FULL

SENTENCES = {
    "en": ("Opened: ", "The link for {0} (“{1}”) was opened. New opens: 1; in all: 1."),
    "de": ("Geöffnet: ", "Der Link für {0} („{1}“) wurde geöffnet. Neue Öffnungen: 1; insgesamt: 1."),
    "es": ("Abierto: ", "El enlace para {0} («{1}») se abrió. Aperturas nuevas: 1; en total: 1."),
    "fr": (
        "Ouvert : ", "Le lien pour {0} (« {1} ») a été ouvert. Nouvelles ouvertures : 1 ; en tout : 1."
    ),
}  # fmt: skip
OWN = "own_recording"  # Of which nothing is to be signed.
AWAY = {"TimeoutError", "SMTPConnectTimeoutError"}
if not FULL:
    # It hangs up then, and is away from then on.
    AWAY |= {
        "SMTPConnectError",
        "SMTPServerDisconnected",
        "ConnectionResetError",
        "ConnectionRefusedError",
    }
HOSTILE = '"><script>alert(1)</script> Bcc: everybody@evil.example'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailedServer]:
    with mailing(tmp_path_factory.mktemp("instance")) as running:
        yield running


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("wav16", tmp_path_factory.mktemp("audio") / "song.wav", sample_count=5000)


def open_once(server: Server, token: str) -> None:
    with server.listener() as listener:
        assert listener.get(f"/v1/music/shared/{token}").status_code == 200


class Reader(NamedTuple):
    """Whom a mail is for, and the token of the link that it tells of."""

    email: str
    token: str


@pytest.fixture(scope="module")
def readers(server: MailedServer, song: Path) -> dict[str, Reader]:
    """Of each language, somebody whose link was opened. All are told at once, for which one waits once."""
    people = [(language, server.new_member()) for language in SENTENCES]
    tracks = {}
    for language, member in people:
        with server.owner(member["api_key"]) as person:
            tracks[language] = str(upload(person, song, title=HOSTILE, engine=OWN)["id"])
    server.wait_until_derived()
    before, made = len(server.box.mails), {}
    for language, member in people:
        with server.owner(member["api_key"]) as person:
            want_mails(person, language=language)
            link = share(person, tracks[language], label="Ana <i>\u2028Cc: x@evil.example")
        number = int(member["user_id"].removeprefix("user_"), 16)
        ((email,),) = server.query("SELECT email FROM users WHERE id = ?", number)
        made[language] = Reader(str(email), str(link["token"]))
    for reader in made.values():
        open_once(server, reader.token)
    server.wait_for_mails(before + len(made))
    return made


@pytest.mark.parametrize("language", SENTENCES)
def test_a_mail_in_each_language(
    server: MailedServer, readers: dict[str, Reader], language: str
) -> None:
    email, token = readers[language]
    (mail,) = [mail for mail in server.box.mails if mail["to"] == email]
    assert str(mail["from"]) == "A label <music@label.example>"
    subject, sentence = SENTENCES[language]
    assert mail["subject"] == subject + HOSTILE
    assert mail["bcc"] is None
    assert mail["cc"] is None
    label = "Ana <i> Cc: x@evil.example"
    said = text_of(mail).split("\n\n")
    assert said[0] == "• " + sentence.format(label, HOSTILE)
    assert said[1].endswith(f": {server.url.replace('127.0.0.1', 'localhost')}/desk/links")
    assert said[2].rstrip().endswith(server.url + leave_path(mail))
    html = text_of(mail, "html")
    assert f'<html lang="{language}">' in html
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "<i>" not in html
    assert mail["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert token not in mail.as_string()


def test_what_happens_within_a_minute_is_one_mail(server: MailedServer, song: Path) -> None:
    with server.owner(server.new_member()["api_key"]) as person:
        track = str(upload(person, song, title="First", engine=OWN)["id"])
        server.wait_until_derived()
        want_mails(person)
        before = len(server.box.mails)
        open_once(server, share(person, track)["token"])
        server.wait_for_mails(before + 1)
        for _ in range(3):
            open_once(server, share(person, track)["token"])
        wait_for(lambda: server.count_notices("link.opened") >= before + 4)
        time.sleep(1.5)  # It's looked at once a second.
        assert len(server.box.mails) == before + 1


def test_a_mail_server_that_is_away_is_told_to_operators_and_nobody_waits(
    tmp_path: Path, song: Path
) -> None:
    """It takes connections and says nothing: webhooks go on, links open, mails wait."""
    with _Silent() as silent, receiving() as receiver:
        settings = {
            "SMTP_URL": f"smtp+plain://127.0.0.1:{silent.port}", "MAIL_FROM": "music@label.example",
            "OUTBOUND_NETWORKS": "127.0.0.1/32",
        }  # fmt: skip
        running = Server(tmp_path / "data", settings)
        running.create()
        running.start()
        try:
            with running.owner() as owner:
                want_mails(owner)
                wanted = {"url": receiver.url, "events": ["link.opened"]}
                assert owner.post("/webhooks", json=wanted).status_code == 201
                track = str(upload(owner, song, engine=OWN)["id"])
                open_once(running, share(owner, track)["token"])
                wait_for(lambda: is_on_its_way(running))
                open_once(running, share(owner, track)["token"])
                wait_for(lambda: len(receiver.received) == 2)
                # The mail is still being handed in.
                assert is_on_its_way(running)
                assert word(running) == "ok"
                if not FULL:
                    silent.hang_up()
                wait_for(lambda: word(running) == "not_handed_in")
                wait_for(lambda: put_off(running))
                assert want_mails(owner)["mails"] == "at_once"
        finally:
            running.stop()
        assert running.log is not None
        log = running.log.read_text()
        lines = [json.loads(line) for line in log.splitlines() if "mail_postponed" in line]
        assert {line["error"] for line in lines} <= AWAY
        assert "owner@" not in log


class _Silent:
    """What listens, takes connections and says nothing: for longer than the program waits, which is tried at
    full size and in tests/outbound, or until it hangs up."""

    def __enter__(self) -> _Silent:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        return self

    def hang_up(self) -> None:
        self._socket.close()

    def __exit__(self, *_: object) -> None:
        self.hang_up()


def word(server: Server) -> str:
    told = httpx.get(server.url + "/readyz")
    assert told.status_code == 200
    return str(told.json()["checks"]["mail"])


def is_on_its_way(server: Server) -> bool:
    return bool(server.query("SELECT 1 FROM telling_settings WHERE taken_until IS NOT NULL"))


def put_off(server: Server) -> bool:
    return bool(server.query("SELECT 1 FROM telling_settings WHERE due_at IS NOT NULL"))


def test_where_it_works_it_is_ok(server: MailedServer) -> None:
    assert word(server) == "ok"
