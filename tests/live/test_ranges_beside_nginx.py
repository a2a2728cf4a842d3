"""Ranges and conditions are answered as nginx answers them for the same file, but for what may differ."""

from __future__ import annotations

import re
import secrets
import socket
import wave
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest

from cast import Server, free_port, share, upload
from engines import of_folder
from live.proxy import needs_nginx, running_nginx
from trust.figures import figure
from web.test_ranges import CONDITIONS, ETAG, RANGES, SIZE

pytestmark = [needs_nginx, of_folder]

Headers = list[tuple[bytes, bytes]]


class Place(NamedTuple):
    """Where the file is: it has this tag there."""

    port: int
    path: str
    etag: bytes


class Answered(NamedTuple):
    """What is told and sent."""

    status: int
    range_: bytes
    body: bytes


@pytest.fixture(scope="module")
def places(
    server: Server, owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Place, Place]]:
    """Ours and nginx's."""
    folder = tmp_path_factory.mktemp("nginx")
    song = folder / "song.wav"
    with wave.open(str(song), "wb") as file:
        file.setparams((1, 2, 4000, 0, "NONE", ""))
        file.writeframes(secrets.token_bytes(SIZE - 44))
    assert song.stat().st_size == SIZE
    track = upload(owner, song)
    link = share(owner, track["id"])
    with server.listener() as listener:
        opened = listener.get(f"/v1/music/shared/{link['token']}").json()
    url = urlsplit(opened["track"]["playback_url"])
    port = free_port()
    inside = f"server {{ listen 127.0.0.1:{port}; location / {{ root {folder}; }} }}"
    with running_nginx(folder, inside, port):
        found = []
        for one, path in ((server.port, url.path), (port, "/song.wav")):
            answer = httpx.head(f"http://127.0.0.1:{one}{path}")
            assert answer.status_code == 200
            found.append(Place(one, path, answer.headers["etag"].encode()))
        yield found[0], found[1]


def ask(place: Place, headers: Headers) -> Answered:
    lines = [b"GET %b HTTP/1.1" % place.path.encode(), b"Host: 127.0.0.1", b"Connection: close"]
    lines += [name + b": " + said.replace(ETAG, place.etag) for name, said in headers]
    with socket.create_connection(("127.0.0.1", place.port), timeout=30) as stream:
        stream.sendall(b"\r\n".join(lines) + b"\r\n\r\n")
        told = b"".join(iter(lambda: stream.recv(65_536), b""))
    head, _, body = told.partition(b"\r\n\r\n")
    (status,) = re.findall(rb"^HTTP/1.1 (\d+)", head)
    range_ = re.findall(rb"(?im)^content-range: (.*)\r$", head + b"\r\n")
    sent = body if status in (b"200", b"206") else b""
    return Answered(int(status), b"".join(range_), sent)


CASES: dict[str, Headers] = {
    repr(headers): headers
    for headers in [
        *([(b"range", wanted)] for wanted, _ in RANGES),
        *(said for said, _ in CONDITIONS),
    ]
    # What no header may have in it.
    if not any(re.search(rb"[\x00\n]", said) for _, said in headers)
}


_RANGE_OF_THE_RFC = re.compile(rb"(?i)bytes=(\d+-\d*|-\d+)")


def may_differ(headers: Headers) -> str:
    """Why two servers may answer that differently, by which section of RFC 9110; empty if they may not."""
    said = dict(headers)
    wanted = said.get(b"range", b"bytes=0-0").strip()
    if b"if-unmodified-since" in said:
        return "13.1.4: a file without a Last-Modified has no condition by date"
    if b"," in wanted:
        return "14.2: several ranges may be ignored"
    found = _RANGE_OF_THE_RFC.fullmatch(wanted)
    first, _, last = found.group(1).partition(b"-") if found else (b"", b"", b"")
    if found is None or (first and last and int(first) > int(last)):
        return "14.2: an invalid range may be ignored or refused"
    if max(len(first), len(last)) > 15:
        return "14.2: any range may be ignored, so one with that many digits"
    return ""


def test_it_is_answered_as_nginx_does(places: tuple[Place, Place]) -> None:
    alike, different = [], {}
    for case, headers in CASES.items():
        ours, theirs = (ask(place, headers) for place in places)
        if ours == theirs:
            alike.append(case)
        else:
            different[case] = may_differ(headers), ours[:2], theirs[:2]
    figure("cases compared with nginx", len(CASES))
    figure(
        "answered otherwise, though they may not", sum(not why for why, *_ in different.values())
    )
    assert {case: told for case, told in different.items() if not told[0]} == {}
    # Else this compares nothing.
    assert len(alike) >= 70
    assert {told[1][0] for told in different.values()} == {200, 206}
