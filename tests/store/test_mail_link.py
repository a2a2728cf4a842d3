"""How often a one-time link is mailed, and what becomes of one that isn't."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from listenlink.actions.signing_in.mail_link import (
    MOST_OF_ORGANIZATION,
    MOST_TO_ONE,
    MOST_TO_ONE_OF_ALL,
    Mailed,
    mail_link,
    may_mail,
)
from listenlink.clock import DAY_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model.mail_message import MailAddress, Written
from listenlink.model.mail_server import MailServer
from listenlink.outbound.mail import MailMan
from outbound.mailbox import Box, serving
from store.owned import NOW, Place, make_place

READER = "ana@localhost.example"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = await make_place(tmp_path)
    yield made
    made.database.close()


def mailed(place: Place, organization_id: int | None, email: str, now_us: int = NOW) -> bool:
    return place.database.write_now(lambda c: may_mail(c, organization_id, email, now_us))


async def test_nobody_uses_up_what_others_may_mail_to_one_address(place: Place) -> None:
    for organization in (1, 2, 3, None):
        said = [mailed(place, organization, READER) for _ in range(MOST_TO_ONE + 1)]
        assert said == [True] * MOST_TO_ONE + [False]
    assert MOST_TO_ONE_OF_ALL == 4 * MOST_TO_ONE
    assert not mailed(place, 4, READER.upper()), (
        "strangers aren't written to by many together, either"
    )
    assert mailed(place, 4, "ben@localhost.example")
    assert mailed(place, 1, READER, NOW + DAY_US)


async def test_of_one_organisation_and_without_bound_of_the_operator(place: Place) -> None:
    for whose, may in ((1, False), (None, True)):
        for number in range(MOST_OF_ORGANIZATION):
            assert mailed(place, whose, f"{number}@{whose}.example")
        assert mailed(place, whose, "last@localhost.example") == may


async def test_what_can_not_be_counted_is_not_mailed_and_loses_no_link(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_: Any) -> None:
        raise Problem(ProblemKind.UNAVAILABLE)

    box = Box()
    with serving(box) as port:
        server = MailServer("smtp+plain", "127.0.0.1", port, None, None)
        mailman, text = MailMan(server, MailAddress("a@b.example")), Written("s", "t", "<p></p>")
        with monkeypatch.context() as broken:
            broken.setattr(place.database, "write", refuse)
            became = await mail_link(place.database, mailman, READER, text, 1, NOW)
        assert became is Mailed.NOT_COUNTED
        assert not box.mails
        became = await mail_link(place.database, mailman, READER, text, 1, NOW)
        assert became is Mailed.SENT
