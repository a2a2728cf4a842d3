"""`AsyncClient` as a test uses `Client`: each call is awaited to its end, on a loop of its own."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, cast

from listenlink.client import AsyncClient, Client

KINDS = ("Client", "AsyncClient")


class Awaited:
    """What is told of the client, once it's there."""

    def __init__(self, client: AsyncClient, runner: asyncio.Runner) -> None:
        self.__dict__.update(_client=client, _runner=runner)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        return self._called(found) if inspect.ismethod(found) else self._told(found)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._client, name, value)

    def __repr__(self) -> str:
        return repr(self._client)

    def _called(self, method: Any) -> Any:
        return lambda *arguments, **options: self._told(method(*arguments, **options))

    def _told(self, value: Any) -> Any:
        if inspect.iscoroutine(value):
            return self._runner.run(value)
        return self._each(value) if isinstance(value, AsyncIterator) else value

    def _each(self, items: AsyncIterator[Any]) -> Iterator[Any]:
        async def following() -> list[Any]:
            async for item in items:
                return [item]
            return []

        while item := self._runner.run(following()):
            yield item[0]


@contextmanager
def client_of(kind: str, *arguments: Any, **options: Any) -> Iterator[Client]:
    """One of either kind, until the block ends."""
    if kind == "Client":
        with Client(*arguments, **options) as client:
            yield client
        return
    with asyncio.Runner() as runner:
        waiting = AsyncClient(*arguments, **options)
        yield cast(Client, Awaited(waiting, runner))
        runner.run(waiting.close())
