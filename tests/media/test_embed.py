"""A file with a manifest in it is valid to the library, sounds the same and has its tags.

With `LISTENLINK_TEST_FULL=1` 500 files are changed by chance, otherwise a dozen.
"""

# ruff: noqa: S311

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import random
import zlib
from pathlib import Path
from typing import Any

import av
import pytest

from listenlink.media.embed import embed_manifest
from listenlink.media.sandbox.composed_file import ComposedFile
from listenlink.media.sandbox.manifest_answer import MOST_COMPARED_BYTES
from listenlink.media.turns import Turns
from listenlink.model.recipe import Embedded, Range, read_recipe
from media.makers import MAKERS, OTHERS
from media.sandboxed import children
from media.signing_c2pa import embed_by_library, order, read_state, sign_claim
from media.test_mutated import mutate
from trust.figures import FULL

pytestmark = pytest.mark.usefixtures("others")

HOSTILE_FILES = 500 if FULL else 12


class Signer:
    """Counts what it signs."""

    def __init__(self) -> None:
        self.claims: list[bytes] = []

    def __call__(self, claim: bytes) -> bytes:
        self.claims.append(claim)
        return sign_claim(claim)


def embed(
    path: Path, content_type: str, signer: Signer | None = None, **said: Any
) -> Embedded | None:
    async def work() -> Embedded | None:
        async with Turns(1, 1).take(0) as turn:
            return await embed_manifest(
                descriptor, order(content_type, **said), signer or Signer(), turn
            )

    descriptor = os.open(path, os.O_RDONLY)
    try:
        return asyncio.run(work())
    finally:
        os.close(descriptor)


def composed(content: bytes, embedded: Embedded) -> bytes:
    return ComposedFile(read_recipe(embedded.recipe), io.BytesIO(content)).read()


def heard(content: bytes) -> tuple[object, ...]:
    """Samples, tags and pictures, by libav with nothing of ours set."""
    sha256, pictures = hashlib.sha256(), []
    with av.open(io.BytesIO(content), "r") as container:
        for frame in container.decode(audio=0):
            sha256.update(frame.to_ndarray().tobytes())
        tags = {**container.metadata, **container.streams.audio[0].metadata}
    with av.open(io.BytesIO(content), "r") as container:
        if container.streams.video:
            pictures = [bytes(packet) for packet in container.demux(video=0)]
    return sha256.hexdigest(), tags, pictures


@pytest.mark.parametrize("maker", MAKERS)
def test_it_is_valid_and_sounds_the_same_with_its_tags(maker: str, tmp_path: Path) -> None:
    content_type, write = MAKERS[maker]
    path, signer = tmp_path / "x", Signer()
    content = write(path)
    path.write_bytes(content)
    found = embed(path, content_type, signer)
    assert found is not None
    assert len(signer.claims) == 1
    whole = composed(content, found)
    assert len(whole) == found.size_bytes > len(content)
    assert (hashlib.sha256(whole).digest(), zlib.crc32(whole)) == (found.digest, found.crc32)
    assert read_state(content_type, io.BytesIO(whole)) == "Valid"
    assert heard(whole) == heard(content)
    # No byte of the music is kept a second time.
    assert len(found.recipe) < 20_000
    recipe = read_recipe(found.recipe)
    kept = sum(piece.length for piece in recipe.pieces if isinstance(piece, Range))
    assert len(content) - kept < 4096


