"""Find what the audit has of one address, as somebody may ask: only while the days' keys exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from listenlink.actions.find_instance import daily_folder
from listenlink.actions.opening.pseudonyms import pseudonym_of
from listenlink.errors import RefusesToStart
from listenlink.model.client_address import client_address, parse_address
from listenlink.secret_keys import DailyKeys
from listenlink.settings import Settings
from listenlink.store.audit import clients
from listenlink.store.audit.clients import CountedClient
from listenlink.store.database.database import Database

_PATIENT_SECONDS = 5.0


class FoundClient(NamedTuple):
    """The numbers of an address's clients, one for each day on which it asked for something; and the days,
    counted since the epoch, that still have a key."""

    numbers: list[int]
    days: list[int]


def count_found(database: Database, found: FoundClient) -> list[CountedClient]:
    """Return what the audit has of a found client on each day on which it asked for something."""
    return database.read_now(lambda connection: clients.count_lines(connection, found.numbers))


def find_client(
    database: Database, address: str, keys: Mapping[int, Sequence[bytes]]
) -> FoundClient:
    """Find the address's clients of the days that have these keys. Raises RefusesToStart if it's no address,
    or if there is no key any more."""
    parsed = parse_address(address)
    if parsed is None:
        raise RefusesToStart(
            f"{address} isn't an address, which is like 203.0.113.7 or 2001:db8::1"
        )
    full = client_address(parsed).full
    if not keys:
        raise RefusesToStart(
            "no key of these days is left: nobody can say any more which lines were this address's"
        )
    named = [(day, pseudonym_of(key, full)) for day in keys for key in keys[day]]
    numbers = database.read_now(lambda connection: clients.find_clients(connection, named))
    return FoundClient(numbers, sorted(keys))


def find_day_keys(settings: Settings, days: Sequence[int]) -> dict[int, list[bytes]]:
    """The keys that there are of these days, for a command, which can wait: Redis's, if there is one, and
    those in the folder, with which a node does while Redis is gone. Raises RefusesToStart."""
    own = DailyKeys(daily_folder(settings))
    found = {day: [key] for day, key in own.find_keys(days).items()}
    if settings.redis_url is None:
        return found
    from listenlink.store.redis.redis_days import RedisDayKeys
    from listenlink.store.redis.redis_log import open_redis

    redis = open_redis(settings.redis_url.get_secret_value(), _PATIENT_SECONDS)
    for day, key in RedisDayKeys(redis, own).find_keys(days).items():
        found.setdefault(day, []).append(key)
    return found
