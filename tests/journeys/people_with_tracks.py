"""People at the desk who have tracks, and what they do there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx

from cast import Server, upload
from signed_in import at_desk


class Person:
    """Somebody signed in, with their key for what the desk doesn't do here."""

    def __init__(self, server: Server, told: dict[str, Any]) -> None:
        user = int(told["user_id"].partition("_")[2], 16)
        ((self.email,),) = server.query("SELECT email FROM users WHERE id = ?", user)
        self.desk = at_desk(server, self.email)
        self.owner = httpx.Client(
            base_url=f"{server.url}/v1/music/{told['organization_id']}",
            headers={"X-API-Key": told["api_key"]},
            timeout=60,
        )

    def page(self, path: str = "/desk", status: int = 200) -> str:
        answer = self.desk.get(path)
        assert answer.status_code == status, answer.text
        return unescape(answer.text)

    def posts(self, path: str, **fields: str) -> httpx.Response:
        return self.desk.post(path, data=fields)


@contextlib.contextmanager
def people_of(server: Server) -> Iterator[dict[str, Person]]:
    """Two owners and a member of one organisation, and a stranger, the owner of another."""
    made = {
        "owner": Person(server, server.new_member("owner")),
        "member": Person(server, server.new_member("member")),
        "colleague": Person(server, server.new_member("owner")),
        "stranger": Person(server, server.new_organization()),
    }
    yield made
    for person in made.values():
        person.desk.close()
        person.owner.close()


def new_track(person: Person, path: Path, **said: str) -> str:
    return str(upload(person.owner, path, **said)["id"])
