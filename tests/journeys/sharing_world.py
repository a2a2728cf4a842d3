"""The program's actions on a real database, at a time that the test sets: what the machine drives.

How the instance is made is said by whoever makes a `World`; its actions are called as the web does.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection

from engines import copying_databases, new_settings
from listenlink.actions.authenticate import Caller
from listenlink.actions.create_instance import create_instance
from listenlink.actions.find_instance import locate_database
from listenlink.actions.open_link import Opening, OpenRequest
from listenlink.app import build_instance
from listenlink.clock import SECOND_US, Clock
from listenlink.errors import Problem
from listenlink.model import licence
from listenlink.model.api_key import SCOPES, new_api_key
from listenlink.model.audit import Agent
from listenlink.model.client_address import find_client
from listenlink.model.listen_session import ListenSession, read_session, write_session
from listenlink.model.owner import Owner
from listenlink.model.share_token import digest, is_well_formed
from listenlink.model.track import StoredAudio, Track
from listenlink.running.instance import Instance
from listenlink.settings import Settings
from listenlink.store import library, people, tracks

_Told = TypeVar("_Told")
_traces = itertools.count(1)
CLIENT = find_client("198.51.100.7", "", ())


class SetClock(Clock):
    """A clock that stands where it was set."""

    def __init__(self, now_us: int) -> None:
        self.set_us = now_us

    def now_us(self) -> int:
        return self.set_us

    def tick_us(self) -> int:
        return self.set_us


class World:
    """An instance and the loop that it runs on."""

    def __init__(self, instance: Instance, clock: SetClock) -> None:
        self.instance = instance
        self.clock = clock
        self._runner = asyncio.Runner()

    def run(self, action: Coroutine[Any, Any, _Told]) -> _Told:
        """Do it."""
        return self._runner.run(action)

    def try_to(self, action: Coroutine[Any, Any, _Told]) -> _Told | str:
        """Do it, or the kind of problem that it ends in."""
        try:
            return self.run(action)
        except Problem as problem:
            return problem.kind.name

    def close(self) -> None:
        self.instance.close()
        self._runner.close()

    def new_caller(self) -> Caller:
        """Somebody with an organisation of their own."""
        now_us = self.clock.now_us()

        def add(connection: Connection) -> Caller:
            organization = people.add_organization(connection, "Music", now_us)
            user = people.add_user(connection, f"{secrets.token_hex(8)}@localhost", now_us)
            people.add_membership(connection, organization, user, "owner", now_us)
            scopes = frozenset(SCOPES)
            key = people.add_api_key(connection, new_api_key(), organization, user, scopes, now_us)
            return Caller(Owner(organization, user), scopes, key)

        return self.run(self.instance.running.database.write(add))

    def new_track(self, owner: Caller) -> int:
        """A track without its bytes: what was measured of them is beside the point here."""
        now_us = self.clock.now_us()
        stamp = licence.UNCLEAR
        draft = Track(
            0, *owner.owner, "Tea", None, "studio", "creation", False,
            44_100, 44_100, stamp, now_us,
        )  # fmt: skip

        def add(connection: Connection) -> int:
            audio = StoredAudio(secrets.token_bytes(32), 1, "audio/wav", 0)
            number = tracks.add_audio(connection, audio, now_us)
            added = tracks.add_track(connection, draft, number).id
            library.add_edge(connection, *owner.owner, added, None, now_us)
            return added

        return self.run(self.instance.running.database.write(add))

    def open_many(
        self,
        asked: list[tuple[str, ListenSession | None]],
        counts: bool = True,
        meant: list[bool] | None = None,
    ) -> list[Opening]:
        """Open all at one moment: one transaction. All are `meant` unless it says which."""
        requests = [
            self.request(*one, counts, is_meant)
            for one, is_meant in zip(asked, meant or [True] * len(asked), strict=True)
        ]

        async def open_all() -> list[Opening]:
            return await asyncio.gather(*map(self.instance.listening.opener.open, requests))

        return self.run(open_all())

    def playback_urls(self, opening: Opening) -> dict[int, str]:
        """The signed part of each track's URL, as the view tells it."""
        view = json.loads(self.instance.listening.presenter.write(opening, self.clock.now_us()))
        shown = view["tracks"] if view["track"] is None else [view["track"]]
        return {
            int(track["id"].rpartition("_")[2], 16): track["playback_url"].rpartition("/")[2]
            for track in shown
        }

    def may_play(self, signed: str) -> bool:
        """Whether a playback URL plays."""
        playing = self._runner.run(
            self.instance.listening.player.begin(signed, self.clock.now_us())
        )
        return playing is not None

    def request(
        self, token: str, session: ListenSession | None, counts: bool, is_meant: bool
    ) -> OpenRequest:
        now_us, signer = self.clock.now_us(), self.instance.listening.session_signer
        text = "" if session is None else write_session(session, signer)
        return OpenRequest(
            token_digest=digest(token),
            is_well_formed=is_well_formed(token),
            session=read_session(text, signer, now_us // SECOND_US) if text else None,
            counts=counts,
            client=CLIENT,
            agent=Agent.PERSON,
            referrer=None,
            trace=next(_traces),
            now_us=now_us,
            tick_us=self.clock.tick_us(),
            is_meant=is_meant,
        )


def new_world(folder: Path, **more: Any) -> World:
    """In this folder, on the engines of the suite, from the first day of 2026; with `more` settings."""
    clock = SetClock(1_767_225_600 * SECOND_US)
    stored = new_settings()
    given: dict[str, Any] = {
        name.lower(): stored[name] for name in ("DATABASE_URL", "REDIS_URL") if name in stored
    }
    given = {"resolve_limit_per_minute": 0} | given | more
    settings = Settings(data=folder / "data", **given)
    with copying_databases():
        create_instance(locate_database(settings), "Music", "me@localhost", clock.now_us())
    return World(build_instance(settings, clock), clock)
