"""A link's token, sealed: for this link alone, by a key that is nowhere in it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as some

from listenlink.model.sealing import TokenSealer, sealed_by
from listenlink.model.share_token import new_token
from listenlink.model.signing import SigningKey

OLD, NEW = SigningKey("0000000a", b"a" * 32), SigningKey("0000000b", b"b" * 32)
TOKEN = "shr_" + "5" * 32
SEALER = TokenSealer([OLD])


def sealed(sealer: TokenSealer = SEALER, share_id: int = 7, rotation: int = 2) -> bytes:
    made = sealer.seal(TOKEN, share_id, rotation)
    assert made is not None
    return made


@settings(deadline=None)
@given(some.integers(0, 2**48 - 1), some.integers(0, 2**31 - 1))
def test_it_is_shown_again_for_its_link_and_rotation_alone(share_id: int, rotation: int) -> None:
    made, token = TokenSealer([NEW, OLD]), new_token()
    kept = made.seal(token, share_id, rotation)
    assert kept is not None
    assert made.unseal(kept, share_id, rotation) == token
    assert made.unseal(kept, share_id + 1, rotation) is None
    assert made.unseal(kept, share_id, rotation + 1) is None
    assert token.encode() not in kept
    assert bytes.fromhex(token[4:]) not in kept


def test_no_two_seals_of_it_are_alike() -> None:
    assert len({sealed() for _ in range(100)}) == 100


def test_every_bit_of_it_counts() -> None:
    whole = sealed()
    for place in range(len(whole) * 8):
        changed = bytearray(whole)
        changed[place // 8] ^= 1 << place % 8
        assert SEALER.unseal(bytes(changed), 7, 2) is None
    for length in range(len(whole)):
        assert SEALER.unseal(whole[:length], 7, 2) is None


def test_another_key_of_the_same_name_opens_nothing_and_is_no_error() -> None:
    assert TokenSealer([SigningKey(OLD.key_id, b"c" * 32)]).unseal(sealed(), 7, 2) is None
    assert TokenSealer([NEW]).unseal(sealed(), 7, 2) is None


def test_the_newest_key_seals_and_all_open() -> None:
    both = TokenSealer([NEW, OLD])
    assert both.unseal(sealed(), 7, 2) == TOKEN
    assert sealed_by(sealed(both)) == both.newest == NEW.key_id


def test_without_keys_nothing_is_sealed_nor_shown() -> None:
    nothing = TokenSealer(())
    assert nothing.newest is None
    assert nothing.seal(TOKEN, 7, 2) is None
    assert nothing.unseal(sealed(), 7, 2) is None
