"""Of each column that a page could show, whether it does."""

from __future__ import annotations

from typing import Any

from store.shown_rows import EVENING, TO_EVENING, TO_TRACK

BOTH, ONE = {TO_EVENING, TO_TRACK}, {TO_EVENING}
# What changes of which link's page when a column of the first row gets another value. A column that is
# new fails below until somebody has said whether it's shown.
SHOWN: dict[str, dict[str, tuple[Any, set[int]]]] = {
    "shares": {
        "rotation": (1, ONE),
        "visibility": ("public", ONE),
        "allow_download": (True, ONE),
        "preview": (False, ONE),
        "expires_at": (9, ONE),
        "created_at": (1, ONE),
        "collection_id": (2, ONE),
        "track_id": ({"track_id": 2, "collection_id": None}, ONE),
    },
    "collections": {
        "name": ("Night", ONE),
        "description": ("Quiet.", ONE),
        "cover_track_id": (2, ONE),
        "removed_at": (9, ONE),
    },
    "collection_tracks": {
        "position": (7, ONE),
        "track_id": (3, ONE),
        "collection_id": (2, ONE),
    },
    "tracks": {
        "audio_id": (4, BOTH),
        "title": ("Song", BOTH),
        "artist": (None, BOTH),
        "engine": ("other", BOTH),
        "sample_count": (1, BOTH),
        "sample_rate": (48_000, BOTH),
        "stamp_class": ("unclear", BOTH),
        "stamp_version": ("2027-01", BOTH),
        "stamp_requires_attribution": (True, BOTH),
        "stamp_attribution_text": ("Ana", BOTH),
        "declared": ("0:CC0-1.0", BOTH),
        "version": (2, BOTH),
        "versions": ("[3,", BOTH),
        "created_at": (9, BOTH),
        "removed_at": (9, BOTH),
    },
    "audio_objects": {
        "peaks": (None, BOTH),
        "cover_digest": (None, BOTH),
        "cover_small_digest": (None, BOTH),
        "derived_at": (6, BOTH),
    },
    "given_covers": {
        "id": (9, BOTH),
        "track_id": (2, BOTH),
        "collection_id": ({"track_id": None, "collection_id": EVENING}, BOTH),
        "cover_digest": (None, BOTH),
        "cover_small_digest": (None, BOTH),
    },
    "track_marks": {
        "track_id": ({"track_id": 4, "version": 9}, BOTH),
        "version": (2, BOTH),
        "by_engine": (1, BOTH),
        "engine": ("other", BOTH),
        "by_creator": (1, BOTH),
        "by_file": (1, BOTH),
        "file_says": ("Ana", BOTH),
    },
    "manifests": {
        "track_id": ({"track_id": 4, "version": 9}, BOTH),
        "version": (2, BOTH),
        "ai": (1, BOTH),
    },
}
# Whether a link opens is decided before; who owns and counts things isn't shown; a file's size never changes.
NOT_SHOWN: dict[str, dict[str, Any]] = {
    "shares": {
        "token_digest": b"t" * 32, "organization_id": 2, "creator_id": 2, "label": "l", "max_opens": 9,
        "opens": 1, "counted_to": 1, "starts_at": 1, "revoked_at": 1, "strict_open": True,
        "is_pinned": True, "has_password": True},
    "collections": {"organization_id": 2, "owner_id": 2, "cover_image_url": "u", "created_at": 1,
                    "updated_at": 1},
    "collection_tracks": {"added_at": 1},
    "tracks": {"organization_id": 2, "creator_id": 2, "mode": "focus", "instrumental": True,
               "is_shorter_than_declared": True, "counted_bytes": 2},
    "audio_objects": {
        "digest": b"d" * 32, "size_bytes": 2, "content_type": "audio/flac", "created_at": 1,
        "discarded_at": 9, "loudness_lufs": 1.0, "rendition_digest": b"r" * 32, "rendition_size_bytes": 1,
        "crc32": 1, "rendition_content_type": "audio/mp4", "derivation_began_at": 1,
    },
    # What they say is read only by who asks for it: one that says as much is never written anew.
    "track_marks": {"organization_id": 2, "audio_id": 2, "made_with": "other", "read_at": 9,
                    "begun_at": 9},
    "manifests": {"content": b"other", "made_at": 9, "recipe": b"other", "embedded_size_bytes": 9,
                  "embedded_digest": b"d" * 32, "embedded_crc32": 9},
}  # fmt: skip
