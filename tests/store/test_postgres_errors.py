"""Which errors of PostgreSQL mean that it isn't there, and which that something wrong was asked."""

from __future__ import annotations

import asyncpg
import pytest

from listenlink.store.database.postgres_driver import is_unavailable


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError(),
        TimeoutError(),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("got result for unknown protocol state 0"),
        asyncpg.exceptions.ProtocolError("cannot switch to state 12"),
        asyncpg.AdminShutdownError("terminating connection"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_database_that_goes_is_unavailable(error: Exception) -> None:
    assert is_unavailable(error)


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.UniqueViolationError("twice"),
        asyncpg.UndefinedColumnError("none"),
        asyncpg.DataError("bad"),
        ValueError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_mistake_is_not(error: Exception) -> None:
    assert not is_unavailable(error)