@pytest.mark.parametrize("maker", ["wav 16", "mp3 with ID3v2.3", "flac with a cover", "m4a aac"])
def test_a_changed_byte_is_found_out(maker: str, tmp_path: Path) -> None:
    content_type, write = MAKERS[maker]
    content = write(tmp_path / "x")
    (tmp_path / "x").write_bytes(content)
    found = embed(tmp_path / "x", content_type)
    assert found is not None
    whole = composed(content, found)
    for place in (len(whole) // 2, len(whole) - 20_000):
        changed = bytearray(whole)
        changed[place] ^= 1
        assert read_state(content_type, io.BytesIO(changed)) == "Invalid"


@pytest.mark.parametrize("maker", OTHERS)
def test_what_cannot_have_one_has_none_and_nothing_is_signed(maker: str, tmp_path: Path) -> None:
    (content_type, write), signer = OTHERS[maker], Signer()
    content = write(tmp_path / "x")
    (tmp_path / "x").write_bytes(content)
    assert embed(tmp_path / "x", content_type, signer) is None
    assert not signer.claims


@pytest.mark.parametrize("maker", ["wav 16", "flac", "m4a aac", "m4a with its index in front"])
def test_it_is_laid_out_as_the_library_does(maker: str, tmp_path: Path) -> None:
    content_type, write = MAKERS[maker]
    content = write(tmp_path / "x")
    (tmp_path / "x").write_bytes(content)
    found = embed(tmp_path / "x", content_type)
    assert found is not None
    ours, theirs = composed(content, found), embed_by_library(content_type, content)
    # Two manifests don't have the same size: what is before and behind them does, and where they begin.
    assert ours.index(b"jumb") == theirs.index(b"jumb")
    assert heard(ours) == heard(theirs)


@pytest.mark.parametrize("maker", ["wav 16", "mp3 with ID3v2.4", "flac", "m4a aac"])
def test_of_two_manifests_the_older_is_in_the_newer(maker: str, tmp_path: Path) -> None:
    content_type, write = MAKERS[maker]
    brought = embed_by_library(content_type, write(tmp_path / "x"))
    (tmp_path / "x").write_bytes(brought)
    found = embed(tmp_path / "x", content_type, has_own=True)
    assert found is not None
    whole = composed(brought, found)
    assert read_state(content_type, io.BytesIO(whole)) == "Valid"
    assert heard(whole) == heard(brought)
    assert whole.count(b"c2pa manifest store") <= 1
    assert b"c2pa.ingredient" in whole


@pytest.mark.parametrize("length", range(10, 18))
def test_a_manifest_of_any_size_fits(length: int, tmp_path: Path) -> None:
    for maker in ("wav with an odd chunk", "mp3 bare"):
        content_type, write = MAKERS[maker]
        content = write(tmp_path / "x")
        (tmp_path / "x").write_bytes(content)
        assert embed(tmp_path / "x", content_type, title="x" * length) is not None


def test_what_is_too_long_to_be_compared_is_not_even_begun(tmp_path: Path) -> None:
    content_type, write = MAKERS["wav 16"]
    (tmp_path / "x").write_bytes(write(tmp_path / "x"))
    os.truncate(tmp_path / "x", MOST_COMPARED_BYTES)
    signer = Signer()
    assert embed(tmp_path / "x", content_type, signer) is None
    assert not signer.claims


def test_who_signs_nonsense_gets_no_file(tmp_path: Path) -> None:
    content_type, write = MAKERS["flac"]
    (tmp_path / "x").write_bytes(write(tmp_path / "x"))

    class Nonsense(Signer):
        def __call__(self, claim: bytes) -> bytes:
            return bytes(64)

    assert embed(tmp_path / "x", content_type, Nonsense()) is None


@pytest.mark.timeout(900)
def test_whatever_is_in_a_file_it_ends_and_what_comes_out_holds(tmp_path: Path) -> None:
    chance, made = random.Random(7), 0
    seeds = [MAKERS[maker] for maker in list(MAKERS)[::3]]
    contents = [(kind, write(tmp_path / "seed")) for kind, write in seeds]
    for _ in range(HOSTILE_FILES):
        content_type, content = chance.choice(contents)
        changed = mutate(content, chance)
        (tmp_path / "x").write_bytes(changed)
        found = embed(tmp_path / "x", content_type)
        if found is not None:
            made += 1
            whole = composed(changed, found)
            assert read_state(content_type, io.BytesIO(whole)) == "Valid"
    print(f"{HOSTILE_FILES} changed files, of which {made} can have a manifest")
    assert not children()
