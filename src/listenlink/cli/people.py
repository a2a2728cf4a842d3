"""What `listenlink org`, `user` and `key` do in the instance's folder, even beside a running server."""

from __future__ import annotations

import json
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection

from listenlink.actions import manage_people as managing
from listenlink.actions.manage_people import NewMember
from listenlink.actions.signing_in.sign_in_by_link import make_link
from listenlink.cli import quotas
from listenlink.cli.opened import opened_database
from listenlink.clock import Clock
from listenlink.errors import RefusesToStart
from listenlink.model import ids
from listenlink.model.api_key import ListedKey
from listenlink.model.moment import iso_or_none, iso_seconds
from listenlink.model.one_line import one_line
from listenlink.settings import load_settings
from listenlink.store import api_keys, people, suspensions
from listenlink.store.database.database import Database
from listenlink.store.usage import find_usage

_Result = TypeVar("_Result")
_ACTIVE = "active"


def add_organization(data: Path | None, name: str, email: str, as_json: bool) -> None:
    """Make an organisation and print its ids and API key. Raises RefusesToStart."""
    now_us = Clock().now_us()
    made = write(data, lambda c: managing.add_organization(c, name, email, now_us))
    _tell_member(made, as_json)


def list_organizations(data: Path | None, as_json: bool) -> None:
    """Print the organisations. Raises RefusesToStart."""
    now_us = Clock().now_us()
    listed = read(
        data,
        lambda c: [(*row, find_usage(c, row[0], now_us)) for row in people.list_organizations(c)],
    )
    suspended = read(data, suspensions.list_suspended)
    rows = [
        {
            "organization_id": ids.public_id(ids.ORGANIZATION, number),
            "name": name,
            "members": members,
            "created_at": iso_seconds(created_at),
            "state": _state(number, suspended),
        }
        | (quotas.quota_row(used) if as_json else {"stored": quotas.told_usage(used)})
        for number, name, members, created_at, used in listed
    ]
    _tell_rows(rows, as_json)


def change_quota(
    data: Path | None,
    organization: str,
    size: str | None,
    tracks: int | None,
    has_none: bool,
    as_json: bool,
) -> None:
    """Change an organisation's quota, if anything is given, and print it. Raises RefusesToStart."""
    number = read_organization(organization)
    used = write(data, lambda c: quotas.change(c, number, size, tracks, has_none))
    quotas.tell(organization, used, as_json)


def add_user(data: Path | None, email: str, organization: str, role: str, as_json: bool) -> None:
    """Make somebody a member and print their ids and API key. Raises RefusesToStart."""
    number, now_us = read_organization(organization), Clock().now_us()
    made = write(data, lambda c: managing.add_member(c, number, email, role, now_us))
    _tell_member(made, as_json)


def make_sign_in_link(data: Path | None, email: str, as_json: bool) -> None:
    """Make a one-time link to the desk and print it. Raises RefusesToStart."""
    now_us, desk_url = Clock().now_us(), load_settings(data=data).desk_url
    made = write(data, lambda c: make_link(c, email, now_us))
    url, ends_at = made.url(desk_url), iso_seconds(made.ends_at)
    if as_json:
        print(json.dumps({"url": url, "expires_at": ends_at}))
        return
    print(url)
    print(f"It signs {email} in, once, until {ends_at}. Whoever has it is {email}.")


def list_users(data: Path | None, organization: str | None, as_json: bool) -> None:
    """Print the memberships. Raises RefusesToStart."""
    suspended = read(data, suspensions.list_suspended)
    number = None if organization is None else read_organization(organization)
    rows = [
        {
            "user_id": ids.public_id(ids.USER, user_id),
            "email": email,
            "organization_id": ids.public_id(ids.ORGANIZATION, organization_id),
            "role": role,
            "state": _state(organization_id, suspended),
        }
        for user_id, email, organization_id, role in read(
            data, lambda c: people.list_members(c, number)
        )
    ]
    _tell_rows(rows, as_json)


