"""What requests may hold is the same for the server that reads it and for type checkers."""

from __future__ import annotations

import types
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from msgspec.structs import FieldInfo, fields

from listenlink.client import Client, ListenlinkError
from listenlink.wire import bodies, terms


def bare(kind: Any) -> Iterator[Any]:
    """The words and types that a field may hold, without bounds."""
    if get_origin(kind) is Annotated:
        yield from bare(get_args(kind)[0])
    elif get_origin(kind) in (Union, types.UnionType):
        for one in get_args(kind):
            yield from bare(one)
    elif get_origin(kind) is Literal:
        yield from get_args(kind)
    elif isinstance(kind, type) and issubclass(kind, StrEnum):
        yield from map(str, kind)
    elif kind is not msgspec.UnsetType:
        yield kind


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (terms.LinkTerms, bodies.LinkTerms), (terms.Recipient, bodies.Recipient),
        (terms.LinkTerms, bodies.TermsForEach), (terms.LinkChanges, bodies.ChangedTerms),
        (terms.TrackChanges, bodies.ChangedTrack), (terms.CollectionChanges, bodies.ChangedCollection),
        (terms.CollectionFacts, bodies.NewCollection),
    ],
)  # fmt: skip
def test_every_term_is_the_same_for_type_checkers(ours: Any, theirs: Any) -> None:
    """Its name, and what it may be; a time may also be text, and what is needed has its own argument."""
    named = {name: set(bare(kind)) for name, kind in get_type_hints(ours).items()}
    for name in {"starts_at", "expires_at"} & set(named):
        assert str in named[name]
        named[name].discard(str)
    known: dict[str, FieldInfo] = {
        field.name: field for field in fields(theirs) if not field.required
    }
    assert named == {name: set(bare(field.type)) for name, field in known.items()}


def test_a_misspelled_term_is_an_error_for_type_checkers_too() -> None:
    """The comments are checked by mypy, which wants each to be needed."""
    asked: list[Any] = [
        lambda one: _share_with_a_word_too_few(one),
        lambda one: _change_with_another_word(one),
    ]
    with Client("http://127.0.0.1:9", "ak_x", tries=1) as mine:
        for ask in asked:
            with pytest.raises((TypeError, ListenlinkError)):
                ask(mine)


def _share_with_a_word_too_few(mine: Client) -> None:
    mine.share("mtrack_000000000000", max_open=5)  # type: ignore[call-arg]


def _change_with_another_word(mine: Client) -> None:
    mine.change_link("mslink_000000000000", visibility="publik")  # type: ignore[arg-type]
    mine.change_link("mslink_000000000000", starts_at=None)  # type: ignore[call-arg]
