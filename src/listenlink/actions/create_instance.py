"""Make a new instance in a folder: tables, keys, and the first organisation, user and API key."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from listenlink.errors import RefusesToStart
from listenlink.media.folder import Folder
from listenlink.model import ids
from listenlink.model.api_key import SCOPES, new_api_key
from listenlink.secret_keys import create_signing_keys
from listenlink.store import people
from listenlink.store.database import Database
from listenlink.store.sqlite import FILE_NAME, create_database

SECRETS = "secrets"


@dataclass(frozen=True, slots=True)
class NewInstance:
    """Public ids of what was made, and the raw API key, which is shown this once."""

    organization_id: str
    user_id: str
    api_key: str


def is_instance(data: Path) -> bool:
    """Whether the folder holds an instance."""
    return (data / FILE_NAME).exists()


def create_instance(data: Path, organization: str, email: str, now_us: int) -> NewInstance:
    """Make an instance in an empty or new folder, whole or not at all.

    Raises RefusesToStart, having changed nothing, if the folder holds anything already.
    """
    if is_instance(data):
        raise RefusesToStart(f"{data} is already an instance; nothing was changed")
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise RefusesToStart(f"{data} isn't an empty folder; nothing was changed")
    # Made beside and renamed, so that a failure half-way leaves no half instance.
    draft = data.with_name(f".{data.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    try:
        made = _fill(draft, organization, email, now_us)
        draft.rename(data)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return made


def _fill(folder: Path, organization: str, email: str, now_us: int) -> NewInstance:
    create_signing_keys(folder / SECRETS)
    Folder(folder).create()
    create_database(folder / FILE_NAME)
    database = Database(folder / FILE_NAME)
    raw_key = new_api_key()

    def add_all(connection: Connection) -> tuple[int, int]:
        organization_id = people.add_organization(connection, organization, now_us)
        user_id = people.add_user(connection, email, now_us)
        people.add_membership(connection, organization_id, user_id, "owner", now_us)
        people.add_api_key(connection, raw_key, organization_id, user_id, frozenset(SCOPES), now_us)
        return organization_id, user_id

    try:
        organization_id, user_id = database.write_now(add_all)
    finally:
        database.close()
    return NewInstance(
        ids.public_id(ids.ORGANIZATION, organization_id),
        ids.public_id(ids.USER, user_id),
        raw_key,
    )
