"""Where an instance's parts are according to its settings: its database and its signing keys."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from listenlink.model.signing import SigningKey
from listenlink.secret_keys import load_signing_keys
from listenlink.settings import Settings
from listenlink.store.database.location import DatabaseLocation

SECRETS = "secrets"


def locate_database(settings: Settings) -> DatabaseLocation:
    """Return the location of the instance's database."""
    return DatabaseLocation(settings.data, _text(settings.database_url))


def load_ring(settings: Settings) -> tuple[SigningKey, ...]:
    """Load the instance's signing keys, newest first. Raises RefusesToStart if they're unfit to sign with."""
    folder = settings.data / SECRETS
    return load_signing_keys(folder, settings.signing_keys_file, _text(settings.signing_keys))


def has_own_keys(settings: Settings) -> bool:
    """Whether the signing keys are in the instance's folder."""
    return settings.signing_keys is None and settings.signing_keys_file is None


def daily_folder(settings: Settings) -> Path:
    """The folder in which one node stores its daily keys."""
    return settings.data / SECRETS / "daily"


def _text(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
