"""The bucket of audio, on real servers: bytes and row both or neither, equal bytes once."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import obstore
import pytest
from obstore.exceptions import BaseError

from listenlink.errors import Problem, ProblemKind
from listenlink.media.bucket.address import connect, object_key, read_bucket_address
from listenlink.media.bucket.bucket import Bucket
from listenlink.media.bucket.presigned_url import PresignedUrls
from listenlink.media.disk.draft import Draft
from listenlink.media.disk.places import make_folders
from object_storage import BUCKET, CREDENTIALS, LIMITED_KEY_ID, LIMITED_PREFIX, ObjectStorage

SONG = b"RIFF" + bytes(range(256)) * 400
LONG = secrets.token_bytes(1024) * 20 * 1024
MOST_BYTES = 64 * 1024 * 1024


class Rows:
    """What the database would know: the digests whose rows are committed."""

    def __init__(self) -> None:
        self.committed: set[bytes] = set()

    def is_kept(self, digest: bytes) -> bool:
        return digest in self.committed


@pytest.fixture(params=["object_storage", "second_storage"])
def storage(request: pytest.FixtureRequest) -> ObjectStorage:
    found: ObjectStorage = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def prefix() -> str:
    return f"test/{secrets.token_hex(6)}"


@pytest.fixture
def bucket(storage: ObjectStorage, prefix: str, tmp_path: Path) -> Iterator[Bucket]:
    made = Bucket(tmp_path, storage.address(prefix), MOST_BYTES)
    make_folders(tmp_path)
    yield made
    made.stop_serving()


def written(bucket: Bucket, data: bytes = SONG) -> Draft:
    draft = bucket.drafts.begin()
    draft.write(data)
    draft.content_type = "audio/wav"
    return draft


def published(bucket: Bucket, rows: Rows, data: bytes = SONG) -> bytes:
    draft = written(bucket, data)
    digest = draft.digest
    bucket.publish([draft], lambda: rows.committed.add(digest), rows.is_kept)
    return digest


def uploads(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "uploads").iterdir() if path.name[0] != ".")


def read_back(bucket: Bucket, digest: bytes) -> bytes:
    with os.fdopen(bucket.open_object(digest), "rb") as file:
        return file.read()


@pytest.mark.parametrize("data", [SONG, LONG], ids=["small", "multipart"])
async def test_what_is_published_is_there_with_its_attributes_and_no_draft(
    storage: ObjectStorage, bucket: Bucket, prefix: str, rows: Rows, tmp_path: Path, data: bytes
) -> None:
    seen: list[bytes] = []
    draft = written(bucket, data)
    digest = draft.digest
    bucket.publish([draft], lambda: seen.append(read_back(bucket, digest)), rows.is_kept)
    assert seen == [data]  # the row is committed only when its bytes are there
    assert digest == hashlib.sha256(data).digest()
    assert storage.keys(prefix) == [object_key(digest)]
    assert uploads(tmp_path) == []
    assert await bucket.read_object(digest) == data
    told = obstore.get(storage.store(prefix), object_key(digest)).attributes
    if storage.name != "juicefs":  # which forgets them
        assert (told["Content-Type"], told["Content-Disposition"]) == ("audio/wav", "inline")


def test_equal_bytes_are_sent_once(
    storage: ObjectStorage, bucket: Bucket, prefix: str, rows: Rows
) -> None:
    digest = published(bucket, rows)
    first = obstore.head(storage.store(prefix), object_key(digest))
    time.sleep(1.1)  # times in S3 are whole seconds
    assert published(bucket, rows) == digest
    assert obstore.head(storage.store(prefix), object_key(digest)) == first
    published(bucket, rows, SONG + b"x")
    assert len(storage.keys(prefix)) == 2


@pytest.mark.parametrize("kind", [ProblemKind.UNAVAILABLE, ProblemKind.QUOTA_EXCEEDED])
def test_a_row_that_is_not_committed_leaves_no_bytes_unless_others_need_them(
    storage: ObjectStorage, bucket: Bucket, prefix: str, rows: Rows, tmp_path: Path, kind: ProblemKind
) -> None:  # fmt: skip
    def fail() -> None:
        raise Problem(kind)

    with pytest.raises(Problem):
        bucket.publish([written(bucket)], fail, rows.is_kept)
    # A database that doesn't answer isn't asked a second time: that is seen to soon.
    assert bucket.has_leftovers is (kind is ProblemKind.UNAVAILABLE)
    bucket.remove_leftovers(rows.is_kept)
    assert (uploads(tmp_path), storage.keys(prefix)) == ([], [])
    digest = published(bucket, rows)
    with pytest.raises(Problem):
        bucket.publish([written(bucket)], fail, rows.is_kept)
    bucket.remove_leftovers(rows.is_kept)
    assert (uploads(tmp_path), read_back(bucket, digest)) == ([], SONG)


def test_bytes_that_are_removed_while_others_arrive_are_sent_again(
    storage: ObjectStorage, bucket: Bucket, prefix: str, rows: Rows, tmp_path: Path
) -> None:
    """The object was there when the second upload looked, and its last track goes meanwhile."""
    digest = published(bucket, rows)
    other = Bucket(tmp_path, storage.address(prefix), MOST_BYTES)
    draft = written(bucket)
    marked = bucket.drafts.mark

    def mark(draft: Draft) -> None:
        marked(draft)
        rows.committed.clear()
        other.remove_objects([digest], rows.is_kept)
        assert storage.keys(prefix) == []

    bucket.drafts.mark = mark  # type: ignore[method-assign]
    bucket.publish([draft], lambda: rows.committed.add(digest), rows.is_kept)
    assert read_back(bucket, digest) == SONG


async def test_only_bytes_that_nothing_needs_are_removed(
    storage: ObjectStorage, bucket: Bucket, prefix: str, rows: Rows
) -> None:
    digests = [published(bucket, rows, SONG + bytes([number])) for number in range(3)]
    rows.committed = {digests[0]}
    bucket.remove_objects([*digests, b"\0" * 32], rows.is_kept)
    assert storage.keys(prefix) == [object_key(digests[0])]
    rows.committed = set()
    bucket.remove_objects(digests[:1], rows.is_kept)
    bucket.remove_objects(digests[:1], rows.is_kept)  # again: nothing happens
    assert storage.keys(prefix) == []
    with pytest.raises(FileNotFoundError):
        bucket.open_object(digests[0])
    with pytest.raises(FileNotFoundError):
        await bucket.read_object(digests[0])


@pytest.mark.parametrize("has_row", [False, True])
def test_the_next_start_sees_to_what_a_crash_left(
    storage: ObjectStorage, bucket: Bucket, prefix: str, rows: Rows, tmp_path: Path, has_row: bool
) -> None:
    """As after a kill between sending the bytes and the end of the commit."""
    draft = written(bucket)
    digest = draft.digest
    bucket.drafts.mark(draft)
    bucket._send(draft)
    draft.leave()
    written(bucket).leave()
    rows.committed = {digest} if has_row else set()
    bucket.start_serving(rows.is_kept)
    assert bucket.has_leftovers
    bucket.remove_leftovers(rows.is_kept)
    assert uploads(tmp_path) == []
    assert storage.keys(prefix) == ([object_key(digest)] if has_row else [])
    assert not bucket.has_leftovers


async def test_other_bytes_under_a_digest_are_no_object(
    storage: ObjectStorage, bucket: Bucket, prefix: str, rows: Rows
) -> None:
    digest = published(bucket, rows)
    obstore.put(storage.store(prefix), object_key(digest), SONG.replace(b"R", b"X", 1))
    with pytest.raises(FileNotFoundError):
        bucket.open_object(digest)
    with pytest.raises(FileNotFoundError):
        await bucket.read_object(digest)


async def test_a_bucket_that_answers_is_told_from_one_that_does_not(
    bucket: Bucket, object_storage: ObjectStorage, tmp_path: Path
) -> None:
    await bucket.ping()
    await bucket.ping()
    gone = Bucket(tmp_path, object_storage.address("gone", port=1), MOST_BYTES)
    began = time.monotonic()
    with pytest.raises(Problem) as told:
        await gone.ping()
    assert told.value.kind is ProblemKind.STORAGE_UNAVAILABLE
    assert time.monotonic() - began < 5


def test_rights_on_the_prefix_are_enough_and_reach_no_further(
    object_storage: ObjectStorage, rows: Rows, tmp_path: Path
) -> None:
    environment = CREDENTIALS | {"AWS_ACCESS_KEY_ID": LIMITED_KEY_ID}
    address = read_bucket_address(object_storage.url(LIMITED_PREFIX), environment)
    bucket = Bucket(tmp_path, address, MOST_BYTES)
    make_folders(tmp_path)
    asyncio.run(bucket.ping())
    digest = published(bucket, rows, LONG)
    assert read_back(bucket, digest) == LONG
    (url,) = PresignedUrls(address).playback_urls([digest], 1000, 1060)
    assert httpx.get(url).content == LONG
    rows.committed = set()
    bucket.remove_objects([digest], rows.is_kept)
    assert object_storage.keys(LIMITED_PREFIX) == []
    whole = connect(
        read_bucket_address(f"s3://{BUCKET}?{url_query(object_storage)}", environment), 2, 0
    )
    for wrong in (
        lambda: whole.get("ready").bytes(),
        lambda: whole.put("mine", b"mine"),
        lambda: whole.delete("ready"),
        lambda: list(whole.list()),
    ):
        with pytest.raises((BaseError, OSError)):
            wrong()


def url_query(storage: ObjectStorage) -> str:
    return storage.url("").partition("?")[2]
