"""What the framework gives to a handler that names it (`web/routes.py` says what there is).

One for each handler: the framework resolves several in tasks of their own, which costs more than the handler.
"""

from __future__ import annotations

from typing import TypeAlias, TypeVar

from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation

_Part = TypeVar("_Part")
# It's ours, so there's nothing to be validated.
Given: TypeAlias = NamedDependency[SkipValidation[_Part]]


def give(part: object) -> Provide:
    """The same part for every request."""
    return Provide(lambda: part, sync_to_thread=False)
