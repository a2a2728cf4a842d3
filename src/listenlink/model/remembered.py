"""A memory of what was made of something lately, bounded by bytes, whoever chooses what that is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

_LARGEST = 16


class Remembered(dict[_Key, _Value], Generic[_Key, _Value]):
    """At most `most_bytes` of keys and values, each entry as large as `size_of` says. What wasn't asked for
    longest goes first, up to half of all at a time; what is larger than a 16th of it isn't kept.

    In the dict itself is what was asked for lately, for whoever can't wait for more than that; `recall`
    looks for the rest.
    """

    __slots__ = ("_bytes", "_half_bytes", "_old", "_size_of")

    def __init__(self, most_bytes: int, size_of: Callable[[_Key, _Value], int]) -> None:
        super().__init__()
        self._half_bytes = most_bytes // 2
        self._size_of = size_of
        self._old: dict[_Key, _Value] = {}
        self._bytes = 0

    def recall(self, key: _Key) -> _Value | None:
        """What is remembered of a key that isn't in the dict. It's there from now on."""
        value = self._old.pop(key, None)
        if value is not None:
            self.keep(key, value)
        return value

    def keep(self, key: _Key, value: _Value) -> None:
        """Remember this of a key that isn't in the dict."""
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
        """Remember nothing."""
        self._old = {}
        self.clear()
        self._bytes = 0
