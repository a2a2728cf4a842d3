"""The client for programs that wait for many things at once.

The other one is written of it by `scripts/write_blocking_client.py`: what a method does is said here alone.
"""

from __future__ import annotations

from listenlink.client.awaiting.archives import ArchiveMethods
from listenlink.client.awaiting.collections import CollectionMethods
from listenlink.client.awaiting.keys import KeyMethods
from listenlink.client.awaiting.links import LinkMethods
from listenlink.client.awaiting.listening import ListenMethods
from listenlink.client.awaiting.tracks import TrackMethods
from listenlink.client.awaiting.versions import VersionMethods
from listenlink.client.awaiting.webhooks import WebhookMethods


class AsyncClient(
    TrackMethods,
    VersionMethods,
    CollectionMethods,
    ArchiveMethods,
    LinkMethods,
    ListenMethods,
    KeyMethods,
    WebhookMethods,
):
    """A session with one server, for a listener or, with a key, for an owner.

    `base_url` and `api_key` default to `LISTENLINK_SERVER` and `LISTENLINK_API_KEY`. The key is
    sent to that server only, and not when opening a link, which needs none. Every method raises
    ListenlinkError if the server refuses the request or can't be reached, and TypeError for a term or a fact
    that there isn't, before anything is sent.

    Methods that are named for what they do send again where that may help: the server was away, busy or
    limiting. At most `tries` times in all, with at most `longest_wait_seconds` in between: whoever is told to
    wait for longer gets the error at once. What makes something makes it once, by an `Idempotency-Key` that
    each call has of its own, or by the one that it's given: with the same one a program that was stopped goes
    on. `get`, `post`, `put`, `patch`, `delete` and `send` send a request as it is, and once.

    `limits` is what is left of the last rate that an answer told of, None before.
    """
