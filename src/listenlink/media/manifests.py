"""What files say of themselves, and what this server says of them: read and signed in a child process.

As in `measure.py`, the child is trusted as little as the file. It never has the key: it asks for one
signature, and the signed manifest is read by another child before it's kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

import msgspec
import structlog

from listenlink.media.sandbox.child import Pace, reopen, run_child
from listenlink.media.sandbox.formats import FLAC, M4A, MP3, WAV
from listenlink.media.sandbox.manifest_answer import (
    MOST_ANSWER_BYTES,
    MOST_CLAIM_BYTES,
    MOST_MANIFEST_BYTES,
    Answer,
    Found,
    Order,
)
from listenlink.media.turns import Turn
from listenlink.threads import DISK

_LIBRARY = "c2pa"
# -I: neither the working directory nor PYTHON* variables have any effect.
_COMMAND = (sys.executable, "-I", "-m", "listenlink.media.sandbox.manifest_child")
_WALL_SECONDS = 120.0
# Opening links goes first, then answering uploads, then what listeners hear.
_NICENESS = 4
# In these the standard has a place for a manifest, whose box has this name.
_EMBEDDING = {one.content_type for one in (WAV, FLAC, MP3, M4A)}
_BOX = b"jumb"
_READ_BYTES = 1024 * 1024
_LENGTH_BYTES = 4
# What COSE signs begins so (RFC 9052, section 4.4): an array of four, the first of which is this text.
_TO_BE_SIGNED = b"\x84\x6aSignature1"

UNREADABLE = Found("invalid", faults=["unreadable"])


def is_able() -> bool:
    """Whether the library is there that reads and signs manifests: the extra `c2pa`."""
    return importlib.util.find_spec(_LIBRARY) is not None


async def may_hold_manifest(file_descriptor: int, content_type: str) -> bool:
    """Whether there can be a manifest in a file: there is none where nothing is called one. Raises
    OSError."""
    return content_type in _EMBEDDING and await DISK.run(_holds, file_descriptor)


async def read_manifest(file_descriptor: int, turn: Turn) -> Found | None:
    """What the manifest in a file says, None if it has none. What can't be read is invalid and says nothing.

    Cancelling this ends the child. Raises Problem(UNAVAILABLE) if no process can be started.
    """
    with reopen(file_descriptor) as file:
        return (await run_reading([*_COMMAND, "read"], file, (), turn)).found


async def check_manifest(file_descriptor: int, manifest: bytes, turn: Turn) -> Found:
    """What a manifest says that is kept beside a file, and whether it holds for that; else as above."""
    with reopen(file_descriptor) as file, in_memory(manifest) as given:
        answer = await run_reading([*_COMMAND, "check", str(given)], file, (given,), turn)
    return answer.found or UNREADABLE


async def sign_manifest(
    file_descriptor: int, order: Order, sign_claim: Callable[[bytes], bytes], turn: Turn
) -> bytes | None:
    """A manifest for a file, as ordered; None if none came of it that holds. `sign_claim` is called once at
    most. Cancelling this ends the child. Raises Problem(UNAVAILABLE) if no process can be started."""
    command = [*_COMMAND, "sign"]
    manifest = await run_signing(command, file_descriptor, order, sign_claim, turn)
    if manifest is None:
        return None
    found = await check_manifest(file_descriptor, manifest, turn)
    if found.state != "valid" or found.source_type is None:
        structlog.get_logger().warning("manifest_not_valid", faults=found.faults)
        return None
    return manifest


async def run_signing(
    command: Sequence[str],
    file_descriptor: int,
    order: Order,
    sign_claim: Callable[[bytes], bytes],
    turn: Turn,
) -> bytes | None:
    """What came of a child that has one claim signed over the channel it's given as its last argument; None
    if nothing did."""
    ours, theirs = socket.socketpair()
    with ours, theirs, reopen(file_descriptor) as file:
        ours.setblocking(False)
        signing = asyncio.create_task(_sign_once(ours, order, sign_claim))
        try:
            manifest, exit_code = await run_child(
                [*command, str(theirs.fileno())],
                file,
                MOST_MANIFEST_BYTES,
                _WALL_SECONDS,
                given=[theirs.fileno()],
                pace=Pace(turn, _NICENESS),
            )
        finally:
            signing.cancel()
            await asyncio.wait([signing])
    is_made = exit_code == 0 and 0 < len(manifest) <= MOST_MANIFEST_BYTES
    return manifest if is_made else None


async def _sign_once(
    channel: socket.socket, order: Order, sign_claim: Callable[[bytes], bytes]
) -> None:
    """Tell the child what to sign, and sign the one claim that it makes."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(OSError, ValueError):
        await loop.sock_sendall(channel, _framed(msgspec.json.encode(order)))
        length = int.from_bytes(await _receive(channel, _LENGTH_BYTES), "big")
        if length > MOST_CLAIM_BYTES:
            raise ValueError
        claim = await _receive(channel, length)
        if not claim.startswith(_TO_BE_SIGNED):
            raise ValueError
        await loop.sock_sendall(channel, _framed(sign_claim(claim)))


async def _receive(channel: socket.socket, length: int) -> bytes:
    received = bytearray()
    loop = asyncio.get_running_loop()
    while len(received) < length:
        chunk = await loop.sock_recv(channel, length - len(received))
        if not chunk:
            raise ValueError
        received += chunk
    return bytes(received)


def _framed(message: bytes) -> bytes:
    return len(message).to_bytes(_LENGTH_BYTES, "big") + message


async def run_reading(
    command: Sequence[str], file: BinaryIO, given: Sequence[int], turn: Turn
) -> Answer:
    """What a child read; what can't be read, or believed, is invalid."""
    told, exit_code = await run_child(
        command,
        file,
        MOST_ANSWER_BYTES,
        _WALL_SECONDS,
        given=given,
        pace=Pace(turn, _NICENESS),
    )
    if exit_code != 0 or len(told) > MOST_ANSWER_BYTES:
        return Answer(UNREADABLE)
    try:
        return msgspec.json.decode(told, type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Answer(UNREADABLE)


@contextlib.contextmanager
def in_memory(content: bytes) -> Iterator[int]:
    """A descriptor of a file that has these bytes and no name."""
    descriptor = os.memfd_create("manifest")
    try:
        os.write(descriptor, content)
        yield descriptor
    finally:
        os.close(descriptor)


def _holds(file_descriptor: int) -> bool:
    offset, end = 0, b""
    while chunk := os.pread(file_descriptor, _READ_BYTES, offset):
        if _BOX in end + chunk:
            return True
        end = chunk[1 - len(_BOX) :]
        offset += len(chunk)
    return False
