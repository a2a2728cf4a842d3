"""Files that say of themselves how they were made, as other people's programs write them: with a manifest of
their own, by a signer of their own."""

from __future__ import annotations

import functools
import io
import time
from pathlib import Path
from typing import Any

import c2pa

from listenlink.model.marking_key import MarkingKey, read_marking_key
from listenlink.model.own_authority import make_marking_key

STUDIO, PART = "Studio Ltd", "part"
IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRAINED = IPTC + "trainedAlgorithmicMedia"
TYPES = {".wav": "audio/wav", ".flac": "audio/flac", ".mp3": "audio/mpeg", ".m4a": "audio/mp4"}


@functools.cache
def key_of(name: str) -> MarkingKey:
    """A signer's key, valid today."""
    return read_marking_key(make_marking_key(name, time.time_ns() // 1000))


def created(source_type: str = TRAINED, **more: Any) -> dict[str, Any]:
    """What says that all of it was made so."""
    return {"action": "c2pa.created", "digitalSourceType": source_type} | more


def claim(
    path: Path,
    *actions: dict[str, Any],
    content_type: str = "audio/wav",
    by: str = STUDIO,
    parts: tuple[tuple[str, bytes], ...] = (),
    remote: str | None = None,
) -> Path:
    """Put a manifest into a file that says so. `parts` are what it was made of: how, and other files' bytes;
    with `remote` it's said to be at that address, and isn't in the file."""
    key = key_of(by)
    definition = {
        "claim_generator_info": [{"name": "Studio", "version": "2"}],
        "title": path.stem,
        "assertions": [
            {"label": "c2pa.actions", "data": {"actions": list(actions) or [created()]}}
        ],
    }
    out = io.BytesIO()
    algorithm = c2pa.C2paSigningAlg[key.algorithm]
    with (
        c2pa.Signer.from_callback(key.sign_claim, algorithm, key.certificates) as signer,
        c2pa.Builder(definition) as builder,
    ):
        for relationship, content in parts:
            ingredient = {"title": "a part", "relationship": relationship, "label": PART}
            builder.add_ingredient(ingredient, content_type, io.BytesIO(content))
        if remote is not None:
            builder.set_no_embed()
            builder.set_remote_url(remote)
        builder.sign(signer, content_type, io.BytesIO(path.read_bytes()), out)
    path.write_bytes(out.getvalue())
    return path
