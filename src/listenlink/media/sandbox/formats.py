"""The audio formats that are accepted, each with the one demuxer and the few decoders that libav may use."""

from __future__ import annotations

from dataclasses import dataclass

_PCM_LITTLE = ("pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le")
_PCM_BIG = ("pcm_s8", "pcm_s16be", "pcm_s24be", "pcm_s32be", "pcm_f32be", "pcm_f64be")
_LAW = ("pcm_alaw", "pcm_mulaw")
_MP3 = ("mp3float", "mp3")


@dataclass(frozen=True)
class AudioFormat:
    """An accepted format. `demuxer` and `codecs` (decoders) are libav's names.

    `skips_id3`: this demuxer gets along with ID3v2 tags before the format's own first bytes.
    """

    key: str
    demuxer: str
    codecs: tuple[str, ...]
    content_type: str
    declares_length: bool
    skips_id3: bool = False


WAV = AudioFormat("wav", "wav", (*_PCM_LITTLE, *_PCM_BIG, *_LAW, *_MP3), "audio/wav", True)
AIFF = AudioFormat("aiff", "aiff", (*_PCM_BIG, "pcm_u8", "pcm_s16le", *_LAW), "audio/aiff", True)
FLAC = AudioFormat("flac", "flac", ("flac",), "audio/flac", True, skips_id3=True)
MP3 = AudioFormat("mp3", "mp3", _MP3, "audio/mpeg", True, skips_id3=True)
AAC = AudioFormat("aac", "aac", ("aac",), "audio/aac", False, skips_id3=True)
M4A = AudioFormat(
    "m4a",
    "mov",
    ("aac", "alac", "opus", "flac", "vorbis", *_MP3, *_PCM_LITTLE, *_PCM_BIG, *_LAW),
    "audio/mp4",
    True,
)
OGG = AudioFormat("ogg", "ogg", ("vorbis",), "audio/ogg", False)
OPUS = AudioFormat("opus", "ogg", ("opus",), "audio/ogg", False)
OGG_FLAC = AudioFormat("ogg_flac", "ogg", ("flac",), "audio/ogg", True)
WEBM = AudioFormat("webm", "matroska", ("opus", "vorbis"), "audio/webm", True)
MATROSKA = AudioFormat(
    "matroska",
    "matroska",
    ("opus", "vorbis", "flac", "aac", "alac", *_MP3, *_PCM_LITTLE, *_PCM_BIG),
    "audio/matroska",
    True,
)
