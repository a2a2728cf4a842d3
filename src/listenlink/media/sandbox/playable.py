"""What browsers play as it was uploaded; for everything else a rendition is made.

Each limit was tried in Chromium, and is at most what the others are known to play.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from listenlink.media.sandbox.formats import (
    AAC,
    FLAC,
    M4A,
    MP3,
    OGG,
    OPUS,
    WAV,
    WEBM,
    AudioFormat,
)

MOST_PLAIN_WAV_BYTES = 20_000_000
MOST_CHANNELS = 8
_RATES = range(3_000, 384_001)
# AAC Main, LTP, LD and xHE-AAC decode here, but not in every browser.
_AAC_PROFILES = ("LC", "HE-AAC", "HE-AACv2")
# Not AIFF and Matroska, not FLAC in Ogg (Safari), not ALAC, not PCM or MP3 in MP4 (Firefox).
_PLAYED: Mapping[str, tuple[str, ...]] = {
    WAV.key: (
        "pcm_u8",
        "pcm_s16le",
        "pcm_s24le",
        "pcm_s32le",
        "pcm_f32le",
        "pcm_alaw",
        "pcm_mulaw",
    ),
    FLAC.key: FLAC.codecs,
    MP3.key: MP3.codecs,
    AAC.key: AAC.codecs,
    M4A.key: ("aac", "opus", "flac"),
    OGG.key: OGG.codecs,
    OPUS.key: OPUS.codecs,
    WEBM.key: WEBM.codecs,
}


@dataclass(frozen=True)
class Sound:
    """What a file's sound is like. `profile` is libav's name of a codec's variant. `is_well_formed`: its
    headers are as they should be, and nothing stands before them; `is_steady`: rate and channels never
    change, and nothing on the way is damaged."""

    format: AudioFormat
    codec: str
    profile: str | None
    channels: int
    rate: int
    size_bytes: int
    is_well_formed: bool
    is_steady: bool = True


def plays_as_it_is(sound: Sound) -> bool:
    """Whether browsers play the file. Also not, though they could, a WAV of more than 20 MB: it takes too
    long to arrive."""
    if sound.codec not in _PLAYED.get(sound.format.key, ()) or not sound.is_well_formed:
        return False
    if sound.codec == "aac" and sound.profile not in _AAC_PROFILES:
        return False
    if sound.format is WAV and sound.size_bytes > MOST_PLAIN_WAV_BYTES:
        return False
    # Where either changes on the way or sound is damaged, browsers end with an error or leave out the rest.
    return sound.channels <= MOST_CHANNELS and sound.rate in _RATES and sound.is_steady
