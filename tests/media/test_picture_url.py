"""A picture's address: what is written is read back, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listenlink.media.picture_url import (
    LARGE,
    PATH,
    PREVIEW,
    PURPOSE,
    SMALL,
    PictureName,
    PictureUrls,
)
from listenlink.model.signing import Signer, SigningKey

OLD, NEW = SigningKey("0000000a", b"o" * 32), SigningKey("0000000b", b"n" * 32)
URLS = PictureUrls(Signer([NEW], PURPOSE))
NAME = PictureName(0xB4D9E1C6A72F, 2, 0x0123456789AB, SMALL)
NAMES = st.builds(
    PictureName,
    st.integers(0, 2**48 - 1),
    st.integers(0, 2**31),
    st.integers(0, 2**48 - 1),
    st.sampled_from([LARGE, SMALL, PREVIEW]),
)


def text_of(urls: PictureUrls, name: PictureName) -> str:
    return urls.write(name).removeprefix(PATH)


@given(NAMES)
def test_what_is_written_is_read_back(name: PictureName) -> None:
    assert URLS.read(text_of(URLS, name)) == name


@pytest.mark.parametrize("digit", "0123456789abcdefgls. ")
def test_every_other_letter_in_any_place_is_refused(digit: str) -> None:
    text = text_of(URLS, NAME)
    for place, was in enumerate(text):
        if was != digit:
            assert URLS.read(text[:place] + digit + text[place + 1 :]) is None
    assert URLS.read(text + digit) is None
    assert URLS.read(digit + text) is None


def test_a_key_that_was_replaced_is_good_while_it_is_in_the_ring() -> None:
    text = text_of(PictureUrls(Signer([OLD], PURPOSE)), NAME)
    assert PictureUrls(Signer([NEW, OLD], PURPOSE)).read(text) == NAME
    assert URLS.read(text) is None
