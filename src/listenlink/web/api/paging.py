"""A part of a list: what is asked of it, and how it's told."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter

_Item = TypeVar("_Item")

Limit = Annotated[int, QueryParameter(ge=1, le=100, description="The most items.")]
Offset = Annotated[int, QueryParameter(ge=0, le=2**53, description="How many to leave out before.")]


class Page(msgspec.Struct, Generic[_Item], frozen=True):
    """Some items of a list, and which were asked for."""

    items: list[_Item]
    limit: int
    offset: int
