"""The API's JSON, said once: what the server writes and the client reads (`wire.Track`).

What a request may hold is in `wire/bodies.py`, and again in `wire/terms.py` for type checkers. Nothing here
knows anything of the server or of the client. An answer's field that has a default is always written: the
default is for reading an older server. A field that this doesn't know is left out when reading.
"""

from __future__ import annotations

from listenlink.wire.answers import (
    Acknowledgement,
    Alive,
    ErrorBody,
    ErrorEnvelope,
    Page,
    Ready,
    WithSecrets,
)
from listenlink.wire.collections import Collection, Member, MembersPage
from listenlink.wire.keys import Caller, Key, MintedKey, Usage
from listenlink.wire.links import (
    Day,
    Link,
    LinkNumbers,
    NewLink,
    NewLinks,
    OpenLine,
    OpensByAgent,
    Quarters,
    ShownLink,
    Stats,
    TargetStats,
    TrackListens,
)
from listenlink.wire.notifications import Notifications
from listenlink.wire.shared import (
    Ai,
    AiClaim,
    Download,
    Licence,
    OEmbed,
    SharedCollection,
    SharedTrack,
    ShareFacts,
    ShareView,
)
from listenlink.wire.tracks import (
    Declaration,
    DefaultLicence,
    Engine,
    KeptTrack,
    SavedTrack,
    Sound,
    Track,
    TrackOfAudio,
    Upload,
    Version,
    Versions,
)
from listenlink.wire.webhooks import Delivery, NewWebhook, Webhook

__all__ = [
    "Acknowledgement",
    "Ai",
    "AiClaim",
    "Alive",
    "Caller",
    "Collection",
    "Day",
    "Declaration",
    "DefaultLicence",
    "Delivery",
    "Download",
    "Engine",
    "ErrorBody",
    "ErrorEnvelope",
    "KeptTrack",
    "Key",
    "Licence",
    "Link",
    "LinkNumbers",
    "Member",
    "MembersPage",
    "MintedKey",
    "NewLink",
    "NewLinks",
    "NewWebhook",
    "Notifications",
    "OEmbed",
    "OpenLine",
    "OpensByAgent",
    "Page",
    "Quarters",
    "Ready",
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
    "TrackListens",
    "TrackOfAudio",
    "Upload",
    "Usage",
    "Version",
    "Versions",
    "Webhook",
    "WithSecrets",
]
