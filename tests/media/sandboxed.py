"""The processes that a test has started, apart from servers that this test process runs for others."""

from __future__ import annotations

import contextlib

import psutil
import pytest

_others: set[psutil.Process] = set()


@pytest.fixture
def others() -> None:
    """Whatever runs when the test begins: a bucket, a database, what forks the program."""
    _others.clear()
    _others.update(psutil.Process().children())


def children() -> list[psutil.Process]:
    """What has been started since, and what that has started."""
    own = [child for child in psutil.Process().children() if child not in _others]
    for child in tuple(own):
        with contextlib.suppress(psutil.NoSuchProcess):
            own += child.children(recursive=True)
    return own
