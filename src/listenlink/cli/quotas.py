"""What `listenlink org quota` does in the instance's folder, and what `org list` tells of quotas."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection

from listenlink.actions.manage_quotas import change_quota
from listenlink.clock import Clock
from listenlink.model.quota import Usage, write_bytes


def change(
    connection: Connection,
    organization_id: int,
    size: str | None,
    tracks: int | None,
    has_none: bool,
) -> Usage:
    """Change an organisation's quota, if anything is given; what it stores and may store now. Raises
    RefusesToStart."""
    now_us = Clock().now_us()
    return change_quota(connection, organization_id, size, tracks, has_none, now_us)


def tell(organization: str, used: Usage, as_json: bool) -> None:
    """Print what an organisation stores and may store."""
    if as_json:
        print(json.dumps({"organization_id": organization, **quota_row(used)}))
        return
    print(f"{organization} stores {told_usage(used)}.")
    if used.is_over():
        print("That's more than it may: no upload is taken in until tracks are deleted.")


def quota_row(used: Usage) -> dict[str, Any]:
    """The fields that tell what an organisation stores and may store."""
    return {
        "stored_bytes": used.stored_bytes,
        "quota_bytes": used.quota.most_bytes,
        "tracks": used.tracks,
        "quota_tracks": used.quota.most_tracks,
    }


def told_usage(used: Usage) -> str:
    """`"1.2 MB of 10.0 GB in 3 tracks"`."""
    most_bytes, most_tracks = used.quota.most_bytes, used.quota.most_tracks
    of_bytes = "" if most_bytes is None else f" of {write_bytes(most_bytes)}"
    of_tracks = "" if most_tracks is None else f" of {most_tracks}"
    return f"{write_bytes(used.stored_bytes)}{of_bytes} in {used.tracks}{of_tracks} tracks"
