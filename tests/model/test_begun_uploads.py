"""Notes of begun uploads go when there are many, and by no clock."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from listenlink.cli import begun_uploads
from listenlink.cli.begun_uploads import begun_upload

HERE, FACTS = "http://127.0.0.1:1", {"engine": "studio"}


def test_a_clock_that_was_ahead_deletes_no_note_and_many_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(begun_uploads, "_MOST_NOTES", 3)
    notes = [begun_upload(HERE, f"{number:064x}", FACTS) for number in range(5)]
    for number, note in enumerate(notes):
        note.keep(f"/uploads/{number}")
        # As if each were kept ten years after the one before.
        for path in (tmp_path / "listenlink" / "uploads").iterdir():
            at = path.stat().st_mtime - 10 * 365 * 86_400
            os.utime(path, (at, at))
    assert [note.find() for note in notes] == [None, None, "/uploads/2", "/uploads/3", "/uploads/4"]
