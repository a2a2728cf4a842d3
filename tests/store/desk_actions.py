"""The actions of signing in on one database, and who asks them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from listenlink.actions.signing_in.asker import AccountAudit, Asker
from listenlink.actions.signing_in.bound_attempts import Attempts
from listenlink.actions.signing_in.sign_in import (
    Person,
    SignedIn,
    act_elsewhere,
    find_person,
)
from listenlink.actions.signing_in.sign_in_by_link import (
    make_link,
    use_link,
)
from listenlink.actions.signing_in.sign_in_by_password import (
    set_password,
    sign_in_by_password,
)
from listenlink.clock import SECOND_US
from listenlink.errors import Problem
from listenlink.model.client_address import find_client
from listenlink.model.signing import SigningKey
from listenlink.secret_keys import DailyKeys
from store.owned import Place

NOW = 1_800_000_000 * SECOND_US
RING = [SigningKey("0000000a", b"a" * 32)]
OWNER, COLLEAGUE = "owner@localhost.example", "colleague@localhost.example"
GOOD = "harbour lights at night"


def asker(address: str = "203.0.113.5", now_us: int = NOW, secret: str | None = None) -> Asker:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    return Asker(find_client(address, "", ()), agent, now_us, secret)


class Desk:
    """The actions of signing in on one database."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.database = place.database
        self.place = place
        self.audit = AccountAudit(DailyKeys(folder / "daily"))
        self.attempts = Attempts(self.database, RING)

    async def link(self, email: str = OWNER, now_us: int = NOW) -> str:
        return (await self.database.write(lambda c: make_link(c, email, now_us))).secret

    async def use(self, secret: str, who: Asker | None = None, **more: Any) -> SignedIn:
        done = await use_link(self.database, self.audit, secret, who or asker(), more.get("person"))
        assert done is not None
        return done

    async def person(self, signed_in: SignedIn, now_us: int = NOW) -> Person | None:
        return await find_person(self.database, signed_in.secret, now_us)

    async def signed_in(self, email: str = OWNER) -> Person:
        """Acting in the organisation that everybody here is a member of."""
        made = await self.use(await self.link(email))
        found = await self.person(made)
        assert found is not None
        if self.place.owner.owner.organization_id in found.roles:
            await act_elsewhere(self.database, found, self.place.owner.owner.organization_id)
            found = await self.person(made)
            assert found is not None
        return found

    async def enter(self, password: str, email: str = OWNER, **who: Any) -> SignedIn:
        return await sign_in_by_password(
            self.database, self.attempts, self.audit, email, password, asker(**who)
        )

    async def has_password(self, password: str = GOOD) -> None:
        await set_password(self.database, self.audit, await self.signed_in(), password, asker())


def of(field: str) -> Any:
    """A refusal that names this field."""
    return pytest.raises(Problem, check=lambda problem: problem.details.get("field") == field)
