"""Which audio format a file has, by its first bytes only: names and declared types are ignored.

For each format, the table names the one demuxer and the few decoders that libav may then use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

_ID3_HEADER_BYTES = 10
_MAX_ID3_TAGS = 4
_MAX_PADDING_BYTES = 64 * 1024
_WINDOW_BYTES = 8 * 1024


@dataclass(frozen=True)
class AudioFormat:
    """An accepted format. `demuxer` and `codecs` (decoders) are libav's names."""

    key: str
    demuxer: str
    codecs: tuple[str, ...]
    content_type: str
    declares_length: bool


WAV = AudioFormat(
    "wav",
    "wav",
    (
        "pcm_u8",
        "pcm_s16le",
        "pcm_s24le",
        "pcm_s32le",
        "pcm_f32le",
        "pcm_f64le",
        "pcm_alaw",
        "pcm_mulaw",
    ),
    "audio/wav",
    True,
)
FLAC = AudioFormat("flac", "flac", ("flac",), "audio/flac", True)
MP3 = AudioFormat("mp3", "mp3", ("mp3float", "mp3"), "audio/mpeg", False)
M4A = AudioFormat("m4a", "mov", ("aac", "alac"), "audio/mp4", True)
OGG = AudioFormat("ogg", "ogg", ("vorbis",), "audio/ogg", False)
OPUS = AudioFormat("opus", "ogg", ("opus",), "audio/ogg", False)
AIFF = AudioFormat(
    "aiff",
    "aiff",
    (
        "pcm_s8",
        "pcm_u8",
        "pcm_s16be",
        "pcm_s16le",
        "pcm_s24be",
        "pcm_s32be",
        "pcm_f32be",
        "pcm_f64be",
        "pcm_alaw",
        "pcm_mulaw",
    ),
    "audio/aiff",
    True,
)


def sniff(file: BinaryIO) -> AudioFormat | None:
    """The format of a seekable file, or None. Reads at most 100 KiB and moves the file's position.

    Only MP3 and FLAC are looked for after ID3v2 tags, because nothing else occurs there in the wild.
    """
    offset = skip_id3(file)
    window = _read_at(file, offset, _WINDOW_BYTES)
    if window.startswith(b"fLaC"):
        return FLAC
    if offset == 0 and (found := _sniff_container(window)) is not None:
        return found
    return MP3 if _is_mp3(file, offset) else None


def _sniff_container(window: bytes) -> AudioFormat | None:
    kind = window[8:12]
    if window[:4] in (b"RIFF", b"RF64") and kind == b"WAVE":
        return WAV
    if window[:4] == b"FORM" and kind in (b"AIFF", b"AIFC"):
        return AIFF
    if window[4:8] == b"ftyp":
        return M4A
    if window[:4] == b"OggS" and len(window) > 26:
        # RFC 3533 section 6: a fixed header of 27 bytes, then the segment table.
        first_packet = window[27 + window[26] :]
        if first_packet.startswith(b"\x01vorbis"):
            return OGG
        if first_packet.startswith(b"OpusHead"):
            return OPUS
    return None


def _read_at(file: BinaryIO, offset: int, size_bytes: int) -> bytes:
    file.seek(offset)
    return file.read(size_bytes)


def skip_id3(file: BinaryIO) -> int:
    """The offset after any ID3v2 tags at the start (id3.org, ID3v2.4.0 section 3.1)."""
    offset = 0
    for _ in range(_MAX_ID3_TAGS):
        header = _read_at(file, offset, _ID3_HEADER_BYTES)
        size = header[6:10]
        if len(header) < _ID3_HEADER_BYTES or header[:3] != b"ID3" or max(size) > 127:
            break
        has_footer = bool(header[5] & 0x10)
        tag_bytes = size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3]
        offset += _ID3_HEADER_BYTES * (1 + has_footer) + tag_bytes
    return offset


def _is_mp3(file: BinaryIO, offset: int) -> bool:
    """Whether MP3 frames follow each other: two at the start, or three soon after it.

    A recording cut from a stream starts in the middle of a frame; hence the search.
    """
    padded = _read_at(file, offset, _MAX_PADDING_BYTES)
    offset += len(padded) - len(padded.lstrip(b"\0"))
    window = _read_at(file, offset, _WINDOW_BYTES)
    if _count_frames(window, 0, 2) >= 2:
        return True
    start = window.find(b"\xff", 1)
    while start != -1:
        if _count_frames(window, start, 3) >= 3:
            return True
        start = window.find(b"\xff", start + 1)
    return False


def _count_frames(window: bytes, start: int, enough: int) -> int:
    """How many frames follow each other; reaching the end of a short file counts as enough."""
    count = 0
    while count < enough:
        size_bytes = _mp3_frame_bytes(window[start : start + 4])
        if size_bytes is None:
            break
        count += 1
        start += size_bytes
        if start == len(window) < _WINDOW_BYTES:
            return enough
    return count


_KBIT_MPEG1 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBIT_MPEG2 = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES_MPEG1 = (44_100, 48_000, 32_000)


def _mp3_frame_bytes(header: bytes) -> int | None:
    """The length of the Layer III frame with this 4-byte header (ISO/IEC 11172-3 section 2.4.1.3,
    13818-3 for MPEG-2, and the customary MPEG-2.5), or None. Free format isn't accepted.
    """
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return None
    version = header[1] >> 3 & 3  # 0: MPEG-2.5, 2: MPEG-2, 3: MPEG-1.
    bit_rate_index, rate_index = header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or bit_rate_index in (0, 15) or rate_index == 3:
        return None
    is_mpeg1 = version == 3
    kbit = (_KBIT_MPEG1 if is_mpeg1 else _KBIT_MPEG2)[bit_rate_index - 1]
    rate = _RATES_MPEG1[rate_index] >> (0 if is_mpeg1 else 1 if version == 2 else 2)
    padding = header[2] >> 1 & 1
    return (144_000 if is_mpeg1 else 72_000) * kbit // rate + padding
