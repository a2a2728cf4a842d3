"""Listens: records that a track was heard for a while after an open, one for each open and track."""

from __future__ import annotations

from sqlalchemy import Connection, text


def add_listen(
    connection: Connection, open_trace: int, track_id: int, share_id: int, at_us: int
) -> None:
    """Record one listen; recording it again changes nothing."""
    connection.execute(
        text(
            "INSERT INTO listens (open_trace, track_id, share_id, at) "
            "VALUES (:trace, :track, :share, :at) ON CONFLICT DO NOTHING"
        ),
        {"trace": open_trace, "track": track_id, "share": share_id, "at": at_us},
    )
