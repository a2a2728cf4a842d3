"""What is named on a command line: tracks, collections and keys by their ids, a link by its address too.

An address is taken as people paste it: of whatever page of the link, with what a chat or a mail has put
around it. Only the token in it counts; the server finds the link by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from listenlink.cli.owning import ask
from listenlink.client import Client, ListenlinkError
from listenlink.errors import RefusesToStart
from listenlink.model import ids
from listenlink.model.one_line import one_line

_TOKEN = re.compile(r"shr_[0-9a-f]{32}(?![0-9a-f])")
_ORIGIN = re.compile(r"https?://[^\s/?#<>\"'\\]+", re.IGNORECASE)
_KINDS = {
    ids.TRACK: "a track",
    ids.COLLECTION: "a collection",
    ids.API_KEY: "a key",
    ids.WEBHOOK: "a webhook",
    ids.DELIVERY: "a delivery",
}
_PATHS = {ids.TRACK: "tracks", ids.COLLECTION: "collections"}
_MOST_SHOWN = 60


def read_id(prefix: str, text: str, named: str) -> str:
    """The id of this kind that an argument or an option is. Raises RefusesToStart, which names it."""
    if ids.parse_id(prefix, text.strip()) is None:
        raise RefusesToStart(
            f"{named}: {_shown(text)} isn't the id of {_KINDS[prefix]}, which is like {prefix}0123456789ab"
        )
    return text.strip()


def read_ids(prefix: str, texts: Iterable[str], named: str) -> list[str]:
    """The same for several, each once."""
    return list(dict.fromkeys(read_id(prefix, text, named) for text in texts))


def read_target(text: str, named: str = "TARGET") -> tuple[str, str]:
    """What kind of thing it is, as its path says it, and the id of a track or a collection. Raises
    RefusesToStart."""
    for prefix, path in _PATHS.items():
        if ids.parse_id(prefix, text) is not None:
            return path, text
    raise RefusesToStart(
        f"{named}: {_shown(text)} is neither a track (mtrack_…) nor a collection (mcoll_…)"
    )


def read_link(text: str, named: str = "LINK") -> tuple[str | None, str | None]:
    """The id or the token that names a link, the other one None. Raises RefusesToStart."""
    if ids.parse_id(ids.SHARE, text.strip()) is not None:
        return text.strip(), None
    tokens = set(_TOKEN.findall(text))
    if len(tokens) != 1:
        raise RefusesToStart(
            f"{named}: {_shown(text)} is neither a link's id (mslink_…) nor its address (…/shr_…)"
        )
    return None, tokens.pop()


def link_id(client: Client, text: str) -> str:
    """The id of one of one's own links, named by its id, its token or its address. Raises RefusesToStart."""
    number, token = read_link(text)
    if number is not None:
        return number
    path = client.path_of("share", "find")

    def find() -> str:
        try:
            return str(client.post(path, json={"token": token})["id"])
        except ListenlinkError as error:
            if error.status == 404:
                raise RefusesToStart(f"LINK: {not_found(client, text)}") from None
            raise

    return ask(find)


def link_ids(client: Client, texts: Iterable[str]) -> list[str]:
    """The same for several, each once."""
    return list(dict.fromkeys(link_id(client, text) for text in texts))


def not_found(client: Client, text: str) -> str:
    """Why a link that is named so wasn't found, and what to do where its address names another server."""
    told = f"{client.base_url} has no link of yours with this id or address"
    origin = _ORIGIN.search(text)
    if origin is None or client.is_own(origin.group()):
        return told
    return f"{told}, which is of {origin.group()}; another server: --server, or LISTENLINK_SERVER"


def require_word(option: str, word: str | None, known: Iterable[str]) -> None:
    """Raise RefusesToStart for a word that is none of those that an option knows."""
    words = [str(one) for one in known]
    if word is not None and word not in words:
        raise RefusesToStart(f"{option}: must be one of {', '.join(words)}")


def _shown(text: str) -> str:
    """What was given, so that one sees what is wrong with it, but not pages of it."""
    line = one_line(text)
    return repr(line if len(line) <= _MOST_SHOWN else line[:_MOST_SHOWN] + "…")
