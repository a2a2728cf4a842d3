"""The file with a manifest in it is stored with that manifest, and goes with it."""

from __future__ import annotations

import os
from pathlib import Path

from listenlink.model.manifest import Manifest
from listenlink.model.mark import Ai, Mark
from listenlink.model.recipe import Embedded, Range, Recipe, write_recipe
from listenlink.store import embedded, manifests
from store.marked_place import MarkedPlace

RECIPE = write_recipe(Recipe([os.urandom(3000), Range(0, 5 * 1024**3)]))
FILE = Embedded(RECIPE, 5 * 1024**3 + 3000, bytes([7]) * 32, 0xFFFFFFFF)


def test_it_is_found_as_it_was_kept_until_another_says_more(tmp_path: Path) -> None:
    place = MarkedPlace(tmp_path)
    place.add(1, b"a song", Mark())

    def keep(manifest: Manifest) -> bool:
        return place.database.write_now(lambda c: manifests.keep_manifest(c, 1, 1, manifest))

    def find(version: int = 1) -> Embedded | None:
        return place.database.read_now(lambda c: embedded.find_embedded(c, 1, version))

    assert find() is None
    assert keep(Manifest(Ai.ASSISTED, b"less", 1, FILE))
    assert find() == FILE
    assert place.manifest(1) == Manifest(Ai.ASSISTED, b"less", 1, FILE)
    assert find(version=2) is None
    # What says more has no such file: the one that says less isn't sent any more.
    assert keep(Manifest(Ai.GENERATED, b"more", 2))
    assert find() is None
    place.database.close()
