"""A world with links that are opened, and a house that is kept, while the clock shows what a test says."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from sqlalchemy import text

from journeys.sharing_world import new_world
from listenlink.actions import manage_links
from listenlink.actions.authenticate import Caller
from listenlink.actions.make_link import NewLink, make_link
from listenlink.actions.opening.rule import OpenRequest
from listenlink.clock import DAY_US
from listenlink.model.audit import Agent
from listenlink.model.client_address import find_client
from listenlink.model.share import TargetType
from listenlink.model.share_token import digest
from listenlink.running.retention import delete_old

TEN_YEARS_US = 3653 * DAY_US


class House:
    """A world with links, opened by whom and when a test says."""

    def __init__(self, folder: Path, kept_days: int, **more: Any) -> None:
        self.world = new_world(folder, audit_retention_days=kept_days, **more)
        self.began_us = self.world.clock.now_us()
        self.creator: Caller = self.world.new_caller()
        self.track = self.world.new_track(self.creator)

    def new_link(self, most: int | None = None) -> NewLink:
        """Without an end."""
        owning = self.world.instance.owning
        return self.world.run(
            make_link(
                owning.database, owning.token_sealer, self.creator, TargetType.TRACK, self.track,
                {"max_opens": most}, self.began_us,
            )
        )  # fmt: skip

    def open(self, link: NewLink, at_us: int, listener: int = 1) -> None:
        """Open it, or try to, while the clock shows this."""
        self.world.clock.set_us = at_us
        asked = OpenRequest(
            digest(link.token), True, None, True, find_client(f"198.51.100.{listener}", "", ()),
            Agent.PERSON, None, secrets.randbits(40), at_us, self.world.clock.tick_us(), True,
        )  # fmt: skip
        self.world.run(self.world.instance.listening.opener.open(asked))

    def keep_house(self, at_us: int) -> int:
        """One round of housekeeping, while the clock shows this; how many lines it deleted."""
        self.world.clock.set_us = at_us
        return self.world.run(delete_old(self.world.instance))

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Read the database."""
        database = self.world.instance.running.database
        return database.read_now(lambda c: [tuple(row) for row in c.execute(text(sql))])

    def lines(self) -> list[int]:
        """When what is in the audit happened, in the order of the numbers."""
        return [row[0] for row in self.ask("SELECT at FROM audit ORDER BY id")]

    def told(self, link: NewLink) -> tuple[int, dict[int, tuple[int, int]]]:
        """What its owner is told: all opens, and by day the opens and listeners."""
        database = self.world.instance.running.database
        told, sums = self.world.run(
            manage_links.sum_up(database, self.creator, link.share.id, 0, 0)
        )
        assert told.share.opens == sum(sums.by_agent)
        return told.share.opens, {day.day: (day.opens, day.listeners) for day in sums.days}
