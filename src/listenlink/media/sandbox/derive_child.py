"""The child process that makes what is derived from an accepted file.

`python -m listenlink.media.sandbox.derive_child SAMPLE_COUNT SAMPLE_RATE RENDITION PARTS`, with a seekable
file on descriptor 0; RENDITION is the number of a descriptor to write one to; PARTS are some of
`derive.PARTS`, with commas between. Writes one JSON line to stdout: `Answer`'s fields. What can't be made is
missing from it; the rest is made all the same.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection
from functools import partial
from typing import BinaryIO, TypeVar

# PyAV imports these on its first file, by which time no file can be opened any more.
import av.subtitles.codeccontext
import av.subtitles.stream  # noqa: F401
import msgspec
from av import AudioFrame

from listenlink.media.sandbox.ape_tag import read_ape_pictures
from listenlink.media.sandbox.cover import MOST_BYTES as MOST_PICTURE_BYTES
from listenlink.media.sandbox.cover import Covers, make_covers
from listenlink.media.sandbox.declared_length import promises_more
from listenlink.media.sandbox.decode import (
    Count,
    RefusalError,
    decode_file,
    is_strictly_right,
    read_pictures,
)
from listenlink.media.sandbox.derive_answer import COVER, RENDITION, SOUND, Answer
from listenlink.media.sandbox.formats import AAC, MP3, AudioFormat
from listenlink.media.sandbox.lockdown import Deadline, answer_and_end, close_doors, limit_process
from listenlink.media.sandbox.loudness import LoudnessMeter
from listenlink.media.sandbox.playable import Sound, plays_as_it_is
from listenlink.media.sandbox.rendition import MOST_BYTES, Rendition
from listenlink.media.sandbox.sniff import sniff

_MOST_PICTURES = 8
_Made = TypeVar("_Made")
_Begin = Callable[[Count], Rendition | None]


def _try(make: Callable[[], _Made]) -> _Made | None:
    """What it makes; None if that fails, for whatever reason: it costs nothing else."""
    try:
        return make()
    except Exception as error:
        print(repr(error), file=sys.stderr)
        return None


class _Listening(Count):
    """Counts, and passes each frame on to what is made of it. What fails is left out from then on."""

    def __init__(self, meter: LoudnessMeter | None, begin_rendition: _Begin) -> None:
        super().__init__()
        self.meter = meter
        self.rendition: Rendition | None = None
        self._begin_rendition: _Begin | None = begin_rendition

    def add(self, frames: list[AudioFrame]) -> None:
        """Count and process the frames decoded from one packet."""
        super().add(frames)
        for frame in frames:
            if frame.samples <= 0 or frame.sample_rate <= 0:
                continue
            if self._begin_rendition is not None:
                self.rendition = _try(partial(self._begin_rendition, self))
                self._begin_rendition = None
            self.meter = _heard(self.meter, frame)
            self.rendition = _heard(self.rendition, frame)


_Hearing = TypeVar("_Hearing", LoudnessMeter, Rendition)


def _heard(part: _Hearing | None, frame: AudioFrame) -> _Hearing | None:
    """The part, once it has heard the frame; None if it couldn't."""
    if part is not None:
        try:
            part.add(frame)
        except Exception as error:
            print(repr(error), file=sys.stderr)
            return None
    return part


class _Encoding(Count):
    """Passes each frame on to a rendition."""

    def __init__(self, rendition: Rendition) -> None:
        super().__init__()
        self._rendition = rendition

    def add(self, frames: list[AudioFrame]) -> None:
        """Count and encode the frames decoded from one packet."""
        super().add(frames)
        for frame in frames:
            if frame.samples > 0 and frame.sample_rate > 0:
                self._rendition.add(frame)


def derive(
    file: BinaryIO,
    target: BinaryIO,
    length: tuple[int, int],
    deadline: Deadline,
    parts: Collection[str],
) -> Answer:
    """Make all that can be made of these parts. `length` is (samples, rate), as measured. Raises
    RefusalError."""
    audio_format = sniff(file)
    if audio_format is None:
        raise RefusalError("not_audio")
    covers = _try(partial(_find_covers, file, audio_format)) if COVER in parts else None
    answer = Answer(
        cover=covers.large if covers else None, cover_small=covers.small if covers else None
    )
    if SOUND in parts or RENDITION in parts:
        listened = _Listener(file, audio_format, target, length, deadline)
        listened.listen(answer, parts)
    return answer


