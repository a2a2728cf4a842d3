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

from listenlink.media.sandbox.mp4_length import read_mp4_seconds
from listenlink.media.sandbox.sniff import AIFF, FLAC, M4A, WAV, AudioFormat, skip_id3


@dataclass(frozen=True)
class DeclaredLength:
    """A listener should hear `seconds`; `tolerance_seconds` may be missing without the file being cut."""

    seconds: Fraction
    tolerance_seconds: Fraction


def read_declared_length(
    file: BinaryIO, audio_format: AudioFormat, sample_rate: int
) -> DeclaredLength | None:
    """What the file declares, or None if it declares nothing. Moves the file's position.

    Raises CutError if an MP4's box or index is missing.
    """
    if not audio_format.declares_length:
        return None
    try:
        return _read_declared_length(file, audio_format, sample_rate)
    except (struct.error, IndexError):  # A header that ends early declares nothing.
        return None


def _read_declared_length(
    file: BinaryIO, audio_format: AudioFormat, sample_rate: int
) -> DeclaredLength | None:
    # The sample counts that PCM and FLAC declare are exact; nobody hears a cut of a millisecond.
    exact = Fraction(1, 1000)
    samples: int | None
    if audio_format is M4A:
        seconds = read_mp4_seconds(file)
        # Decoders may hold back one HE-AAC frame (2048 samples), here at the lowest usual rate.
        return None if seconds is None else DeclaredLength(seconds, Fraction(2048, 22_050))
    if audio_format is WAV:
        samples = _read_wav_samples(file)
    elif audio_format is FLAC:
        samples = _read_flac_samples(file)
    elif audio_format is AIFF:
        samples = _read_aiff_samples(file)
    else:
        samples = None
    return DeclaredLength(Fraction(samples, sample_rate), exact) if samples else None


def _read_wav_samples(file: BinaryIO) -> int | None:
    """RIFF chunks as in Microsoft's "Multimedia Programming Interface", RF64 as in EBU Tech 3306.

    A writer that can't seek back leaves a placeholder for the size: zero, all ones, or (sox,
    arecord) the largest positive 32-bit number, rounded.
    """
    data_bytes_64: int | None = None
    block_bytes = 0
    for name, start, size_bytes in _read_chunks(file, 12, "<"):
        file.seek(start)
        if name == b"ds64":
            data_bytes_64 = int(struct.unpack("<Q", file.read(16)[8:16])[0])
        elif name == b"fmt ":
            block_bytes = struct.unpack("<H", file.read(14)[12:14])[0]
        elif name == b"data":
            if size_bytes == 0xFFFFFFFF and data_bytes_64:
                size_bytes = data_bytes_64
            elif size_bytes >= 0xFFFFFF00 or 0x7FFFF000 <= size_bytes <= 0x80000000:
                return None
            return size_bytes // block_bytes if block_bytes else None
    return None


def _read_aiff_samples(file: BinaryIO) -> int | None:
    """`numSampleFrames` of the COMM chunk (Apple, AIFF-C draft 1991-08-26, section 3.3)."""
    for name, start, _ in _read_chunks(file, 12, ">"):
        if name == b"COMM":
            file.seek(start + 2)
            return int(struct.unpack(">I", file.read(4))[0])
    return None


def _read_chunks(file: BinaryIO, offset: int, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, start of content, content bytes) of IFF or RIFF chunks, as far as they go."""
    while True:
        file.seek(offset)
        header = file.read(8)
        if len(header) < 8:
            return
        size_bytes = struct.unpack(order + "I", header[4:])[0]
        yield header[:4], offset + 8, size_bytes
        offset += 8 + size_bytes + size_bytes % 2


def _read_flac_samples(file: BinaryIO) -> int | None:
    """`total samples` of STREAMINFO, which is always first (RFC 9639 section 8.2); 0 means unknown.

    ID3v2 tags may precede the signature.
    """
    file.seek(skip_id3(file))
    header = file.read(8 + 18)
    if header[:4] != b"fLaC" or header[4] & 0x7F != 0 or len(header) < 26:
        return None
    return int.from_bytes(header[21:26], "big") & 0xFFFFFFFFF
