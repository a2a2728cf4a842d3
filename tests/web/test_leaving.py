"""What is answered while the process leaves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from cast import Server
from engines import of_folder
from listenlink.app import build_instance
from listenlink.clock import Clock
from listenlink.running.instance import Instance
from listenlink.settings import load_settings
from listenlink.web.front import Front
from web.test_front import ask

pytestmark = of_folder


@pytest.fixture
async def instance(server: Server) -> AsyncIterator[Instance]:
    """The server's own instance, opened a second time in this process."""
    built = build_instance(load_settings(data=server.data, port=server.port), Clock())
    yield built
    built.close()


async def test_an_answer_closes_its_connection_if_leaving_began_meanwhile(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = instance.running.readiness.look

    async def look_while_leaving() -> Any:
        instance.running.presence.announce()
        return await look()

    monkeypatch.setattr(instance.running.readiness, "look", look_while_leaving)
    front = Front(instance, None)  # type: ignore[arg-type]
    status, headers, _ = await ask(front, "GET", "/readyz")
    assert (status, headers[b"connection"]) == (503, b"close")
    # One that came later has it once as well.
    assert (await ask(front, "GET", "/healthz"))[1][b"connection"] == b"close"
