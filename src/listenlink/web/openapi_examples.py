"""Examples of bodies, by the name of their schema. A test holds each against it."""

from __future__ import annotations

from typing import Any

_LICENCE = {
    "licence_class": "personal_only", "licence_version": "2026-01", "commercial_use": False,
    "requires_attribution": True,
}  # fmt: skip
_TRACK = {
    "id": "mtrack_9692d3f775dd", "title": "Late Night Study", "engine": "own_recording", "mode": "creation",
    "measured_duration_seconds": 12.0, "instrumental": False,
}  # fmt: skip
_PLAYBACK_URL = "https://music.example/v1/music/audio/509d89f3.b7a41ae239ff.9692d3f775dd"
_TOKEN = "shr_8de21b3e1395b1abfea9ea2102d3c9e3"  # noqa: S105 (an example's)
_TERMS = {
    "target_type": "track", "visibility": "link_only", "expires_at": "2026-12-24T02:53:35Z",
    "created_at": "2026-11-24T02:53:35Z", "max_opens": 5, "label": "Ana", "starts_at": None,
    "allow_download": False, "preview": True, "strict_open": False, "version": "follows",
    "has_password": False,
    "revocation_reaches_players_within_seconds": 1,
    "revocation_cuts_running_streams": True,
}  # fmt: skip
_NEW_LINK = {
    "id": "mslink_b7a41ae239ff", "token": _TOKEN,
    "url": f"https://music.example/v1/music/shared/{_TOKEN}", **_TERMS,
}  # fmt: skip
_OWN_TRACK = _TRACK | {
    "licence_class": "personal_only", "created_at": "2026-11-24T02:53:33Z", "playback_url": _PLAYBACK_URL,
    "stem_urls": None, "artist": "The Ferry",
    "is_shorter_than_declared": False, "declared_licence": None, "attribution_text": None,
    "version": 1, "versions": 1, "ai": None, "manifest_url": None,
}  # fmt: skip
_NUMBERS = {
    "downloads": 0,
    "quarters": {"quarter": 0, "half": 1, "three_quarters": 0, "whole": 1},
    "by_agent": {"person": 2, "program": 1, "unfurler": 0, "unknown": 0, "forgotten": 0},
}
_WEBHOOK = {
    "id": "mhook_5b1c9d03e7a2", "host": "https://hooks.example/…", "events": ["link.opened", "link.ended"],
    "shape": "standard", "created_at": "2026-11-24T02:53:35Z", "paused_at": None, "pause_reason": None,
}  # fmt: skip

