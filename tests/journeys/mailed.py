"""A server that mails, the mailbox that its mails arrive in, and a clock that a test moves."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx

from cast import Server
from faked_time import FakedTime
from outbound.mailbox import Box, serving
from shorter_waits import SECOND, shorter

# Opens are counted once a second, and looked at once a second; by servers that are forked here, more often.
SOON_SECONDS = 30.0
SENDER = "A label <music@label.example>"


class MailedServer(Server):
    """What it mails arrives in `box`."""

    box: Box
    time: FakedTime

    def go_to(self, when: datetime) -> None:
        """Set the clock of the server, which isn't after this yet."""
        self.time.set(when.timestamp() - time.time())

    def wait_for_mails(self, number: int) -> list[EmailMessage]:
        """All mails, once there are so many, and no more soon after."""
        wait_for(lambda: len(self.box.mails) >= number)
        assert len(self.box.mails) == number
        return self.box.mails

    def wait_until_noted(self) -> None:
        """Until all opens that were are told, or mailed with the next digest."""
        marks = "SELECT name, audit_id FROM audit_progress WHERE name IN ('added_up', 'told')"
        newest = "SELECT max(id) FROM audit"

        def is_noted() -> bool:
            ((last,),) = self.query(newest)
            ((waiting,),) = self.query("SELECT coalesce(sum(waiting), 0) FROM told_links")
            told = dict(self.query(marks))
            return waiting == 0 and all(
                told.get(name, 0) >= (last or 0) for name in ("added_up", "told")
            )

        wait_for(is_noted)

    def count_notices(self, event: str) -> int:
        """How often this was noted."""
        ((count,),) = self.query("SELECT count(*) FROM notices WHERE type = ?", event)
        return int(count)

    def wait_for_notices(self, event: str, number: int) -> None:
        """Until this was noted so often, and no oftener."""
        wait_for(lambda: self.count_notices(event) >= number)
        assert self.count_notices(event) == number


@contextlib.contextmanager
def mailing(folder: Path, start: datetime | None = None, **settings: str) -> Iterator[MailedServer]:
    """A new instance that mails; at a time of its own, if there is one."""
    box = Box()
    with serving(box) as port:
        mails = {"SMTP_URL": f"smtp+plain://127.0.0.1:{port}", "MAIL_FROM": SENDER}
        made = MailedServer(folder / "data", mails | {"TRUSTED_PROXIES": "127.0.0.1/32"} | settings)
        made.box = box
        made.environment |= shorter(SECOND)
        if start is not None:
            made.time = FakedTime(folder / "time")
            made.environment |= made.time.environment
            made.go_to(start)
        made.create()
        made.start()
        try:
            yield made
        finally:
            made.stop()


def wait_for(is_so: Callable[[], object]) -> None:
    until = time.monotonic() + SOON_SECONDS
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """What a mail says, with the ends of lines that are usual here."""
    body: Any = mail.get_body((kind,))
    return str(body.get_content()).replace("\r\n", "\n")


def leave_path(mail: EmailMessage) -> str:
    """Where its reader leaves."""
    found = re.fullmatch(r"<https?://[^/]+(/leave/[!-~]+)>", mail["list-unsubscribe"])
    assert found, mail["list-unsubscribe"]
    return found[1]


def want_mails(owner: httpx.Client, mails: str = "at_once", **more: Any) -> dict[str, Any]:
    """Be told like that."""
    answer = owner.patch("/notifications", json={"mails": mails, **more})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told
