"""What a browser has already is told by its tag, in whichever form that comes."""

from __future__ import annotations

import pytest

from listenlink.web.ranges import is_known


@pytest.mark.parametrize("etag", [b'"abc"', b'W/"abc"'])
def test_a_page_is_known_by_either_form_of_its_tag(etag: bytes) -> None:
    for listed in (b'"abc"', b'W/"abc"', b'"x", W/"abc"', b"*"):
        assert is_known({b"if-none-match": listed}, etag)
    for listed in (b'"x"', b"abc", b""):
        assert not is_known({b"if-none-match": listed}, etag)
    assert not is_known({}, etag)
