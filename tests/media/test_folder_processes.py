"""The folder of audio shared by several processes that publish and remove the same bytes at the same time."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from listenlink.media.disk.places import make_folders
from listenlink.media.folder.folder import Folder

ROUNDS = 150
SONG = b"the same song " * 5000
DIGEST = hashlib.sha256(SONG).digest()

# A row is a file here: whoever commits makes one, whoever removes deletes one; the bytes are kept while
# there is any. After each publication of its own a process must find the bytes, whatever the others do.
_TAKE_PART = """
import os, sys
from pathlib import Path
from listenlink.media.folder.folder import Folder
root, name, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
song = (root / "song").read_bytes()
folder, row = Folder(root), root / "rows" / name
is_kept = lambda digest: any((root / "rows").iterdir())
for number in range(rounds):
    draft = folder.drafts.begin()
    draft.write(song)
    if number % 5 == 4:
        try:
            folder.publish([draft], lambda: 1 / 0, is_kept)
        except ZeroDivisionError:
            continue
    folder.publish([draft], row.touch, is_kept)
    with os.fdopen(folder.open_object(draft.digest), "rb") as file:
        assert file.read() == song
    row.unlink()
    folder.remove_objects([draft.digest], is_kept)
row.touch() if name == "0" else None
if name == "0":
    draft = folder.drafts.begin()
    draft.write(song)
    folder.publish([draft], row.touch, is_kept)
"""


def test_processes_that_publish_and_remove_the_same_bytes_never_lose_or_leave_any(
    tmp_path: Path,
) -> None:
    make_folders(tmp_path)
    folder = Folder(tmp_path)
    (tmp_path / "rows").mkdir()
    (tmp_path / "song").write_bytes(SONG)
    command = [sys.executable, "-c", _TAKE_PART, str(tmp_path)]
    running = [
        subprocess.Popen([*command, str(n), str(ROUNDS)], stderr=subprocess.PIPE, text=True)
        for n in range(3)
    ]
    ended = [(process.communicate(timeout=60)[1], process.returncode) for process in running]
    assert ended == [("", 0)] * 3
    left = [path.name for path in (tmp_path / "objects").rglob("*") if path.is_file()]
    assert left == [DIGEST.hex()]  # the one row that was left at the end
    assert [path.name for path in (tmp_path / "uploads").iterdir() if path.name[0] != "."] == []
    (tmp_path / "rows" / "0").unlink()
    folder.remove_objects([DIGEST], lambda _: any((tmp_path / "rows").iterdir()))
    assert [path for path in (tmp_path / "objects").rglob("*") if path.is_file()] == []
