"""What an upload is told that can't be taken in for what is stored or begun already."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from listenlink.errors import Problem, ProblemKind
from listenlink.model.quota import Usage, write_bytes
from listenlink.store import usage


def too_many_begun(begun: tuple[int, int], most: int, most_bytes: int) -> Problem:
    """Return a 429 that says how many uploads have begun, how large they are, and what is allowed."""
    count, size = begun
    return Problem(
        ProblemKind.TOO_MANY_BEGUN,
        f"You have begun {count} uploads of {write_bytes(size)} in all. Finish or end some of them: at most "
        f"{most} of {write_bytes(most_bytes)} may have begun.",
        begun_uploads=count,
        begun_bytes=size,
        most_uploads=most,
        most_bytes=most_bytes,
    )


def over_quota(used: Usage, size_bytes: int) -> Problem:
    """Return a 403 that says how much is used and allowed."""
    return Problem(
        ProblemKind.QUOTA_EXCEEDED,
        f"Your organisation stores {_of_quota(used)}, and this would be too much. Delete tracks, or ask "
        "the operator for more.",
        stored_bytes=used.stored_bytes,
        begun_bytes=used.begun_bytes,
        asked_bytes=size_bytes,
        quota_bytes=used.quota.most_bytes,
        tracks=used.tracks,
        quota_tracks=used.quota.most_tracks,
    )


def require_quota(
    connection: Connection,
    organization_id: int,
    size_bytes: int,
    now_us: int,
    *,
    is_new_track: bool = True,
) -> None:
    """Raise a 403 Problem if an organisation stores more than it may now that a track was added to it, or a
    version to one of its tracks."""
    used = usage.find_bounded_usage(connection, organization_id, now_us)
    if used is not None and used.is_over():
        before = replace(
            used,
            stored_bytes=used.stored_bytes - size_bytes,
            tracks=used.tracks - is_new_track,
            begun_bytes=0,
        )
        raise over_quota(before, size_bytes)


def _of_quota(used: Usage) -> str:
    most_bytes, most_tracks = used.quota.most_bytes, used.quota.most_tracks
    of_bytes = "" if most_bytes is None else f" of {write_bytes(most_bytes)}"
    of_tracks = "" if most_tracks is None else f" of {most_tracks}"
    plus = (
        f", {write_bytes(used.begun_bytes)} more have begun to arrive" if used.begun_bytes else ""
    )
    return f"{write_bytes(used.stored_bytes)}{of_bytes} in {used.tracks}{of_tracks} tracks{plus}"
