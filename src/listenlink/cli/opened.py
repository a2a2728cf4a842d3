"""The database of an instance, for a command that works beside a running server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from listenlink.actions.create_instance import is_instance
from listenlink.actions.find_instance import locate_database
from listenlink.errors import RefusesToStart
from listenlink.settings import Settings
from listenlink.store.database.database import Database


@contextlib.contextmanager
def opened_database(settings: Settings) -> Iterator[Database]:
    """Open it for the block. Raises RefusesToStart if there is none, if it's of another release, or, in the
    block too, if it can't be used."""
    location = locate_database(settings)
    if not is_instance(location):
        raise RefusesToStart(f"{location} isn't an instance")
    if not location.is_current():
        raise RefusesToStart(f"{location} is of another release; to update it: listenlink migrate")
    with location.telling(), contextlib.closing(location.open()) as database:
        yield database
