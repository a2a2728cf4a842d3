"""The unlock's text: what is written is read back, until it's over, and nothing else is ever read."""

from __future__ import annotations

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from listenlink.model.listen_session import LONGEST_SECONDS
from listenlink.model.signing import Signer, SigningKey
from listenlink.model.unlock import PURPOSE, Unlock, as_hashed, read_sent, read_unlock, write_unlock

OLD = SigningKey("0000000a", b"o" * 32)
NEW = SigningKey("0000000b", b"n" * 32)
SIGNER = Signer([NEW], PURPOSE)
ENDS_AT = 1_800_000_000
UNLOCK = Unlock(0xB4D9E1C6A72F, 3, ENDS_AT)
TEXT = write_unlock(UNLOCK, SIGNER)
UNLOCKS = st.builds(
    Unlock, st.integers(0, 2**48 - 1), st.integers(0, 2**31 - 1), st.integers(1, 2**33)
)


@given(UNLOCKS)
def test_what_is_written_is_read_back(unlock: Unlock) -> None:
    text = write_unlock(unlock, SIGNER)
    assert read_unlock(text, SIGNER, unlock.ends_at - 1) == unlock


def test_it_is_over_with_its_second_and_is_of_no_other_time() -> None:
    assert read_unlock(TEXT, SIGNER, ENDS_AT - 1) == UNLOCK
    assert read_unlock(TEXT, SIGNER, ENDS_AT) is None
    assert read_unlock(TEXT, SIGNER, ENDS_AT + 1) is None
    # By a clock that was ahead.
    assert read_unlock(TEXT, SIGNER, ENDS_AT - 2 * LONGEST_SECONDS) is None


def test_keys_that_are_replaced_still_read_it_and_others_never() -> None:
    before = write_unlock(UNLOCK, Signer([OLD], PURPOSE))
    assert read_unlock(before, Signer([NEW, OLD], PURPOSE), ENDS_AT - 1) == UNLOCK
    assert read_unlock(before, SIGNER, ENDS_AT - 1) is None
    assert read_unlock(TEXT, Signer([NEW], "another purpose"), ENDS_AT - 1) is None


def test_one_letter_changed_or_left_out_or_put_in_is_no_unlock() -> None:
    chance = random.Random(20)  # noqa: S311
    for place, letter in enumerate(TEXT):
        other = chance.choice([one for one in "0123456789abcdef.su" if one != letter])
        for text in (
            TEXT[:place] + other + TEXT[place + 1 :],
            TEXT[:place] + TEXT[place + 1 :],
            TEXT[:place] + other + TEXT[place:],
        ):
            assert read_unlock(text, SIGNER, ENDS_AT - 1) is None, text


def test_a_sent_password_is_what_a_decoder_takes() -> None:
    """Each one and two bytes, and longer ones at the edges of what UTF-8 allows (RFC 3629, section 4)."""
    edges = (0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0)
    begins = (0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5)
    tried = [bytes(each) for many in (1, 2) for each in itertools.product(range(256), repeat=many)]
    tried += [bytes(each) for many in (2, 3) for each in itertools.product(begins, *[edges] * many)]
    for number, each in enumerate(tried):
        form = b"%%%02X" if number % 2 else b"%%%02x"
        assert read_sent(b"".join(form % byte for byte in each)) == _decoded(each), each


def test_a_password_is_the_same_however_its_accents_are_typed() -> None:
    assert as_hashed("cafe\u0301") == as_hashed("caf\u00e9") == "caf\u00e9"
    assert as_hashed("cafe") != as_hashed("caf\u00e9")


def _decoded(text: bytes) -> str | None:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return None
