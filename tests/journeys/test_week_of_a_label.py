"""A label sends a record to twelve people and is mailed once a day: the mails say exactly what happened. So
does another label, which reads German.

On Monday the links go out. One is opened twice, one never; one leaks; the mix is replaced on Wednesday; all
of it is taken along on Thursday; the links end on Friday.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import upload
from engines import of_sqlite
from journeys.mailed import MailedServer, leave_path, mailing, text_of, want_mails
from media.make_audio import make
from signed_in import first_email

pytestmark = of_sqlite  # PostgreSQL's own clock isn't moved
READERS = ["Ana", "Ben", "Blog", *(f"Paper {number}" for number in range(3, 10)), "Radio", "Shop"]
ANA, BEN, RADIO, SHOP = READERS[0], READERS[1], "Radio", "Shop"
PROMPT = [name for name in READERS if name not in (BEN, SHOP)]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of the week, whose Monday is the first of March, 2027. In Berlin it's an hour later."""
    return datetime(2027, 3, day, hour, minute, tzinfo=UTC)


class Week:
    """What is done in it, by whom. No other label has these recordings."""

    def __init__(
        self, server: MailedServer, owner: httpx.Client, email: str, folder: Path, length: int
    ) -> None:
        self.server, self.owner, self.email = server, owner, email
        self._networks, self._better = iter(range(1, 200)), folder / "better.wav"
        mix = make("wav16", folder / "mix.wav", sample_count=length)
        make("wav16", self._better, sample_count=length + 1000)
        self.mix = str(upload(owner, mix, title="Mix", engine="own_recording")["id"])
        made = owner.post("/collections", json={"name": "The record"}).raise_for_status()
        self.record = str(made.json()["id"])
        put = owner.post(f"/collections/{self.record}/tracks", json={"track_id": self.mix})
        put.raise_for_status()

    def send_out(self) -> None:
        """One link each, until Friday afternoon."""
        terms: dict[str, Any] = {
            "recipients": [{"label": label} for label in READERS],
            "expires_at": at(5, 16).isoformat(), "allow_download": True,
        }  # fmt: skip
        made = self.owner.post(f"/collections/{self.record}/share/batch", json=terms)
        assert made.status_code == 201, made.text
        self.tokens = {link["label"]: link["token"] for link in made.json()["items"]}

    def open(self, label: str) -> dict[str, str]:
        """From a network of its own; the session is what comes of it."""
        with self.server.listener(f"198.18.{next(self._networks)}.1") as listener:
            answer = listener.get(f"/v1/music/shared/{self.tokens[label]}")
            assert answer.status_code == 200, label
            return {"Listen-Session": answer.headers["listen-session"]}

    def take_all(self, label: str) -> None:
        """The record as one file."""
        session = self.open(label)
        with self.server.listener() as listener:
            path = f"/v1/music/shared/{self.tokens[label]}/download"
            url = listener.get(path, headers=session).raise_for_status().json()["download_url"]
            assert listener.get(url).raise_for_status().content[:2] == b"PK"

    def replace_mix(self) -> None:
        """Behind the same links."""
        sent = {"file": (self._better.name, self._better.read_bytes())}
        self.owner.post(f"/tracks/{self.mix}/versions", files=sent).raise_for_status()

    @property
    def mails(self) -> list[EmailMessage]:
        """What this label was mailed."""
        return [mail for mail in self.server.box.mails if mail["to"] == self.email]


def mail_at(weeks: list[Week], when: datetime, number: int) -> None:
    """Each has so many mails at that moment, and not a minute before."""
    server = weeks[0].server
    server.wait_until_noted()
    server.go_to(when.replace(hour=when.hour - 1, minute=59))
    server.wait_for_mails(len(weeks) * (number - 1))
    server.go_to(when)
    server.wait_for_mails(len(weeks) * number)


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Week]]:
    """The English label's, and the German one's; both lived to their end."""
    folder = tmp_path_factory.mktemp("week")
    with mailing(folder, at(1, 8)) as server, server.owner() as owner:
        told = server.new_organization()
        user = int(told["user_id"].removeprefix("user_"), 16)
        ((email,),) = server.query("SELECT email FROM users WHERE id = ?", user)
        base = f"{server.url}/v1/music/{told['organization_id']}"
        with httpx.Client(base_url=base, headers={"X-API-Key": told["api_key"]}) as other:
            made = [
                Week(server, owner, first_email(server), folder, 5000),
                Week(server, other, str(email), folder, 7000),
            ]
            server.wait_until_derived()
            for week, language in zip(made, ("en", "de"), strict=True):
                said = {"zone": "Europe/Berlin", "spread_networks": 5, "language": language}
                want_mails(week.owner, "daily", **said)
            live(server, made)
            yield made


