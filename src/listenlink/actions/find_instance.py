"""Where an instance's parts are according to its settings: its database and its keys."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from listenlink.model.mail_server import read_mail_server, read_sender
from listenlink.model.signing import SigningKey
from listenlink.secret_keys import LINK_FILE, SIGNING_FILE, create_keys, load_keys
from listenlink.settings import Settings
from listenlink.store.database.location import DatabaseLocation

if TYPE_CHECKING:
    from listenlink.outbound.mail import MailMan

SECRETS = "secrets"


def locate_database(settings: Settings) -> DatabaseLocation:
    """Return the location of the instance's database."""
    return DatabaseLocation(settings.data, _text(settings.database_url))


def load_ring(settings: Settings) -> tuple[SigningKey, ...]:
    """Load the instance's signing keys, newest first. Raises RefusesToStart if they're unfit to sign with."""
    folder, file = settings.data / SECRETS, settings.signing_keys_file
    return load_keys(SIGNING_FILE, folder, file, _text(settings.signing_keys))


def has_own_keys(settings: Settings) -> bool:
    """Whether the signing keys are in the instance's folder."""
    return settings.signing_keys is None and settings.signing_keys_file is None


def load_link_ring(settings: Settings) -> tuple[SigningKey, ...]:
    """Load the keys that links are sealed with, newest first; none if links aren't kept.

    An instance on one machine that has none yet, or lost them, gets one. On PostgreSQL a node without any
    seals nothing, because a key of its own would be no use to the others. Raises RefusesToStart if there
    are keys that can't be used.
    """
    if settings.keep_links == "digest":
        return ()
    folder, file = settings.data / SECRETS, settings.link_keys_file
    if has_own_link_keys(settings) and not (folder / LINK_FILE).exists():
        if settings.database_url is not None:
            return ()
        create_link_key(settings)
    return load_keys(LINK_FILE, folder, file, _text(settings.link_keys))


def has_own_link_keys(settings: Settings) -> bool:
    """Whether the link keys are in the instance's folder."""
    return settings.link_keys is None and settings.link_keys_file is None


def create_link_key(settings: Settings) -> None:
    """Create the first link key in the instance's folder, where there is none."""
    # Two processes may begin at once: the first one's key is both's.
    with contextlib.suppress(FileExistsError):
        create_keys(settings.data / SECRETS, LINK_FILE)


def find_mailman(settings: Settings) -> MailMan | None:
    """What sends the instance's mails, None if the settings name no mail server."""
    if settings.smtp_url is None or settings.mail_from is None:
        return None
    server = read_mail_server(settings.smtp_url.get_secret_value())
    # Imported here: it takes a while to load.
    from listenlink.outbound.mail import MailMan

    return MailMan(server, read_sender(settings.mail_from))


def daily_folder(settings: Settings) -> Path:
    """The folder in which one node stores its daily keys."""
    return settings.data / SECRETS / "daily"


def _text(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
