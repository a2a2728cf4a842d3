"""What is made anew for each answer is known by a weak name as well (RFC 9110, section 13.1.2)."""

from __future__ import annotations

import pytest

from listenlink.web.ranges import is_known

ETAG, OTHER = b'"abc"', b'"xyz"'


@pytest.mark.parametrize("etag", [ETAG, b"W/" + ETAG])
def test_what_is_made_anew_each_time_is_known_by_a_weak_name_as_well(etag: bytes) -> None:
    for listed in (ETAG, b"W/" + ETAG, b"*", OTHER + b", " + ETAG):
        assert is_known({b"if-none-match": listed}, etag)
    assert not is_known({b"if-none-match": OTHER}, etag)
    assert not is_known({}, etag)
