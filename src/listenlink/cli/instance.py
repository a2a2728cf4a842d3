"""Commands on an instance's folder: make an instance, upgrade its tables."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict
from pathlib import Path

from listenlink.actions.create_instance import check_not_moved, create_instance
from listenlink.actions.find_instance import has_own_keys, has_own_link_keys, locate_database
from listenlink.actions.find_marking_key import new_marking_key
from listenlink.actions.signing_in.sign_in_by_link import make_first_link
from listenlink.cli.opened import opened_database
from listenlink.cli.own_command import own_command
from listenlink.clock import Clock
from listenlink.errors import RefusesToStart
from listenlink.settings import load_settings
from listenlink.store import signing_keys
from listenlink.store.database.location import DatabaseLocation


def init(data: Path | None, organization: str, email: str, as_json: bool) -> None:
    """Make an instance and print a link to its desk, its ids and its API key. Raises RefusesToStart."""
    settings = load_settings(data=data)
    folder, now_us = settings.data, Clock().now_us()
    made = create_instance(
        locate_database(settings),
        organization,
        email,
        now_us,
        makes_keys=has_own_keys(settings),
        makes_link_keys=has_own_link_keys(settings),
        marking_key=new_marking_key(settings, now_us),
    )
    with opened_database(settings) as database:
        desk_url = database.write_now(lambda c: make_first_link(c, now_us)).url(settings.desk_url)
    if as_json:
        print(json.dumps({"desk_url": desk_url} | asdict(made)))
        return
    print(f"The desk, once it's served: {desk_url}")
    print("It signs you in, once, within 30 minutes; another:  " + _another(email, folder))
    print(f"A new instance is in {folder}.")
    print(f"  organisation  {made.organization_id}")
    print(f"  user          {made.user_id}")
    print(f"  API key       {made.api_key}")
    print("The key is shown this once. Keep it:  export LISTENLINK_API_KEY=" + made.api_key)


def _another(email: str, folder: Path) -> str:
    return own_command("user", "sign-in-link", email, "--data", str(folder))


def migrate(data: Path | None, forgets_keys: bool) -> None:
    """Upgrade the instance's tables to this release. Raises RefusesToStart."""
    location = locate_database(load_settings(data=data))
    # Said of what is there at all, before anything is changed: that it's damaged, or a newer release's.
    is_there = location.is_there()
    if location.url is None:
        if not is_there:
            raise RefusesToStart(f"{location} isn't an instance")
        check_not_moved(location)
    before = location.find_version()
    location.upgrade()
    after = location.find_version()
    if forgets_keys:
        _forget_keys(location)
    print(f"The tables stand at {after}" + (", as before." if before == after else "."))


def _forget_keys(location: DatabaseLocation) -> None:
    with location.telling(), contextlib.closing(location.open()) as database:
        database.write_now(signing_keys.forget_keys)
