"""Why a database can't be used, in words for the operator: of a file, of PostgreSQL, of the way there.

No driver's own text is passed on: it may quote a URL, and with it a password.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionInTime

from listenlink.errors import fault_of_system, whose

# By the primary result code (https://sqlite.org/rescode.html).
_OF_SQLITE = {
    sqlite3.SQLITE_PERM: "permission denied",
    sqlite3.SQLITE_BUSY: "another program holds its lock",
    sqlite3.SQLITE_LOCKED: "another program holds its lock",
    sqlite3.SQLITE_READONLY: "it can't be written",
    sqlite3.SQLITE_IOERR: "the disk doesn't read or write it",
    sqlite3.SQLITE_CORRUPT: "it's damaged; restore a backup",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_CANTOPEN: "it can't be opened",
    sqlite3.SQLITE_NOTADB: "it isn't a database, or it's damaged; restore a backup",
    sqlite3.SQLITE_ERROR: "its tables aren't those of an instance",
}
_PRIMARY = 0xFF
# By SQLSTATE (PostgreSQL's manual, appendix A).
_OF_POSTGRES = {
    "25006": "it can't be written",
    "28000": "this user isn't let in",
    "28P01": "the password is wrong",
    "3D000": "there is no database of this name",
    "3F000": "there is no schema in which to make tables",
    "42501": "this user lacks the rights",
    "42P01": "its tables aren't those of an instance",
    "53100": "its disk is full",
    "53300": "it has too many clients already",
    "55P03": "somebody else holds a lock",
    "57014": "it takes too long",
    "57P01": "it's shutting down",
    "57P03": "it's starting up or shutting down",
}


class Unusable(Exception):
    """The file can't be an instance's database; the text says why."""


def check_file(path: Path) -> None:
    """Raise Unusable or OSError for a file that isn't there to be read and written, or holds nothing."""
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise Unusable("a folder is in the database's place")
    if not stat.S_ISREG(mode):
        raise Unusable("it isn't a file")
    if not path.stat().st_size:
        # SQLite would take it for a new database, and the instance would look as if it had lost everything.
        raise Unusable("it's empty, 0 bytes; restore a backup")
    if not os.access(path, os.R_OK | os.W_OK):
        # For the error that says why. Not otherwise: closing any descriptor of a file ends the locks of all
        # others that this process has (POSIX, fcntl), SQLite's too.
        os.close(os.open(path, os.O_RDWR))
    # Also to read: SQLite's write-ahead log is a file beside it.
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise PermissionError(None, f"nothing can be written beside it{whose(path.parent)}")


def find_fault(error: BaseException) -> str | None:
    """Return why a database, a file or a server couldn't be used; None if that isn't what went wrong."""
    for cause in _causes(error):
        fault = _fault(cause)
        if fault is not None:
            return fault
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        original = error.orig if isinstance(error, DBAPIError) else None
        error = original or error.__cause__


def _fault(error: BaseException) -> str | None:
    if isinstance(error, Unusable):
        return str(error)
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        return _OF_SQLITE.get(code & _PRIMARY, "it can't be used") if code else None
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return _OF_POSTGRES.get(state, f"PostgreSQL refuses, SQLSTATE {state}")
    if isinstance(error, NoConnectionInTime):
        return "it doesn't answer"
    if isinstance(error, ValueError):
        return "its URL can't be read"
    return fault_of_system(error) if isinstance(error, OSError) else None