def live(server: MailedServer, weeks: list[Week]) -> None:
    """Monday to Saturday."""
    each = len(weeks)
    for week in weeks:
        week.send_out()
    server.go_to(at(1, 9))
    for week in weeks:
        for label in PROMPT:
            week.open(label)
    server.wait_until_noted()
    server.go_to(at(1, 15))
    for week in weeks:
        week.open(ANA)
    mail_at(weeks, at(2, 7), 1)
    server.go_to(at(2, 12))
    for week in weeks:
        week.open(RADIO)
    server.wait_until_noted()
    for week in weeks:
        for _ in range(5):
            week.open(RADIO)
    server.wait_for_notices("link.spread", each)
    server.go_to(at(2, 14))
    mail_at(weeks, at(3, 7), 2)
    for week in weeks:
        week.replace_mix()
    server.wait_until_derived()
    server.wait_for_notices("track.ready", each)
    mail_at(weeks, at(4, 7), 3)
    server.go_to(at(4, 12))
    for week in weeks:
        week.take_all(BEN)
    server.wait_until_noted()
    server.go_to(at(4, 16, 1))
    server.wait_for_notices("link.ending", each * (len(READERS) - 1))
    mail_at(weeks, at(5, 7), 4)
    server.go_to(at(5, 16, 1))
    server.wait_for_notices("link.ended", each * len(READERS))
    mail_at(weeks, at(6, 7), 5)


def lines_of(mail: EmailMessage) -> list[str]:
    """What happened, without what is below in every mail."""
    *lines, where, why = text_of(mail).rstrip().split("\n\n")
    assert where.endswith("/desk/links")
    assert why.endswith(leave_path(mail))
    return [line.removeprefix("• ") for line in lines]


def of(label: str) -> str:
    return f"The link for {label} (“The record”)"


def test_the_mails_say_exactly_what_happened(weeks: list[Week]) -> None:
    monday, tuesday, wednesday, thursday, friday = weeks[0].mails
    assert lines_of(monday) == [
        f"{of(ANA)} was opened. New opens: 2; in all: 2.",
        *(f"{of(label)} was opened. New opens: 1; in all: 1." for label in PROMPT[1:]),
    ]
    assert lines_of(tuesday) == [
        f"{of(RADIO)} was opened. New opens: 6; in all: 7.",
        f"{of(RADIO)} was opened from more than 5 networks within two days. If it was meant for few, close"
        " it, or give it a new address.",
    ]
    assert lines_of(wednesday) == [
        "“Mix” has a new version. Its links lead there.",
        "“Mix” can be played everywhere now.",
    ]
    opens = dict.fromkeys(READERS, 1) | {ANA: 2, RADIO: 7, SHOP: 0}
    taken = {BEN: " Downloads so far: 1."}
    assert lines_of(thursday) == [
        f"{of(BEN)} was opened. New opens: 1; in all: 1. Downloads so far: 1.",
        *(
            f"{of(label)} ends within a day. Opens so far: {opens[label]}." + taken.get(label, "")
            for label in READERS
            if label != SHOP
        ),
    ]
    assert lines_of(friday) == [
        f"{of(label)} has ended. Opens in all: {opens[label]}." + taken.get(label, "")
        for label in READERS
    ]
    subjects = [str(mail["subject"]) for mail in (monday, tuesday, wednesday, thursday, friday)]
    assert subjects == [f"News of your links: {count}" for count in (10, 2, 2, 12, 12)]
    # Nothing has happened since.
    weeks[0].server.go_to(at(7, 8))
    weeks[0].server.wait_for_mails(5 * len(weeks))


def test_the_same_numbers_in_german(weeks: list[Week]) -> None:
    mails = weeks[1].mails
    found = [[re.findall(r"\d+", line) for line in lines_of(mail)] for mail in mails]
    numbered = {label: re.findall(r"\d+", label) for label in READERS}
    assert [numbers[-2:] for numbers in found[0]] == [["2", "2"], *[["1", "1"]] * 9]
    assert found[1] == [["6", "7"], ["5"]]
    assert found[2] == [[], []]
    assert found[3][0] == ["1", "1", "1"]
    opens = dict.fromkeys(READERS, "1") | {ANA: "2", RADIO: "7", SHOP: "0"}
    ended = [[*numbered[label], opens[label]] for label in READERS]
    ended[1].append("1")
    assert found[4] == ended
    assert mails[0]["subject"] == "Neues von Ihren Links: 10"
    first = "Der Link für Ana („The record“) wurde geöffnet. Neue Öffnungen: 2; insgesamt: 2."
    assert lines_of(mails[0])[0] == first
    last = (
        "Der Link für Ben („The record“) ist zu Ende. Öffnungen insgesamt: 1. Downloads bisher: 1."
    )
    assert lines_of(mails[4])[1] == last
