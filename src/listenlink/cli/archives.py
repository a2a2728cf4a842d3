"""What `listenlink collection download` does, by the API."""

from __future__ import annotations

import json
from pathlib import Path

from listenlink.cli.naming import read_id
from listenlink.cli.owning import ask, owner_of, say
from listenlink.cli.uploading import progress_bars
from listenlink.errors import RefusesToStart, fault_of_system
from listenlink.model import ids


def download(
    collection_id: str, file: Path, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Save the collection's archive as this file, in place of any that is there. Raises RefusesToStart; what
    has arrived by then stays for the same command."""
    number = read_id(ids.COLLECTION, collection_id, "COLLECTION")
    if file.is_dir():
        raise RefusesToStart(f"FILE: {file} is a folder; name the file too, like album.zip")
    with owner_of(server, api_key) as client, progress_bars(as_json) as bars:
        task = bars.add_task(file.name, total=None)

        def progress(there: int, of: int) -> None:
            bars.update(task, completed=there, total=of)

        try:
            ask(lambda: client.download_collection(number, file, progress=progress), about=number)
        except OSError as error:
            raise RefusesToStart(f"FILE: {file}: {fault_of_system(error)}") from None
        bars.remove_task(task)
    told = {"id": number, "file": str(file), "size_bytes": file.stat().st_size}
    if as_json:
        print(json.dumps(told))
    else:
        say(f"{number}  {file}  {told['size_bytes']} bytes")
