"""A cover, asked as the document says."""

from __future__ import annotations

from live.document_witness import Witness
from media.make_audio import make_picture


def covers(witness: Witness, path: str) -> None:
    """A cover is given, known, refused, taken away, and then again what it was."""
    for fault, status in (
        ({"content": b"GIF89a"}, 422), ({"content": bytes(9_000_000)}, 413),
        ({"content": b"{}", "headers": {"Content-Type": "application/json"}}, 415),
        ({"content": make_picture()}, 200),
    ):  # fmt: skip
        assert witness.owner("PUT", path, **fault).status_code == status
    shown = witness.owner("GET", path)
    tag = {"If-None-Match": shown.headers["ETag"]}
    assert (shown.status_code, witness.owner("GET", path, headers=tag).status_code) == (200, 304)
    assert witness.owner("DELETE", path).status_code == 200
    assert witness.owner("GET", path).status_code == 404
    assert witness.owner("DELETE", path + "?restore=perhaps").status_code == 422
    assert witness.owner("DELETE", path + "?restore=true").status_code == 200
    nowhere = path.rpartition("_")[0] + "_000000000000/cover"
    assert witness.owner("PUT", nowhere, content=make_picture()).status_code == 404
