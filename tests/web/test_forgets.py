"""Nothing in the program remembers what a door was asked with: who asks with a token would learn, by the
time, whether somebody else did just now; and whoever reads the memory, what."""

from __future__ import annotations

import functools
import gc
import re
from typing import Any

import pytest

from journeys.refused_everywhere import NEVER_WAS, EndedLinks
from journeys.token_doors import DOORS, Door, ask_for
from web.in_process import House
from web.test_refused_alike import ask_in
from web.test_refused_alike import asked as asked
from web.test_refused_alike import steps as steps

_SECRET = re.compile(rb"[\w.~-]{30,}")
_CACHE: Any = functools._lru_cache_wrapper
_KEPT = {"dict", "tuple", "list", "str", "bytes", "_lru_list_elem"}


def remembering(texts: set[bytes]) -> set[str]:
    """The functions whose cache has one of the texts, in an argument or an answer."""
    gc.unfreeze()  # what is frozen (`tests/conftest.py`) isn't among the objects
    return {
        f"{one.__module__}.{one.__qualname__}"
        for one in gc.get_objects()
        if isinstance(one, _CACHE) and _holds(one, texts)
    }


def _holds(cache: Any, texts: set[bytes]) -> bool:
    # What it wraps, and all that this leads to, is none of what it keeps.
    waiting = [one for one in gc.get_referents(cache) if one is not cache.__dict__]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen or type(one).__name__ not in _KEPT:
            continue
        seen.add(id(one))
        spelled = one.encode("utf-8", "replace") if isinstance(one, str) else one
        if isinstance(spelled, bytes) and any(text in spelled for text in texts):
            return True
        waiting += gc.get_referents(one)
    return False


@functools.lru_cache(8)
def _remembers(text: str) -> tuple[str, str]:
    return text, "and so on"


def test_what_is_remembered_is_seen() -> None:
    _remembers("x" * 40)
    assert remembering({b"x" * 40}) == {f"{__name__}._remembers"}


@pytest.mark.parametrize("door", DOORS, ids=lambda door: str(door.name))
def test_no_door_remembers_what_it_was_asked_with(
    door: Door, asked: tuple[House, EndedLinks]
) -> None:
    house, ended = asked
    # What a link was made with, the tests' own client may remember.
    request = ask_for(ended, door, NEVER_WAS)
    headers = request.headers | {"Cookie": "listenlink_sign_in=" + "x" * 43}
    request = request._replace(headers=headers)
    said = " ".join((request.path, *headers.values())).encode() + b" " + request.body
    texts = set(_SECRET.findall(said))
    assert texts
    ask_in(house, door, request)
    assert remembering(texts) == set()
