"""API keys: one spelling, 160 random bits, stored as a digest with eight characters to tell them by."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

from listenlink.model.api_key import SCOPES, digest, is_well_formed, new_api_key, shown_prefix

GOOD = "ak_0123456789abcdef0123456789abcdef01234567"
BAD = [
    "", "ak_", GOOD[:-1], GOOD + "0", GOOD.upper(), GOOD[3:], "sk_" + GOOD[3:], GOOD + "\n", " " + GOOD,
    GOOD + " ", GOOD + "\0", GOOD.replace("a", "A", 2), GOOD.replace("7", "٧"), GOOD.replace("a", "а"),
    "Bearer " + GOOD, GOOD * 2, GOOD + "," + GOOD, "\ud800" + GOOD[1:], "shr_" + "0" * 32,
]  # fmt: skip
GENERATED = 100_000


def test_a_key_is_spelled_in_one_way() -> None:
    assert is_well_formed(GOOD)
    assert [text for text in BAD if is_well_formed(text)] == []


def test_generated_keys_are_well_formed_different_and_evenly_spread() -> None:
    keys = [new_api_key() for _ in range(GENERATED)]
    assert all(re.fullmatch(r"ak_[0-9a-f]{40}", key) for key in keys)
    assert len(set(keys)) == GENERATED
    expected = GENERATED / 16
    for place in range(3, 43):
        counts = Counter(key[place] for key in keys)
        # Chi-square, 15 degrees of freedom: 62 is passed by chance once in 10⁷ times.
        assert sum((counts[d] - expected) ** 2 / expected for d in "0123456789abcdef") < 62


def test_a_key_is_kept_as_its_sha_256() -> None:
    assert digest(GOOD) == hashlib.sha256(GOOD.encode("ascii")).digest()
    assert digest(GOOD) != digest(GOOD[:-1] + "8")


def test_an_owner_sees_eight_characters_and_no_more() -> None:
    assert shown_prefix(GOOD) == "ak_01234"


def test_the_scopes_are_the_four_of_the_contract() -> None:
    assert sorted(SCOPES) == ["admin", "read", "share", "write"]
