"""Puts a signed manifest into a copy of an accepted file that is never written: what comes of it is a recipe.

What the manifest signs is bound to is computed here, and not by the library that signs: that would hold the
whole file in memory, and write an MP3's tags anew. Whether it came out right is what the library says of the
result, as of anybody's file.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from typing import BinaryIO, cast

from listenlink.media.sandbox.composed_file import ComposedFile
from listenlink.media.sandbox.embed_id3 import wrap_id3
from listenlink.media.sandbox.embed_mp4 import USER_TYPE, is_manifest, list_boxes, wrap_mp4
from listenlink.media.sandbox.embed_riff import wrap_riff
from listenlink.media.sandbox.embedded import Wrapped
from listenlink.media.sandbox.formats import FLAC, M4A, MP3, WAV, AudioFormat
from listenlink.model.recipe import MOST_BYTES, Recipe, write_recipe

_READ_BYTES = 1024 * 1024
_DIGEST_BYTES = 32
# A manifest's size depends a little on its own: it's a number in it. Ours have some kilobytes.
_FIRST_GUESS_BYTES, _MOST_TRIALS = 4096, 4
_UNBOUND = (b"ftyp", b"mfra", b"free", b"skip")
_Wrap = Callable[[BinaryIO, bytes], Wrapped | None]
_WRAPPING: dict[AudioFormat, _Wrap] = {
    WAV: wrap_riff, FLAC: wrap_id3, MP3: wrap_id3, M4A: wrap_mp4,
}  # fmt: skip


# A manifest store with this assertion, which says by what it's bound to a file. Its size depends on nothing
# but the assertion's.
Sign = Callable[[dict[str, object]], bytes]


def embed(file: BinaryIO, audio_format: AudioFormat, measure: Sign, sign: Sign) -> Recipe | None:
    """The recipe of the file with a manifest in it; None where there can't be one, or where it takes too much
    to say. `sign` is called once; `measure` makes the same, but that nobody has signed it."""
    wrap = _WRAPPING.get(audio_format)
    if wrap is None:
        return None
    wrapped = _make_room(file, audio_format, wrap, measure)
    if wrapped is None:
        return None
    composed = cast(BinaryIO, ComposedFile(wrapped.recipe, file))
    digest = _digest_boxes(composed) if audio_format is M4A else _digest(composed, wrapped)
    manifest = sign(_bind(wrapped, audio_format, digest))
    done = wrap(file, manifest)
    if done is None or done.recipe.size_bytes != wrapped.recipe.size_bytes:
        return None
    return done.recipe if len(write_recipe(done.recipe)) <= MOST_BYTES else None


def _make_room(
    file: BinaryIO, audio_format: AudioFormat, wrap: _Wrap, measure: Sign
) -> Wrapped | None:
    """The file with as much room in it as the manifest will take that is bound to just that."""
    size_bytes = _FIRST_GUESS_BYTES
    for _ in range(_MOST_TRIALS):
        wrapped = wrap(file, bytes(size_bytes))
        if wrapped is None or not wrapped.recipe.is_of(file.seek(0, 2)):
            return None
        taken = len(measure(_bind(wrapped, audio_format, bytes(_DIGEST_BYTES))))
        if taken == size_bytes:
            return wrapped
        size_bytes = taken
    return None


def _bind(wrapped: Wrapped, audio_format: AudioFormat, digest: bytes) -> dict[str, object]:
    """The assertion that binds a manifest to a file of this digest (C2PA 2.2, 18.5, 18.7)."""
    data: dict[str, object] = {"alg": "sha256", "hash": list(digest), "name": "jumbf manifest"}
    if audio_format is M4A:
        own = {"xpath": "/uuid", "data": [{"offset": 8, "value": list(USER_TYPE)}]}
        data["exclusions"] = [own, *({"xpath": "/" + kind.decode()} for kind in _UNBOUND)]
        return {"label": "c2pa.hash.bmff.v3", "data": data}
    data["exclusions"] = [{"start": wrapped.start, "length": wrapped.length}]
    data["pad"] = []
    return {"label": "c2pa.hash.data", "data": data}


def _digest(file: BinaryIO, wrapped: Wrapped) -> bytes:
    """Of all but the manifest."""
    sha256, end = hashlib.sha256(), wrapped.start + wrapped.length
    _feed(sha256.update, file, 0, wrapped.start)
    _feed(sha256.update, file, end, file.seek(0, 2))
    return sha256.digest()


def _digest_boxes(file: BinaryIO) -> bytes:
    """Of each box where it is, but for those that may change. Raises ValueError."""
    sha256 = hashlib.sha256()
    for box in list_boxes(file, 0, file.seek(0, 2)):
        if box.kind not in _UNBOUND and not is_manifest(file, box):
            sha256.update(struct.pack(">Q", box.start))
            _feed(sha256.update, file, box.start, box.end)
    return sha256.digest()


def _feed(update: Callable[[bytes], None], file: BinaryIO, start: int, end: int) -> None:
    file.seek(start)
    while start < end and (chunk := file.read(min(_READ_BYTES, end - start))):
        update(chunk)
        start += len(chunk)
