"""Mails arrive at a real mail server, in their reader's language, and no title becomes a header or markup."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

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

SENTENCES = {
    "en": ("Opened: ", "The link for {0} (“{1}”) was opened. New opens: 1; in all: 1."),
    "de": ("Geöffnet: ", "Der Link für {0} („{1}“) wurde geöffnet. Neue Öffnungen: 1; insgesamt: 1."),
    "es": ("Abierto: ", "El enlace para {0} («{1}») se abrió. Aperturas nuevas: 1; en total: 1."),
    "fr": (
        "Ouvert : ", "Le lien pour {0} (« {1} ») a été ouvert. Nouvelles ouvertures : 1 ; en tout : 1."
    ),
}  # fmt: skip
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


@pytest.mark.parametrize("language", SENTENCES)
def test_a_mail_in_each_language(server: MailedServer, song: Path, language: str) -> None:
    member = server.new_member()
    with server.owner(member["api_key"]) as person:
        track = str(upload(person, song, title=HOSTILE)["id"])
        server.wait_until_derived()
        want_mails(person, language=language)
        link = share(person, track, label="Ana <i>\u2028Cc: x@evil.example")
        open_once(server, link["token"])
        before = len(server.box.mails)
        mail = server.wait_for_mails(before + 1)[-1]
    ((email,),) = server.query(
        "SELECT email FROM users WHERE id = ?", int(member["user_id"].removeprefix("user_"), 16)
    )
    assert (mail["to"], str(mail["from"])) == (email, "A label <music@label.example>")
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
    assert link["token"] not in mail.as_string()


def test_what_happens_within_a_minute_is_one_mail(server: MailedServer, song: Path) -> None:
    with server.owner(server.new_member()["api_key"]) as person:
        track = str(upload(person, song, title="First")["id"])
        server.wait_until_derived()
        want_mails(person)
        before = len(server.box.mails)
        open_once(server, share(person, track)["token"])
        server.wait_for_mails(before + 1)
        for _ in range(3):
            open_once(server, share(person, track)["token"])
        wait_for(lambda: server.count_notices("link.opened") >= before + 4)
        time.sleep(2.5)
        assert len(server.box.mails) == before + 1


def test_a_mail_server_that_is_away_is_told_to_operators_and_nobody_waits(
    tmp_path: Path, song: Path
) -> None:
    """It takes connections and says nothing: webhooks go on, links open, mails wait."""
    with _Silent() as port, receiving() as receiver:
        settings = {
            "SMTP_URL": f"smtp+plain://127.0.0.1:{port}", "MAIL_FROM": "music@label.example",
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
                track = str(upload(owner, song)["id"])
                open_once(running, share(owner, track)["token"])
                wait_for(lambda: is_on_its_way(running))
                open_once(running, share(owner, track)["token"])
                wait_for(lambda: len(receiver.received) == 2)
                # The mail is still being handed in.
                assert is_on_its_way(running)
                assert word(running) == "ok"
                wait_for(lambda: word(running) == "not_handed_in")
                wait_for(lambda: put_off(running))
                assert want_mails(owner)["mails"] == "at_once"
        finally:
            running.stop()
        assert running.log is not None
        log = running.log.read_text()
        lines = [json.loads(line) for line in log.splitlines() if "mail_postponed" in line]
        assert {line["error"] for line in lines} <= {"TimeoutError", "SMTPConnectTimeoutError"}
        assert "owner@" not in log


class _Silent:
    """What listens, takes connections and says nothing."""

    def __enter__(self) -> int:
        self._socket = socket.create_server(("127.0.0.1", 0))
        return int(self._socket.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._socket.close()


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
