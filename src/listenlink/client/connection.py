"""A session with one server: requests out, JSON or ListenlinkError back."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import urlsplit

import httpx

from listenlink.client.error import ListenlinkError

DEFAULT_SERVER = "http://127.0.0.1:8484"
SHARED = "/v1/music/shared/"
_PORTS = {"http": 80, "https": 443}


class Connection:
    """Sends the requests; see `Client`."""

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        timeout_seconds: float = 30.0,
    ) -> None:
        url = base_url or os.environ.get("LISTENLINK_SERVER") or DEFAULT_SERVER
        self._api_key = api_key or os.environ.get("LISTENLINK_API_KEY") or None
        self._http = httpx.Client(
            base_url=url.rstrip("/"), timeout=timeout_seconds, follow_redirects=False
        )

    @property
    def base_url(self) -> str:
        """The server's address, without a trailing slash."""
        return str(self._http.base_url).rstrip("/")

    def get(self, path: str, **options: Any) -> Any:
        """GET a path on the server; return the answer's JSON. `options` are those of httpx:
        `params`, `headers`, `json`, `data`, `files`, `timeout`. Raises ListenlinkError."""
        return json_of(self.send("GET", path, **options))

    def post(self, path: str, **options: Any) -> Any:
        """POST to a path, with the options and result of `get`."""
        return json_of(self.send("POST", path, **options))

    def put(self, path: str, **options: Any) -> Any:
        """PUT and return the JSON."""
        return json_of(self.send("PUT", path, **options))

    def patch(self, path: str, **options: Any) -> Any:
        """PATCH a path, with the options and result of `get`."""
        return json_of(self.send("PATCH", path, **options))

    def delete(self, path: str, **options: Any) -> Any:
        """DELETE a path, with the options and result of `get`."""
        return json_of(self.send("DELETE", path, **options))

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send any request; return the whole answer if it succeeds. `options` are those of `get`."""
        headers = httpx.Headers(options.pop("headers", None))
        # By name: links may be set to open for nothing else.
        headers.setdefault("Accept", "application/json")
        if self._api_key and self._may_carry_key(method, path):
            headers.setdefault("X-API-Key", self._api_key)
        try:
            response = self._http.request(method, path, headers=headers, **options)
        except httpx.HTTPError as error:
            raise self._unreachable(path, error) from error
        if response.is_success:
            return response
        raise _error(response)

    @contextlib.contextmanager
    def fetching(self, url: str, **options: Any) -> Iterator[httpx.Response]:
        """GET what a signed address leads to, which needs no key, and read it piece by piece in the block."""
        try:
            with self._http.stream("GET", url, **options) as response:
                if not response.is_success:
                    response.read()
                    raise _error(response)
                yield response
        except httpx.HTTPError as error:
            raise self._unreachable(url, error) from error

    def _unreachable(self, path: str, error: httpx.HTTPError) -> ListenlinkError:
        told = f"{self._asked(path)} can't be reached ({type(error).__name__})"
        return ListenlinkError(0, "UNREACHABLE", told)

    def _asked(self, path: str) -> str:
        return origin_of(path) if urlsplit(path).netloc else self.shown_url

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

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


def origin_of(url: str) -> str:
    """`HTTPS://a@Music.example:443/x` → `https://music.example`. Raises ValueError for what is no address of
    http or https."""
    address = urlsplit(url)
    scheme, host = address.scheme.lower(), address.hostname
    if scheme not in _PORTS or not host:
        raise ValueError("this isn't an address of http or https")
    named = f"[{host}]" if ":" in host else host
    port = address.port
    return f"{scheme}://{named}" + ("" if port in (None, _PORTS[scheme]) else f":{port}")


def json_of(response: httpx.Response) -> Any:
    """An answer's JSON, or None if it's empty. Raises ListenlinkError if it isn't JSON."""
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError:
        raise ListenlinkError(
            response.status_code, "NOT_JSON", "The answer isn't JSON. Is this a Listenlink server?"
        ) from None


def _error(response: httpx.Response) -> ListenlinkError:
    try:
        told = cast("dict[str, Any]", response.json())["error"]
        code, message = str(told["code"]), str(told["message"])
    except (ValueError, KeyError, TypeError):
        told, code = {}, "NOT_LISTENLINK"
        message = f"HTTP {response.status_code} without an envelope. Is this a Listenlink server?"
    wait = response.headers.get("retry-after", "")
    return ListenlinkError(
        response.status_code,
        code,
        message,
        str(told.get("system_message", "")),
        told.get("details"),
        told.get("trace_id"),
        int(wait) if wait.isdigit() else None,
    )
