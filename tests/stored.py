"""What an instance has stored, in its folder or in its bucket."""

from __future__ import annotations

from urllib.parse import urlsplit

import obstore

from cast import Server
from object_storage import shared_seaweedfs


def stored_audio(server: Server) -> dict[str, int]:
    """The bytes of every object, by its digest in hex digits."""
    url = server.settings.get("STORAGE_URL")
    if url is None:
        files = (path for path in (server.data / "objects").rglob("*") if path.is_file())
        return {path.name: path.stat().st_size for path in files}
    store = shared_seaweedfs().store(urlsplit(url).path.strip("/"))
    listed = (item for page in obstore.list(store, "objects") for item in page)
    return {str(item["path"]).rpartition("/")[2]: int(item["size"]) for item in listed}


def drafts(server: Server) -> list[str]:
    """The names of uploads that aren't over."""
    return [p.name for p in (server.data / "uploads").iterdir() if not p.name.startswith(".")]
