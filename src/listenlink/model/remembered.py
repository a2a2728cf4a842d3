"""A cache of recent results, bounded in bytes, whoever chooses the keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

_LARGEST = 16


class Remembered(dict[_Key, _Value], Generic[_Key, _Value]):
    """At most `most_bytes` of keys and values, sized by `size_of`. The least recently used go first, up to
    half of them at a time; anything larger than a 16th of the total isn't cached.

    The dict itself has the recently used entries, for callers who can't wait for more than that;
    `recall` looks for the rest.
    """

    __slots__ = ("_bytes", "_half_bytes", "_old", "_size_of")

    def __init__(self, most_bytes: int, size_of: Callable[[_Key, _Value], int]) -> None:
        super().__init__()
        self._half_bytes = most_bytes // 2
        self._size_of = size_of
        self._old: dict[_Key, _Value] = {}
        self._bytes = 0

    def recall(self, key: _Key) -> _Value | None:
        """Look up a key that isn't in the dict; if it's found, it's in the dict from now on."""
        value = self._old.pop(key, None)
        if value is not None:
            self.keep(key, value)
        return value

    def keep(self, key: _Key, value: _Value) -> None:
        """Cache the value of a key that isn't in the dict."""
        if key in self:
            return
        size = self._size_of(key, value)
        if size > 2 * self._half_bytes // _LARGEST:
            return
        if self._bytes + size > self._half_bytes:
            self._old = self.copy()
            self.clear()
            self._bytes = 0
        self._bytes += size
        self[key] = value

    def forget(self) -> None:
        """Empty the cache."""
        self._old = {}
        self.clear()
        self._bytes = 0
