"""How long a file says it is, read from its own headers, if its format says so at all.

Runs only in the sandboxed child. Numbers in the file are treated as no more than a claim: the caller
compares them with what was decoded.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

from listenlink.media.sandbox.formats import (
    AIFF,
    FLAC,
    M4A,
    MATROSKA,
    MP3,
    OGG_FLAC,
    WAV,
    WEBM,
    AudioFormat,
)
from listenlink.media.sandbox.matroska_length import check_matroska
from listenlink.media.sandbox.mp3_length import is_cut, read_mp3_header
from listenlink.media.sandbox.mp4_length import read_mp4_seconds
from listenlink.media.sandbox.ogg_chain import ends_within_page, split_links
from listenlink.media.sandbox.sniff import skip_id3, without_tags_in_front

# Encoders count their own delay and padding or don't, and an editor's header may be out by some frames.
_MP3_TOLERANCE_SECONDS = Fraction(1, 2)
_PCM_TAGS = (1, 3, 6, 7)  # WAVE_FORMAT_PCM, IEEE_FLOAT, ALAW, MULAW.
_EXTENSIBLE_TAG = 0xFFFE


@dataclass(frozen=True)
class DeclaredLength:
    """A listener should hear `seconds`; `tolerance_seconds` may be missing without the file being cut.
    `is_sure`: if more is missing, the file is cut, and not the header left over from another."""

    seconds: Fraction
    tolerance_seconds: Fraction
    is_sure: bool = True

    def lacks(self, seconds: Fraction) -> bool:
        """Whether more than the tolerance is missing from so many seconds."""
        return seconds < self.seconds - self.tolerance_seconds


def promises_more(
    file: BinaryIO, audio_format: AudioFormat, sample_count: int, sample_rate: int
) -> bool:
    """Whether an accepted file's headers promise more than so many samples. Moves the position."""
    if audio_format.demuxer == "ogg":
        return ends_within_page(without_tags_in_front(file, audio_format))
    if audio_format is not MP3:
        return False
    try:
        declared = _read_mp3_length(file, sample_rate)
    except struct.error:
        return False
    return declared is not None and declared.lacks(Fraction(sample_count, sample_rate))


def read_declared_length(
    file: BinaryIO, audio_format: AudioFormat, sample_rate: int
) -> DeclaredLength | None:
    """What the file declares, or None if it declares nothing. Moves the file's position.

    Raises CutError if a part of an MP4 or a Matroska is missing.
    """
    if not audio_format.declares_length:
        return None
    try:
        file = without_tags_in_front(file, audio_format)
        return _read_declared_length(file, audio_format, sample_rate)
    except (struct.error, IndexError):  # A header that ends early declares nothing.
        return None


def _read_declared_length(
    file: BinaryIO, audio_format: AudioFormat, sample_rate: int
) -> DeclaredLength | None:
    # The sample counts that PCM and FLAC declare are exact; nobody hears a cut of a millisecond.
    exact = Fraction(1, 1000)
    samples: int | None = None
    if audio_format is M4A:
        seconds = read_mp4_seconds(file)
        # Decoders may hold back one HE-AAC frame (2048 samples), here at the lowest usual rate.
        return None if seconds is None else DeclaredLength(seconds, Fraction(2048, 22_050))
    if audio_format is MP3:
        return _read_mp3_length(file, sample_rate)
    if audio_format in (WEBM, MATROSKA):
        check_matroska(file)
    elif audio_format is WAV:
        samples = _read_wav_samples(file)
    elif audio_format is FLAC:
        samples = _read_flac_samples(file, skip_id3(file))
    elif audio_format is OGG_FLAC:
        samples = _read_ogg_flac_samples(file)
    elif audio_format is AIFF:
        samples = _read_aiff_samples(file)
    return DeclaredLength(Fraction(samples, sample_rate), exact) if samples else None


def _read_mp3_length(file: BinaryIO, sample_rate: int) -> DeclaredLength | None:
    header = read_mp3_header(file)
    if header is None or not header.frames:
        return None
    seconds = Fraction(header.frames * header.samples_a_frame, sample_rate)
    return DeclaredLength(seconds, _MP3_TOLERANCE_SECONDS, is_cut(file, header))


def _read_wav_samples(file: BinaryIO) -> int | None:
    """RIFF chunks as in Microsoft's "Multimedia Programming Interface", RF64 as in EBU Tech 3306.

    A writer that can't seek back leaves a placeholder for the size: zero, all ones, or (sox,
    arecord) the largest positive 32-bit number, rounded. What isn't PCM declares nothing here.
    """
    data_bytes_64: int | None = None
    block_bytes = 0
    file.seek(0)
    order = ">" if file.read(4) == b"RIFX" else "<"
    for name, start, size_bytes in read_chunks(file, 12, order):
        file.seek(start)
        if name == b"ds64":
            data_bytes_64 = int(struct.unpack("<Q", file.read(16)[8:16])[0])
        elif name == b"fmt ":
            content = file.read(26)
            tag, block_bytes = struct.unpack(order + "H10xH", content[:14])
            if tag == _EXTENSIBLE_TAG:
                (tag,) = struct.unpack(order + "H", content[24:26])
            if tag not in _PCM_TAGS:
                return None
        elif name == b"data":
            if size_bytes == 0xFFFFFFFF and data_bytes_64:
                size_bytes = data_bytes_64
            elif size_bytes >= 0xFFFFFF00 or 0x7FFFF000 <= size_bytes <= 0x80000000:
                return None
            return size_bytes // block_bytes if block_bytes else None
    return None


def _read_aiff_samples(file: BinaryIO) -> int | None:
    """`numSampleFrames` of the COMM chunk (Apple, AIFF-C draft 1991-08-26, section 3.3)."""
    for name, start, _ in read_chunks(file, 12, ">"):
        if name == b"COMM":
            file.seek(start + 2)
            return int(struct.unpack(">I", file.read(4))[0])
    return None


def read_chunks(file: BinaryIO, offset: int, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, start of content, content bytes) of IFF or RIFF chunks, as far as they go."""
    while True:
        file.seek(offset)
        header = file.read(8)
        if len(header) < 8:
            return
        size_bytes = struct.unpack(order + "I", header[4:])[0]
        yield header[:4], offset + 8, size_bytes
        offset += 8 + size_bytes + size_bytes % 2


def _read_flac_samples(file: BinaryIO, start: int) -> int | None:
    """`total samples` of STREAMINFO, which is always first (RFC 9639 section 8.2); 0 means unknown."""
    file.seek(start)
    header = file.read(8 + 18)
    if header[:4] != b"fLaC" or header[4] & 0x7F != 0 or len(header) < 26:
        return None
    return int.from_bytes(header[21:26], "big") & 0xFFFFFFFFF


def _read_ogg_flac_samples(file: BinaryIO) -> int | None:
    """The same, 9 bytes into the first packet (RFC 9639 section 10.1); None for a chain, which has more."""
    if len(split_links(file)) > 1:
        return None
    file.seek(0)
    page = file.read(27)
    return _read_flac_samples(file, 27 + page[26] + 9)
