"""What is checked before anything is served: by one worker for all of them."""

from __future__ import annotations

import os
import sys
import time

from listenlink.actions.create_instance import check_instance
from listenlink.actions.find_instance import daily_folder, load_ring, locate_database
from listenlink.actions.find_marking_key import find_marking_key
from listenlink.actions.prepare_folder import prepare_folder
from listenlink.cli.room_words import low_lines
from listenlink.clock import DAY_US, Clock
from listenlink.errors import RefusesToStart
from listenlink.media.choose_storage import check_storage
from listenlink.media.disk.serving_mark import ServingMark
from listenlink.secret_keys import DailyKeys
from listenlink.settings import PREFIX, Settings

_GONE_WITHIN_SECONDS = 3.0


def check_startable(settings: Settings) -> None:
    """Raise RefusesToStart for what would otherwise fail later, where nobody would see it."""
    check_instance(settings)
    load_ring(settings)
    find_marking_key(settings, Clock().now_us())
    check_storage(settings, os.environ)
    for warning in prepare_folder(settings.data, has_objects=settings.storage_url is None):
        print(f"listenlink: {warning}", file=sys.stderr)
    for line in low_lines(settings):
        print(f"listenlink: {line}", file=sys.stderr)
    _check_alone(settings)
    locate_database(settings).check_writing()
    # What makes them also checks whether they can be made.
    DailyKeys(daily_folder(settings)).prepare(Clock().now_us() // DAY_US)


def _check_alone(settings: Settings) -> None:
    """Two servers without Redis would each allow a client the whole limit, so the second is refused.

    A server that was killed takes a moment to go away, so this is retried for a while.
    """
    served = ServingMark(settings.data)
    deadline = time.monotonic() + _GONE_WITHIN_SECONDS
    is_limited = settings.resolve_limit_per_minute and not settings.redis_url
    location = locate_database(settings)
    while is_limited and (served.is_held() or location.is_served()):
        if time.monotonic() > deadline:
            raise RefusesToStart(
                f"{location} is served already, and two servers can't share a rate limit; "
                f"stop the other, set {PREFIX}REDIS_URL, or {PREFIX}RESOLVE_LIMIT_PER_MINUTE=0"
            )
        time.sleep(0.05)
