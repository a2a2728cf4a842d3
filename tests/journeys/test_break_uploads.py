"""Uploads that break off anywhere, have hostile names or thousands of parts: nothing of them is left, nothing
is written outside, and they are refused. A few in the ordinary suite; 50 breaks and 200 names with
`LISTENLINK_TEST_FULL=1`.
"""

# ruff: noqa: S311

from __future__ import annotations

import itertools
import random
import socket
import time
from pathlib import Path

import httpx
import pytest

from cast import Server
from media.make_audio import make
from stored import drafts, stored_audio
from trust.figures import FULL, figure

BREAKS = 50 if FULL else 6
NAMES = 200 if FULL else 12
MARK = "escaped-from-here"
WITHIN_SECONDS = 60.0
_UPS = (
    "../",
    "..\\",
    "%2e%2e%2f",
    "..%2f",
    "....//",
    "..;/",
    "\u2024\u2024/",
    "..%c0%af",
    "%252e%252e/",
    "/",
    "//",
    "~/",
)
_TARGETS = (
    f"{MARK}.wav",
    f"tmp/{MARK}.wav",
    f"secrets/{MARK}",
    f"objects/{MARK}.wav",
    f"etc/cron.d/{MARK}",
)
_ENDS = ("", "\0.wav", "%00.wav", "/", ".", " ", "::$DATA")


def hostile_names() -> list[str]:
    """Names that lead elsewhere where a name is taken for a path."""
    ways = itertools.product(_UPS, (1, 3, 9), _TARGETS, _ENDS)
    names = [up * depth + target + end for up, depth, target, end in ways]
    return random.sample(names, NAMES)


def rows(server: Server) -> tuple[int, int]:
    ((tracks,),) = server.query("SELECT count(*) FROM tracks")
    ((objects,),) = server.query("SELECT count(*) FROM audio_objects WHERE discarded_at IS NULL")
    return int(tracks), int(objects)


def form(name: bytes, content: bytes) -> bytes:
    return (
        b'--b\r\nContent-Disposition: form-data; name="engine"\r\n\r\nstudio\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="' + name + b'"\r\n\r\n'
    ) + content + b"\r\n--b--\r\n"  # fmt: skip


def send(server: Server, body: bytes, upto: int | None = None) -> int:
    """The status; or 0 for a request that is broken off after so many bytes, or isn't answered."""
    head = (
        f"POST /v1/music/{server.organization_id}/tracks HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"X-API-Key: {server.api_key}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as stream:
        try:
            stream.sendall((head + body)[:upto])
            if upto is not None:
                time.sleep(random.choice([0, 0.02]))
                return 0
            return int(stream.recv(65536)[9:12] or b"0")
        except ConnectionError:
            return 0


@pytest.mark.timeout(200)
def test_a_break_anywhere_leaves_nothing(server: Server, tmp_path: Path) -> None:
    body = form(b"a.wav", make("wav16", tmp_path / "a.wav", sample_count=300_000).read_bytes())
    before, stored = rows(server), stored_audio(server)
    for number in range(BREAKS):
        # Half of them near the beginning or the end, where what is said of the file stands.
        near = random.choice([random.randrange(700), len(body) - random.randrange(1, 700)])
        send(server, body, near if number % 2 else random.randrange(len(body)))
    deadline = time.monotonic() + WITHIN_SECONDS
    while drafts(server) and time.monotonic() < deadline:
        time.sleep(0.1)
    left = len(drafts(server)) + len(stored_audio(server).keys() - stored.keys())
    left += sum(now - then for now, then in zip(rows(server), before, strict=True))
    figure("breaks", BREAKS)
    figure("orphans", left)
    assert left == 0


@pytest.mark.timeout(300)
def test_no_name_leads_outside(server: Server, tmp_path: Path) -> None:
    song = make("wav16", tmp_path / "song.wav", sample_count=5000).read_bytes()
    known = set(stored_audio(server))
    statuses = set()
    for number, name in enumerate(hostile_names()):
        # Most aren't audio, and are refused once they have arrived.
        content = song + bytes([number]) if number % 10 == 0 else b"not audio"
        statuses.add(send(server, form(name.encode(), content)))
    places = [Path.cwd(), Path("/"), Path("/tmp"), Path("/etc"), Path.home()]  # noqa: S108
    outside = {path for place in places for path in place.glob(f"*/*{MARK}*")}
    outside |= {path for place in places for path in place.glob(f"*{MARK}*")}
    outside |= set(server.data.parent.rglob(f"*{MARK}*"))
    names = {path.name for path in (server.data / "objects").rglob("*") if path.is_file()}
    strange = {name for name in names - known if len(name) != 64}
    figure("hostile names", NAMES)
    figure("files outside the store", len(outside) + len(strange))
    assert statuses <= {201, 400, 422}
    assert outside == set()
    assert strange == set()


def test_thousands_of_parts_are_refused_soon(owner: httpx.Client, server: Server) -> None:
    server.wait_until_derived()
    before = rows(server)
    part = b'--b\r\nContent-Disposition: form-data; name="engine"\r\n\r\nstudio\r\n'
    began_at = time.monotonic()
    status = send(server, part * 10_000 + b"--b--\r\n")
    assert status in (0, 400, 413, 422)
    assert time.monotonic() - began_at < 10
    assert owner.get("/tracks").status_code == 200
    assert (rows(server), drafts(server)) == (before, [])
