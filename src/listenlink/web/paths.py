"""The paths of share links and audio, defined once for whatever answers there or writes the URLs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from listenlink.media import archive_url, signed_url

SHARED_PATH = "/v1/music/shared/"
# These are part of what is signed.
AUDIO_PATH = signed_url.PATH
DOWNLOAD_PATH = signed_url.DOWNLOAD_PATH
MANIFEST_PATH = signed_url.MANIFEST_PATH
ARCHIVE_PATH = archive_url.PATH


def oembed_address(base_url: str, token: str) -> str:
    """Where a link's player is described (oEmbed 1.0, section 4)."""
    return f"{base_url}/oembed?format=json&url={base_url}{SHARED_PATH}{token}"


def token_of(scope: Mapping[str, Any], before: str = SHARED_PATH, *, has_more: bool = False) -> str:
    """The token in the request's path after `before`, undecoded: a token has one spelling, and `%73hr_…`
    isn't it. `has_more`: the path goes on after the token."""
    path: bytes = scope["raw_path"]
    rest = path[len(before) :].decode("latin-1")
    return rest.partition("/")[0] if has_more else rest
