"""What the matrix's routes are asked with: an id of each kind that there isn't, and each body.

A route with a new kind of id or a new body fails in `test_authorisation_matrix.py` until it's said here
what that looks like.
"""

from __future__ import annotations

from typing import Any

UNKNOWN = {
    "track_id": "mtrack_000000000000",
    "collection_id": "mcoll_000000000000",
    "share_id": "mslink_000000000000",
    "key_id": "key_000000000000",
    "upload_id": "mupload_000000000000",
    "token": "shr_00000000000000000000000000000000",  # of a body; in a path it's held
    "user_id": "user_000000000000",
    "webhook_id": "mhook_000000000000",
    "delivery_id": "mdelivery_000000000000",
}
# Nobody is there: what is sent there waits.
WEBHOOK = {"url": "http://127.0.0.1:9/hook", "events": ["link.spread"]}
# A member is no owner's alone: who owns the same organisation may as much.
OF_OWNERS = {"user_id"}
# Whoever holds one of these may use it: there is no owner to compare with.
HELD = {"token", "session", "signed", "name", "sha256", "version", "leave"}
# What each body is; ids in it are of the caller, or whose the test says.
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/music/{org}/tracks"): "a file",
    ("POST", "/v1/music/{org}/tracks/{track_id}/share"): None,
    ("POST", "/v1/music/{org}/tracks/{track_id}/share/batch"): {"recipients": [{"label": "Ana"}]},
    ("POST", "/v1/music/{org}/collections/{collection_id}/share/batch"): {
        "recipients": [{"label": "Ana"}]
    },
    ("POST", "/v1/music/{org}/tracks/{track_id}/versions"): "a file",
    ("PATCH", "/v1/music/{org}/tracks/{track_id}/versions/{version}"): {"current": True},
    ("POST", "/v1/music/{org}/collections"): {"name": "New"},
    ("POST", "/v1/music/{org}/collections/{collection_id}/tracks"): {"track_id": "{track_id}"},
    ("POST", "/v1/music/{org}/collections/{collection_id}/share"): None,
    ("PATCH", "/v1/music/{org}/collections/{collection_id}"): {"name": "Other"},
    ("PATCH", "/v1/music/{org}/collections/{collection_id}/order"): {"ordered_track_ids": []},
    ("PATCH", "/v1/music/{org}/collections/{collection_id}/tracks/{track_id}"): {"position": 0},
    ("PATCH", "/v1/music/{org}/tracks/{track_id}"): {"title": "Other"},
    ("PUT", "/v1/music/{org}/licence-default"): {"declared_licence": "listen_only"},
    ("POST", "/v1/music/{org}/tracks/{track_id}/save"): None,
    ("POST", "/v1/music/shared/{token}/save"): None,
    ("PUT", "/v1/music/{org}/tracks/{track_id}/cover"): "a picture",
    ("PUT", "/v1/music/{org}/collections/{collection_id}/cover"): "a picture",
    ("PATCH", "/v1/music/{org}/share/{share_id}"): {"label": "Ben"},
    ("POST", "/v1/music/{org}/share/{share_id}/rotate"): None,
    ("POST", "/v1/music/{org}/share/find"): {"token": "{token}"},
    ("PATCH", "/v1/music/{org}/notifications"): {"spread_networks": 7},
    ("POST", "/v1/music/{org}/keys"): {"scopes": ["read"]},
    ("PATCH", "/v1/music/{org}/keys/{key_id}"): {"expires_in_days": 5},
    ("PATCH", "/v1/music/{org}/uploads/{upload_id}"): "a piece",
    ("POST", "/v1/music/{org}/webhooks"): WEBHOOK,
    ("PATCH", "/v1/music/{org}/webhooks/{webhook_id}"): {"paused": True},
    ("POST", "/v1/music/{org}/webhooks/{webhook_id}/rotate"): None,
    ("POST", "/v1/music/{org}/webhooks/{webhook_id}/test"): None,
    ("POST", "/v1/music/{org}/webhooks/{webhook_id}/deliveries/{delivery_id}/resend"): None,
}
