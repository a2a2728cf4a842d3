"""The manifests that were signed, as they're stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from listenlink.model.manifest import Manifest
from listenlink.model.mark import Ai, Mark
from listenlink.store import manifests
from store.marked_place import MarkedPlace

LESS, MORE = Manifest(Ai.ASSISTED, b"less" * 3000, 1), Manifest(Ai.GENERATED, b"more", 2)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[MarkedPlace]:
    made = MarkedPlace(tmp_path)
    made.add(1, b"a song", Mark())
    made.add(1, b"another", Mark(), version=2)
    yield made
    made.database.close()


def keep(place: MarkedPlace, manifest: Manifest, version: int = 1) -> bool:
    return place.database.write_now(lambda c: manifests.keep_manifest(c, 1, version, manifest))


def test_one_that_says_more_takes_the_place_of_one_that_says_less(place: MarkedPlace) -> None:
    assert place.manifest(1) is None
    assert keep(place, LESS)
    assert place.manifest(1) == LESS
    assert keep(place, MORE)
    assert not keep(place, LESS)
    assert not keep(place, Manifest(Ai.GENERATED, b"other", 3))
    assert place.manifest(1) == MORE


def test_each_version_has_its_own(place: MarkedPlace) -> None:
    assert keep(place, LESS, version=2)
    assert (place.manifest(1), place.manifest(1, 2)) == (None, LESS)
    for version, signed in ((1, {}), (2, {1: Ai.ASSISTED})):
        asked = {1: version, 7: 1}
        assert place.database.read_now(lambda c: manifests.find_signed(c, asked)) == signed  # noqa: B023
