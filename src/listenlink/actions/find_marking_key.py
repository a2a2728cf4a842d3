"""Find the key with which this instance signs what it says of recordings: one that it's given, or its own.

A manifest has its signer's certificates in it, so it stays valid whatever key signs the next.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog

from listenlink.actions.find_instance import SECRETS
from listenlink.errors import RefusesToStart
from listenlink.media.disk.faults import name_of
from listenlink.model.marking_key import MarkingKey, UnfitKey, read_marking_key
from listenlink.secret_keys import MARKING_FILE, add_secret, read_secret
from listenlink.settings import PREFIX, Settings

_KIND = MARKING_FILE.replace("-", " ")
_NAME = "Listenlink"


def find_marking_key(settings: Settings, now_us: int) -> MarkingKey | None:
    """Load the key; None if there is none. Raises RefusesToStart for one that can't sign manifests.

    An instance on one machine that has none yet, or lost it, gets one. On PostgreSQL a node without one signs
    nothing: with keys of their own, nodes would sign in as many names for one server. One that has the key
    signs for all.
    """
    if settings.marking_key is not None:
        return _read(PREFIX + "MARKING_KEY", settings.marking_key.get_secret_value())
    own = settings.data / SECRETS / MARKING_FILE
    path = settings.marking_key_file or own
    if settings.marking_key_file is None and not own.exists():
        if settings.database_url is not None:
            return None
        try:
            add_secret(own, make_key(settings, now_us))
        except (
            OSError
        ) as error:  # Links open all the same: that the disk is full is told elsewhere.
            structlog.get_logger().warning("marking_key_not_made", errno=name_of(error))
            return None
    return _read(str(path), read_secret(_KIND, path))


def new_marking_key(settings: Settings, now_us: int) -> str | None:
    """A key for a new instance; None if it's given one."""
    if settings.marking_key is not None or settings.marking_key_file is not None:
        return None
    return make_key(settings, now_us)


def make_key(settings: Settings, now_us: int) -> str:
    """A new key in the name of the server that the settings name, as it's written to a file."""
    # Imported here: it's needed once in an instance's life.
    from listenlink.model.own_authority import make_marking_key

    host = urlsplit(settings.public_url or "").hostname
    return make_marking_key(host or _NAME, now_us)


def _read(source: str, text: str) -> MarkingKey:
    try:
        return read_marking_key(text)
    except UnfitKey as problem:
        raise RefusesToStart(f"{source}: {problem}") from None
