"""Sizes as people write them, and when a quota is reached."""

from __future__ import annotations

import pytest

from listenlink.model.quota import Quota, Usage, parse_bytes, write_bytes


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4096", 4096), ("10GB", 10**10), ("10 gb", 10**10), ("1.5GiB", 3 * 2**29), ("0", 0),
        ("500M", 5 * 10**8), ("2TB", 2 * 10**12), ("1kiB", 1024), (" 7 B ", 7), ("0.001kB", 1),
        ("many", None), ("", None), ("-1", None), ("1e9", None), ("10XB", None), ("9" * 15 + "TB", None),
        ("1,5GB", None), ("١GB", None),
    ],
)  # fmt: skip
def test_a_size_is_read(text: str, size: int | None) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_951, "1.0 MB"),
     (10**10, "10.0 GB"), (5 * 10**15, "5000.0 TB")],
)  # fmt: skip
def test_a_size_is_written(size: int, text: str) -> None:
    assert write_bytes(size) == text


@pytest.mark.parametrize(
    ("quota", "room", "over"),
    [
        (Quota(), True, False),
        (Quota(180, None), True, False),
        (Quota(179, None), False, False),
        (Quota(99, None), False, True),
        (Quota(None, 5), True, False),
        (Quota(None, 4), False, False),
        (Quota(None, 2), False, True),
    ],
)
def test_what_has_begun_takes_room_but_is_not_over(quota: Quota, room: bool, over: bool) -> None:
    used = Usage(100, 3, 1, 50, quota)
    assert used.has_room_for(30) is room
    assert used.is_over() is over
