"""What is accepted is heard in a browser to its end, whatever it is: as it is, or by a rendition."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page

from browser.chromium import SHARED
from cast import upload, wait_for_sound
from media.make_audio import cut_by_an_editor, make
from media.make_tags import chunk, id3_tag, id3_text

RATE = 44_100
# The seconds that it tells before it plays, and at its end.
_PLAY = """url => new Promise((resolve) => {
  let told;
  const audio = new Audio();
  audio.muted = true;
  audio.playbackRate = 4;
  audio.onerror = () => resolve([told, audio.error.message || "error " + audio.error.code]);
  audio.onloadedmetadata = () => (told = audio.duration);
  audio.onended = () => resolve([told, audio.currentTime]);
  setTimeout(() => resolve([told, "it never ends"]), 20000);
  audio.src = url;
  audio.play().catch(() => {});
})"""


def wav(channels: int, code: int, width: int, rate: int = 48_000, mask: int | None = None) -> bytes:
    """A WAV of a second: PCM (1) or float (3) of so many bytes a sample, each channel a tone of its own."""
    seconds = np.arange(rate)[:, None] / rate
    tones = 0.4 * np.sin(2 * np.pi * 200 * (1 + np.arange(channels)) * seconds)
    if code == 3:
        data = tones.astype({4: "<f4", 8: "<f8"}[width]).tobytes()
    else:
        wide = (tones * (2**31 - 1)).astype("<i4").reshape(-1, 1).view(np.uint8)
        data = wide[:, 4 - width :].tobytes()
    block = channels * width
    header = struct.pack("<HHIIHH", code, channels, rate, rate * block, block, 8 * width)
    if mask is not None:
        rest = bytes.fromhex("000000001000800000aa00389b71")
        header = struct.pack("<H", 0xFFFE) + header[2:]
        header += struct.pack("<HHIH", 22, 8 * width, mask, code) + rest
    content = b"WAVE" + chunk(b"fmt ", header) + chunk(b"data", data)
    return chunk(b"RIFF", content)


def _joined(folder: Path, kind: str, *makings: dict[str, int]) -> bytes:
    return b"".join(
        make(kind, folder / str(n), sample_count=RATE, **making).read_bytes()  # type: ignore[arg-type]
        for n, making in enumerate(makings)
    )


def _with_empty_picture(flac: bytes) -> bytes:
    """A picture of no type and no bytes, which some programs forgive, behind STREAMINFO."""
    return flac[:42] + b"\x06\0\0\x20" + bytes(32) + flac[42:]


def _damaged(content: bytes) -> bytes:
    """The middle third is noise, but for the frames' headers."""
    noise = np.random.default_rng(1).integers(0, 256, len(content), np.uint8)
    changed = bytearray(content)
    place = 0
    starts = [
        place := content.index(b"\xff\xfb", place + 400) for _ in range(len(content) // 420 - 4)
    ]
    for start in starts[len(starts) // 3 : 2 * len(starts) // 3]:
        changed[start + 4 : start + 400] = noise[start + 4 : start + 400].tobytes()
    return bytes(changed)


# What it's made of, and the seconds that are heard.
FILES: dict[str, tuple[Callable[[Path], bytes], float]] = {
    "64-bit float": (lambda folder: wav(1, 3, 8), 1),
    "32-bit float": (lambda folder: wav(2, 3, 4), 1),
    "nine channels": (lambda folder: wav(9, 1, 3, mask=0), 1),
    "twelve channels of float": (lambda folder: wav(12, 3, 4, mask=0), 1),
    "eight channels, nobody knows where": (lambda folder: wav(8, 1, 2, mask=0x80000000), 1),
    "one megahertz": (lambda folder: wav(1, 1, 2, rate=1_000_000), 1),
    "one kilohertz": (lambda folder: wav(2, 1, 2, rate=1_000), 1),
    "tags before RIFF": (lambda folder: id3_tag(id3_text(b"TIT2", 0, b"T")) + wav(1, 1, 2), 1),
    "mono, then stereo": (lambda f: _joined(f, "mp3_cbr", {"channels": 1}, {"channels": 2}), 2),
    "two rates": (lambda f: _joined(f, "mp3_cbr", {}, {"sample_rate": 48_000}), 1.92),
    "a chain of two rates": (lambda f: _joined(f, "ogg_vorbis", {}, {"sample_rate": 48_000}), 1.92),
    "damaged": (
        lambda f: _damaged(make("mp3_cbr", f / "x", sample_count=6 * RATE).read_bytes()),
        4,
    ),
    "an empty picture": (
        lambda f: _with_empty_picture(make("flac", f / "x", sample_count=RATE).read_bytes()),
        1,
    ),
    "a header of more": (
        lambda f: cut_by_an_editor(
            make("mp3_xing", f / "x", sample_count=8 * RATE), 0.25
        ).read_bytes(),
        2,
    ),
    "AAC in ADTS": (lambda f: make("aac_adts", f / "x", sample_count=RATE).read_bytes(), 1),
    "Opus in WebM": (lambda f: make("webm_opus", f / "x", sample_count=48_000).read_bytes(), 1),
    "Vorbis in WebM": (lambda f: make("webm_vorbis", f / "x", sample_count=RATE).read_bytes(), 1),
    "FLAC in Matroska": (lambda f: make("mka_flac", f / "x", sample_count=RATE).read_bytes(), 1),
    "FLAC in Ogg": (lambda f: make("ogg_flac", f / "x", sample_count=RATE).read_bytes(), 1),
    "Opus in MP4": (lambda f: make("m4a_opus", f / "x", sample_count=48_000).read_bytes(), 1),
    "FLAC in MP4": (lambda f: make("m4a_flac", f / "x", sample_count=RATE).read_bytes(), 1),
}


@pytest.fixture(scope="module")
def tracks(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """All of them uploaded: their tracks' ids."""
    folder, found = tmp_path_factory.mktemp("files"), {}
    for name, (made, _) in FILES.items():
        path = folder / "file.bin"
        path.write_bytes(made(folder))
        found[name] = upload(owner, path)["id"]
    return found


@pytest.fixture(scope="module")
def empty_page() -> Iterator[Page]:
    """A page of no site, which may play anything."""
    page = SHARED.get().new_page()
    yield page
    page.close()


@pytest.mark.parametrize("name", FILES)
def test_it_is_heard_to_its_end(
    owner: httpx.Client, empty_page: Page, tracks: dict[str, str], name: str
) -> None:
    sound = wait_for_sound(owner, tracks[name])
    assert max(sound["peaks"]) > 20
    assert sound["loudness_lufs"] is not None
    track = owner.get(f"/tracks/{tracks[name]}").json()
    duration, ended = empty_page.evaluate(_PLAY, track["playback_url"])
    assert ended == pytest.approx(FILES[name][1], abs=0.6 if name == "damaged" else 0.1)
    assert duration == pytest.approx(ended, abs=0.1)
    assert ended == pytest.approx(track["measured_duration_seconds"], abs=0.1)
