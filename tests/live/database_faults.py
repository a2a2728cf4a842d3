"""What goes wrong with a database: somebody locks it, it's gone, it hangs, or others have its connections."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg

import servers

Fault = Callable[[], contextlib.AbstractContextManager[None]]
_TABLES = (
    "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE schemaname = 'public'"
)
_END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name LIKE 'listenlink%'
"""


@contextlib.contextmanager
def locked_file(path: Path, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    """Another program writes in the embedded database."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as holding:
        holding.execute(begin)
        try:
            yield
        finally:
            holding.execute("ROLLBACK")


class PostgresFaults:
    """The faults of one PostgreSQL with one database of interest."""

    def __init__(self, program: servers.Program, url: str) -> None:
        self._program, self._url = program, url

    @contextlib.contextmanager
    def locked(self, mode: str) -> Iterator[None]:
        """Somebody holds a lock on every table. An EXCLUSIVE one lets others read."""
        tables = servers.run_sql(self._program, self._url.rpartition("/")[2], _TABLES).strip()
        with asyncio.Runner() as runner:
            holding = runner.run(asyncpg.connect(self._url, command_timeout=60))
            try:
                runner.run(holding.execute(f"BEGIN; LOCK TABLE {tables} IN {mode} MODE"))
                yield
            finally:
                # Whatever failed meanwhile: a lock that stays stops all that come after.
                holding.terminate()

    @contextlib.contextmanager
    def hung(self) -> Iterator[None]:
        """It takes what it's sent and says nothing."""
        self._program.send(signal.SIGSTOP)
        try:
            yield
        finally:
            self._program.send(signal.SIGCONT)

    @contextlib.contextmanager
    def killed(self) -> Iterator[None]:
        """It isn't there, until it's started again."""
        self._program.kill()
        try:
            yield
        finally:
            self._program.start()
            servers.wait_until_up(self._program)

    @contextlib.contextmanager
    def crowded(self) -> Iterator[None]:
        """Others have all of its connections, those too that the server had."""
        with asyncio.Runner() as runner:
            taken = runner.run(self._take_all())
            try:
                yield
            finally:
                for connection in taken:
                    connection.terminate()

    async def _take_all(self) -> list[asyncpg.Connection]:
        taken = [await asyncpg.connect(self._url)]
        are_ours = False
        while not are_ours:
            with contextlib.suppress(asyncpg.TooManyConnectionsError):
                while True:
                    taken.append(await asyncpg.connect(self._url))
            # The server asks for a new one when it needs it, so the place of each is taken at once.
            are_ours = not await taken[0].fetch(_END_OTHERS)
        return taken
