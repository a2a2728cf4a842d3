"""The child process that draws a link's preview picture, 1200 × 630, which chats show beside a link.

`python -m listenlink.media.sandbox.preview_child`, with one JSON `Drawing` on descriptor 0; writes a PNG
to stdout. The title is a stranger's text and the cover was once a stranger's file, hence the sandbox.
"""

from __future__ import annotations

import io
import os
import sys

import msgspec
from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFont

from listenlink.media.sandbox.drawing import Drawing
from listenlink.media.sandbox.lockdown import Deadline, answer_and_end, close_doors, limit_process

_WIDTH, _HEIGHT = 1200, 630
_MARGIN = 80
_ART = _HEIGHT - 2 * _MARGIN
_TEXT_LEFT = _MARGIN + _ART + 60
_TEXT_WIDTH = _WIDTH - _TEXT_LEFT - _MARGIN
_TITLE_PIXELS = (64, 54, 44)
_MOST_LINES = 3
_LINE_SPACING = 1.2
_WAVE_HEIGHT = 120
_BAR, _GAP = 6, 4
_WHITE, _SOFT = (255, 255, 255), (222, 219, 240)
# In no font, so it looks like any missing character.
_MISSING = "\U0010fffe"

_Font = ImageFont.FreeTypeFont


def load_font() -> _Font:
    """Load the font, while files can still be opened."""
    from importlib import resources

    file = resources.files("fontpkg_noto_sans") / "files" / "NotoSans[wdth,wght].ttf"
    return ImageFont.truetype(io.BytesIO(file.read_bytes()), _TITLE_PIXELS[0])


def warm_up(font: _Font) -> None:
    """Draw something of our own first: Pillow imports parts of itself when it first needs them, and after
    `close_doors` no file can be opened any more."""
    cover = io.BytesIO()
    Image.new("RGB", (8, 8)).save(cover, "JPEG")
    circles = [(50, 50, 10, 0)]
    draw(Drawing("Title", "Artist", 0, 0, circles, None, None), font)
    draw(Drawing("Title", None, 0, 0, [], cover.getvalue(), b"\0"), font)


def draw(asked: Drawing, font: _Font) -> bytes:
    """Draw the picture and return it as a PNG."""
    picture = _ground(asked.hue, asked.second_hue)
    _draw_art(picture, asked)
    pen = ImageDraw.Draw(picture)
    _draw_wave(pen, asked.peaks)
    _draw_text(pen, asked, font)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _colour(hue: int, saturation: int, lightness: int) -> tuple[int, ...]:
    return ImageColor.getrgb(f"hsl({hue},{saturation}%,{lightness}%)")


def _ground(hue: int, second_hue: int) -> Image.Image:
    """The background, a gradient from the upper left to the lower right."""
    down = Image.linear_gradient("L")
    mask = ImageChops.add(down, down.transpose(Image.Transpose.ROTATE_90), scale=2)
    first = Image.new("RGB", (_WIDTH, _HEIGHT), _colour(hue, 45, 28))
    second = Image.new("RGB", (_WIDTH, _HEIGHT), _colour(second_hue, 50, 12))
    return Image.composite(second, first, mask.resize((_WIDTH, _HEIGHT)))


def _draw_art(picture: Image.Image, asked: Drawing) -> None:
    if asked.cover is not None:
        with Image.open(io.BytesIO(asked.cover), formats=("JPEG",)) as cover:
            art = cover.convert("RGB").resize((_ART, _ART), Image.Resampling.LANCZOS)
    else:
        art = Image.new("RGB", (_ART, _ART), _colour(asked.second_hue, 60, 40))
        for x, y, radius, hue in asked.circles:
            layer = Image.new("L", art.size, 0)
            place = [
                value * _ART // 100 for value in (x - radius, y - radius, x + radius, y + radius)
            ]
            ImageDraw.Draw(layer).ellipse(place, fill=90)
            art.paste(_colour(hue, 75, 62), mask=layer)
    corners = Image.new("L", art.size, 0)
    ImageDraw.Draw(corners).rounded_rectangle((0, 0, _ART - 1, _ART - 1), 32, fill=255)
    picture.paste(art, (_MARGIN, _MARGIN), corners)


def _draw_wave(pen: ImageDraw.ImageDraw, peaks: bytes | None) -> None:
    bars = _TEXT_WIDTH // (_BAR + _GAP)
    middle = _HEIGHT - _MARGIN - _WAVE_HEIGHT // 2
    for bar in range(bars):
        level = 0
        if peaks:
            first = bar * len(peaks) // bars
            level = max(peaks[first : max(first + 1, (bar + 1) * len(peaks) // bars)])
        half = max(3, level * _WAVE_HEIGHT // 510)
        left = _TEXT_LEFT + bar * (_BAR + _GAP)
        pen.rounded_rectangle((left, middle - half, left + _BAR - 1, middle + half), 3, fill=_SOFT)


def _draw_text(pen: ImageDraw.ImageDraw, asked: Drawing, font: _Font) -> None:
    if not _can_write(font, asked.title):
        return
    for pixels in _TITLE_PIXELS:
        title = _weighted(font.font_variant(size=pixels), 700)
        lines = _lines(title, asked.title)
        if len(lines) <= _MOST_LINES:
            break
    else:
        lines = [*lines[: _MOST_LINES - 1], lines[_MOST_LINES - 1].rstrip() + " …"]
    top = float(_MARGIN)
    for line in lines:
        pen.text((_TEXT_LEFT, top), line, font=title, fill=_WHITE)
        top += pixels * _LINE_SPACING
    if asked.artist and _can_write(font, asked.artist):
        artist = _weighted(font.font_variant(size=34), 400)
        pen.text((_TEXT_LEFT, top + 12), _lines(artist, asked.artist)[0], font=artist, fill=_SOFT)


def _weighted(font: _Font, weight: int) -> _Font:
    axes = font.get_variation_axes()
    values: list[float] = [
        weight if axis["name"] == b"Weight" else axis["default"] or 0 for axis in axes
    ]
    font.set_variation_by_axes(values)
    return font


def _can_write(font: _Font, text: str) -> bool:
    """Whether the font has all letters of a text, which is otherwise left out, not drawn as boxes."""
    missing = bytes(font.getmask(_MISSING))
    return not any(
        bytes(font.getmask(letter)) == missing for letter in set(text) if not letter.isspace()
    )


def _lines(font: _Font, text: str) -> list[str]:
    lines: list[str] = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= _TEXT_WIDTH:
            lines[-1] = longer
            continue
        while font.getlength(word) > _TEXT_WIDTH and len(word) > 1:
            fits = next(
                n for n in range(len(word) - 1, 0, -1) if font.getlength(word[:n]) <= _TEXT_WIDTH
            )
            lines += [word[:fits]]
            word = word[fits:]
        lines.append(word)
    return [line for line in lines if line] or [""]


def main() -> None:
    """Limit this process, draw what descriptor 0 says, write the picture to descriptor 1."""
    limit_process()
    Deadline()
    font = load_font()
    warm_up(font)
    close_doors()
    try:
        with open(0, "rb", buffering=0) as file:
            asked = msgspec.json.decode(file.readall(), type=Drawing)
        data = draw(asked, font)
    except Exception as error:  # Whatever a title or a cover provokes means no picture.
        print(repr(error), file=sys.stderr)
        os._exit(1)
    answer_and_end(data)


if __name__ == "__main__":
    main()
