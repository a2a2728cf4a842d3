"""The child process that puts this server's manifest into an accepted file, and looks at what came of it.

`python -m listenlink.media.sandbox.embed_child make CHANNEL`, with a seekable file on descriptor 0, has a
manifest signed over that descriptor as `manifest_child` does, and writes a recipe to stdout; nothing if the
file can't have one. `compare RECIPE`, with a recipe on that descriptor, writes one JSON line: an
`Answer`.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import BinaryIO, cast

# PyAV imports these on its first file, by which time no file can be opened any more.
import av.subtitles.codeccontext
import av.subtitles.stream  # noqa: F401
import msgspec

from listenlink.media.sandbox import c2pa_store
from listenlink.media.sandbox.claims import found_in
from listenlink.media.sandbox.composed_file import ComposedFile
from listenlink.media.sandbox.embedding import embed
from listenlink.media.sandbox.lockdown import Deadline, answer_and_end, close_doors, limit_process
from listenlink.media.sandbox.manifest_answer import Answer
from listenlink.media.sandbox.manifest_child import have_signed, read_all, receive_order
from listenlink.media.sandbox.same_sound import Listening
from listenlink.media.sandbox.sniff import sniff
from listenlink.model.recipe import MOST_BYTES, read_recipe, write_recipe

# As long as that of ES256, PS256 and all others: a manifest keeps the same room for each.
_NO_SIGNATURE = bytes(64)


def make(file: BinaryIO, channel: int) -> bytes:
    """A recipe, as ordered."""
    order = receive_order(channel)
    audio_format = sniff(file)
    if audio_format is None:
        return b""

    def measure(binding: dict[str, object]) -> bytes:
        return c2pa_store.sign_bound(file, order, binding, lambda claim: _NO_SIGNATURE)

    def sign(binding: dict[str, object]) -> bytes:
        return c2pa_store.sign_bound(file, order, binding, partial(have_signed, channel))

    recipe = embed(file, audio_format, measure, sign)
    return b"" if recipe is None else write_recipe(recipe)


def compare(file: BinaryIO, stored: bytes, listening: Listening) -> Answer:
    """What the manifest says that is in what a recipe makes of the file, and whether that sounds the same."""
    audio_format = sniff(file)
    if audio_format is None:
        return Answer()
    composed = cast(BinaryIO, ComposedFile(read_recipe(stored), file))
    found = c2pa_store.read_embedded(composed, audio_format.content_type)
    if found is None:
        return Answer()
    return Answer(found_in(*found), listening.is_same(file, composed, audio_format))


def main() -> None:
    """Limit this process, do what is asked with descriptor 0, answer on descriptor 1."""
    limit_process()
    deadline = Deadline()
    c2pa_store.load()
    close_doors()
    asked, *given = sys.argv[1:]
    try:
        with open(0, "rb", buffering=0) as file:
            if asked == "make":
                data = make(file, int(given[0]))
            else:
                stored = read_all(int(given[0]), MOST_BYTES)
                answer = compare(file, stored, Listening(deadline))
                data = msgspec.json.encode(answer)
    except Exception as error:  # Whatever a hostile file provokes ends in an answer or in none.
        print(repr(error), file=sys.stderr)
        os._exit(1)
    answer_and_end(data)


if __name__ == "__main__":
    main()
