"""`Upload-Metadata`: read as tus 1.0 has it, and what isn't written so is nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from listenlink.model.upload_metadata import parse_metadata, write_metadata

NAMES = some.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=20)


@given(some.dictionaries(NAMES, some.text(max_size=50), max_size=8))
def test_what_is_written_is_read_again(pairs: dict[str, str]) -> None:
    assert parse_metadata(write_metadata(pairs)) == pairs


@given(some.text(max_size=200))
def test_whatever_is_sent_is_pairs_or_nothing(text: str) -> None:
    parsed = parse_metadata(text)
    assert parsed is None or all(isinstance(value, str) for value in parsed.values())


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", {}),
        ("title VGVh,engine c3R1ZGlv", {"title": "Tea", "engine": "studio"}),
        ("title VGVh, engine c3R1ZGlv", {"title": "Tea", "engine": "studio"}),
        ("is_confidential", {"is_confidential": ""}),
        ("title VGVh,title VGVh", None),
        ("title VGV", None),
        ("title /w==", None),
        ("títle VGVh", None),
        ("title VGVh,", None),
        ("x " + "QUFB" * 4000, None),
    ],
)
def test_each_spelling(text: str, pairs: dict[str, str] | None) -> None:
    assert parse_metadata(text) == pairs
