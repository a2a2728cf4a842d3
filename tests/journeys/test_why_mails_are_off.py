"""Whose mails ended, not by their own choice, reads at the desk why."""

from __future__ import annotations

import contextlib
from pathlib import Path

from cast import share, upload
from journeys.mailed import leave_path, mailing, wait_for, want_mails
from media.make_audio import make
from signed_in import at_desk

NOBODY, LEFT = "nobody reads mails at", "somebody left them by the link in a mail"


def test_the_desk_says_why_mails_are_off(tmp_path: Path) -> None:
    song = make("wav16", tmp_path / "song.wav", sample_count=5000)
    with contextlib.ExitStack() as ends:
        server = ends.enter_context(mailing(tmp_path / "instance"))
        person = ends.enter_context(server.owner())
        desk = ends.enter_context(contextlib.closing(at_desk(server)))
        track = str(upload(person, song)["id"])
        server.wait_until_derived()

        def open_one() -> None:
            with server.listener() as listener:
                listener.get(f"/v1/music/shared/{share(person, track)['token']}")

        want_mails(person)
        assert "Mails are off" not in desk.get("/desk/me").text
        server.box.answers = ["RCPT 550 5.1.1 no such user"]
        open_one()
        wait_for(lambda: person.get("/notifications").json()["mails"] == "off")
        assert NOBODY in desk.get("/desk/me").text
        want_mails(person)
        assert "Mails are off" not in desk.get("/desk/me").text
        open_one()
        path = leave_path(server.wait_for_mails(1)[0])
        # As bytes, which is what mail programs get: one line that isn't encoded.
        lines = server.box.raw[0].split(b"\r\n")
        assert any(
            line.startswith(b"List-Unsubscribe: <http") and path.encode() in line for line in lines
        )
        with server.listener() as program:
            program.post(path, data={"List-Unsubscribe": "One-Click"})
        assert LEFT in desk.get("/desk/me").text
        # Who changes something else doesn't lose it; who chooses anew does.
        person.patch("/notifications", json={"language": "de"}).raise_for_status()
        assert LEFT in desk.get("/desk/me").text
        want_mails(person, "daily")
        want_mails(person, "off")
        assert "Mails are off" not in desk.get("/desk/me").text
