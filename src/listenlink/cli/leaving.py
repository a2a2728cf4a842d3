"""What `listenlink org suspend`, `org resume` and `user remove` do, even beside a running server."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import NamedTuple

from listenlink.actions import remove_user as removing
from listenlink.actions import suspend_organization as suspending
from listenlink.actions.manage_tracks import remove_discarded
from listenlink.actions.remove_user import Parting, Removed, Wish
from listenlink.cli.people import read_organization, with_database, write
from listenlink.clock import Clock
from listenlink.errors import Problem, RefusesToStart
from listenlink.media.choose_storage import choose_storage
from listenlink.media.disk.resumable_drafts import ResumableDrafts
from listenlink.media.disk.room import Room
from listenlink.model import ids
from listenlink.model.moment import iso_seconds
from listenlink.settings import Settings, load_settings
from listenlink.store.database.database import Database

# What may be answered on a terminal, and what it means: (ends_links, hands_over).
_CHOICES = {"1": (True, False), "2": (False, True), "3": (True, True)}


class Asked(NamedTuple):
    """The options of `user remove`. None of `ends_links` and `hands_over`: it's asked for, if need be."""

    ends_links: bool
    hands_over: bool
    may_be_last_owner: bool
    to: str | None


def suspend_organization(data: Path | None, organization: str, as_json: bool) -> None:
    """Suspend an organisation and say since when it is. Raises RefusesToStart."""
    number, now_us = read_organization(organization), Clock().now_us()
    since = write(data, lambda c: suspending.suspend_organization(c, number, now_us))
    told = {"organization_id": organization, "state": "suspended", "since": iso_seconds(since)}
    resume = f"To end it: listenlink org resume {organization}"
    print(json.dumps(told) if as_json else f"{organization} is suspended. {resume}")


def resume_organization(data: Path | None, organization: str, as_json: bool) -> None:
    """End an organisation's suspension. Raises RefusesToStart."""
    number = read_organization(organization)
    was_suspended = write(data, lambda c: suspending.resume_organization(c, number))
    told = {"organization_id": organization, "state": "active", "was_suspended": was_suspended}
    said = "is resumed: all is as it was." if was_suspended else "wasn't suspended."
    print(json.dumps(told) if as_json else f"{organization} {said}")


def remove_user(
    data: Path | None, user: str, organization: str | None, asked: Asked, as_json: bool
) -> None:
    """Remove a user from one organisation, or entirely. Raises RefusesToStart."""
    number = None if organization is None else read_organization(organization)
    settings, now_us = load_settings(data=data), Clock().now_us()
    # Looked at beforehand, so that nobody waits for a lock while somebody thinks about an answer.
    _, partings = with_database(
        data, lambda d: d.read_now(lambda c: removing.find_partings(c, user, number, asked.to))
    )
    wish = _find_wish(user, partings, asked)

    def work(database: Database) -> tuple[Removed, bool]:
        removed = removing.remove_user(database, user, number, asked.to, wish, now_us)
        _remove_files(database, settings, removed)
        return removed, database.purge_now()

    removed, is_purged = with_database(data, work)
    _tell_removed(user, removed, wish, is_purged, as_json)


def _find_wish(user: str, partings: list[Parting], asked: Asked) -> Wish:
    """What the options say; else, on a terminal, what is answered."""
    ends_links, hands_over = asked.ends_links, asked.hands_over
    has_anything = any(any(parting.has) for parting in partings)
    if has_anything and not ends_links and not hands_over:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise RefusesToStart(
                f"{user} has music or links: say --hand-over, --end-links (which deletes the music), or both"
            )
        ends_links, hands_over = _ask(user, partings)
    return Wish(ends_links, hands_over, asked.may_be_last_owner)


def _ask(user: str, partings: list[Parting]) -> tuple[bool, bool]:
    heirs = set()
    for parting in partings:
        organization = ids.public_id(ids.ORGANIZATION, parting.organization_id)
        print(f"{user} has in {organization}: {_counted(parting)}", file=sys.stderr)
        heirs.add("nobody: there is no other owner" if parting.heir is None else parting.heir[1])
    heir = ", ".join(sorted(heirs))
    print("  1  end the links, delete the tracks and collections", file=sys.stderr)
    print(f"  2  hand all of it over, to {heir}", file=sys.stderr)
    print("  3  end the links, hand the tracks and collections over", file=sys.stderr)
    print("Which? Anything else changes nothing: ", end="", file=sys.stderr, flush=True)
    chosen = _CHOICES.get(sys.stdin.readline().strip())
    if chosen is None:
        raise RefusesToStart("nothing was changed")
    return chosen


def _remove_files(database: Database, settings: Settings, removed: Removed) -> None:
    """Remove what arrived of begun uploads, and audio that nothing needs. What can't be removed now, a server
    removes."""
    drafts = ResumableDrafts(settings.data, Room({}))
    for number in removed.uploads:
        drafts.remove(number)
    if removed.digests:
        storage = choose_storage(settings, os.environ)
        storage.share_lock(database.publishing)
        try:
            remove_discarded(database, storage, removed.digests)
        except (Problem, OSError):
            print(
                "The audio couldn't be deleted now; a server does it at its start.", file=sys.stderr
            )


def _tell_removed(user: str, removed: Removed, wish: Wish, is_purged: bool, as_json: bool) -> None:
    stays = [ids.public_id(ids.ORGANIZATION, number) for number in removed.stays_in]
    rows = [_row(parting, wish) for parting in removed.partings]
    if as_json:
        told = {"user_id": ids.public_id(ids.USER, removed.user_id), "removed_from": rows}
        print(json.dumps(told | {"stays_in": stays, "is_forgotten": not stays and is_purged}))
        return
    for parting, row in zip(removed.partings, rows, strict=True):
        print(
            f"{user} is removed from {row['organization_id']}: {_counted(parting)}; {row['became']}."
        )
    if stays:
        print(f"Their e-mail stays, as of a member of {', '.join(stays)}.")
    elif is_purged:
        print("Their e-mail is deleted. Backups that were made before still have it.")
    else:
        print(
            "Their e-mail is deleted, but still in the database's log, which is in use: try again."
        )


def _row(parting: Parting, wish: Wish) -> dict[str, object]:
    is_handed = wish.hands_over and parting.heir is not None
    became = "deleted, the links ended"
    if is_handed and parting.heir is not None:
        became = f"handed to {parting.heir[1]}" + (", the links ended" if wish.ends_links else "")
    return {
        "organization_id": ids.public_id(ids.ORGANIZATION, parting.organization_id),
        **parting.has._asdict(),
        "became": became if any(parting.has) else "nothing to hand over",
    }


def _counted(parting: Parting) -> str:
    return ", ".join(
        f"{number} {name if number != 1 else name[:-1]}"
        for name, number in parting.has._asdict().items()
    )
