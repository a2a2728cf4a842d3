"""An owner's commands that use the API: share, revoke. Upload is in `cli/uploading.py`."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Collection
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from listenlink.cli.own_command import own_command
from listenlink.client import Client, ListenlinkError
from listenlink.errors import RefusesToStart, fault_of_system
from listenlink.model.client_address import is_loopback_host
from listenlink.model.terms import MAX_EXPIRES_IN_DAYS

_Result = TypeVar("_Result")
_TOKEN = re.compile(r"shr_[0-9a-f]{32}")
# What a request's field is called as an option, where that isn't its name.
_OPTIONS = {"preview": "hide-preview"}
_KEY_CODES = (
    "AUTHENTICATION_REQUIRED",
    "INVALID_API_KEY",
    "API_KEY_EXPIRED",
    "API_KEY_DEACTIVATED",
)


def share(
    target: str,
    terms: dict[str, Any],
    server: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Make a link and print its URL and its terms; in a terminal, with a QR code."""
    kinds = {"mtrack": "tracks", "mcoll": "collections"}
    kind = kinds.get(target.partition("_")[0])
    if kind is None:
        raise RefusesToStart(f"{target} is neither a track (mtrack_…) nor a collection (mcoll_…)")
    days = terms.get("expires_in_days")
    if days is not None and not 1 <= days <= MAX_EXPIRES_IN_DAYS:
        # Over the API more counts as 90: whoever asks for a year should hear of it before they pass it on.
        raise RefusesToStart(
            f"--expires-in-days: must be a whole number from 1 to {MAX_EXPIRES_IN_DAYS}; "
            "a link made without it has no end"
        )
    with client_of(server, api_key) as client:
        path = f"/v1/music/{organization_of(client)}/{kind}/{target}/share"
        asked = {name: value for name, value in terms.items() if value is not None}
        link = ask(lambda: client.post(path, json=asked), asked)
    if as_json:
        print(json.dumps(link))
        return
    print(link["url"])
    print(f"{link['id']}  {terms_of(link)}")
    print(
        f"To see it again:  {own_command('link', 'show', link['id'])}\n"
        f"To close it:  {own_command('revoke', link['id'])}"
    )
    if sys.stdout.isatty():
        print_qr(link["url"])


def terms_of(link: dict[str, Any]) -> str:
    """The link's terms as a person reads them: what it was made with, or what the server made of that."""
    most, ends_at, starts_at = link["max_opens"], link["expires_at"], link.get("starts_at")
    terms = [
        "opens without limit"
        if most is None
        else f"opens {most} times"
        if most > 1
        else "opens once"
    ]
    if starts_at is not None:
        terms.append(f"from {starts_at}")
    terms.append("without end" if ends_at is None else f"until {ends_at}")
    terms.append({"public": "public"}.get(link["visibility"], "for whoever has it"))
    terms.append("with download" if link.get("allow_download") else "without download")
    if link.get("preview") is False:
        terms.append("without preview")
    return ", ".join(terms)


def revoke(link: str, server: str | None, api_key: str | None, as_json: bool) -> None:
    """Revoke a link, given its id, its token or its whole address, and print the answer."""
    token = _TOKEN.search(link)
    named = link if token is None else token.group()
    if token is None and re.fullmatch("mslink_[0-9a-f]{12}", link) is None:
        raise RefusesToStart(
            f"nothing was closed: {link!r} is neither a link's id (mslink_…) nor its address (…/shr_…)"
        )
    with client_of(server, api_key) as client:
        path = f"/v1/music/{organization_of(client)}/share/{named}"
        try:
            done = client.delete(path)
        except ListenlinkError as error:
            told = f"{client.base_url} has no link of yours with this id or address"
            why = told if error.status == 404 else sentence(error)
            raise RefusesToStart(f"nothing was closed: {why}") from None
    print(json.dumps(done) if as_json else f"{done['id']}: {done['detail']}")


def print_qr(url: str) -> bool:
    """Print the URL as a QR code made of characters; False if no phone could open it."""
    if is_loopback_host(urlsplit(url).hostname or ""):
        return False
    import segno

    drawn = io.StringIO()
    segno.make(url, error="m").terminal(drawn, compact=True)
    print(drawn.getvalue())
    return True


def client_of(server: str | None, api_key: str | None) -> Client:
    """A client set up from the options and the environment. Raises RefusesToStart."""
    try:
        return Client(server, api_key)
    except httpx.InvalidURL:
        raise RefusesToStart("--server: must be like https://music.example") from None


def organization_of(client: Client) -> str:
    """The organisation that the key belongs to."""
    return str(ask(lambda: client.organization_id))


def ask(request: Callable[[], _Result], fields: Collection[str] = ()) -> _Result:
    """The answer; a refusal becomes a line, which names the option if it's about one of the `fields`."""
    try:
        return request()
    except ListenlinkError as error:
        raise RefusesToStart(_named(error, fields) + sentence(error)) from None
    except UnicodeError:
        raise RefusesToStart("--api-key: isn't a key, which is like ak_0123…") from None


def _named(error: ListenlinkError, fields: Collection[str]) -> str:
    field = str(error.details.get("field", ""))
    if field not in fields:
        return ""
    return f"--{_OPTIONS.get(field, field).replace('_', '-')}: "


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
    return f"{error.message} ({error.code}){trace}{hint}"
