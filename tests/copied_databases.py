"""New databases as copies of the bytes of one that the migrations made."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path


def copies_of(made: bytes) -> Callable[[Path], None]:
    """What makes a file with these bytes, and a number of its own. Raises FileExistsError."""

    def create_database(path: Path) -> None:
        with path.open("xb") as file:
            path.chmod(0o600)
            file.write(made)
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE instance SET id = lower(hex(randomblob(length(id) / 2)))")

    return create_database
