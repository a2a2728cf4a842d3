"""Notes of unfinished uploads in pieces, so that running the same command again resumes them.

Each is a small file in the user's state folder, named after what would be uploaded where. Nothing in
it is secret: only the key's owner can resume an upload.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

from listenlink.clock import SECOND_US, Clock

# As long as a server retains an upload.
_KEPT_SECONDS = 86_400


class BegunUpload:
    """A note of one upload: its path on the server."""

    def __init__(self, note: Path) -> None:
        self._note = note

    def find(self) -> str | None:
        """The path of the upload begun earlier, or None."""
        try:
            return self._note.read_text()
        except FileNotFoundError:
            return None

    def keep(self, upload_path: str) -> None:
        """Note that an upload was begun, and delete notes too old to be of use."""
        self._note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        now_seconds = Clock().now_us() / SECOND_US
        for note in self._note.parent.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if now_seconds - note.stat().st_mtime > _KEPT_SECONDS:
                    note.unlink()
        written = self._note.with_suffix(f".{os.getpid()}")
        written.write_text(upload_path)
        written.replace(self._note)

    def forget(self) -> None:
        """Delete the note, because the upload is finished."""
        self._note.unlink(missing_ok=True)


def begun_upload(place: str, digest: str, facts: dict[str, str]) -> BegunUpload:
    """The note for a file with this SHA-256, uploaded to this address with these facts."""
    named = json.dumps([place, digest, facts], sort_keys=True).encode()
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return BegunUpload(
        Path(state) / "listenlink" / "uploads" / hashlib.sha256(named).hexdigest()[:32]
    )
