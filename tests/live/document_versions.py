"""A track's versions, asked as the document says."""

from __future__ import annotations

from pathlib import Path

from live.document_witness import Witness


def versions(witness: Witness, path: str, song: Path) -> None:
    """Other audio comes in, is refused, and goes again."""
    path, file = path + "/versions", {"file": (song.name, song.read_bytes())}
    key = {"Idempotency-Key": "another-version"}
    for _ in range(2):
        assert witness.owner("POST", path, files=file, headers=key).status_code == 201
    for fault in (
        {"data": {"engine": "Not An Engine"}, "files": file},
        {"data": {"current": "false"}, "files": file, "headers": key},
        {"content": b"{}", "headers": {"Content-Type": "application/json"}},
    ):
        assert witness.owner("POST", path, **fault).status_code >= 400
    assert witness.owner("GET", path).status_code == 200
    for current, status in ((True, 200), (False, 422)):
        sent = {"json": {"current": current}}
        assert witness.owner("PATCH", path + "/1", **sent).status_code == status
    for number, status in ((1, 409), (2, 200), (2, 404)):
        assert witness.owner("DELETE", f"{path}/{number}").status_code == status
