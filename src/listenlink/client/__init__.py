"""The API's Python client: `from listenlink import Client, AsyncClient`. It needs nothing of the server.

client = Client("https://music.example")
view = client.get("/v1/music/shared/shr_…")     # the JSON, as in docs/api.md
view = client.open("shr_…")                     # the same, typed; opening needs no key
for track in client.tracks(): …                 # with a key: your library, fetched as needed

`AsyncClient` has the same methods, to be awaited. Both are one: `awaiting/` is written by hand, and
`blocking/` of it by `scripts/write_blocking_client.py`.
"""

from __future__ import annotations

from listenlink.client.addresses import DEFAULT_SERVER
from listenlink.client.awaiting import AsyncClient
from listenlink.client.blocking import Client
from listenlink.client.error import ListenlinkError
from listenlink.client.limits import Limits
from listenlink.client.views import ShareView
from listenlink.client.webhooks import WebhookError, WebhookEvent, verify_webhook
from listenlink.wire import (
    Caller,
    Collection,
    Day,
    Declaration,
    Delivery,
    Engine,
    Key,
    Licence,
    Link,
    LinkNumbers,
    Member,
    MintedKey,
    NewLink,
    NewWebhook,
    OpenLine,
    OpensByAgent,
    Quarters,
    SavedTrack,
    SharedCollection,
    SharedTrack,
    ShareFacts,
    ShownLink,
    Sound,
    Stats,
    TargetStats,
    Track,
    TrackListens,
    Usage,
    Version,
    Webhook,
)
from listenlink.wire.terms import (
    CollectionChanges,
    CollectionFacts,
    LinkChanges,
    LinkTerms,
    Recipient,
    TrackChanges,
    TrackFacts,
    VersionFacts,
)

__all__ = [
    "DEFAULT_SERVER",
    "AsyncClient",
    "Caller",
    "Client",
    "Collection",
    "CollectionChanges",
    "CollectionFacts",
    "Day",
    "Declaration",
    "Delivery",
    "Engine",
    "Key",
    "Licence",
    "Limits",
    "Link",
    "LinkChanges",
    "LinkNumbers",
    "LinkTerms",
    "ListenlinkError",
    "Member",
    "MintedKey",
    "NewLink",
    "NewWebhook",
    "OpenLine",
    "OpensByAgent",
    "Quarters",
    "Recipient",
    "SavedTrack",
    "ShareFacts",
    "ShareView",
    "SharedCollection",
    "SharedTrack",
    "ShownLink",
    "Sound",
    "Stats",
    "TargetStats",
    "Track",
    "TrackChanges",
    "TrackFacts",
    "TrackListens",
    "Usage",
    "Version",
    "VersionFacts",
    "Webhook",
    "WebhookError",
    "WebhookEvent",
    "verify_webhook",
]
