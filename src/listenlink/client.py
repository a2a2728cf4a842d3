"""Our client of the API, for programs: `from listenlink import Client`. It needs none of the server.

client = Client("https://music.example")
view = client.get("/v1/music/shared/shr_…")     # opening needs no key
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import TracebackType
from typing import Any, cast
from urllib.parse import urlsplit

import httpx

DEFAULT_SERVER = "http://127.0.0.1:8484"
_OPENING = "/v1/music/shared/"


class ListenlinkError(Exception):
    """A refusal or failure, with everything its envelope says (docs/api.md, error envelope).

    `status` is 0 and `code` is `UNREACHABLE` if no answer came. `retry_after_seconds` is set where
    the server says when to try again.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        system_message: str = "",
        details: Mapping[str, Any] | None = None,
        trace_id: str | None = None,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.system_message = system_message
        self.details = dict(details or {})
        self.trace_id = trace_id
        self.retry_after_seconds = retry_after_seconds


class Client:
    """A session with one server.

    `base_url` and `api_key` default to `LISTENLINK_SERVER` and `LISTENLINK_API_KEY`. The key is
    sent to that server only, and not when a link is opened, which needs none.
    """

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

    def get(self, path: str, **options: Any) -> Any:
        """GET a path below the server; the JSON of the answer. `options` are those of httpx:
        `params`, `headers`, `json`, `data`, `files`, `timeout`. Raises ListenlinkError."""
        return self._send("GET", path, **options)

    def post(self, path: str, **options: Any) -> Any:
        """POST, the same way."""
        return self._send("POST", path, **options)

    def patch(self, path: str, **options: Any) -> Any:
        """PATCH, the same way."""
        return self._send("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Any:
        """DELETE, the same way."""
        return self._send("DELETE", path, **options)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _send(self, method: str, path: str, **options: Any) -> Any:
        headers = dict(options.pop("headers", None) or {})
        if self._api_key and self._may_carry_key(method, path):
            headers.setdefault("X-API-Key", self._api_key)
        try:
            response = self._http.request(method, path, headers=headers, **options)
        except httpx.HTTPError as error:
            raise ListenlinkError(
                0, "UNREACHABLE", f"{self._http.base_url} can't be reached ({type(error).__name__})"
            ) from error
        if response.is_success:
            return _json(response)
        raise _error(response)

    def _may_carry_key(self, method: str, path: str) -> bool:
        target = urlsplit(path)
        if target.netloc and target.netloc != urlsplit(str(self._http.base_url)).netloc:
            return False
        return not (method == "GET" and target.path.startswith(_OPENING))


def _json(response: httpx.Response) -> Any:
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
