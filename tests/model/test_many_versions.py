"""However many versions a track has, what is written of them is bounded."""

from __future__ import annotations

from listenlink.model.versions import MOST_TURNS, MOST_VERSIONS, begin
from model.test_versions import version


def test_the_text_is_bounded() -> None:
    at = 1_800_000_000_000_000
    versions = begin(version(1, at))
    for number in range(2, MOST_VERSIONS + 1):
        versions = versions.and_version(
            version(number, at + number, sample_count=2**40, sample_rate=384_000)
        )
    for turn in range(1, MOST_TURNS):
        versions = versions.and_turn(turn % MOST_VERSIONS + 1, at + turn)
    assert len(versions.write()) < 16_000
