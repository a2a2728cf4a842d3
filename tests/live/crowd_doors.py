"""What a crowd asks for: kinds of those who stand there, and the doors that were dear to answer at."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from live.crowd import REFUSALS, Ask
from live.crowd_node import Goods
from live.load import Connection, Request, get

_HOST = "Host: 127.0.0.1\r\n"
# RFC 9113, section 3.4: how a client begins that knows a server to speak HTTP/2, with empty settings.
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
_SMALL_BUFFER = 4096
OF_EACH = 8
_ANSWERED_WITHIN_SECONDS = 5.0
_REFUSED_BODIES = REFUSALS | {401, 404}


def kinds(goods: Goods) -> dict[str, list[Ask]]:
    """Each kind of crowd, by name: what its members ask, in which parts."""
    return {
        "idle": _idle(),
        "streams": [_stream(goods)],
        "readers": _readers(goods),
        "bodies": _bodies(goods),
    }


def _idle() -> list[Ask]:
    return [
        Ask("silent", b""),
        Ask("half a head", f"GET /healthz HTTP/1.1\r\n{_HOST}X-Half: ".encode()),
        Ask("kept alive", get("/healthz").raw, wanted=200, least=0.5),
        # 505 is what a server says that doesn't speak it; 200 is Caddy's where no site is named.
        Ask("HTTP/2", _PREFACE, also=REFUSALS | {200, 505}),
    ]


def _stream(goods: Goods) -> Ask:
    """docs/api.md promises 5,000 of them, 250 for each client; nobody here has more."""
    raw = get(goods.large + "/events", Listen_Session=goods.session).raw
    return Ask("stream of events", raw, wanted=200, least=1, also=frozenset(), ends=False)


def _readers(goods: Goods) -> list[Ask]:
    """They ask for much and take nothing of it. Some of each client's have to be served."""
    view = Ask("reader of a view", get(goods.large).raw, 200, 0.04, receive_bytes=_SMALL_BUFFER)
    if not goods.playback:
        return [view]
    raw = get(goods.playback).raw
    audio = Ask("reader of audio", raw, 200, 0.04, receive_bytes=_SMALL_BUFFER, share=3)
    return [audio, view]


def _bodies(goods: Goods) -> list[Ask]:
    session = f"Listen-Session: {goods.session}\r\n"
    listen = _post(goods.large + "/listen", session + "Content-Type: application/json\r\n", 100)
    owned = f"/v1/music/{goods.organization}"
    form = "X-API-Key: ak_wrong\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    return [
        Ask("listen without a body", listen, also=_REFUSED_BODIES, share=12),
        Ask("listen with a byte", listen + b"{", also=_REFUSED_BODIES, share=12),
        Ask("owner without a key", _post(owned + "/collections", "", 100), 401, 0.5),
        Ask("upload with a wrong key", _post(owned + "/tracks", form, 10**8), 401, 0.5),
    ]


def _post(path: str, headers: str, length: int) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\n{_HOST}{headers}Content-Length: {length}\r\n\r\n"
    ).encode()  # fmt: skip


def doors(goods: Goods) -> dict[str, bytes]:
    """The requests that make much work for who asks little, by name."""
    session = {"Listen_Session": goods.session}
    return {
        "docs": get("/docs").raw,
        "schema": get("/schema/openapi.json").raw,
        "page": get(goods.large, Accept="text/html").raw,
        "embed": get(goods.embed, Accept="text/html").raw,
        "oembed": get(goods.oembed).raw,
        "details": get(goods.large + "/details", **session).raw,
        "picture": get(goods.picture).raw,
    }


async def press_doors(
    port: int, asked: Mapping[str, bytes], addresses: Sequence[str], seconds: float
) -> dict[str, Counter[int]]:
    """Eight connections for each door, each from an address of its own and each asking as fast as it's
    answered, but once at least; the statuses at each door."""
    ends_at = time.monotonic() + seconds
    told: dict[str, Counter[int]] = {name: Counter() for name in asked}
    requests = [(name, raw) for name, raw in asked.items() for _ in range(OF_EACH)]
    pressing = [
        _ask_on(port, raw, address, told[name], ends_at)
        for (name, raw), address in zip(requests, addresses, strict=False)
    ]
    assert len(pressing) == len(requests), "each needs an address of its own"
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds + _ANSWERED_WITHIN_SECONDS):
            await asyncio.gather(*pressing)
    return told


async def _ask_on(port: int, raw: bytes, address: str, told: Counter[int], ends_at: float) -> None:
    loop, answered = asyncio.get_running_loop(), False
    while time.monotonic() < ends_at or not answered:
        made = loop.create_connection(Connection, "127.0.0.1", port, local_addr=(address, 0))
        _, connection = await made
        try:
            while time.monotonic() < ends_at or not answered:
                told[(await connection.ask(Request("", raw))).status] += 1
                answered = True
        except ConnectionResetError:
            # Some answers end their connection; no faster than that.
            await asyncio.sleep(0.01)
        finally:
            connection.close()
