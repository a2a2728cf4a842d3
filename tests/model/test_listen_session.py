"""The Listen-Session's text: what is written is read back, and nothing else is ever read."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listenlink.errors import RefusesToStart
from listenlink.model.listen_session import (
    APART_SECONDS,
    LONGEST_SECONDS,
    PURPOSE,
    ListenSession,
    is_of_another_time,
    read_session,
    write_session,
)
from listenlink.model.signing import Signer, SigningKey
from listenlink.settings import Settings, load_settings
from trust.figures import FULL, figure, seed

MUTATIONS = 40_000 if FULL else 5000

OLD = SigningKey("0000000a", b"o" * 32)
NEW = SigningKey("0000000b", b"n" * 32)
SIGNER = Signer([NEW], PURPOSE)
ENDS_AT = 1_800_000_000
SESSION = ListenSession(0xB4D9E1C6A72F, 3, 0x7ABCDEF012345678, ENDS_AT)
TEXT = write_session(SESSION, SIGNER)
SESSIONS = st.builds(
    ListenSession,
    st.integers(0, 2**48 - 1),
    st.integers(0, 2**31 - 1),
    st.integers(0, 2**63 - 1),
    st.integers(1, 2**33),
)


@given(SESSIONS)
def test_what_is_written_is_read_back(session: ListenSession) -> None:
    text = write_session(session, SIGNER)
    assert text.isascii()
    assert read_session(text, SIGNER, session.ends_at - 1) == session


def test_a_session_lasts_until_its_end_and_is_over_from_then_on() -> None:
    assert read_session(TEXT, SIGNER, ENDS_AT - 1) == SESSION
    assert read_session(TEXT, SIGNER, ENDS_AT) is None
    assert read_session(TEXT, SIGNER, ENDS_AT + 1) is None


def test_every_single_changed_bit_is_refused() -> None:
    for place, letter in enumerate(TEXT):
        for bit in range(8):
            changed = TEXT[:place] + chr(ord(letter) ^ 1 << bit) + TEXT[place + 1 :]
            assert read_session(changed, SIGNER, 0) is None


def test_every_other_digit_in_any_place_is_refused() -> None:
    for place in range(len(TEXT)):
        for letter in "0123456789abcdefABCDEF.-+_ lsg":
            changed = TEXT[:place] + letter + TEXT[place + 1 :]
            assert changed == TEXT or read_session(changed, SIGNER, 0) is None


def test_random_mutations_are_refused_and_none_raises() -> None:
    chance = random.Random(seed())  # noqa: S311
    alphabet = "0123456789abcdef.ABCDEFls \0\n+-_%١é\ud800"
    accepted = []
    for _ in range(MUTATIONS):
        letters = list(TEXT)
        for _ in range(chance.randint(1, 3)):
            start, end = sorted(chance.choices(range(len(letters) + 1), k=2))
            piece = chance.choice(
                ["", chance.choice(alphabet), "".join(chance.choices(alphabet, k=4)), *letters[:1]]
            )
            letters[start : chance.choice([start, start + 1, end])] = piece
        changed = "".join(letters)
        if changed != TEXT and read_session(changed, SIGNER, 0) is not None:
            accepted.append(changed)
    figure("mutations", MUTATIONS)
    figure("mutations accepted", len(accepted))
    assert accepted == []


@pytest.mark.parametrize(
    "change",
    [
        "{}\n", "\n{}", " {}", "{} ", "{}.", ".{}", "{}\0", "{},{}", "{};", '"{}"', "{}0", "Bearer {}",
    ],
)  # fmt: skip
def test_what_stands_around_a_session_is_refused(change: str) -> None:
    assert read_session(change.format(TEXT, TEXT), SIGNER, 0) is None


def test_upper_case_cut_fields_and_exchanged_fields_are_refused() -> None:
    version, *fields = TEXT.split(".")
    assert read_session(TEXT.upper(), SIGNER, 0) is None
    for one in range(len(fields)):
        without = [field for place, field in enumerate(fields) if place != one]
        assert read_session(".".join([version, *without]), SIGNER, 0) is None
        for other in range(one):
            swapped = fields.copy()
            swapped[one], swapped[other] = swapped[other], swapped[one]
            assert read_session(".".join([version, *swapped]), SIGNER, 0) is None
    assert read_session("", SIGNER, 0) is None
    assert read_session(".".join(["ls2", *fields]), SIGNER, 0) is None


def test_an_older_key_reads_while_it_is_in_the_ring() -> None:
    text = write_session(SESSION, Signer([OLD], PURPOSE))
    assert read_session(text, Signer([NEW, OLD], PURPOSE), 0) == SESSION
    assert read_session(text, Signer([NEW], PURPOSE), 0) is None


def test_a_tag_made_for_another_purpose_makes_no_session() -> None:
    forged = write_session(SESSION, Signer([NEW], "listenlink-playback-v1"))
    assert read_session(forged, SIGNER, 0) is None


def test_no_session_that_begins_now_ends_later_than_the_longest() -> None:
    latest = ENDS_AT + LONGEST_SECONDS + APART_SECONDS
    assert not is_of_another_time(latest, ENDS_AT)
    assert is_of_another_time(latest + 1, ENDS_AT)
    assert Settings.model_fields["session_ttl_seconds"].default == LONGEST_SECONDS
    with pytest.raises(RefusesToStart):
        load_settings(session_ttl_seconds=LONGEST_SECONDS + 1)
