"""A memory that is bounded by bytes, and forgets what wasn't asked for longest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from listenlink.model.remembered import Remembered

MOST_BYTES = 3200


def ask(memory: Remembered[int, bytes], key: int, size: int) -> bool:
    """Whether it was remembered; it is from now on."""
    if key in memory or memory.recall(key) is not None:
        return True
    memory.keep(key, bytes(size))
    return False


def held(memory: Remembered[int, bytes]) -> int:
    return sum(len(value) for value in [*memory.values(), *memory._old.values()])


def new_memory() -> Remembered[int, bytes]:
    return Remembered(MOST_BYTES, lambda _, value: len(value))


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 400)), max_size=300))
def test_it_never_holds_more_than_it_may(asked: list[tuple[int, int]]) -> None:
    memory, sizes = new_memory(), dict[int, int]()
    for key, size in asked:
        ask(memory, key, size)
        sizes.setdefault(key, size)
        assert held(memory) <= MOST_BYTES
        found = memory.get(key)
        assert found is None or len(found) in {size for k, size in asked if k == key}
        # Only what is too large isn't there at once.
        assert found is not None or size > MOST_BYTES // 16


def test_what_is_asked_for_again_and_again_stays_whatever_else_is() -> None:
    memory = new_memory()
    ask(memory, -1, 100)
    for key in range(10_000):
        ask(memory, key, 100)
        if key % 10 == 0:
            assert ask(memory, -1, 100)
    assert not ask(memory, 5, 100)


def test_what_comes_last_is_remembered_however_much_came_before() -> None:
    memory = new_memory()
    for key in range(10_000):
        assert not ask(memory, key, 100)
        assert ask(memory, key, 100)
    lately = [key for key in range(10_000) if key in memory or memory.recall(key) is not None]
    assert len(lately) >= 10
    assert max(lately) == 9_999


def test_what_is_large_drives_nothing_out() -> None:
    memory = new_memory()
    ask(memory, 1, 100)
    for key in range(2, 100):
        assert not ask(memory, key, MOST_BYTES)
        assert not ask(memory, key, MOST_BYTES)
    assert ask(memory, 1, 100)


def test_nothing_is_left_once_it_is_to_forget() -> None:
    memory = new_memory()
    for key in range(20):
        ask(memory, key, 100)
    memory.forget()
    assert not any(key in memory or memory.recall(key) is not None for key in range(20))
    assert held(memory) == 0
    assert not ask(memory, 1, 100)
    assert ask(memory, 1, 100)
