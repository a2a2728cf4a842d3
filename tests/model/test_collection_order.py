"""Where a track goes when it's moved, and what tells one order from another."""

from __future__ import annotations

import pytest

from listenlink.model.collection_order import Aim, mark_of

ORDER = [10, 11, 12, 13]


def moved(track_id: int, aim: Aim) -> list[int] | None:
    order = list(ORDER)
    position = aim.position_in(order, track_id)
    if position is None:
        return None
    order.remove(track_id)
    order.insert(position, track_id)
    return order


@pytest.mark.parametrize(
    ("track_id", "aim", "expected"),
    [
        (12, Aim(by=-1), [10, 12, 11, 13]),
        (12, Aim(by=1), [10, 11, 13, 12]),
        (10, Aim(by=-1), ORDER),
        (13, Aim(by=1), ORDER),
        (13, Aim(position=0), [13, 10, 11, 12]),
        (10, Aim(position=3), [11, 12, 13, 10]),
        (10, Aim(position=99), [11, 12, 13, 10]),
        (11, Aim(position=1), ORDER),
        (10, Aim(before=13), [11, 12, 10, 13]),
        (13, Aim(before=10), [13, 10, 11, 12]),
        (10, Aim(before=11), ORDER),
        (10, Aim(after=13), [11, 12, 13, 10]),
        (13, Aim(after=10), [10, 13, 11, 12]),
        (11, Aim(after=10), ORDER),
        (10, Aim(before=10), ORDER),
        (10, Aim(before=99), None),
        (10, Aim(after=99), None),
    ],
)
def test_a_track_goes_where_it_is_aimed(
    track_id: int, aim: Aim, expected: list[int] | None
) -> None:
    assert moved(track_id, aim) == expected


def test_an_order_is_told_from_every_other() -> None:
    orders = [[], [1], [2], [1, 2], [2, 1], [1, 2, 3], [1, 3, 2], [256], [1, 0]]
    assert len({mark_of(order) for order in orders}) == len(orders)
    assert mark_of(ORDER) == mark_of(tuple(ORDER))
    assert len(mark_of([2**48 - 1])) == 16
