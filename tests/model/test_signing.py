"""Signatures: the derivation is HKDF by RFC 5869, a tag is of exactly these fields, purpose and key, and
without a fit key there is no signature.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from listenlink.model.signing import MIN_KEY_BYTES, Signer, SigningKey, derive

OLD = SigningKey("0000000a", bytes(range(32)))
NEW = SigningKey("0000000b", bytes(range(32, 64)))


def hkdf(root: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, section 2, as it is written there."""
    extracted = hmac.new(salt or b"\0" * 32, root, hashlib.sha256).digest()
    block, output = b"", b""
    for number in range(1, -(-length // 32) + 1):
        block = hmac.new(extracted, block + info + bytes([number]), hashlib.sha256).digest()
        output += block
    return output[:length]


def reference_tag(key: SigningKey, purpose: str, text: str) -> str:
    """HMAC-SHA-256 over the purpose, behind its length in four bytes, and the text."""
    signed = len(purpose.encode()).to_bytes(4, "big") + purpose.encode() + text.encode()
    derived = hkdf(key.root, b"", purpose.encode(), 32)
    return hmac.new(derived, signed, hashlib.sha256).hexdigest()[:32]


def test_the_reference_derivation_gives_the_published_vectors() -> None:
    """RFC 5869, A.1 and A.3. Their roots are too short for us, so they hold the reference."""
    first = hkdf(
        b"\x0b" * 22, bytes(range(13)), bytes.fromhex("f0f1f2f3f4f5f6f7f8f9"), 42
    )  # fmt: skip
    third = hkdf(b"\x0b" * 22, b"", b"", 42)
    assert first.hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )
    assert third.hex() == (
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    )


@given(st.binary(min_size=32, max_size=200), st.text(max_size=40))
def test_a_derived_key_is_hkdf_with_the_purpose_as_info(root: bytes, purpose: str) -> None:
    assert derive(root, purpose) == hkdf(root, b"", purpose.encode(), 32)


@pytest.mark.parametrize(
    "root",
    [
        b"",
        b"x",
        b"x" * (MIN_KEY_BYTES - 1),
        None,
        "x" * 64,
        bytearray(64),
        0,
        memoryview(b"x" * 64),
    ],
    ids=lambda root: f"{type(root).__name__}",
)
def test_a_missing_short_or_wrong_root_gives_no_key_and_no_signer(root: Any) -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        derive(root, "p")
    with pytest.raises(ValueError, match="at least 32 bytes"):
        Signer([NEW, SigningKey("0000000c", root)], "p")


def test_a_signer_without_a_key_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="at least one key"):
        Signer([], "p")


def test_a_key_shows_its_id_and_never_its_bytes() -> None:
    for shown in (repr(NEW), str(NEW), f"{NEW}", repr([NEW])):
        assert NEW.key_id in shown
        assert NEW.root.hex() not in shown
        assert repr(NEW.root)[2:-1] not in shown


@given(st.text(max_size=200), st.text(st.characters(max_codepoint=127), max_size=10))
def test_a_tag_is_the_references_and_verifies(text: str, purpose: str) -> None:
    signer = Signer([NEW], purpose)
    tag = signer.sign(text)
    assert tag == reference_tag(NEW, purpose, text)
    assert re.fullmatch("[0-9a-f]{32}", tag)
    assert signer.verify(NEW.key_id, tag, text)


@given(st.text(max_size=40), st.text(max_size=40))
def test_another_text_has_another_tag(first: str, second: str) -> None:
    assume(first != second)
    signer = Signer([NEW], "p")
    assert not signer.verify(NEW.key_id, signer.sign(first), second)


def test_the_boundary_between_purpose_and_text_is_signed() -> None:
    assert Signer([NEW], "pa").sign("b") != Signer([NEW], "p").sign("ab")
    length_first = "\0\0\0\x01b"
    assert Signer([NEW], "p" + length_first).sign("") != Signer([NEW], "p").sign("b")
    assert Signer([NEW], "\x80").sign("") == reference_tag(NEW, "\x80", "")


def test_one_purposes_tag_is_no_other_purposes_tag() -> None:
    here, there = Signer([NEW], "listenlink-a-v1"), Signer([NEW], "listenlink-a-v2")
    assert not there.verify(NEW.key_id, here.sign("x"), "x")


def test_every_single_bit_of_a_tag_counts() -> None:
    signer = Signer([NEW], "p")
    tag = bytes.fromhex(signer.sign("x"))
    for bit in range(128):
        flipped = (int.from_bytes(tag, "big") ^ 1 << bit).to_bytes(16, "big")
        assert not signer.verify(NEW.key_id, flipped.hex(), "x")


@pytest.mark.parametrize("change", ["", "cut", "longer", "upper", "space", "unicode"])
def test_a_tag_has_one_spelling(change: str) -> None:
    signer = Signer([NEW], "p")
    tag = signer.sign("x")
    changed = {
        "": "",
        "cut": tag[:-1],
        "longer": tag + "0",
        "upper": tag.upper(),
        "space": tag + " ",
        "unicode": tag.replace(tag[0], "١"),
    }[change]
    assert any(letter in "abcdef" for letter in tag)
    assert not signer.verify(NEW.key_id, changed, "x")


def test_an_old_key_verifies_while_it_is_in_the_ring_and_the_newest_signs() -> None:
    before, during, after = Signer([OLD], "p"), Signer([NEW, OLD], "p"), Signer([NEW], "p")
    old_tag, new_tag = before.sign("x"), during.sign("x")
    assert during.key_id == NEW.key_id
    assert during.verify(OLD.key_id, old_tag, "x")
    assert after.verify(NEW.key_id, new_tag, "x")
    assert not after.verify(OLD.key_id, old_tag, "x")
    assert not before.verify(NEW.key_id, new_tag, "x")


def test_a_tag_by_one_key_is_not_taken_under_anothers_name() -> None:
    ring = Signer([NEW, OLD], "p")
    tag = ring.sign("x")
    assert not ring.verify(OLD.key_id, tag, "x")
    for unknown in ("", "0000000c", NEW.key_id.upper(), NEW.key_id + " ", NEW.key_id[:-1]):
        assert not ring.verify(unknown, tag, "x")
