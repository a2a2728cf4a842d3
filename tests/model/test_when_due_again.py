"""When what wasn't taken is due again: in steps, or as the receiver wishes where that's longer."""

from __future__ import annotations

import random

import pytest

from listenlink.clock import SECOND_US
from listenlink.model.notice import AGAIN_AFTER_SECONDS, due_again_at, rests_until

_JITTER = random.Random(1)  # noqa: S311
NOW, DAY_SECONDS = 1_800_000_000 * SECOND_US, 86_400


def waits(attempts: int, asked: int | None) -> float:
    due_at = due_again_at(attempts, NOW, asked, _JITTER)
    assert due_at is not None
    return (due_at - NOW) / SECOND_US


@pytest.mark.parametrize("attempts", range(1, len(AGAIN_AFTER_SECONDS) + 1))
def test_it_waits_its_step_and_a_little(attempts: int) -> None:
    step = AGAIN_AFTER_SECONDS[attempts - 1]
    for asked in (None, 0, step - 1):
        assert step <= waits(attempts, asked) <= 1.2 * step


@pytest.mark.parametrize(
    ("asked", "heeded"), [(7200, 7200), (DAY_SECONDS, DAY_SECONDS), (9_999_999, DAY_SECONDS)]
)
def test_a_longer_wish_is_heeded_up_to_a_day(asked: int, heeded: int) -> None:
    assert waits(1, asked) == heeded
    assert rests_until(1, NOW, asked) == NOW + heeded * SECOND_US


def test_behind_the_last_step_it_is_given_up() -> None:
    assert due_again_at(len(AGAIN_AFTER_SECONDS) + 1, NOW, None, _JITTER) is None
