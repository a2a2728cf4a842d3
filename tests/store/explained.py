"""How a database does what it's asked, as it says itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.event import listen

from listenlink.store.database.database import Database, is_postgres


def explained(database: Database, ask: Callable[[Connection], object]) -> str:
    """The plans of all statements that are executed, in their order."""
    asked = list[tuple[str, Any]]()

    def explain(connection: Connection) -> str:
        listen(connection, "before_cursor_execute", lambda *told: asked.append(told[2:4]))
        ask(connection)
        how = "" if is_postgres(connection) else "QUERY PLAN"
        rows = [
            connection.exec_driver_sql(f"EXPLAIN {how} {sql}", given).all()
            for sql, given in list(asked)
        ]
        return "\n".join(map(str, rows))

    return database.read_now(explain)
