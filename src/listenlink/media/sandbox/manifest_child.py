"""The child process that reads what a stranger's file says of itself, and makes what this server says of it.

`python -m listenlink.media.sandbox.manifest_child read`, with a seekable file on descriptor 0, writes one
JSON line to stdout, an `Answer`; `check MANIFEST` the same of a manifest beside the file, on that descriptor;
`sign CHANNEL` writes a manifest. On that descriptor, a socket, it's given an `Order`, and has its claim
signed: the key stays outside.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import BinaryIO

import msgspec

from listenlink.media.sandbox import c2pa_store
from listenlink.media.sandbox.claims import found_in
from listenlink.media.sandbox.formats import FLAC, M4A, MP3, WAV
from listenlink.media.sandbox.lockdown import Deadline, answer_and_end, close_doors, limit_process
from listenlink.media.sandbox.manifest_answer import (
    MOST_CLAIM_BYTES,
    MOST_MANIFEST_BYTES,
    MOST_SIGNATURE_BYTES,
    Answer,
    Found,
    Order,
)
from listenlink.media.sandbox.sniff import sniff

# In the others the standard has no place for one.
_EMBEDS = (WAV, FLAC, MP3, M4A)
_LENGTH_BYTES = 4
_MOST_ORDER_BYTES = 256 * 1024


def read(file: BinaryIO) -> Answer:
    """What the manifest in a file says."""
    audio_format = sniff(file)
    if audio_format not in _EMBEDS:
        return Answer()
    found = c2pa_store.read_embedded(file, audio_format.content_type)
    return Answer() if found is None else Answer(found_in(*found))


def check(file: BinaryIO, descriptor: int) -> Answer:
    """What a manifest beside a file says; what can't even be read is invalid."""
    with open(descriptor, "rb", buffering=0) as given:
        manifest = read_all(given.fileno(), MOST_MANIFEST_BYTES)
    return Answer(found_in(*c2pa_store.read_beside(file, manifest)))


def sign(file: BinaryIO, channel: int) -> bytes:
    """A manifest, as ordered."""
    order = receive_order(channel)
    return c2pa_store.sign(file, order, partial(have_signed, channel))


def receive_order(channel: int) -> Order:
    """What is to be signed."""
    return msgspec.json.decode(receive(channel, _MOST_ORDER_BYTES), type=Order)


def have_signed(channel: int, claim: bytes) -> bytes:
    """The signature of a claim, by who has the key."""
    if len(claim) > MOST_CLAIM_BYTES:
        raise ValueError("the claim is too long")
    os.write(channel, len(claim).to_bytes(_LENGTH_BYTES, "big") + claim)
    return receive(channel, MOST_SIGNATURE_BYTES)


def receive(channel: int, most_bytes: int) -> bytes:
    """A message: its length, then itself. Raises ValueError for one that is too long, or cut off."""
    length = int.from_bytes(_read_exactly(channel, _LENGTH_BYTES), "big")
    if length > most_bytes:
        raise ValueError("the message is too long")
    return _read_exactly(channel, length)


def _read_exactly(channel: int, length: int) -> bytes:
    read = bytearray()
    while len(read) < length:
        chunk = os.read(channel, length - len(read))
        if not chunk:
            raise ValueError("the message is cut off")
        read += chunk
    return bytes(read)


def read_all(descriptor: int, most_bytes: int) -> bytes:
    """What is behind a descriptor, at most so many bytes of it."""
    read = bytearray()
    while len(read) <= most_bytes and (chunk := os.pread(descriptor, most_bytes, len(read))):
        read += chunk
    return bytes(read[:most_bytes])


def main() -> None:
    """Limit this process, do what is asked with descriptor 0, answer on descriptor 1."""
    limit_process()
    deadline = Deadline()
    c2pa_store.load()
    close_doors()
    del deadline
    asked, *given = sys.argv[1:]
    try:
        with open(0, "rb", buffering=0) as file:
            if asked == "sign":
                data = sign(file, int(given[0]))
            else:
                answer = read(file) if asked == "read" else check(file, int(given[0]))
                data = msgspec.json.encode(answer)
    except Exception as error:  # Whatever a hostile file provokes ends in an answer or in none.
        print(repr(error), file=sys.stderr)
        if asked == "sign":
            os._exit(1)
        data = msgspec.json.encode(Answer(Found("invalid", faults=["unreadable"])))
    answer_and_end(data)


if __name__ == "__main__":
    main()
