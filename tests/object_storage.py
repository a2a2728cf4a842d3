"""Real S3 servers for the tests, on loopback: SeaweedFS, and JuiceFS's gateway as a second one.

Both refuse what isn't signed as it should be. They're started without root, and killed and wiped.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import obstore
from obstore.store import S3Store

from listenlink.media.bucket.address import BucketAddress, read_bucket_address
from ports import free_port

ACCESS_KEY_ID = "AKIDLISTENLINKTEST"
SECRET_ACCESS_KEY = "a-secret-that-is-only-known-in-tests"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
    "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
    "AWS_REGION": "us-east-1",
}
BUCKET = "music"
LIMITED_KEY_ID = "AKIDLIMITEDTOAPREFIX"
LIMITED_PREFIX = "limited"
_PROGRAMS = Path(sys.executable).parent


@dataclass(frozen=True)
class ObjectStorage:
    """A running S3 server with the bucket `music`."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the server and its children."""
        os.killpg(self.process.pid, number)

    def url(self, prefix: str, port: int | None = None) -> str:
        """The setting for a prefix of the bucket, perhaps through another port."""
        return f"s3://{BUCKET}/{prefix}?endpoint=http://127.0.0.1:{port or self.port}"

    def address(self, prefix: str, port: int | None = None) -> BucketAddress:
        return read_bucket_address(self.url(prefix, port), CREDENTIALS)

    def store(self, prefix: str) -> S3Store:
        """A client of the test's own."""
        return S3Store(
            BUCKET,
            prefix=prefix or None,
            endpoint=f"http://127.0.0.1:{self.port}",
            region="us-east-1",
            access_key_id=ACCESS_KEY_ID,
            secret_access_key=SECRET_ACCESS_KEY,
            client_options={"allow_http": True},
        )

    def keys(self, prefix: str) -> list[str]:
        """What lies below the prefix; the folders that one of the servers lists too are nothing."""
        pages = list(obstore.list(self.store("")))
        return sorted(
            str(item["path"]).removeprefix(prefix + "/")
            for page in pages
            for item in page
            if str(item["path"]).startswith(prefix + "/") and len(str(item["path"])) > 66
        )

    def unfinished(self) -> str:
        """The answer to: which multipart uploads have begun and not ended?"""
        listing = f"http://127.0.0.1:{self.port}/{BUCKET}"
        return httpx.get(_presign(listing, {"uploads": ""})).raise_for_status().text


def _presign(url: str, query: dict[str, str]) -> str:
    from listenlink.media.bucket.sigv4 import AwsCredentials, presign_get

    credentials = AwsCredentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY)
    return presign_get(url, query, credentials, "us-east-1", int(time.time()), 60)


@contextlib.contextmanager
def seaweedfs(folder: Path) -> Iterator[ObjectStorage]:
    """`weed server` in this folder, until the end."""
    ports = [free_port() for _ in range(8)]
    identity = {
        "name": "listenlink",
        "credentials": [{"accessKey": ACCESS_KEY_ID, "secretKey": SECRET_ACCESS_KEY}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    # Rights as docs/operating.md has them, in this server's own words.
    limited = {
        "name": "limited",
        "credentials": [{"accessKey": LIMITED_KEY_ID, "secretKey": SECRET_ACCESS_KEY}],
        "actions": [f"Read:{BUCKET}/{LIMITED_PREFIX}/*", f"Write:{BUCKET}/{LIMITED_PREFIX}/*"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity, limited]}))
    names = [
        "master",
        "master.grpc",
        "volume",
        "volume.grpc",
        "filer",
        "filer.grpc",
        "s3",
        "s3.grpc",
    ]
    flags = [
        f"-{name.replace('.', '.port.', 1) if '.' in name else name + '.port'}={port}"
        for name, port in zip(names, ports, strict=True)
    ]
    command = [
        str(_PROGRAMS / "weed"), "-logdir", str(folder), "server", f"-dir={folder}",
        "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3", *flags,
        "-s3.port.iceberg=0", "-s3.port.lance=0",
        f"-s3.config={folder / 's3.json'}", "-master.volumeSizeLimitMB=64", "-master.telemetry=false",
    ]  # fmt: skip
    with _running(command, folder, {}) as process:
        yield _with_bucket(ObjectStorage("seaweedfs", ports[6], process))


@functools.cache
def shared_seaweedfs() -> ObjectStorage:
    """This test process's, until it ends."""
    folder = Path(tempfile.mkdtemp(prefix="listenlink-seaweedfs-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    life = contextlib.ExitStack()
    atexit.register(life.close)
    return life.enter_context(seaweedfs(folder))


@contextlib.contextmanager
def juicefs(folder: Path) -> Iterator[ObjectStorage]:
    """`juicefs gateway` over a volume in this folder, until the end."""
    program, port = str(_PROGRAMS / "juicefs"), free_port()
    volume = f"sqlite3://{folder / 'meta.db'}"
    subprocess.run(
        [program, "format", "--storage", "file", "--bucket", f"{folder}/data/", volume, "tests"],
        capture_output=True,
        check=True,
        timeout=60,
    )
    command = [
        program, "gateway", volume, f"127.0.0.1:{port}", "--no-usage-report", "--multi-buckets",
        "--keep-etag", "--cache-dir", str(folder / "cache"), "--log", str(folder / "log"),
    ]  # fmt: skip
    root = {"MINIO_ROOT_USER": ACCESS_KEY_ID, "MINIO_ROOT_PASSWORD": SECRET_ACCESS_KEY}
    with _running(command, folder, root) as process:
        yield _with_bucket(ObjectStorage("juicefs", port, process))


@contextlib.contextmanager
def _running(
    command: list[str], folder: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            env=os.environ | environment,
            cwd=folder,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        # A graceful stop takes ten seconds, and nothing is kept.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def _with_bucket(storage: ObjectStorage) -> ObjectStorage:
    """Once it answers, and its bucket is made and takes an object."""
    store = storage.store("")
    deadline = time.monotonic() + 60
    while True:
        made = obstore.sign(store, "PUT", "", timedelta(seconds=60))
        try:
            httpx.put(made, timeout=5).raise_for_status()
            obstore.put(store, "ready", b"ready")
        except (httpx.HTTPError, obstore.exceptions.BaseError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return storage
