"""Whose name service hangs keeps only themselves waiting; and no address is in a log."""

from __future__ import annotations

import asyncio
import io
import logging
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from listenlink.logs import set_up_logs
from listenlink.model.delivery import Failure, Sent
from listenlink.model.mail_message import MailAddress, Written
from listenlink.model.mail_server import MailServer
from listenlink.outbound import connection
from listenlink.outbound.mail import MailMan
from outbound.mailbox import Box, serving
from outbound.receiver import Receiver, receiving
from outbound.sending import answers, send


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


async def test_a_name_that_hangs_keeps_only_its_own_waiting(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often one organisation asks, and however long nothing is told: another's goes at once, and so
    does a mail's; and theirs, too, where it's an address. It isn't told as a name that there isn't."""
    monkeypatch.setattr(connection, "_CONNECT_SECONDS", 0.5)
    with serving(Box()) as port:
        await _hold_up(receiver, monkeypatch, port)


async def _hold_up(receiver: Receiver, monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    over, asked = threading.Event(), answers(monkeypatch, ["127.0.0.1"])
    quick = socket.getaddrinfo

    def look_up(host: str, port: int, **more: Any) -> list[Any]:
        found = quick(host, port, **more)
        if host == "hanging.example":
            over.wait(20)
        return found

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    hanging, fine = (f"http://{name}.example:{receiver.port}/hook" for name in ("hanging", "fine"))
    try:
        each = await asyncio.gather(*(send(hanging, whose=7) for _ in range(40)))
        assert each == [Sent(Failure.TIMED_OUT)] * 40
        assert asked == ["hanging.example"]
        assert await send(fine, whose=7) == Sent(Failure.TIMED_OUT)
        assert await send(receiver.url, whose=7) == Sent(None, 204), "an address isn't looked up"
        assert await send(fine, whose=8) == Sent(None, 204)
        for other in range(100, 116):
            await send(hanging, whose=other)
        assert (await send(fine, whose=8)).failure is Failure.TIMED_OUT, "no more than there are"
        server = MailServer("smtp+plain", "mail.example", port, None, None)
        mailman = MailMan(server, MailAddress("a@b.example"))
        await mailman.send(Written("s", "t", "<p></p>"), "c@d.example", "1", 0)
        assert mailman.sent == 1
    finally:
        over.set()
    while (await send(fine, whose=7)).failure is Failure.TIMED_OUT:
        pass
    assert await send(fine, whose=7) == Sent(None, 204)


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
async def test_an_address_never_reaches_the_log(
    receiver: Receiver, level: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """What's behind a host is a secret of some programs. Whoever else sets up Python's own log, at whatever
    level, doesn't bring it there."""
    written, root, before = io.StringIO(), logging.getLogger(), logging.getLogger().level
    handler = logging.StreamHandler(written)
    talkative = [logging.getLogger(name) for name in ("httpx", "httpcore")]
    levels = [each.level for each in talkative]
    root.addHandler(handler)
    root.setLevel(logging.getLevelName(level.upper()))
    try:
        set_up_logs(level)
        assert await send(receiver.url + "/very-secret") == Sent(None, 204)
        await send("http://127.0.0.1:9/very-secret")
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        for each, old in zip(talkative, levels, strict=True):
            each.setLevel(old)
    assert "secret" not in written.getvalue() + capfd.readouterr().err
