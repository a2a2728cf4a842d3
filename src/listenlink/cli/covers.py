"""What `listenlink cover set` and `cover remove` do, by the API."""

from __future__ import annotations

from pathlib import Path

from listenlink.cli.naming import read_target
from listenlink.cli.owning import ask, owner_of, tell_done
from listenlink.errors import RefusesToStart, fault_of_system

# More is refused by every server, so no more is read.
_MOST_BYTES = 8 * 1024 * 1024
_FIELDS = {"cover": "FILE"}


def set_cover(
    target: str, file: Path, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Send the picture and print the answer. Raises RefusesToStart."""
    kind, number = read_target(target)
    try:
        with file.open("rb") as opened:
            picture = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise RefusesToStart(f"{file}: {fault_of_system(error)}") from None
    with owner_of(server, api_key) as client:
        path = client.path_of(kind, number, "cover")
        done = ask(lambda: client.send("PUT", path, content=picture).json(), _FIELDS, number)
    tell_done(done, as_json)


def remove_cover(
    target: str, restore: bool, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Take the cover away, or only the one that was set, and print the answer. Raises RefusesToStart."""
    kind, number = read_target(target)
    with owner_of(server, api_key) as client:
        path = client.path_of(kind, number, "cover")
        done = ask(
            lambda: client.delete(path, params={"restore": "true"} if restore else {}), (), number
        )
    tell_done(done, as_json)
