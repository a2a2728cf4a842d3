"""Which audio format a file has, by its first bytes only: names and declared types are ignored."""

from __future__ import annotations

from typing import BinaryIO, cast

from listenlink.media.sandbox.formats import (
    AAC,
    AIFF,
    FLAC,
    M4A,
    MATROSKA,
    MP3,
    OGG,
    OGG_FLAC,
    OPUS,
    WAV,
    WEBM,
    AudioFormat,
)
from listenlink.media.sandbox.mpeg_frames import adts_frame_bytes, find_frames, mp3_frame_bytes
from listenlink.media.sandbox.window import Window

_ID3_HEADER_BYTES = 10
_MAX_ID3_TAGS = 4
_MAX_PADDING_BYTES = 64 * 1024
_WINDOW_BYTES = 8 * 1024
_EBML = b"\x1a\x45\xdf\xa3"
_DOC_TYPE = b"\x42\x82"
_WAV_NAMES = (b"RIFF", b"RIFX", b"RF64", b"BW64")


def sniff(file: BinaryIO) -> AudioFormat | None:
    """The format of a seekable file, or None. Reads at most 100 KiB and moves the file's position.

    ID3v2 tags may stand before any of them: some programs put them there, whatever the format.
    """
    offset = skip_id3(file)
    window = _read_at(file, offset, _WINDOW_BYTES)
    return _sniff_container(window) or _sniff_frames(file, offset)


def without_tags_in_front(file: BinaryIO, audio_format: AudioFormat) -> BinaryIO:
    """The file as its demuxer can read it: without ID3v2 tags in front, where the demuxer can't skip them."""
    offset = 0 if audio_format.skips_id3 else skip_id3(file)
    if not offset:
        return file
    return cast(BinaryIO, Window(file, offset, file.seek(0, 2)))


def _sniff_container(window: bytes) -> AudioFormat | None:
    kind = window[8:12]
    if window.startswith(b"fLaC"):
        return FLAC
    if window[:4] in _WAV_NAMES and kind == b"WAVE":
        return WAV
    if window[:4] == b"FORM" and kind in (b"AIFF", b"AIFC"):
        return AIFF
    if window[4:8] == b"ftyp":
        return M4A
    if window[:4] == _EBML:
        return _sniff_matroska(window)
    if window[:4] == b"OggS" and len(window) > 26:
        # RFC 3533 section 6: a fixed header of 27 bytes, then the segment table.
        first_packet = window[27 + window[26] :]
        if first_packet.startswith(b"\x01vorbis"):
            return OGG
        if first_packet.startswith(b"OpusHead"):
            return OPUS
        if first_packet.startswith(b"\x7fFLAC"):
            return OGG_FLAC
    return None


def _sniff_matroska(window: bytes) -> AudioFormat | None:
    """By the document type in the EBML header (RFC 8794 section 11.2.4), whose length is one byte here."""
    place = window.find(_DOC_TYPE, 4, 256)
    if place < 0:
        return None
    size_bytes = window[place + 2] & 0x7F if len(window) > place + 2 else 0
    doc_type = window[place + 3 : place + 3 + size_bytes].rstrip(b"\0")
    return {b"webm": WEBM, b"matroska": MATROSKA}.get(doc_type)


def _sniff_frames(file: BinaryIO, offset: int) -> AudioFormat | None:
    padded = _read_at(file, offset, _MAX_PADDING_BYTES)
    offset += len(padded) - len(padded.lstrip(b"\0"))
    window = _read_at(file, offset, _WINDOW_BYTES)
    is_cut = len(window) == _WINDOW_BYTES
    places = [
        (found, audio_format)
        for audio_format, frame_bytes in ((MP3, mp3_frame_bytes), (AAC, adts_frame_bytes))
        if (found := find_frames(window, frame_bytes, is_cut)) is not None
    ]
    return min(places, key=lambda place: place[0])[1] if places else None


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
