"""A slice of a list: what is asked for. How it's answered is `wire.Page`."""

from __future__ import annotations

from typing import Annotated

from litestar.params import QueryParameter

Limit = Annotated[int, QueryParameter(ge=1, le=100, description="The most items.")]
Offset = Annotated[int, QueryParameter(ge=0, le=2**53, description="How many to leave out before.")]
