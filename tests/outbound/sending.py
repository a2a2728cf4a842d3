"""Sending to addresses here, and a name service that answers as a test wants."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from listenlink.model.delivery import Sent
from listenlink.model.setting import parse_networks
from listenlink.outbound.post import post

HERE = parse_networks("127.0.0.0/8")
BODY = b'{"type": "link.opened"}'


async def send(url: str, **given: Any) -> Sent:
    return await post(url, BODY, {"webhook-id": "msg_1"}, **({"allowed": HERE} | given))


def answers(monkeypatch: pytest.MonkeyPatch, *each: list[str]) -> list[str]:
    """Let the name service answer so, one time after the other; gives the names it was asked."""
    asked: list[str] = []
    left = list(each)

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked
