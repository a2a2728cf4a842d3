"""Text from files is one bounded line without controls."""

from __future__ import annotations

from listenlink.media.sandbox.tag_text import clean


def test_clean_text() -> None:
    assert clean(None) is None
    assert clean(" \x00\x07\n\u2028 ") is None
    assert clean("a\tb\x9f\u202ec\u2069") == "a b c"
    assert clean("é" * 600) == "é" * 512
    joined = "\u0645\u06cc\u200c\u062e \U0001f469\u200d\U0001f3a4"
    assert clean(joined) == joined
