"""Fixtures: an organisation of a test's own, with a song that has a cover."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cast import Server
from journeys.leaving import Organization
from media.make_audio import add_cover, make


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return add_cover(make("mp3_xing", tmp_path_factory.mktemp("audio") / "song.mp3"))


@pytest.fixture
def organization(server: Server, evening: Path) -> Iterator[Organization]:
    made = Organization(server, evening)
    yield made
    made.owner.close()