EXAMPLES: dict[str, dict[str, Any]] = {
    "ShareView": {
        "kind": "track", "available": True, "message": None,
        "share": {
            "target_type": "track", "visibility": "link_only", "expires_at": "2026-12-24T02:53:35Z",
        },
        "track": _TRACK | {"playback_url": _PLAYBACK_URL, "licence": _LICENCE},
        "collection": None, "tracks": None,
    },
    "TrackAnswer": _OWN_TRACK,
    "UploadAnswer": {
        "id": "mupload_9f8b3d03a1c2", "size_bytes": 73400320, "offset_bytes": 0,
        "expires_at": "2026-11-25T02:53:33Z", "track": None,
    },
    "CollectionAnswer": {
        "id": "mcoll_2dd69d209ca2", "name": "Evening", "description": "Quiet.", "cover_track_id": None,
        "cover_image_url": None, "track_count": 0, "created_at": "2026-11-24T02:53:37Z",
        "updated_at": "2026-11-24T02:53:37Z",
    },
    "Link": _NEW_LINK,
    "NewLinks": {"items": [_NEW_LINK]},
    "LinkRecord": {
        "id": "mslink_b7a41ae239ff", "target_id": "mtrack_9692d3f775dd",
        "target_title": "Late Night Study", "state": "active", "opens": 3,
        "last_opened_at": "2026-11-24T02:53:36Z", "revoked_at": None, **_TERMS,
        "created_by": "user_4b35b72d8864",
    },
    "SavedTrack": {
        "id": "mlib_5b1c7e02d9aa", "track_id": "mtrack_9692d3f775dd", "source": "shared",
        "share_link_id": "mslink_b7a41ae239ff", "created_at": "2026-11-24T12:47:38Z",
    },
    "LinkStats": {
        "id": "mslink_b7a41ae239ff", "opens": 3, "listens": 0, "last_opened_at": "2026-11-24T02:53:36Z",
        "days": [
            {"date": "2026-11-24", "opens": 3, "listens": 0, "listeners": 2, "bot_requests": 1, **_NUMBERS},
        ],
        "by_track": [], "listening": 1, "listening_within_seconds": 300, **_NUMBERS,
    },
    "TargetStats": {
        "target_type": "track", "target_id": "mtrack_9692d3f775dd", "target_title": "Late Night Study",
        "links": 1, "opens": 3, "listens": 0, **_NUMBERS,
        "items": [
            {
                "id": "mslink_b7a41ae239ff", "label": "Ana", "state": "active",
                "created_at": "2026-11-24T02:52:10Z", "opens": 3, "listens": 0,
                "last_opened_at": "2026-11-24T02:53:36Z", **_NUMBERS,
            },
        ],
        "limit": 50, "offset": 0, "next_cursor": "pYEm1pFzV3y0sWqkq0cXl3b1tZ0hRj2mUeN3dQ",
    },
    "Notifications": {
        "mails": "daily", "language": "de", "zone": "Europe/Berlin", "spread_networks": 5, "sends_mail": True,
    },
    "MintedKey": {
        "id": "key_ce9ea772ff33", "api_key": "ak_d4dc1eecb60420fbd8c38b8613e9e3e0e0d5de5a",
        "shown_prefix": "ak_d4dc1", "scopes": ["read"], "created_at": "2026-11-24T12:01:39Z",
        "expires_at": None,
    },
    "CallerAnswer": {
        "organization_id": "org_b7bbeefe34d6", "user_id": "user_4b35b72d8864",
        "scopes": ["admin", "read", "share", "write"],
        "usage": {
            "stored_bytes": 1_288_490_188, "quota_bytes": 10_000_000_000, "tracks": 34, "quota_tracks": None,
            "begun_bytes": 73_400_320,
        },
    },
    "Acknowledgement": {"success": True, "id": "mslink_b7a41ae239ff", "detail": "Share link revoked."},
    "NewCollection": {"name": "Evening", "description": "Quiet."},
    "LinkTerms": {"visibility": "link_only", "expires_in_days": 30, "max_opens": 5, "label": "Ana"},
    "Recipient": {"label": "Ben", "max_opens": 3},
    "TermsForEach": {
        "expires_in_days": 30, "recipients": [{"label": "Ana"}, {"label": "Ben", "max_opens": 3}],
    },
    "TrackOfCollection": {"track_id": "mtrack_9692d3f775dd"},
    "Heard": {"track_id": "mtrack_9692d3f775dd", "quarter": 3, "version": 2},
    "NewPosition": {"position": 0},
    "Order": {"ordered_track_ids": ["mtrack_9692d3f775dd"]},
    "SoughtLink": {"token": _TOKEN},
    "NewKey": {"scopes": ["read", "share"], "expires_in_days": 90},
    "ChangedKey": {"expires_in_days": 30},
    "WebhookTerms": {
        "url": "https://hooks.example/T0/B0", "events": ["link.opened", "link.ended"], "shape": "standard",
    },
    "ChangedWebhook": {"paused": True},
    "WebhookAnswer": _WEBHOOK,
    "NewWebhookAnswer": _WEBHOOK | {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
    "DeliveryAnswer": {
        "id": "mdelivery_03e7a25b1c9d", "message_id": "msg_00000000004d", "event": "link.opened",
        "state": "delivered", "attempts": 1, "status": 204, "failure": None,
        "created_at": "2026-11-24T02:53:35Z", "due_at": None, "ended_at": "2026-11-24T02:53:36Z",
    },
    "ErrorEnvelope": {
        "success": False,
        "error": {
            "code": "RESOURCE_NOT_FOUND", "message": "This doesn't exist.",
            "system_message": "No such resource for this caller", "type": "client_error", "status": 404,
            "details": {}, "trace_id": "req_1816fe172a83e1f7", "timestamp": "2026-11-24T02:53:36Z",
        },
    },
}  # fmt: skip
