"""What `listenlink cover set` and `cover remove` do, by the API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from listenlink.cli.owning import ask, client_of, organization_of
from listenlink.client import Client
from listenlink.errors import RefusesToStart, fault_of_system

# More is refused by every server, so no more is read.
_MOST_BYTES = 8 * 1024 * 1024
_KINDS = {"mtrack": "tracks", "mcoll": "collections"}


def set_cover(
    target: str, file: Path, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Send the picture and print the answer. Raises RefusesToStart."""
    kind = _kind_of(target)
    try:
        with file.open("rb") as opened:
            picture = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise RefusesToStart(f"{file}: {fault_of_system(error)}") from None
    with client_of(server, api_key) as client:
        path = _path(client, kind, target)
        done = ask(lambda: client.send("PUT", path, content=picture).json())
    _tell(done, as_json)


def remove_cover(
    target: str, restore: bool, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Take the cover away, or only the one that was set, and print the answer. Raises RefusesToStart."""
    kind = _kind_of(target)
    with client_of(server, api_key) as client:
        path = _path(client, kind, target)
        done = ask(lambda: client.delete(path, params={"restore": "true"} if restore else {}))
    _tell(done, as_json)


def _kind_of(target: str) -> str:
    kind = _KINDS.get(target.partition("_")[0])
    if kind is None:
        raise RefusesToStart(f"{target} is neither a track (mtrack_…) nor a collection (mcoll_…)")
    return kind


def _path(client: Client, kind: str, target: str) -> str:
    return f"/v1/music/{organization_of(client)}/{kind}/{target}/cover"


def _tell(done: dict[str, Any], as_json: bool) -> None:
    print(json.dumps(done) if as_json else f"{done['id']}: {done['detail']}")
