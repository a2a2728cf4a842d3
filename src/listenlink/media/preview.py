"""Preview pictures of links, drawn in a child process that is trusted as little as what it draws."""

from __future__ import annotations

import sys
import tempfile

import msgspec

from listenlink.media.sandbox.child import run_child
from listenlink.media.sandbox.drawing import Drawing as Drawing

WIDTH, HEIGHT = 1200, 630
TITLE_LENGTH = 160
_COMMAND = (sys.executable, "-I", "-m", "listenlink.media.sandbox.preview_child")
_MOST_BYTES = 4 * 1024 * 1024
_WALL_SECONDS = 20
_PNG = b"\x89PNG\r\n\x1a\n"


async def draw_preview(asked: Drawing) -> bytes | None:
    """The picture, a PNG of 1200 × 630; None if it can't be drawn. Cancelling this ends the child."""
    with tempfile.TemporaryFile() as file:
        file.write(msgspec.json.encode(asked))
        file.flush()
        file.seek(0)
        picture, exit_code = await run_child(_COMMAND, file, _MOST_BYTES, _WALL_SECONDS)
    is_whole = exit_code == 0 and len(picture) <= _MOST_BYTES and picture.startswith(_PNG)
    return picture if is_whole else None
