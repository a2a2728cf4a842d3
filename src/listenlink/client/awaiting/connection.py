"""A session with one server: requests out, JSON or ListenlinkError back."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from listenlink.client.addresses import DEFAULT_SERVER, SHARED, origin_of
from listenlink.client.answers import error_of, json_of, unreachable
from listenlink.client.awaiting.waits import pause
from listenlink.client.error import ListenlinkError
from listenlink.client.limits import Limits, read_limits
from listenlink.client.sending import LONGEST_WAIT_SECONDS, TRIES, may_help, seconds_to_wait


class Connection:
    """Sends the requests; see `Client`."""

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        timeout_seconds: float = 30.0,
        tries: int = TRIES,
        longest_wait_seconds: float = LONGEST_WAIT_SECONDS,
    ) -> None:
        url = base_url or os.environ.get("LISTENLINK_SERVER") or DEFAULT_SERVER
        self._api_key = api_key or os.environ.get("LISTENLINK_API_KEY") or None
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/"), timeout=timeout_seconds, follow_redirects=False
        )
        self.tries = tries
        self.longest_wait_seconds = longest_wait_seconds
        self.limits: Limits | None = None

    @property
    def base_url(self) -> str:
        """The server's address, without a trailing slash."""
        return str(self._http.base_url).rstrip("/")

    async def get(self, path: str, **options: Any) -> Any:
        """GET a path on the server; return the answer's JSON. `options` are those of httpx:
        `params`, `headers`, `json`, `data`, `files`, `timeout`. Raises ListenlinkError."""
        return json_of(await self.send("GET", path, **options))

    async def post(self, path: str, **options: Any) -> Any:
        """POST to a path, with the options and result of `get`."""
        return json_of(await self.send("POST", path, **options))

    async def put(self, path: str, **options: Any) -> Any:
        """PUT and return the JSON."""
        return json_of(await self.send("PUT", path, **options))

    async def patch(self, path: str, **options: Any) -> Any:
        """PATCH a path, with the options and result of `get`."""
        return json_of(await self.send("PATCH", path, **options))

    async def delete(self, path: str, **options: Any) -> Any:
        """DELETE a path, with the options and result of `get`."""
        return json_of(await self.send("DELETE", path, **options))

    async def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send any request; return the whole answer if it succeeds. `options` are those of `get`."""
        headers = httpx.Headers(options.pop("headers", None))
        # By name: links may be set to open for nothing else.
        headers.setdefault("Accept", "application/json")
        if self._api_key and self._may_carry_key(method, path):
            headers.setdefault("X-API-Key", self._api_key)
        try:
            response = await self._http.request(method, path, headers=headers, **options)
        except httpx.HTTPError as error:
            raise unreachable(self._asked(path), error) from error
        self.limits = read_limits(response.headers) or self.limits
        if response.is_success:
            return response
        raise error_of(response)

    async def persist(
        self,
        method: str,
        path: str,
        *,
        body: Callable[[], AsyncIterator[bytes]] | None = None,
        once: bool = False,
        **options: Any,
    ) -> httpx.Response:
        """`send`, and again where that may help; see `Client`. What is to be done `once` isn't sent again
        if it may have been done. `body` gives the content, anew each time."""
        tried, is_in_doubt = 0, False
        while True:
            tried += 1
            content = {} if body is None else {"content": body()}
            try:
                return await self.send(method, path, **options, **content)
            except ListenlinkError as error:
                is_in_doubt |= error.may_have_been_done
                error.may_have_been_done = is_in_doubt
                if tried >= self.tries or not may_help(error) or (once and is_in_doubt):
                    raise
                await self.wait(error, tried)

    async def wait(self, error: ListenlinkError, tried: int) -> None:
        """Wait before the next try, after so many. Raises the error if that would take too long."""
        seconds = seconds_to_wait(error, tried)
        if (error.retry_after_seconds or 0) > self.longest_wait_seconds:
            raise error
        await pause(min(seconds, self.longest_wait_seconds))

    @contextlib.asynccontextmanager
    async def fetching(self, url: str, **options: Any) -> AsyncIterator[httpx.Response]:
        """GET what a signed address leads to, which needs no key, and read it piece by piece in the block."""
        try:
            async with self._http.stream("GET", url, **options) as response:
                if not response.is_success:
                    await response.aread()
                    raise error_of(response)
                yield response
        except httpx.HTTPError as error:
            raise unreachable(self._asked(url), error) from error

    def _asked(self, path: str) -> str:
        return origin_of(path) if urlsplit(path).netloc else self.shown_url

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.shown_url!r})"

    @property
    def shown_url(self) -> str:
        """The server's address for people, without a name and password in it."""
        try:
            return origin_of(self.base_url)
        except ValueError:
            return self.base_url

    def has_key_like(self, shown_prefix: str) -> bool:
        """Whether the key that is sent begins so, as lists of keys show it."""
        return bool(shown_prefix) and (self._api_key or "").startswith(shown_prefix)

    def is_own(self, url: str) -> bool:
        """Whether an address is of this very server: scheme, host and port."""
        try:
            return origin_of(url) == origin_of(self.base_url)
        except ValueError:
            return False

    def _may_carry_key(self, method: str, path: str) -> bool:
        target = urlsplit(path)
        if (target.scheme or target.netloc) and not self.is_own(path):
            return False
        return not (method == "GET" and target.path.startswith(SHARED))
