"""What every owner's command needs, which goes by the API: a client with a key, and refusals as lines."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from listenlink.cli.plain_words import plain_words
from listenlink.client import Client, ListenlinkError
from listenlink.errors import RefusesToStart, fault_of_system
from listenlink.model.client_address import is_loopback_host
from listenlink.model.one_line import one_line

_Result = TypeVar("_Result")
_KEY_CODES = (
    "AUTHENTICATION_REQUIRED",
    "INVALID_API_KEY",
    "API_KEY_EXPIRED",
    "API_KEY_DEACTIVATED",
)


@contextmanager
def owner_of(server: str | None, api_key: str | None) -> Iterator[Client]:
    """A client that knows its key's organisation, and so its own paths. Raises RefusesToStart."""
    with client_of(server, api_key) as client:
        organization_of(client)
        yield client


def client_of(server: str | None, api_key: str | None) -> Client:
    """A client set up from the options and the environment. Raises RefusesToStart."""
    try:
        return Client(server, api_key)
    except httpx.InvalidURL:
        raise RefusesToStart("--server: must be like https://music.example") from None


def organization_of(client: Client) -> str:
    """The organisation that the key belongs to. It's the first that is asked: who gave the wrong address or
    key isn't kept waiting."""
    client.tries, tries = 1, client.tries
    try:
        return ask(lambda: client.organization_id)
    finally:
        client.tries = tries


def ask(
    request: Callable[[], _Result],
    fields: Mapping[str, str] | Collection[str] = (),
    about: str = "",
) -> _Result:
    """The answer; a refusal becomes a line, which names the option or the argument if it's about one of the
    `fields` (what each is called, where that isn't its own name), or else what it's `about`."""
    try:
        return request()
    except ListenlinkError as error:
        named = named_option(error, fields) or about
        raise RefusesToStart((f"{named}: " if named else "") + sentence(error)) from None
    except UnicodeError:
        raise RefusesToStart("--api-key: isn't a key, which is like ak_0123…") from None


def named_option(error: ListenlinkError, fields: Mapping[str, str] | Collection[str]) -> str:
    """What the field that was refused is called on the command line; nothing for one that isn't there."""
    field = str(error.details.get("field", ""))
    if field not in fields:
        return ""
    return fields[field] if isinstance(fields, Mapping) else "--" + field.replace("_", "-")


def sentence(error: Exception) -> str:
    """What went wrong, in one readable line."""
    if isinstance(error, OSError):
        return fault_of_system(error)
    if not isinstance(error, ListenlinkError):
        return f"{type(error).__name__}: {error}"
    if error.code == "UNREACHABLE":
        return f"{error.message}; another server: --server, or LISTENLINK_SERVER"
    trace = f" [{error.trace_id}]" if error.trace_id else ""
    hint = "; the key: --api-key, or LISTENLINK_API_KEY" if error.code in _KEY_CODES else ""
    return f"{plain_words(error.message)} ({error.code}){trace}{hint}"


def say(text: str) -> None:
    """Print one line, without anything in it that a terminal would obey."""
    print(one_line(text))


def tell_done(done: dict[str, Any], as_json: bool) -> None:
    """Print that something was done, as the server says it."""
    if as_json:
        print(json.dumps(done))
    else:
        say(f"{done['id']}: {done['detail']}")


def print_qr(url: str) -> bool:
    """Print the URL as a QR code made of characters; False if no phone could open it."""
    if is_loopback_host(urlsplit(url).hostname or ""):
        return False
    import segno

    drawn = io.StringIO()
    segno.make(url, error="m").terminal(drawn, compact=True)
    print(drawn.getvalue())
    return True
