"""How every connection to PostgreSQL is opened, and which errors are due to the database's state."""

from __future__ import annotations

from collections.abc import Mapping

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnectionInTime

from listenlink.store.database.postgres import CONNECT_SECONDS, LOCK_WAIT_MS, Raw

_IDLE_IN_TRANSACTION_MS = 5000
APPLICATION_NAME = "listenlink"


async def connect(
    url: str,
    *,
    statement_ms: int = 0,
    name: str = APPLICATION_NAME,
    more: Mapping[str, str] | None = None,
) -> Raw:
    """Open a plain asyncpg connection, which never waits forever. `statement_ms` 0 means no limit; `more`
    holds further PostgreSQL settings.

    Raises OSError or asyncpg.PostgresError if it can't be opened.
    """
    return await asyncpg.connect(
        url,
        timeout=CONNECT_SECONDS,
        server_settings={
            "application_name": name,
            "statement_timeout": str(statement_ms),
            "lock_timeout": str(LOCK_WAIT_MS),
            "idle_in_transaction_session_timeout": str(_IDLE_IN_TRANSACTION_MS),
            # A query over all days of the audit looks costly enough to be compiled, and never is.
            "jit": "off",
            **(more or {}),
        },
    )


def is_refused(error: BaseException) -> bool:
    """Whether PostgreSQL itself says that a transaction can't be committed: for what it contains, or because
    of another one (classes 23 and 40). Anything else may have come after it was committed."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return is_refused(error.orig)
    return (getattr(error, "sqlstate", None) or "")[:2] in ("23", "40")


def is_unavailable(error: BaseException) -> bool:
    """Whether the error is due to the database's state rather than to a mistake in the query."""
    # A connection raises the internal one if it's cut in the middle of an answer.
    if isinstance(
        error,
        OSError | NoConnectionInTime | asyncpg.InterfaceError | asyncpg.InternalClientError,
    ):
        return True
    if isinstance(error, asyncpg.PostgresError):
        # Classes 22, 23 and 42: data, integrity, syntax.
        return (error.sqlstate or "")[:2] not in ("22", "23", "42")
    if isinstance(error, DBAPIError) and not isinstance(error, IntegrityError | ProgrammingError):
        cause = error.orig.__cause__ if error.orig is not None else None
        return cause is None or is_unavailable(cause)
    return False
