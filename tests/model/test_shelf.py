"""The shelf: never above its bounds, and what was asked for longest ago goes first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from listenlink.model.shelf import ENTRY_BYTES, Shelf, Written

KIB = 1024


def thing(kib: int, packed_kib: int = 0) -> Written:
    """Something that takes so many KiB, its place on the shelf among them."""
    return Written(bytes(kib * KIB - ENTRY_BYTES), bytes(packed_kib * KIB))


def test_what_is_kept_is_found() -> None:
    shelf = Shelf(100 * KIB, 50 * KIB)
    shelf.put("a", thing(10))
    assert shelf.find("a") == thing(10)
    assert shelf.find("b") is None
    assert "a" in shelf
    assert "b" not in shelf


def test_what_was_asked_for_longest_ago_goes_first() -> None:
    shelf = Shelf(100 * KIB, 50 * KIB)
    for name in "abcd":
        shelf.put(name, thing(25))
    assert shelf.find("a") is not None
    shelf.put("e", thing(25))
    assert [name for name in "abcde" if name in shelf] == ["a", "c", "d", "e"]
    shelf.put("f", thing(50))
    assert [name for name in "abcdef" if name in shelf] == ["a", "e", "f"]


def test_one_that_is_too_large_moves_nothing() -> None:
    shelf = Shelf(100 * KIB, 50 * KIB)
    shelf.put("a", thing(50))
    shelf.put("b", thing(50, packed_kib=1))
    assert "a" in shelf
    assert "b" not in shelf


def test_a_second_putting_counts_once() -> None:
    shelf = Shelf(100 * KIB, 50 * KIB)
    shelf.put("a", thing(50))
    shelf.put("a", thing(20))
    assert shelf.bytes_kept == 20 * KIB
    assert shelf.find("a") == thing(20)


asked = st.tuples(st.booleans(), st.integers(0, 40), st.integers(1, 70), st.integers(0, 30))


@given(st.lists(asked, max_size=300))
def test_it_is_never_above_its_bounds(steps: list[tuple[bool, int, int, int]]) -> None:
    """Beside a plain list of what was asked for when."""
    shelf, order = Shelf(200 * KIB, 64 * KIB), list[int]()
    sizes: dict[int, int] = {}
    for is_put, key, kib, packed_kib in steps:
        if is_put:
            shelf.put(key, thing(kib, packed_kib))
            if (size := (kib + packed_kib) * KIB) <= 64 * KIB:
                order = [other for other in order if other != key] + [key]
                sizes[key] = size
        elif shelf.find(key) is not None:
            order = [other for other in order if other != key] + [key]
        while sum(sizes[other] for other in order) > 200 * KIB:
            order.pop(0)
        assert [other for other in range(41) if other in shelf] == sorted(order)
        assert shelf.bytes_kept == sum(sizes[other] for other in order) <= 200 * KIB
        assert len(shelf) == len(order)
