"""Places are as many as were said, of which one client gets a part, and each that is left is free again."""

from __future__ import annotations

import contextlib

import pytest

from listenlink.errors import Problem, ProblemKind
from listenlink.model.places import Places


def refusal(places: Places, client: int) -> ProblemKind:
    with pytest.raises(Problem) as told, places.take(client):
        pass
    return told.value.kind


def test_a_client_gets_its_part_and_all_get_no_more_than_there_are() -> None:
    places = Places(3, 2)
    for _ in range(5):  # What was left is free again, each time.
        with contextlib.ExitStack() as taken:
            taken.enter_context(places.take(1))
            taken.enter_context(places.take(1))
            assert refusal(places, 1) is ProblemKind.LIMITED
            taken.enter_context(places.take(2))
            assert refusal(places, 2) is ProblemKind.UNAVAILABLE
            assert refusal(places, 3) is ProblemKind.UNAVAILABLE
            assert places.taken == 3
        assert places.taken == 0


def test_a_place_is_left_by_whoever_fails_in_it_too() -> None:
    places = Places(1, 1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), places.take(1):
            raise ZeroDivisionError
    places.require(1)
