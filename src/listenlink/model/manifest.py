"""A signed manifest that this server made for a recording: C2PA's, kept beside the bytes."""

from __future__ import annotations

from dataclasses import dataclass

from listenlink.model.mark import Ai
from listenlink.model.recipe import Embedded

CONTENT_TYPE = "application/c2pa"
# What is taken for one, of ours or of others. Ours has some kilobytes, and one that was brought along in it.
MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of one version: `content` is a C2PA manifest store, which says that a machine made so much
    of it (`ai`). `embedded` is the file with a manifest in it that says the same, where there can be one."""

    ai: Ai
    content: bytes
    made_at: int
    embedded: Embedded | None = None
