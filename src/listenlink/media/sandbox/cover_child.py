"""The child process that makes covers of a picture that somebody sent.

`python -m listenlink.media.sandbox.cover_child`, with the picture on descriptor 0. Writes one JSON line to
stdout: `covers.Answer`'s fields.
"""

from __future__ import annotations

import os
import sys

# PyAV imports these on its first file, by which time no file can be opened any more.
import av.subtitles.codeccontext
import av.subtitles.stream  # noqa: F401
import msgspec

from listenlink.media.sandbox.cover import MOST_BYTES, Covers, try_covers
from listenlink.media.sandbox.cover_answer import Answer
from listenlink.media.sandbox.lockdown import Deadline, answer_and_end, close_doors, limit_process


def main() -> None:
    """Limit this process, read the picture on descriptor 0, answer on descriptor 1."""
    limit_process()
    Deadline()
    close_doors()
    try:
        with open(0, "rb", buffering=0) as file:
            made = try_covers(file.read(MOST_BYTES + 1))
        answer = Answer(*made) if isinstance(made, Covers) else Answer(reason=made)
    except MemoryError:
        answer = Answer(reason="too_costly")
    except Exception as error:  # Whatever a hostile picture provokes ends in an answer or in none.
        print(repr(error), file=sys.stderr)
        os._exit(1)
    answer_and_end(msgspec.json.encode(answer))


if __name__ == "__main__":
    main()
