"""Which address was meant, by what is pasted of it: never anybody else's, and no path below a link's."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listenlink.web.public.pasted import find_pasted

TOKEN = "shr_" + "0123456789abcdef" * 2
PLACES = ["/v1/music/shared/", "/embed/"]
# What stands behind a link in a text, a chat or a document, as browsers send it.
BEHIND = [
    "/", "//", ".", ",", ";", ":", "!", "?", ")", "]", "}", ">", '"', "'", "*", "**", "_", "~~", "|", "=",
    "&gt;", "%22", "%3E", "%3C/a%3E", "%20", "%20%20", "+", "%0A", "%0D%0A", "%09", "%C2%A0", "%E2%80%8B",
    "%EF%BB%BF",
    "…", "»", "”", "’", "，", "。", "）", "/)", "/.", "/%20", ").", ">.", '",', "](https://music.example/x)",
    f"](http://127.0.0.1/v1/music/shared/{TOKEN})", ")[", "\\", "%5D(", "%60", "听听", "—hear",
    "%20and%20more", ")and", "%E2%80", "%", ";x=1", "@music.example", ":80", "%2F", "%2F%29",
]  # fmt: skip
BEFORE = ["", "/", "//", "(", "%3C", "<", "%22", "%20", "[", "“", "%E2%80%9C", "*", "_"]
# Nothing that people put beside a link: another name, or a path below it.
NONE = [
    "0", "g", "Z", "-x", "_x", "/details", "/events", "/listen", "/x", "%2Fdetails", "/.x", "%00", "%61",
    "/%61", "%20/details", ")/listen", ".//x", "%20/download/x",
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("behind", BEHIND)
def test_what_stands_behind_a_link_is_left_out(place: str, behind: str) -> None:
    for path in (place + TOKEN + behind, place + TOKEN + quote(behind, safe="/%")):
        assert find_pasted(path.encode()) == place + TOKEN, path


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("before", BEFORE)
def test_what_stands_before_the_token_too_and_letters_of_either_case(
    place: str, before: str
) -> None:
    assert find_pasted(f"{place}{before}{TOKEN})".encode()) == place + TOKEN
    assert find_pasted(f"{place}{before}{TOKEN.upper()}".encode()) == place + TOKEN
    assert find_pasted(f"/{place.upper()}{before}{TOKEN}".encode()) == place + TOKEN


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("behind", NONE)
def test_another_name_and_a_path_below_are_none(place: str, behind: str) -> None:
    assert find_pasted((place + TOKEN + behind).encode()) is None


@pytest.mark.parametrize(
    "path",
    [
        "/v1/music/shared/" + TOKEN, "/embed/" + TOKEN, "/v1/music/shared/", "/",
        f"/v1/music/audio/{TOKEN})",
        f"/v1/music/shared/{TOKEN[:-1]})", f"/v1/music/shared/x{TOKEN})", f"/v1/music/shared/%73{TOKEN[1:]})",
        f"/v1/music/shared/%41{TOKEN})", f"/x/v1/music/shared/{TOKEN})", f"/{TOKEN})",
        "/v1/music/shared/shr_)",
        f"/v1/music/shared/{TOKEN}" + ")" * 3000,
    ],
)  # fmt: skip
def test_what_is_right_already_or_none_of_it_leads_nowhere(path: str) -> None:
    assert find_pasted(path.encode()) is None


@given(
    place=st.sampled_from(
        [*PLACES, "//evil.example/", "/v1/music/shared//evil.example/", "/%2Fevil.example/"]
    ),
    before=st.text(max_size=8) | st.sampled_from(["//evil.example/", "\\\\evil", "@", "http:"]),
    token=st.sampled_from([TOKEN, TOKEN.upper(), TOKEN[:-1]]),
    behind=st.text(max_size=12)
    | st.sampled_from(["@evil.example", "//evil.example", "\r\nLocation: x"]),
    is_encoded=st.booleans(),
)
def test_it_leads_to_our_own_paths_alone_and_at_once(
    place: str, before: str, token: str, behind: str, is_encoded: bool
) -> None:
    text = before + token + behind
    path = (place + (quote(text, safe="/") if is_encoded else text)).encode("utf-8", "replace")
    found = find_pasted(path)
    if found is not None:
        assert re.fullmatch(r"(/v1/music/shared|/embed)/shr_[0-9a-f]{32}", found)
        assert find_pasted(found.encode()) is None