def add_key(
    data: Path | None,
    organization: str,
    user: str,
    scopes: str | None,
    expires_in_days: int | None,
    as_json: bool,
) -> None:
    """Make an API key and print it. Raises RefusesToStart."""
    number, now_us = read_organization(organization), Clock().now_us()
    made = write(
        data,
        lambda c: managing.add_key_for(c, number, user, scopes, expires_in_days, now_us),
    )
    _tell_member(made, as_json)


def list_keys(data: Path | None, organization: str | None, as_json: bool) -> None:
    """Print the list of API keys. Raises RefusesToStart."""
    number, now_us = (
        None if organization is None else read_organization(organization),
        Clock().now_us(),
    )
    keys = read(data, lambda c: api_keys.list_all_keys(c, number))
    suspended = read(data, suspensions.list_suspended)
    _tell_rows([_row(key, suspended, now_us) for key in keys], as_json)


def revoke_key(data: Path | None, key_id: str, as_json: bool) -> None:
    """Deactivate an API key. Raises RefusesToStart."""
    number, now_us = ids.parse_id(ids.API_KEY, key_id), Clock().now_us()
    if number is None:
        raise RefusesToStart(f"{key_id} isn't the id of a key, which is like key_0123456789ab")
    write(data, lambda c: managing.revoke_key(c, number, now_us))
    told = {"success": True, "id": key_id, "detail": "API key deactivated."}
    print(json.dumps(told) if as_json else f"{key_id} is switched off.")


def _row(key: ListedKey, suspended: Container[int], now_us: int) -> dict[str, Any]:
    state = key.state(now_us)
    return {
        "id": ids.public_id(ids.API_KEY, key.id),
        "shown_prefix": key.shown_prefix,
        "state": _state(key.organization_id, suspended) if state == _ACTIVE else state,
        "scopes": sorted(key.scopes),
        "organization_id": ids.public_id(ids.ORGANIZATION, key.organization_id),
        "user_id": ids.public_id(ids.USER, key.user_id),
        "created_at": iso_seconds(key.created_at),
        "expires_at": iso_or_none(key.expires_at),
    }


def _tell_member(made: NewMember, as_json: bool) -> None:
    told = {
        "organization_id": ids.public_id(ids.ORGANIZATION, made.organization_id),
        "user_id": ids.public_id(ids.USER, made.user_id),
        "key_id": ids.public_id(ids.API_KEY, made.key.listed.id),
        "api_key": made.key.raw_key,
    }
    if as_json:
        print(json.dumps(told))
        return
    print(f"  organisation  {told['organization_id']}")
    print(f"  user          {told['user_id']}")
    print(f"  key           {told['key_id']}  {','.join(sorted(made.key.listed.scopes))}")
    print(f"  API key       {told['api_key']}")
    print("The API key is shown this once.")


def _tell_rows(rows: list[dict[str, Any]], as_json: bool) -> None:
    """Print a JSON array, or one line per row with its values in columns."""
    if as_json:
        print(json.dumps(rows))
        return
    lines = [[_text(value) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = [text.ljust(width) for text, width in zip(line, widths, strict=True)]
        print("  ".join(padded).rstrip())


def _state(organization_id: int, suspended: Container[int]) -> str:
    return "suspended" if organization_id in suspended else _ACTIVE


def _text(value: Any) -> str:
    if value is None:
        return "never"
    return ",".join(value) if isinstance(value, list) else one_line(str(value))


def read_organization(text: str) -> int:
    """The number of an organisation's id. Raises RefusesToStart."""
    number = ids.parse_id(ids.ORGANIZATION, text)
    if number is None:
        raise RefusesToStart(f"{text} isn't the id of an organisation; see: listenlink org list")
    return number


def read(data: Path | None, work: Callable[[Connection], _Result]) -> _Result:
    """Run `work` on the instance's database. Raises RefusesToStart."""
    return with_database(data, lambda database: database.read_now(work))


def write(data: Path | None, work: Callable[[Connection], _Result]) -> _Result:
    """Run `work` on the instance's database as one transaction. Raises RefusesToStart."""
    return with_database(data, lambda database: database.write_now(work))


def with_database(data: Path | None, work: Callable[[Database], _Result]) -> _Result:
    """Open the instance's database for `work`. Raises RefusesToStart."""
    with opened_database(load_settings(data=data)) as database:
        return work(database)