def _find_covers(file: BinaryIO, audio_format: AudioFormat) -> Covers | None:
    """Made of the best picture of which some can be made."""
    pictures = _try(partial(read_pictures, file, audio_format, MOST_PICTURE_BYTES)) or []
    if audio_format in (MP3, AAC) and not pictures:
        pictures = _try(partial(read_ape_pictures, file)) or []
    for picture in pictures[:_MOST_PICTURES]:
        if (covers := _try(partial(make_covers, picture))) is not None:
            return covers
    return None


class _Listener:
    """Decodes a file once, and once more if only the end tells that a rendition is needed."""

    def __init__(
        self,
        file: BinaryIO,
        audio_format: AudioFormat,
        target: BinaryIO,
        length: tuple[int, int],
        deadline: Deadline,
    ) -> None:
        self._file = file
        self._format = audio_format
        self._target = target
        self._length = length
        self._deadline = deadline
        self._most_seconds = length[0] // length[1] + 1
        # A browser believes the header, and ends with an error where somebody seeks to what isn't there.
        self._is_well_formed = (
            _try(
                lambda: (
                    is_strictly_right(file, audio_format)
                    and not promises_more(file, audio_format, *length)
                )
            )
            or False
        )

    def listen(self, answer: Answer, parts: Collection[str]) -> None:
        """Put the sound's peaks and loudness, and whether there is a rendition, into the answer."""
        begin: _Begin = self._begin_rendition if RENDITION in parts else lambda _: None
        listening = _Listening(_try(LoudnessMeter) if SOUND in parts else None, begin)
        is_whole = _try(partial(self._decode, listening))
        if (meter := listening.meter) is not None:
            _try(meter.end)
            answer.loudness_lufs = _try(lambda: meter.loudness_lufs)
            answer.peaks = _try(lambda: meter.peaks)
        if is_whole:
            rendition = _try(partial(self._finish, listening, begin))
            answer.has_rendition = rendition is not None

    def _decode(self, count: Count) -> bool:
        decode_file(self._file, self._format, count, self._most_seconds, self._deadline)
        return True

    def _begin_rendition(self, count: Count) -> Rendition | None:
        """A rendition, if one is needed by what is known so far."""
        size_bytes = os.fstat(self._file.fileno()).st_size
        sound = Sound(
            self._format,
            count.codec,
            count.profile,
            count.channels,
            count.first_rate,
            size_bytes,
            self._is_well_formed,
            count.is_steady and not count.failed_packets,
        )
        if plays_as_it_is(sound):
            return None
        return Rendition(self._target, *self._length, channels=count.most_channels)

    def _finish(self, listening: _Listening, begin: _Begin) -> Rendition | None:
        rendition = listening.rendition
        if not listening.is_steady and listening.most_channels > listening.channels:
            rendition = None  # What was begun in mono is begun again in stereo.
        if rendition is None and (rendition := begin(listening)) is not None:
            self._target.seek(0)
            self._target.truncate()
            self._deadline.begin_again(listening.seconds)
            self._decode(_Encoding(rendition))
        if rendition is not None:
            rendition.close()
        return rendition


def main() -> None:
    """Limit this process, derive from descriptor 0, answer on descriptor 1."""
    limit_process(MOST_BYTES)
    deadline = Deadline()
    close_doors()
    sample_count, sample_rate, target = (int(text) for text in sys.argv[1:4])
    parts = sys.argv[4].split(",")
    try:
        with open(0, "rb", buffering=0) as file, open(target, "r+b", buffering=0) as out:
            answer = derive(file, out, (sample_count, sample_rate), deadline, parts)
        data = msgspec.json.encode(answer)
    except Exception as error:  # Whatever a hostile file provokes ends in an answer or in none.
        print(repr(error), file=sys.stderr)
        os._exit(1)
    answer_and_end(data)


if __name__ == "__main__":
    main()
