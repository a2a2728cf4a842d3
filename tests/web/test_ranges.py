"""Conditional and range requests by RFC 9110, case by case, and floods of ranges."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from listenlink.web.ranges import Part, choose_part

SIZE = 1000
ETAG = b'"abc"'
OTHER = b'"xyz"'
DATE = b"Tue, 28 Jul 2026 10:00:00 GMT"
WHOLE, NOTHING, NOT_MODIFIED, FAILED = Part(200, 0, SIZE), Part(416), Part(304), Part(412)


def part(first: int, last: int) -> Part:
    """206 with the bytes from first to last, both included, as a Content-Range names them."""
    return Part(206, first, last - first + 1)


RANGES = [
    # what is asked for: first and last
    (b"bytes=0-0", part(0, 0)),
    (b"bytes=0-499", part(0, 499)),
    (b"bytes=500-999", part(500, 999)),
    (b"bytes=999-999", part(999, 999)),
    (b"bytes=0-999", part(0, 999)),
    (b"bytes=0-", part(0, 999)),
    (b"bytes=500-", part(500, 999)),
    (b"bytes=999-", part(999, 999)),
    (b"bytes=000-009", part(0, 9)),
    (b" bytes=0-9 ", part(0, 9)),
    # the last one beyond the end is the end
    (b"bytes=0-1000", part(0, 999)),
    (b"bytes=990-5000", part(990, 999)),
    (b"bytes=999-999999999999999", part(999, 999)),
    # the first one beyond the end can't be satisfied
    (b"bytes=1000-", NOTHING),
    (b"bytes=1000-1000", NOTHING),
    (b"bytes=1001-2000", NOTHING),
    (b"bytes=999999999999999-", NOTHING),
    # suffixes: the last n bytes
    (b"bytes=-1", part(999, 999)),
    (b"bytes=-500", part(500, 999)),
    (b"bytes=-1000", part(0, 999)),
    (b"bytes=-1001", part(0, 999)),
    (b"bytes=-999999999999999", part(0, 999)),
    (b"bytes=-0", NOTHING),
    (b"bytes=-000", NOTHING),
    # the unit is case-insensitive; an unknown one must be ignored
    (b"Bytes=0-9", part(0, 9)),
    (b"BYTES=0-9", part(0, 9)),
    (b"seconds=0-9", WHOLE),
    (b"none", WHOLE),
    (b"bytesx=0-9", WHOLE),
    (b"octets=0-9", WHOLE),
    # not a valid range: ignored
    (b"", WHOLE),
    (b"bytes", WHOLE),
    (b"bytes=", WHOLE),
    (b"bytes=-", WHOLE),
    (b"bytes=5-4", WHOLE),
    (b"bytes=2000-1000", WHOLE),
    (b"bytes=a-b", WHOLE),
    (b"bytes=0x0-0x9", WHOLE),
    (b"bytes=1_0-2_0", WHOLE),
    (b"bytes=+0-+9", WHOLE),
    (b"bytes=--5", WHOLE),
    (b"bytes=-5-", WHOLE),
    (b"bytes=0-9-", WHOLE),
    (b"bytes=0", WHOLE),
    (b"bytes=0.0-9.0", WHOLE),
    (b"bytes: 0-9", WHOLE),
    (b"bytes=0-9;q=1", WHOLE),
    (b"bytes=0-9\n", part(0, 9)),
    (b"bytes=0-9\x00", WHOLE),
    ("bytes=٠-٩".encode(), WHOLE),
    ("bytes=²-".encode("latin-1"), WHOLE),
    (b"bytes 0-9/1000", WHOLE),
    # several ranges are answered whole, which section 14.2 allows
    (b"bytes=0-0,5-9", WHOLE),
    (b"bytes=0-0, -1", WHOLE),
    (b"bytes=0-999,0-999,0-999", WHOLE),
    (b"bytes=0-9,bytes=20-29", WHOLE),
    # numbers beyond 15 digits: the range is ignored, which is allowed too
    (b"bytes=0-" + b"9" * 30, WHOLE),
    (b"bytes=" + b"9" * 30 + b"-", WHOLE),
    (b"bytes=-" + b"9" * 5000, WHOLE),
    (b"bytes=" + b"0" * 16 + b"-9", WHOLE),
]

RANGE = (b"range", b"bytes=0-9")
TEN = part(0, 9)
CONDITIONS = [
    # If-Range: the same strong tag keeps the range; another, a weak one or any date drops it
    ([RANGE, (b"if-range", ETAG)], TEN),
    ([RANGE, (b"if-range", b" " + ETAG + b" ")], TEN),
    ([RANGE, (b"if-range", OTHER)], WHOLE),
    ([RANGE, (b"if-range", b"W/" + ETAG)], WHOLE),
    ([RANGE, (b"if-range", DATE)], WHOLE),
    ([RANGE, (b"if-range", b"*")], WHOLE),
    ([RANGE, (b"if-range", b"")], WHOLE),
    ([RANGE, (b"if-range", b"abc")], WHOLE),
    ([RANGE, (b"if-range", ETAG + b", " + OTHER)], WHOLE),
    ([(b"range", b"bytes=1000-"), (b"if-range", OTHER)], WHOLE),
    ([(b"range", b"bytes=1000-"), (b"if-range", ETAG)], NOTHING),
    ([(b"if-range", OTHER)], WHOLE),
    # If-Match: strong comparison, any of a list, or a star
    ([(b"if-match", ETAG)], WHOLE),
    ([(b"if-match", b"*")], WHOLE),
    ([(b"if-match", b" * ")], WHOLE),
    ([(b"if-match", OTHER + b", " + ETAG)], WHOLE),
    ([(b"if-match", OTHER + b"," + ETAG + b",")], WHOLE),
    ([(b"if-match", OTHER)], FAILED),
    ([(b"if-match", b"W/" + ETAG)], FAILED),
    ([(b"if-match", b"W/" + ETAG + b", " + OTHER)], FAILED),
    ([(b"if-match", b"abc")], FAILED),
    ([(b"if-match", b'"ABC"')], FAILED),
    ([RANGE, (b"if-match", ETAG)], TEN),
    ([RANGE, (b"if-match", OTHER)], FAILED),
    # If-None-Match: weak comparison
    ([(b"if-none-match", ETAG)], NOT_MODIFIED),
    ([(b"if-none-match", b"W/" + ETAG)], NOT_MODIFIED),
    ([(b"if-none-match", b"*")], NOT_MODIFIED),
    ([(b"if-none-match", OTHER + b', "a,b", W/' + ETAG)], NOT_MODIFIED),
    ([(b"if-none-match", OTHER)], WHOLE),
    ([(b"if-none-match", b'W/"xyz", "abcd", "ab"')], WHOLE),
    ([(b"if-none-match", b'"x,abc,y"')], WHOLE),
    ([(b"if-none-match", b"abc")], WHOLE),
    ([(b"if-none-match", b"")], WHOLE),
    ([RANGE, (b"if-none-match", ETAG)], NOT_MODIFIED),
    ([RANGE, (b"if-none-match", OTHER)], TEN),
    # the order of section 13.2.2
    ([(b"if-match", OTHER), (b"if-none-match", ETAG)], FAILED),
    ([(b"if-match", ETAG), (b"if-none-match", ETAG)], NOT_MODIFIED),
    ([(b"if-match", ETAG), (b"if-none-match", OTHER), RANGE, (b"if-range", ETAG)], TEN),
    ([(b"if-none-match", ETAG), RANGE, (b"if-range", OTHER)], NOT_MODIFIED),
    ([(b"if-none-match", ETAG), (b"range", b"bytes=1000-")], NOT_MODIFIED),
    ([(b"if-match", OTHER), (b"range", b"bytes=1000-")], FAILED),
    # without a Last-Modified, conditions by date don't apply (13.1.3, 13.1.4)
    ([(b"if-modified-since", DATE)], WHOLE),
    ([(b"if-unmodified-since", b"Thu, 01 Jan 1970 00:00:00 GMT")], WHOLE),
    ([RANGE, (b"if-unmodified-since", b"Thu, 01 Jan 1970 00:00:00 GMT")], TEN),
]


@pytest.mark.parametrize(("wanted", "expected"), RANGES, ids=lambda value: repr(value)[:40])
def test_a_range_gives_the_bytes_that_the_rfc_says(wanted: bytes, expected: Part) -> None:
    assert choose_part("GET", {b"range": wanted}, SIZE, ETAG) == expected


@pytest.mark.parametrize(("headers", "expected"), CONDITIONS, ids=lambda value: repr(value)[:60])
def test_conditions_are_judged_as_the_rfc_says(
    headers: list[tuple[bytes, bytes]], expected: Part
) -> None:
    assert choose_part("GET", dict(headers), SIZE, ETAG) == expected


def test_without_any_condition_all_of_it_is_sent() -> None:
    assert choose_part("GET", {}, SIZE, ETAG) == WHOLE
    assert choose_part("HEAD", {}, SIZE, ETAG) == WHOLE


@pytest.mark.parametrize("wanted", [b"bytes=0-9", b"bytes=1000-", b"bytes=-0", b"bytes=-5", b"x"])
def test_a_head_ignores_the_range_and_keeps_the_conditions(wanted: bytes) -> None:
    assert choose_part("HEAD", {b"range": wanted}, SIZE, ETAG) == WHOLE
    assert choose_part("HEAD", {b"range": wanted, b"if-none-match": ETAG}, SIZE, ETAG) == Part(304)
    assert choose_part("HEAD", {b"range": wanted, b"if-match": OTHER}, SIZE, ETAG) == Part(412)


@given(st.integers(1, 50), st.integers(0, 60), st.none() | st.integers(0, 60))
def test_a_valid_range_is_the_slice_of_the_content(size: int, first: int, last: int | None) -> None:
    content = bytes(range(size))
    shown = "" if last is None else str(last)
    chosen = choose_part("GET", {b"range": f"bytes={first}-{shown}".encode()}, size, ETAG)
    if last is not None and last < first:
        assert chosen == Part(200, 0, size)
    elif first >= size:
        assert chosen == Part(416)
    else:
        assert chosen.status == 206
        sent = content[chosen.start : chosen.start + chosen.length]
        assert sent == content[first : None if last is None else last + 1]
        assert len(sent) == chosen.length


@given(
    st.sampled_from(["GET", "HEAD"]),
    st.dictionaries(
        st.sampled_from([b"range", b"if-range", b"if-match", b"if-none-match"]),
        st.binary(max_size=30)
        | st.text('bytes=-,0123456789 *W/"abc', max_size=30).map(str.encode)
        | st.tuples(st.integers(), st.integers()).map(lambda pair: b"bytes=%d-%d" % pair)
        | st.integers(0, 10**20).map(lambda count: b"bytes=-%d" % count)
        | st.just(ETAG),
    ),
    st.integers(1, 10**12),
)
@example("GET", {b"range": b"bytes=-1"}, 1)
def test_whatever_is_asked_a_part_lies_within_the_content(
    method: str, headers: dict[bytes, bytes], size: int
) -> None:
    chosen = choose_part(method, headers, size, ETAG)
    if chosen.status == 206:
        assert method == "GET"
        assert chosen.length >= 1
        assert 0 <= chosen.start < chosen.start + chosen.length <= size
    elif chosen.status == 200:
        assert (chosen.start, chosen.length) == (0, size)
    else:
        assert chosen.status in (304, 412, 416)
        assert (chosen.start, chosen.length) == (0, 0)


# A flood of ranges has 5 ms. A list of tags has to be read to its end, which takes a little longer.
# Three times what it takes on a quiet machine, and a tenth of what it would, were each sign compared to each.
RANGE_SECONDS, TAGS_SECONDS = 0.015, 0.060
FLOODS = {
    "many ranges": (b"range", b"bytes=" + b",".join([b"0-"] * 21_000)),
    "a hundred thousand commas": (b"range", b"bytes=" + b"," * 100_000),
    "disjoint ranges": (
        b"range",
        b"bytes=" + b",".join(b"%d-%d" % (n, n) for n in range(0, 9999, 2)),
    ),
    "one number": (b"range", b"bytes=" + b"1" * 65_536),
    "spaces": (b"range", b"bytes=0-9" + b" " * 65_536 + b"x"),
    "quotes": (b"if-none-match", b'"' * 65_536),
    "one open quote": (b"if-none-match", b'"' + b"a" * 65_536),
    "weak marks": (b"if-match", b"W/" * 32_768),
    "open quotes": (b"if-match", b'"a ' * 21_845),
    "many tags": (b"if-none-match", b'"x", ' * 13_000),
}


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_in_a_64_kilobyte_header_is_judged_at_once(flood: str) -> None:
    headers = dict([FLOODS[flood]])
    times = []
    for _ in range(5):
        begun = time.thread_time()
        chosen = choose_part("GET", headers, SIZE, ETAG)
        times.append(time.thread_time() - begun)
    assert chosen.length in (0, SIZE)
    assert chosen.status != 206
    assert min(times) <= (RANGE_SECONDS if b"range" in headers else TAGS_SECONDS)
