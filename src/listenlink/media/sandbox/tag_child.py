"""The child process that reads a file's tags again, where their code page has to be guessed.

`python -m listenlink.media.sandbox.tag_child`, with a seekable file on descriptor 0. Writes one JSON line to
stdout: the fields of `Tags`, or `{}`.
"""

from __future__ import annotations

import json
import sys
from typing import BinaryIO

# PyAV imports these on its first file, by which time no file can be opened any more.
import av.subtitles.codeccontext
import av.subtitles.stream  # noqa: F401

from listenlink.media.sandbox.code_page import guess_code_page, load
from listenlink.media.sandbox.decode import read_metadata
from listenlink.media.sandbox.lockdown import Deadline, answer_and_end, close_doors, limit_process
from listenlink.media.sandbox.sniff import sniff
from listenlink.media.sandbox.tags import read_tags


def read(file: BinaryIO) -> dict[str, object]:
    """The tags' fields; empty if it's no audio."""
    audio_format = sniff(file)
    if audio_format is None:
        return {}
    told_by_libav = read_metadata(file, audio_format)
    return read_tags(file, audio_format, told_by_libav, guess_code_page)._asdict()


def main() -> None:
    """Limit this process, read the tags of descriptor 0, answer on descriptor 1."""
    limit_process()
    Deadline()
    load()
    close_doors()
    answer: dict[str, object] = {}
    try:
        with open(0, "rb", buffering=0) as file:
            answer = read(file)
    except Exception as error:  # Whatever a hostile file provokes is an answer, not a traceback.
        print(repr(error), file=sys.stderr)
    answer_and_end(json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    main()
