"""An owner's commands that use the API: share, revoke. Upload is in `cli/uploading.py`."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

from listenlink.client import Client, ListenlinkError
from listenlink.errors import RefusesToStart


def share(
    target: str,
    terms: dict[str, Any],
    server: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Make a link and print its URL; in a terminal, with a QR code."""
    kinds = {"mtrack": "tracks", "mcoll": "collections"}
    kind = kinds.get(target.partition("_")[0])
    if kind is None:
        raise RefusesToStart(f"{target} is neither a track (mtrack_…) nor a collection (mcoll_…)")
    with client_of(server, api_key) as client:
        path = f"/v1/music/{organization_of(client)}/{kind}/{target}/share"
        asked = {name: value for name, value in terms.items() if value is not None}
        link = _ask(lambda: client.post(path, json=asked))
    if as_json:
        print(json.dumps(link))
        return
    print(link["url"])
    print(f"{link['id']}  (shown once; to close it: listenlink revoke {link['id']})")
    if sys.stdout.isatty():
        print_qr(link["url"])


def revoke(share_id: str, server: str | None, api_key: str | None, as_json: bool) -> None:
    """Revoke a link and print the answer."""
    with client_of(server, api_key) as client:
        path = f"/v1/music/{organization_of(client)}/share/{share_id}"
        done = _ask(lambda: client.delete(path))
    print(json.dumps(done) if as_json else f"{done['id']}: {done['detail']}")


def print_qr(url: str) -> None:
    """Print the URL as a QR code made of characters."""
    import segno

    drawn = io.StringIO()
    segno.make(url, error="m").terminal(drawn, compact=True)
    print(drawn.getvalue())


def client_of(server: str | None, api_key: str | None) -> Client:
    """A client set up from the options and the environment."""
    return Client(server, api_key)


def organization_of(client: Client) -> str:
    """The organisation that the key belongs to."""
    return str(_ask(lambda: client.organization_id))


def _ask(request: Any) -> Any:
    try:
        return request()
    except ListenlinkError as error:
        raise RefusesToStart(sentence(error)) from None


def sentence(error: Exception) -> str:
    """What went wrong, in one readable line."""
    if not isinstance(error, ListenlinkError):
        return f"{type(error).__name__}: {error}"
    trace = f" [{error.trace_id}]" if error.trace_id else ""
    return f"{error.message} ({error.code}){trace}"
