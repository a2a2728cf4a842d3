"""Create an instance in a folder: tables, keys, and the first organisation, user and API key."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from sqlalchemy import Connection

from listenlink.actions.fill_folder import check_empty, filling
from listenlink.actions.find_instance import SECRETS, locate_database
from listenlink.actions.manage_people import (
    NewMember,
    add_organization,
    check_email,
    check_organization_name,
)
from listenlink.errors import RefusesToStart
from listenlink.media.disk.places import make_folders
from listenlink.model import ids
from listenlink.secret_keys import LINK_FILE, MARKING_FILE, SIGNING_FILE, add_secret, create_keys
from listenlink.settings import Settings
from listenlink.store import people
from listenlink.store.audit import day_tables
from listenlink.store.database.identity import find_moved
from listenlink.store.database.location import DatabaseLocation

_ENDING = "new"


@dataclass(frozen=True, slots=True)
class NewInstance:
    """Public ids of what was created, and the raw API key, which is shown only this once."""

    organization_id: str
    user_id: str
    api_key: str


def is_instance(location: DatabaseLocation) -> bool:
    """Whether there is an instance here. Raises RefusesToStart if its database can't be used, as it is or
    by this release, for what is damaged must never look like what is empty; and for an embedded one that was
    moved: what happens now happens elsewhere."""
    if not location.is_there():
        return False
    if location.url is None:
        check_not_moved(location)
        return True
    with location.telling(), contextlib.closing(location.open()) as database:
        return database.read_now(people.is_anybody)


def check_not_moved(location: DatabaseLocation) -> None:
    """Raise RefusesToStart if this embedded database was moved into another."""
    where = find_moved(location.path) if location.path.exists() else None
    if where is not None:
        raise RefusesToStart(
            f"{location.folder} was moved to {where}: set LISTENLINK_DATABASE_URL to that; to go back to "
            f"what was here before: listenlink move --from sqlite:{location.folder} --undo"
        )


def check_instance(settings: Settings) -> None:
    """Raise RefusesToStart if there is no instance, or if it can't be reached."""
    location = locate_database(settings)
    if is_instance(location):
        return
    if location.url is None:
        made_by = f"listenlink init --data {location.folder}"
        raise RefusesToStart(f"{location.folder} isn't an instance; make one: {made_by}")
    raise RefusesToStart(f"{location} holds no instance; make one: listenlink init")


def create_instance(
    location: DatabaseLocation,
    organization: str,
    email: str,
    now_us: int,
    *,
    makes_keys: bool = True,
    makes_link_keys: bool = True,
    marking_key: str | None = None,
) -> NewInstance:
    """Create an instance, whole or not at all, in a folder that is empty or new and, if the database isn't
    in that folder, in an empty database. Without `makes_keys` its signing keys are elsewhere; `marking_key`
    is a new one to sign manifests with, where none is given it.

    Raises RefusesToStart, having changed nothing, if anything is there already, or if the organisation's name
    or the e-mail address can't be one.
    """
    data = location.folder
    organization = organization.strip()
    check_organization_name(organization)
    check_email(email)
    if is_instance(location):
        raise RefusesToStart(f"{location} is already an instance; nothing was changed")
    check_empty(data, _ENDING)
    with filling(data, _ENDING) as draft:
        if makes_keys:
            create_keys(draft / SECRETS, SIGNING_FILE)
        if makes_link_keys:
            create_keys(draft / SECRETS, LINK_FILE)
        if marking_key is not None:
            add_secret(draft / SECRETS / MARKING_FILE, marking_key)
        make_folders(draft)
        return _fill(location._replace(folder=draft), organization, email, now_us)


def _fill(location: DatabaseLocation, organization: str, email: str, now_us: int) -> NewInstance:
    location.create()
    database = location.open()

    def add_all(connection: Connection) -> NewMember:
        day_tables.make_days(connection, now_us)
        return add_organization(connection, organization, email, now_us)

    try:
        first = database.write_now(add_all)
    finally:
        database.close()
    return NewInstance(
        ids.public_id(ids.ORGANIZATION, first.organization_id),
        ids.public_id(ids.USER, first.user_id),
        first.key.raw_key,
    )
