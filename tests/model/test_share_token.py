"""The share token: 128 random bits in exactly one spelling, and the arithmetic of guessing one."""

from __future__ import annotations

import hashlib
import math
import re
import secrets

import numpy as np
import pytest
from numpy.typing import NDArray

from listenlink.model.share_token import (
    digest,
    is_like_a_token,
    is_well_formed,
    new_token,
)
from listenlink.settings import Settings
from trust.figures import figure

GOOD = "shr_0123456789abcdef0123456789abcdef"
BAD = [
    "", "shr_", GOOD[:-1], GOOD + "0", GOOD.upper(), "SHR_" + GOOD[4:], GOOD[4:], "shr-" + GOOD[4:],
    GOOD + "\n", "\n" + GOOD, " " + GOOD, GOOD + " ", GOOD + "\0", GOOD.replace("a", "A"),
    GOOD.replace("f", "g"),
    GOOD.replace("0", "٠"), GOOD.replace("1", "１"), GOOD.replace("a", "а"), GOOD + "=", GOOD + "/",
    GOOD + "%00",
    GOOD[:10] + "_" + GOOD[11:], GOOD[:10] + "-" + GOOD[11:], GOOD[:10] + "." + GOOD[11:], GOOD * 2,
    GOOD[:-1] + "\ud800", "ak_" + "0" * 40,
]  # fmt: skip

GENERATED = 100_000
YEAR_MINUTES = 365.25 * 24 * 60


@pytest.fixture(scope="module")
def tokens() -> list[str]:
    return [new_token() for _ in range(GENERATED)]


def test_a_token_is_spelled_in_one_way() -> None:
    assert is_well_formed(GOOD)
    assert [text for text in BAD if is_well_formed(text)] == []


def test_every_change_of_one_letter_is_another_token_or_none() -> None:
    spellings = {
        GOOD[:place] + letter + GOOD[place + 1 :]
        for place in range(len(GOOD))
        for letter in map(chr, range(256))
    }
    well_formed = [text for text in spellings if is_well_formed(text)]
    assert len(well_formed) == 1 + 32 * 15
    assert len({digest(text) for text in well_formed}) == len(well_formed)


def test_generated_tokens_are_well_formed_and_all_different(tokens: list[str]) -> None:
    assert all(re.fullmatch(r"shr_[0-9a-f]{32}", token) for token in tokens)
    assert len(set(tokens)) == GENERATED


def unlikelihood(places: NDArray[np.uint8]) -> float:
    """The chance that fair digits are spread as unevenly as these, by chi-square (Wilson and Hilferty's
    approximation by the normal distribution, better than 1 % at so many degrees of freedom)."""
    expected = len(places) / 16
    counts = [np.bincount(column, minlength=128)[list(b"0123456789abcdef")] for column in places.T]
    chi_square = float(((np.array(counts) - expected) ** 2 / expected).sum())
    degrees = 15 * len(counts)
    z = ((chi_square / degrees) ** (1 / 3) - (1 - 2 / (9 * degrees))) / (2 / (9 * degrees)) ** 0.5
    return 0.5 * math.erfc(z / 2**0.5)


def test_a_million_tokens_are_all_different_and_their_digits_evenly_spread_in_every_place() -> None:
    """Fair digits are less even than that once in a thousand times, and three times running never."""
    for _ in range(3):
        drawn = [new_token() for _ in range(1_000_000)]
        figure("tokens generated", len(drawn))
        figure("tokens twice", len(drawn) - len(set(drawn)))
        assert len(set(drawn)) == len(drawn)
        text = np.frombuffer("".join(drawn).encode(), np.uint8).reshape(-1, 36)
        told = unlikelihood(text[:, 4:])
        figure("chance of digits so uneven", round(told, 4), joined="most")
        if told > 0.001:
            return
    raise AssertionError(told)


def test_that_measure_sees_what_is_uneven() -> None:
    fair = np.frombuffer(secrets.token_hex(16 * 100_000).encode(), np.uint8).reshape(-1, 32)
    assert unlikelihood(fair) > 1e-9
    uneven = fair.copy()
    uneven[:2000, 7] = ord("f")
    assert unlikelihood(uneven) < 1e-9


def test_every_bit_is_set_in_half_of_the_tokens(tokens: list[str]) -> None:
    numbers = [int(token[4:], 16) for token in tokens]
    for bit in range(128):
        share = sum(number >> bit & 1 for number in numbers) / GENERATED
        assert abs(share - 0.5) < 0.01  # six standard deviations


def test_a_token_is_kept_as_the_sha_256_of_its_text() -> None:
    assert digest(GOOD) == hashlib.sha256(GOOD.encode()).digest()
    assert [len(digest(text)) for text in BAD] == [32] * len(BAD)


def test_guessing_takes_longer_than_a_quadrillion_years() -> None:
    """10⁹ living links, against 10,000 networks that are each told the default number of refusals a minute,
    or 30. But the budgets bound what is told, not what is tried: a wrong guess beyond them is a 429, and a
    right one opens. So the same has to hold for as many guesses as a large server can answer at all."""
    guesses = 2 ** (4 * len(new_token().removeprefix("shr_"))) / 10**9
    per_minute = Settings.model_fields["miss_limit_per_minute"].default
    assert 1 <= per_minute <= 30
    for misses in (per_minute, 30):
        years = guesses / (misses * 10_000) / YEAR_MINUTES
        figure("years until one is guessed, least", years, joined="least")
        assert years >= 10**15
    assert guesses / 1_000_000 / 60 / YEAR_MINUTES >= 10**15
    # So that the arithmetic itself is held.
    assert guesses / (30 * 10_000) / YEAR_MINUTES == pytest.approx(2.2e18, rel=0.05)


def test_what_is_meant_for_a_token_is_known_however_it_is_spelled() -> None:
    assert all(map(is_like_a_token, (GOOD, GOOD[:-1], GOOD * 2, "shr_", "shr_?")))
    assert not any(map(is_like_a_token, ("", "shr", GOOD.upper(), " " + GOOD, "mslink_1")))
