"""Hostile manifests: changed by chance, bombs, and those that lead elsewhere. Each is read by a child of its
own, which ends soon, and reaches nothing.

Some dozens in the ordinary suite; with `LISTENLINK_TEST_FULL=1` more than 600.
"""

from __future__ import annotations

import asyncio
import random
import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from journeys.signed_tracks import turn
from listenlink.media import manifests
from listenlink.media.manifests import read_manifest
from live.traced import needs_strace
from media.claimed import claim
from media.make_audio import make
from media.signing import signed
from media.test_mutated import mutate, read_all, tell
from trust.figures import FULL

pytestmark = pytest.mark.usefixtures("others")

MUTATED = 500 if FULL else 16
_CLOSED = re.compile(r"RLIMIT_NOFILE, \{rlim_cur=0, rlim_max=0\}.* = 0$")
_WAYS_OUT = re.compile(r"\b(?:open|openat|openat2)\(.*\) = \d+|\b(?:connect|sendto|sendmsg)\(")


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = make("wav16", tmp_path_factory.mktemp("song") / "song.wav", sample_count=22_050)
    return path.read_bytes()


@pytest.fixture
def wav(song: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "song.wav"
    path.write_bytes(song)
    return path


def bombs(wav: bytes) -> list[bytes]:
    """Manifests that claim to be far larger than they are, boxes in boxes, and much of the same."""

    def chunk(content: bytes) -> bytes:
        body = b"C2PA" + struct.pack("<I", len(content)) + content
        return b"RIFF" + struct.pack("<I", len(wav) - 8 + len(body)) + wav[8:] + body

    def box(kind: bytes, content: bytes, length: int | None = None) -> bytes:
        return struct.pack(">I", 8 + len(content) if length is None else length) + kind + content

    nested = b""
    for _ in range(20_000):
        nested = box(b"jumb", nested)
    cbor = b"\x9b" + b"\xff" * 8  # An array of 2**64 - 1.
    deep = b"\x81" * 500_000
    return [
        chunk(nested),
        chunk(box(b"jumb", b"", 2**32 - 1)),
        chunk(box(b"jumb", b"\0" * 64, 1)),
        chunk(box(b"jumb", box(b"jumd", b"c2pa" + bytes(12) + b"\x03c2pa\0") + box(b"cbor", cbor))),
        chunk(box(b"jumb", box(b"jumd", b"c2cl" + bytes(12) + b"\x03c2pa\0") + box(b"cbor", deep))),
        chunk(box(b"brob", b"jumb" + zlib.compress(bytes(50_000_000)))),
        chunk(box(b"jumb", box(b"jumd", bytes(16) + b"\x03c2pa\0") * 100_000)),
    ]


@pytest.mark.timeout(900)
def test_mutated_manifests_and_bombs_stop_nothing(wav: Path, song: bytes) -> None:
    content = claim(wav, parts=(("componentOf", claim(wav).read_bytes()),)).read_bytes()
    start = content.index(b"jumb") - 8

    def mutated(number: int) -> bytes:
        chance = random.Random(random.random())  # noqa: S311
        return content[:start] + mutate(content[start:], chance)

    contents = [*bombs(song), *map(mutated, range(MUTATED))]

    async def read(descriptor: int) -> str:
        found = await read_manifest(descriptor, turn())
        return "none" if found is None else found.state

    told, slowest = asyncio.run(read_all(contents, read))
    tell("mutated manifests", told, slowest, {"valid", "invalid", "none"})


@pytest.mark.timeout(900)
def test_mutated_manifests_beside_a_file_stop_nothing(wav: Path) -> None:
    manifest = signed(wav)
    assert manifest is not None

    async def check(descriptor: int) -> str:
        content = Path(f"/proc/self/fd/{descriptor}").read_bytes()
        with wav.open("rb") as file:
            return (await manifests.check_manifest(file.fileno(), content, turn())).state

    contents = [
        mutate(manifest, random.Random(random.random()))  # noqa: S311
        for _ in range(MUTATED // 4)
    ]
    told, slowest = asyncio.run(read_all(contents, check))
    tell("mutated manifests beside files", told, slowest, {"valid", "invalid"})


def hostile(wav: Path) -> bytes:
    """A file whose manifest is somewhere else."""
    return claim(wav, remote="http://127.0.0.1:9/manifest.c2pa").read_bytes()


@needs_strace
@pytest.mark.parametrize("is_remote", [False, True])
def test_nothing_is_opened_or_fetched(wav: Path, tmp_path: Path, is_remote: bool) -> None:
    content = hostile(wav) if is_remote else claim(wav).read_bytes()
    path, told = tmp_path / "content.wav", tmp_path / "calls"
    path.write_bytes(content)
    watched = "trace=open,openat,openat2,connect,sendto,sendmsg,prlimit64,setrlimit,clone,clone3"
    child = [sys.executable, "-I", "-m", "listenlink.media.sandbox.manifest_child", "read"]
    with path.open("rb") as file:
        done = subprocess.run(
            ["strace", "-f", "-s", "300", "-o", str(told), "-e", watched, *child],
            stdin=file,
            capture_output=True,
            timeout=60,
            check=True,
        )
    lines = told.read_text(errors="replace").splitlines()
    closed = next(place for place, line in enumerate(lines) if _CLOSED.search(line))
    assert [line for line in lines[closed:] if _WAYS_OUT.search(line)] == []
    assert not [line for line in lines if "connect(" in line or "127.0.0.1" in line]
    assert not [line for line in lines[closed:] if "clone" in line]
    assert (b'"valid"' in done.stdout) is not is_remote
