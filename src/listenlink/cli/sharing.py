"""What `listenlink share` and `listenlink revoke` do: a link is made, and closed."""

from __future__ import annotations

import json
import sys
from typing import Any

from listenlink.cli.link_terms import asked_terms, option_of, terms_of
from listenlink.cli.naming import not_found, read_link, read_target
from listenlink.cli.own_command import own_command
from listenlink.cli.owning import ask, owner_of, print_qr, say, sentence, tell_done
from listenlink.client import ListenlinkError
from listenlink.errors import RefusesToStart


def share(
    target: str,
    given: dict[str, Any],
    server: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Make a link and print its URL and its terms; in a terminal, with a QR code. Raises RefusesToStart."""
    kind, number = read_target(target)
    terms = asked_terms(given)
    with owner_of(server, api_key) as client:
        path = client.path_of(kind, number, "share")
        named = {field: option_of(field) for field in terms}
        link = ask(lambda: client.post(path, json=terms), named, number)
    if as_json:
        print(json.dumps(link))
        return
    tell_address(link)
    if link.get("has_password"):
        print("Send the password another way than the link: whoever has both opens it.")
    print(
        f"To see it again:  {own_command('link', 'show', link['id'])}\n"
        f"To close it:  {own_command('revoke', link['id'])}"
    )
    draw_address(link)


def tell_address(link: dict[str, Any]) -> None:
    """Print a link's address, and its terms as the server took them."""
    print(link["url"])
    say(f"{link['id']}  {terms_of(link)}")


def draw_address(link: dict[str, Any]) -> None:
    """Print the address as a QR code, for a phone beside a terminal."""
    if sys.stdout.isatty():
        print_qr(link["url"])


def revoke(link: str, server: str | None, api_key: str | None, as_json: bool) -> None:
    """Revoke a link, given its id, its token or its whole address, and print the answer. Raises
    RefusesToStart."""
    try:
        number, token = read_link(link)
    except RefusesToStart as error:
        raise RefusesToStart(f"nothing was closed: {error}") from None
    with owner_of(server, api_key) as client:
        # By the token itself, which is worth nothing afterwards.
        path = client.path_of("share", number or token or "")
        try:
            done = client.delete(path)
        except ListenlinkError as error:
            why = not_found(client, link) if error.status == 404 else sentence(error)
            raise RefusesToStart(f"nothing was closed: {why}") from None
    tell_done(done, as_json)
