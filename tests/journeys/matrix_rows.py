"""What the matrices look at in the database: whoever may do nothing has changed nothing of it."""

from __future__ import annotations

from typing import Any

from cast import Server

STORED = (
    "organizations", "suspensions", "users", "memberships", "api_keys", "audio_objects",
    "tracks", "collections", "collection_tracks", "shares", "library", "resumable_uploads",
    "idempotent_answers", "given_covers", "dropped_objects",
)  # fmt: skip
# Of what the server itself writes meanwhile, because what it sends isn't taken, what somebody asked for.
ASKED = {
    "webhooks": "id, organization_id, user_id, sealed, shown, events, shape, paused_at, removed_at",
    "deliveries": "id, webhook_id, notice_id",
}


def stored(server: Server) -> dict[str, list[tuple[Any, ...]]]:
    """All that anybody could have changed."""
    asked = dict.fromkeys(STORED, "*") | ASKED
    return {
        table: server.query(f"SELECT {columns} FROM {table} ORDER BY 1, 2")  # noqa: S608
        for table, columns in asked.items()
    }
