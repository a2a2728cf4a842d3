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

# Not by their age: a clock that is ahead for a moment would have everything sent again.
_MOST_NOTES = 500


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
        """Note that an upload was begun, and delete the oldest notes if there are many."""
        folder = self._note.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # Somebody else deletes them too.
            notes = sorted(folder.iterdir(), key=lambda note: note.stat().st_mtime, reverse=True)
            for note in notes[_MOST_NOTES - 1 :]:
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
