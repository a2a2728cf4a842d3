"""Fixtures of the tests with a browser: Chromium, visits in it, and another site."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from browser.chromium import (
    NEEDED,
    Site,
    Visit,
    find_chromium,
    open_visit,
    running_chromium,
    running_site,
)
from browser.listening import collect, upload_songs


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for the tests of a file."""
    executable = find_chromium()
    if executable is None:
        pytest.skip(NEEDED)
    with running_chromium(executable) as running:
        yield running


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


@pytest.fixture(scope="module")
def other_site() -> Iterator[Site]:
    """Another site."""
    with running_site() as site:
        yield site


@pytest.fixture(scope="module")
def songs(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Three, of 50, 40 and 3 seconds."""
    return upload_songs(owner, tmp_path_factory.mktemp("audio"))


@pytest.fixture(scope="module")
def album(owner: httpx.Client, songs: list[dict[str, Any]]) -> dict[str, Any]:
    """A collection of them, the last one first."""
    return collect(owner, songs)
