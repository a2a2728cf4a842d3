"""Public ids: a prefix and 12 lowercase hex digits, one spelling each, and trace ids likewise."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listenlink.model import ids

PREFIXES = [ids.TRACK, ids.COLLECTION, ids.SHARE, ids.ORGANIZATION, ids.USER]
GOOD = "mtrack_b4d9e1c6a72f"
BAD = [
    "", "mtrack_", "b4d9e1c6a72f", GOOD[:-1], GOOD + "0", GOOD.upper(), "mtrack_B4D9E1C6A72F", GOOD + "\n",
    " " + GOOD, GOOD + " ", GOOD + "\0", "mtrack_-4d9e1c6a72f", "mtrack_+4d9e1c6a72f", "mtrack_0xd9e1c6a72f",
    "mtrack_b4d9_1c6a72f", "mtrack_b4d9e1c6a72g", "mtrack_٤4d9e1c6a72f", "mtrack_mtrack_b4d9e1c6a72f",
    "mcoll_b4d9e1c6a72f", "track_b4d9e1c6a72f", "mtrack_b4d9e1c6a7 2", "mtrack_\ud8004d9e1c6a72",
]  # fmt: skip


@given(st.sampled_from(PREFIXES), st.integers(0, 2**48 - 1))
def test_an_id_is_read_back_as_its_number(prefix: str, number: int) -> None:
    text = ids.public_id(prefix, number)
    assert re.fullmatch(prefix + r"[0-9a-f]{12}", text)
    assert ids.parse_id(prefix, text) == number


@given(st.sampled_from(PREFIXES), st.sampled_from(PREFIXES), st.integers(0, 2**48 - 1))
def test_an_id_of_one_kind_is_no_id_of_another(one: str, other: str, number: int) -> None:
    assert (ids.parse_id(one, ids.public_id(other, number)) is None) == (one != other)


def test_an_id_is_spelled_in_one_way() -> None:
    assert ids.parse_id(ids.TRACK, GOOD) == 0xB4D9E1C6A72F
    assert [text for text in BAD if ids.parse_id(ids.TRACK, text) is not None] == []


@given(st.text(max_size=30))
def test_no_text_raises_and_what_is_read_is_written_alike(text: str) -> None:
    for spelled in (text, ids.TRACK + text):
        number = ids.parse_id(ids.TRACK, spelled)
        assert number is None or ids.public_id(ids.TRACK, number) == spelled


def test_new_numbers_have_48_bits_and_use_them_all() -> None:
    numbers = [ids.new_number() for _ in range(20_000)]
    assert all(0 <= number < 2**48 for number in numbers)
    assert len(set(numbers)) == len(numbers)
    for bit in range(48):
        assert 0.45 < sum(number >> bit & 1 for number in numbers) / len(numbers) < 0.55


def test_trace_numbers_fit_a_signed_64_bit_column_and_use_63_bits() -> None:
    numbers = [ids.new_trace_number() for _ in range(20_000)]
    assert all(0 <= number < 2**63 for number in numbers)
    assert len(set(numbers)) == len(numbers)
    for bit in range(63):
        assert 0.45 < sum(number >> bit & 1 for number in numbers) / len(numbers) < 0.55


@pytest.mark.parametrize(
    ("number", "text"), [(0, "req_0000000000000000"), (2**63 - 1, "req_7fffffffffffffff")]
)
def test_a_trace_id_is_16_hex_digits(number: int, text: str) -> None:
    assert ids.trace_id(number) == text


def test_forked_processes_give_no_number_twice() -> None:
    numbers = ids.new_trace_number(), _of_child(), _of_child(), ids.new_trace_number()
    assert len(set(numbers)) == 4


def _of_child() -> int:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, ids.new_trace_number().to_bytes(8, "big"))
        os._exit(0)
    os.waitpid(child, 0)
    number = int.from_bytes(os.read(reading, 8), "big")
    os.close(reading)
    os.close(writing)
    return number
