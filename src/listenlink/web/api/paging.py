"""A slice of a list: what is asked for, and how it's answered."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter

_Item = TypeVar("_Item")

Limit = Annotated[int, QueryParameter(ge=1, le=100, description="The most items.")]
Offset = Annotated[int, QueryParameter(ge=0, le=2**53, description="How many to leave out before.")]


class Page(msgspec.Struct, Generic[_Item], frozen=True):
    """A slice of a list, with the limit and offset that were asked for."""

    items: list[_Item]
    limit: int
    offset: int
