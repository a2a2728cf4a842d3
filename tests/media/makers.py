"""WAV, MP3, FLAC and M4A as several programs write them: with tags and covers, and parts in other orders."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import av

from media.make_audio import FORMATS, make, make_picture
from media.make_boxes import box
from media.make_tags import (
    add_chunk,
    ape_tag,
    chunk,
    flac_picture,
    id3_frame,
    id3_picture,
    id3_tag,
    id3_text,
    id3v1,
)

TAGS = {"title": "Nachtzug", "artist": "Rémi", "album": "Die Reise"}
_BARE: Mapping[str, str] = {}


def _wav(path: Path) -> bytes:
    return make("wav16", path, tags=TAGS).read_bytes()


def _odd_end(path: Path) -> bytes:
    """Of a program that forgets the byte that makes a chunk even, everywhere."""
    content = add_chunk(_wav(path), chunk(b"note", b"odd"))[:-1]
    return content[:4] + struct.pack("<I", len(content) - 8) + content[8:]


def _mp3(path: Path) -> bytes:
    """Frames alone: behind the tag that the writer puts in front."""
    content = make("mp3_xing", path).read_bytes()
    size = content[6:10]
    return content[10 + (size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3]) :]


def _flac(path: Path) -> bytes:
    return make("flac", path, tags=TAGS).read_bytes()


def _m4a(path: Path) -> bytes:
    return make("m4a_aac", path, tags=TAGS).read_bytes()


def _tag(version: int, flags: int = 0) -> bytes:
    """A tag with texts, a comment, private data and a cover."""
    names = (b"TT2", b"TP1", b"PIC") if version == 2 else (b"TIT2", b"TPE1", b"APIC")
    frames = [
        id3_text(names[0], 0, b"Nachtzug", version),
        id3_text(names[1], 0, b"R\xe9mi", version),
    ]
    if version == 2:
        frames.append(id3_frame(b"PIC", b"\0JPG\x03d\0" + make_picture(), 2))
    elif version == 3:
        frames += [
            id3_frame(b"PRIV", b"somebody\0\x01\x02\xff\xe0", 3),
            id3_picture(3, make_picture()),
        ]
    else:
        frames.append(id3_frame(b"PRIV", b"somebody\0\x01\x02", 4))
        frames.append(id3_frame(b"APIC", b"\0image/jpeg\0\x03d\0" + make_picture(), 4))
    return id3_tag(*frames, version=version, flags=flags)


def _flac_with_cover(path: Path) -> bytes:
    content = _flac(path)
    picture = flac_picture(3, make_picture())
    # Behind STREAMINFO, which is always the first block.
    return content[:42] + picture + content[42:]


def _moov_in_front(path: Path) -> bytes:
    return _remuxed(path, "ipod", "+faststart")


def _fragmented(path: Path) -> bytes:
    return _remuxed(path, "mp4", "frag_keyframe+empty_moov")


def _remuxed(path: Path, container: str, flags: str) -> bytes:
    written = str(path) + ".remuxed"
    with (
        av.open(io.BytesIO(_m4a(path)), "r") as source,
        av.open(written, "w", format=container, container_options={"movflags": flags}) as target,
    ):
        target.metadata.update(TAGS)
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return Path(written).read_bytes()


def _large_offsets(path: Path) -> bytes:
    """With places of 64 bits, and a long header of what holds the sound."""
    content = _m4a(path)
    start = content.index(b"mdat") - 4
    length = struct.unpack_from(">I", content, start)[0]
    sound = content[start + 8 : start + length]
    long = struct.pack(">I4sQ", 1, b"mdat", len(sound) + 16) + sound
    moov = bytearray(content[start + length :])
    at = bytes(moov).index(b"stco") - 4
    size, _, _, count = struct.unpack_from(">I4sII", moov, at)
    places = struct.unpack_from(f">{count}I", moov, at + 16)
    table = struct.pack(f">II{count}Q", 0, count, *(place + 8 for place in places))
    moov[at : at + size] = box(b"co64", table)
    grown = 4 * count
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        parent = bytes(moov).index(name) - 4
        struct.pack_into(">I", moov, parent, struct.unpack_from(">I", moov, parent)[0] + grown)
    return content[:start] + long + bytes(moov)


# Content types, and the files of each, written into a folder.
MAKERS: Mapping[str, tuple[str, Callable[[Path], bytes]]] = {
    "wav 16": ("audio/wav", _wav),
    "wav 24": ("audio/wav", lambda path: make("wav24", path).read_bytes()),
    "wav float": ("audio/wav", lambda path: make("wav_float", path).read_bytes()),
    "wav with an odd chunk": (
        "audio/wav",
        lambda path: add_chunk(_wav(path), chunk(b"note", b"odd")),
    ),
    "wav with an odd end": ("audio/wav", _odd_end),
    "wav with a broadcast chunk": (
        "audio/wav",
        lambda path: add_chunk(_wav(path), chunk(b"bext", b"Night".ljust(602, b"\0"))),
    ),
    "wav with something behind": ("audio/wav", lambda path: _wav(path) + b"\0" * 7),
    "mp3 bare": ("audio/mpeg", _mp3),
    "mp3 of LAME": ("audio/mpeg", lambda path: make("mp3_xing", path, tags=TAGS).read_bytes()),
    "mp3 of constant rate": (
        "audio/mpeg",
        lambda path: make("mp3_cbr", path, tags=TAGS).read_bytes(),
    ),
    "mp3 of variable rate": (
        "audio/mpeg",
        lambda path: make("mp3_vbr", path, tags=TAGS).read_bytes(),
    ),
    "mp3 with ID3v2.2": ("audio/mpeg", lambda path: _tag(2) + _mp3(path)),
    "mp3 with ID3v2.3": ("audio/mpeg", lambda path: _tag(3) + _mp3(path)),
    "mp3 with ID3v2.4": ("audio/mpeg", lambda path: _tag(4) + _mp3(path)),
    "mp3 with ID3v1": ("audio/mpeg", lambda path: _mp3(path) + id3v1(b"Nachtzug", b"Remi")),
    "mp3 with APE": (
        "audio/mpeg",
        lambda path: _tag(3) + _mp3(path) + ape_tag({b"Title": b"Nachtzug", b"Artist": b"Remi"}),
    ),
    "flac": ("audio/flac", _flac),
    "flac with a cover": ("audio/flac", _flac_with_cover),
    "flac with ID3": ("audio/flac", lambda path: _tag(3) + _flac(path)),
    "m4a aac": ("audio/mp4", _m4a),
    "m4a alac": ("audio/mp4", lambda path: make("m4a_alac", path, tags=TAGS).read_bytes()),
    "m4a opus": ("audio/mp4", lambda path: make("m4a_opus", path, tags=TAGS).read_bytes()),
    "m4a flac": ("audio/mp4", lambda path: make("m4a_flac", path, tags=TAGS).read_bytes()),
    "m4a with its index in front": ("audio/mp4", _moov_in_front),
    "m4a with large offsets": ("audio/mp4", _large_offsets),
}

# Nothing is put into these: they go out as they are.
OTHERS: Mapping[str, tuple[str, Callable[[Path], bytes]]] = {
    "rf64": ("audio/wav", lambda path: make("rf64", path).read_bytes()),
    "wav that ends early": ("audio/wav", lambda path: _wav(path)[:-1000]),
    "mp3 with bytes in between": (
        "audio/mpeg",
        lambda path: _tag(3, flags=0x80) + _mp3(path),
    ),
    "m4a in fragments": ("audio/mp4", _fragmented),
    **{
        kind: (content_type, lambda path, kind=kind: make(kind, path).read_bytes())  # type: ignore[misc]
        for kind, content_type in {
            "ogg_vorbis": "audio/ogg", "ogg_opus": "audio/ogg", "ogg_flac": "audio/ogg",
            "aiff": "audio/aiff", "aac_adts": "audio/aac", "webm_opus": "audio/webm",
            "mka_flac": "audio/matroska",
        }.items()
        if kind in FORMATS
    },
}  # fmt: skip
