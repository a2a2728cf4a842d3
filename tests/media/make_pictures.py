"""Pictures as people send them: of one colour, with a corner marked, turned by a camera, moving."""

from __future__ import annotations

import functools
import io
import struct
import zlib

from PIL import Image

RED, GREEN, BLUE, WHITE = (220, 20, 20), (20, 200, 20), (20, 20, 220), (255, 255, 255)
Colour = tuple[int, int, int]
_ORIENTATION, _ARTIST, _GPS = 0x0112, 0x013B, 0x8825
SECRET = "47.3769 N 8.5417 E"


@functools.cache
def plain(colour: Colour = RED, kind: str = "JPEG", width: int = 64, height: int = 64) -> bytes:
    """A picture of one colour."""
    return _encoded(Image.new("RGB", (width, height), colour), kind)


@functools.cache
def marked(orientation: int = 1, kind: str = "JPEG") -> bytes:
    """Blue, its upper left quarter red once it's turned as its Exif says, which also says where it was
    taken."""
    upright = Image.new("RGB", (64, 64), BLUE)
    upright.paste(RED, (0, 0, 32, 32))
    # What undoes what the number stands for (Exif 3.0, 4.6.5).
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    lying = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[_ORIENTATION], exif[_ARTIST] = orientation, SECRET
    return _encoded(lying, kind, exif=exif)


@functools.cache
def moving(kind: str = "WEBP") -> bytes:
    """Red first, then blue, with nothing where it's transparent."""
    frames = [Image.new("RGBA", (64, 64), (*colour, 255)) for colour in (RED, BLUE)]
    return _encoded(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)


@functools.cache
def bomb(width: int, height: int) -> bytes:
    """A PNG of so many pixels, all black, in few bytes."""
    rows = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    packed = b"".join(rows.compress(row) for _ in range(height)) + rows.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


def colour_at(picture: bytes, across: float = 0.5, down: float = 0.5) -> Colour:
    """The nearest of the colours above to that of a place, in parts of the side."""
    with Image.open(io.BytesIO(picture)) as opened:
        width, height = opened.size
        place = opened.convert("RGB").getpixel((int(width * across), int(height * down)))
    assert isinstance(place, tuple)
    return min(
        (RED, GREEN, BLUE, WHITE),
        key=lambda colour: sum(abs(a - b) for a, b in zip(colour, place, strict=True)),
    )


def _encoded(picture: Image.Image, kind: str, **how: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **({"quality": 95} if kind == "JPEG" else {}), **how)
    return out.getvalue()
