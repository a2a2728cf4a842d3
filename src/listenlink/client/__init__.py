"""The API's Python client: `from listenlink import Client`. It needs nothing of the server.

client = Client("https://music.example")
view = client.get("/v1/music/shared/shr_…")     # the JSON, as in docs/api.md
view = client.open("shr_…")                     # the same, typed; opening needs no key
for track in client.tracks(): …                 # with a key: your library, fetched as needed
"""

from __future__ import annotations

from listenlink.client.archives import ArchiveMethods
from listenlink.client.collections import CollectionMethods
from listenlink.client.connection import DEFAULT_SERVER
from listenlink.client.error import ListenlinkError
from listenlink.client.keys import KeyMethods
from listenlink.client.links import LinkMethods, ShareView
from listenlink.client.tracks import TrackMethods
from listenlink.client.versions import VersionMethods
from listenlink.wire import (
    Caller,
    Collection,
    Day,
    Declaration,
    Engine,
    Key,
    Licence,
    Link,
    LinkNumbers,
    Member,
    MintedKey,
    NewLink,
    OpenLine,
    OpensByAgent,
    Quarters,
    SavedTrack,
    SharedCollection,
    SharedTrack,
    ShareFacts,
    Stats,
    TargetStats,
    Track,
    TrackListens,
    Usage,
)
from listenlink.wire.terms import (
    CollectionChanges,
    CollectionFacts,
    LinkChanges,
    LinkTerms,
    TrackChanges,
    TrackFacts,
)

__all__ = [
    "DEFAULT_SERVER",
    "Caller",
    "Client",
    "Collection",
    "CollectionChanges",
    "CollectionFacts",
    "Day",
    "Declaration",
    "Engine",
    "Key",
    "Licence",
    "Link",
    "LinkChanges",
    "LinkNumbers",
    "LinkTerms",
    "ListenlinkError",
    "Member",
    "MintedKey",
    "NewLink",
    "OpenLine",
    "OpensByAgent",
    "Quarters",
    "SavedTrack",
    "ShareFacts",
    "ShareView",
    "SharedCollection",
    "SharedTrack",
    "Stats",
    "TargetStats",
    "Track",
    "TrackChanges",
    "TrackFacts",
    "TrackListens",
    "Usage",
]


class Client(
    TrackMethods, VersionMethods, CollectionMethods, ArchiveMethods, LinkMethods, KeyMethods
):
    """A session with one server, for a listener or, with a key, for an owner.

    `base_url` and `api_key` default to `LISTENLINK_SERVER` and `LISTENLINK_API_KEY`. The key is
    sent to that server only, and not when opening a link, which needs none. Every method raises
    ListenlinkError if the server refuses the request or can't be reached, and TypeError for a term or a fact
    that there isn't, before anything is sent.
    """
