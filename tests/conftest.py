"""Fixtures: one server for the tests of a file, its owner, and a listener."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import httpx
import pytest
from httpx._transports import default as transports

from cast import Server
from object_storage import CREDENTIALS, ObjectStorage, juicefs, shared_seaweedfs

# Each new client would read all of the world's certificates, for 25 ms, to speak to a server without any.
vars(transports)["create_ssl_context"] = functools.cache(httpx.create_ssl_context)


# What takes longest comes first, so that at the end no worker waits for another's last file.
_LONGEST = ("live", "browser", "journeys", "store", "web", "media", "model", "demo", "house")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order the folders. What is measured beside other work may be tried once more; the summary names it
    (-raR)."""
    places = {folder: place for place, folder in enumerate(_LONGEST)}
    items.sort(key=lambda item: places.get(item.path.parent.name, 0))
    if not config.pluginmanager.has_plugin("rerunfailures"):
        return
    for item in items:
        if {"live", "browser", "store", "journeys"} & set(item.path.parts):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server that believes a proxy on loopback, so that each listener has an address."""
    running = Server(
        tmp_path_factory.mktemp("instance") / "data", {"TRUSTED_PROXIES": "127.0.0.1/32"}
    )
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def owner(server: Server) -> Iterator[httpx.Client]:
    """The creator."""
    with server.owner() as client:
        yield client


@pytest.fixture
def listener(server: Server) -> Iterator[httpx.Client]:
    """Somebody with a link, from an address of their own."""
    with server.listener() as client:
        yield client


@pytest.fixture(scope="session")
def object_storage() -> ObjectStorage:
    """A real S3 server, started when the first test needs it."""
    return shared_seaweedfs()


@pytest.fixture(scope="session")
def second_storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStorage]:
    """Another one, of another make."""
    with juicefs(tmp_path_factory.mktemp("juicefs")) as running:
        yield running


@pytest.fixture
def storage_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cloud's variables, as an operator sets them."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
