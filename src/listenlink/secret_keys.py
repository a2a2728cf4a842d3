"""The instance's secrets, in files beside the database and never in it: signing keys, link keys, daily keys.

`secrets/signing-keys` and `secrets/link-keys` have one `key_id hex` line per key, newest first. The latter
seal links' tokens, for as long as the links exist. `secrets/marking-key` signs what is said of recordings
(`actions/find_marking_key.py`). `secrets/daily/DATE` holds the key that makes that day's
audit pseudonyms; it's destroyed after seven days, and with it the last way back from a pseudonym to an
address.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol

from listenlink.errors import RefusesToStart
from listenlink.model.signing import MIN_KEY_BYTES, SigningKey

DAILY_KEYS_KEPT_DAYS = 7
SIGNING_FILE = "signing-keys"
LINK_FILE = "link-keys"
MARKING_FILE = "marking-key"
RING_FILES = (SIGNING_FILE, LINK_FILE)
KEY_FILES = (*RING_FILES, MARKING_FILE)
_KEY_ID = re.compile("[0-9a-f]{8}")
_DAILY_NAME = re.compile(r"\.?([0-9]{4}-[0-9]{2}-[0-9]{2})(?:\.[0-9a-f]*)?")
_VARIABLES = {SIGNING_FILE: "LISTENLINK_SIGNING_KEYS", LINK_FILE: "LISTENLINK_LINK_KEYS"}


def create_keys(folder: Path, name: str) -> None:
    """Create the first key of a ring, SIGNING_FILE or LINK_FILE. Raises FileExistsError rather than replace
    one."""
    folder.mkdir(mode=0o700, exist_ok=True)
    line = f"{secrets.token_hex(4)} {secrets.token_hex(MIN_KEY_BYTES)}\n"
    _write_new(folder / name, line.encode())


def load_keys(
    name: str, folder: Path, file: Path | None = None, given: str | None = None
) -> tuple[SigningKey, ...]:
    """The key ring of this name, newest first: from `given`, else from `file`, else from that in `folder`.

    Raises RefusesToStart if there is no key, if one is short or malformed, or if others may read the file.
    """
    kind = name.replace("-", " ")
    if given is not None:
        return _parse_ring(kind, _VARIABLES[name], given.replace(",", "\n"))
    path = file or folder / name
    return _parse_ring(kind, str(path), read_secret(kind, path))


def read_secret(kind: str, path: Path) -> str:
    """The text of a file of keys. Raises RefusesToStart if it can't be read, or if others may read it."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        why = (getattr(error, "strerror", None) or "it isn't text").lower()
        raise RefusesToStart(f"{path}: the {kind} can't be read: {why}") from None
    if mode & 0o077:
        raise RefusesToStart(f"{path}: others may read the {kind}; chmod 600 it")
    return text


def add_secret(path: Path, text: str) -> None:
    """Write a file of keys where there is none; whole, or not at all. Another process may be faster: then its
    file stays. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _link_new(path, text.encode("ascii"))


def _parse_ring(kind: str, source: str, text: str) -> tuple[SigningKey, ...]:
    one = kind.removesuffix("s")
    ring = tuple(_parse_key(one, source, line) for line in text.splitlines() if line.strip())
    if not ring:
        raise RefusesToStart(f"{source}: holds no {one}")
    if len({key.key_id for key in ring}) != len(ring):
        raise RefusesToStart(f"{source}: two {kind} have the same id")
    return ring


def _parse_key(kind: str, source: str, line: str) -> SigningKey:
    key_id, _, digits = line.strip().partition(" ")
    try:
        root = bytes.fromhex(digits)
    except ValueError:
        raise RefusesToStart(f"{source}: a line isn't `key_id hex`") from None
    if _KEY_ID.fullmatch(key_id) is None:
        raise RefusesToStart(f"{source}: a key id isn't 8 hex digits")
    if len(root) < MIN_KEY_BYTES:
        raise RefusesToStart(f"{source}: a {kind} is too short")
    return SigningKey(key_id, root)


def copy_keys(name: str, secrets_folder: Path, to: Path) -> None:
    """Copy the keys of this name to another folder, replacing any there, readable by the owner only."""
    draft = to / f".{name}"
    draft.unlink(missing_ok=True)
    _write_new(draft, (secrets_folder / name).read_bytes())
    draft.replace(to / name)


def take_keys(name: str, source: Path, folder: Path) -> None:
    """Use another folder's keys in a new instance. Raises RefusesToStart if they can't be used."""
    if name in RING_FILES:
        load_keys(name, source)
    folder.mkdir(mode=0o700, exist_ok=True)
    copy_keys(name, source, folder)


class DayKeys(Protocol):
    """The keys that make each day's audit pseudonyms."""

    def key_of(self, day: int) -> bytes:
        """The key for a day, given in days since the epoch; created when first asked for."""

    def prepare(self, day: int) -> None:
        """Load or create the keys of this day and the next. May take a moment."""

    def destroy_old(self, today: int) -> int:
        """Remove keys of days too long ago for them to be retained; return how many."""


class DailyKeys:
    """One random key per UTC day, common to all processes of the instance through its file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loaded: dict[int, bytes] = {}

    def key_of(self, day: int) -> bytes:
        """The key for a day, given in days since the epoch; created when first asked for."""
        key = self._loaded.get(day)
        if key is None:
            key = self._loaded[day] = self._load_or_make(day)
        return key

    def prepare(self, day: int) -> None:
        """Load or create the keys of this day and the next."""
        for asked in (day, day + 1):
            self.key_of(asked)

    def find_keys(self, days: Iterable[int]) -> dict[int, bytes]:
        """The keys that there are of these days, and no day without one. Makes none."""
        paths = {day: self._folder / _date_of(day).isoformat() for day in days}
        return {day: path.read_bytes() for day, path in paths.items() if path.exists()}

    def _load_or_make(self, day: int) -> bytes:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / _date_of(day).isoformat()
        made = secrets.token_bytes(MIN_KEY_BYTES)
        return made if _link_new(path, made) else path.read_bytes()

    def destroy_old(self, today: int) -> int:
        """Remove keys of days too long ago for them to be retained; return how many."""
        oldest_kept = _date_of(today) - timedelta(days=DAILY_KEYS_KEPT_DAYS)
        gone = 0
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            # A crash between writing and naming a key leaves `.DATE.…`, which holds the key too.
            match = _DAILY_NAME.fullmatch(path.name)
            if match is not None and match.group(1) < oldest_kept.isoformat():
                path.unlink(missing_ok=True)
                gone += 1
        for day in [day for day in self._loaded if _date_of(day) < oldest_kept]:
            del self._loaded[day]
        return gone


def _date_of(day: int) -> date:
    return datetime.fromtimestamp(day * 86_400, UTC).date()


def _link_new(path: Path, data: bytes) -> bool:
    """Write a file where there is none; False if there is. It's written under another name first, so that a
    second process never reads half a key."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_new(draft, data)
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def _write_new(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
