"""A file with this server's manifest in it, made in child processes: how it's composed, not the file itself.

As in `manifests.py`: the child never has the key, and what it made is looked at by another before it's kept.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import structlog

from listenlink.media.composed import sum_composed
from listenlink.media.manifests import in_memory, run_reading, run_signing
from listenlink.media.sandbox.child import reopen
from listenlink.media.sandbox.formats import FLAC, M4A, MP3, WAV
from listenlink.media.sandbox.manifest_answer import MOST_COMPARED_BYTES, Order
from listenlink.media.turns import Turn
from listenlink.model.recipe import MOST_BYTES, Embedded, Recipe, read_recipe
from listenlink.threads import HOUSE, WORK

# -I: neither the working directory nor PYTHON* variables have any effect.
_COMMAND = (sys.executable, "-I", "-m", "listenlink.media.sandbox.embed_child")
_EMBEDDING = {one.content_type for one in (WAV, FLAC, MP3, M4A)}


async def embed_manifest(
    file_descriptor: int,
    order: Order,
    sign_claim: Callable[[bytes], bytes],
    turn: Turn,
) -> Embedded | None:
    """A file with a manifest in it, as ordered; None where there can't be one, or where what came out doesn't
    hold, sounds different or lost something. `sign_claim` is called once at most.
    Cancelling this ends the child. Raises OSError, and Problem(UNAVAILABLE) if no process can be started."""
    size_bytes = os.fstat(file_descriptor).st_size
    if order.content_type not in _EMBEDDING or size_bytes > MOST_COMPARED_BYTES - MOST_BYTES:
        return None
    made = await run_signing([*_COMMAND, "make"], file_descriptor, order, sign_claim, turn)
    recipe = None if made is None else await WORK.run(_read, made)
    if recipe is None:
        return None
    embedded = await HOUSE.run(sum_composed, file_descriptor, recipe)
    if embedded is None or not await _holds(file_descriptor, embedded, turn):
        structlog.get_logger().info("manifest_not_embedded", digest=order.digest)
        return None
    return embedded


def _read(made: bytes) -> Recipe | None:
    try:
        return read_recipe(made)
    except ValueError:
        return None


async def _holds(file_descriptor: int, embedded: Embedded, turn: Turn) -> bool:
    command = [*_COMMAND, "compare"]
    with reopen(file_descriptor) as file, in_memory(embedded.recipe) as given:
        answer = await run_reading([*command, str(given)], file, (given,), turn)
    found = answer.found
    is_ours = found is not None and found.state == "valid" and found.source_type is not None
    return is_ours and answer.sounds_same
