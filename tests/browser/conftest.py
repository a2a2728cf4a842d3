"""Fixtures of the tests with a browser: Chromium, a server with songs, visits, and another site."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from browser.chromium import SHARED, Site, Visit, open_visit, running_site
from browser.listening import LIMIT, collect, upload_songs
from cast import Server


class _NoOthers:
    """Before a test without a browser there is none any more."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if "browser" not in item.path.parts:
            SHARED.end()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        SHARED.end()


def pytest_configure(config: pytest.Config) -> None:
    """Whoever comes behind these tests is none of this folder."""
    config.pluginmanager.register(_NoOthers())


@pytest.fixture
def browser() -> Browser:
    """Chromium."""
    return SHARED.get()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens windows, each with storage of its own; they're closed behind the test."""
    visits: list[Visit] = []

    def begin(**options: Any) -> Visit:
        visits.append(open_visit(browser, **options))
        return visits[-1]

    yield begin
    for each in visits:
        each.context.close()


@pytest.fixture(scope="session")
def songful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for all files that need no settings of their own."""
    settings = {"TRUSTED_PROXIES": "127.0.0.1/32", "RESOLVE_LIMIT_PER_MINUTE": str(LIMIT)}
    running = Server(tmp_path_factory.mktemp("instance") / "data", settings)
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def server(songful: Server) -> Server:
    """The server that the tests of a file visit."""
    return songful


@pytest.fixture(scope="module")
def other_site() -> Iterator[Site]:
    """Another site."""
    with running_site() as site:
        yield site


_songs: dict[str, list[dict[str, Any]]] = {}


@pytest.fixture(scope="module")
def songs(
    server: Server, owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """Three, of 50, 40 and 3 seconds; put in once where several files have one server."""
    if server.organization_id not in _songs:
        made = upload_songs(owner, tmp_path_factory.mktemp("audio"))
        server.wait_until_derived()
        _songs[server.organization_id] = made
    return _songs[server.organization_id]


@pytest.fixture(scope="module")
def album(owner: httpx.Client, songs: list[dict[str, Any]]) -> dict[str, Any]:
    """A collection of them, the last one first."""
    return collect(owner, songs)
