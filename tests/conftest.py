"""Fixtures: one server for the tests of a file, its owner, and a listener."""

from __future__ import annotations

import functools
import gc
import os
import random
from collections.abc import Iterator

import httpx
import pytest
import pytest_timeout  # type: ignore[import-untyped]
from httpx._transports import default as transports
from hypothesis import settings

import fork_children
from cast import Server
from engines import ENGINE, SQLITE
from listenlink.media.sandbox import child
from listenlink.media.sandbox.spawn import spawn
from object_storage import CREDENTIALS, ObjectStorage, juicefs, shared_seaweedfs
from trust import collector, figures

# Each new client would read all of the world's certificates, for 25 ms, to speak to a server without any.
vars(transports)["create_ssl_context"] = functools.cache(httpx.create_ssl_context)


# While thousands of tests are found, nothing of that is garbage, and to look for it takes a part of the time.
gc.disable()


def pytest_collection_finish() -> None:
    """From here on there may be garbage; what is there by now stays, and isn't looked at again."""
    gc.freeze()
    gc.enable()


# What takes longest comes first, so that at the end no worker waits for another's last file: the files that
# take most of a minute or more, and then folders.
_LONGEST_FILES = (
    "desk", "player", "trouble", "authorisation_matrix", "topology", "every_door", "desk_hostile_text",
    "crowd", "accessibility", "matrix_of_sign_ins", "embed", "show_changes", "newer_version", "trust",
    "schemathesis", "no_descriptors", "sharing_machine", "installing", "memory", "keep_retention",
)  # fmt: skip
_LONGEST = (
    "live", "browser", "journeys", "store", "outbound", "web", "media", "model", "demo", "house",
)  # fmt: skip


def _few_of_each(items: list[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """All but journeys and pages that are tried with many values: of these the first and the last; and what
    is left out. The rest of them is tried on PostgreSQL by the long form of the suite
    (LISTENLINK_TEST_FULL=1)."""
    by_test: dict[str, list[pytest.Item]] = {}
    for item in items:
        by_test.setdefault(item.nodeid.partition("[")[0], []).append(item)
    out = {
        item.nodeid
        for same in by_test.values()
        if same[0].path.parent.name in ("browser", "journeys")
        for item in same[1:-1]
    }
    return [i for i in items if i.nodeid not in out], [i for i in items if i.nodeid in out]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order the folders. What is measured beside other work may be tried once more; the summary names it
    (-raR)."""
    longest = [*(f"test_{name}.py" for name in _LONGEST_FILES), *_LONGEST]
    places = {name: place for place, name in enumerate(longest)}
    others = len(_LONGEST_FILES)
    items.sort(
        key=lambda item: places.get(item.path.name, places.get(item.path.parent.name, others))
    )
    if ENGINE != SQLITE and os.environ.get("LISTENLINK_TEST_FULL") != "1":
        items[:], left_out = _few_of_each(items)
        config.hook.pytest_deselected(items=left_out)
    if not config.pluginmanager.has_plugin("rerunfailures"):
        return
    for item in items:
        if item.path.parent.name != "house":
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What is tried once more has its time, too: the timer ends with the first failure."""
    if getattr(item, "execution_count", 1) > 1:
        settings = pytest_timeout._get_item_settings(item)
        if settings.timeout:
            item.ihook.pytest_timeout_set_timer(item=item, settings=settings)


def pytest_configure(config: pytest.Config) -> None:
    """Where `make trust` listens, tell it how each test ended; of several processes the first one does."""
    if figures.FILE in os.environ and not hasattr(config, "workerinput"):
        config.pluginmanager.register(collector)
    if figures.FULL:
        settings.register_profile("full", max_examples=figures.examples(settings().max_examples))
        settings.load_profile("full")


@pytest.fixture(autouse=True)
def _same_chance_again(request: pytest.FixtureRequest) -> None:
    """Where a seed is given, each test's chance begins with it; Hypothesis is given it by itself."""
    if figures.SEED in os.environ:
        random.seed(f"{figures.seed()} {request.node.nodeid}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server that believes a proxy on loopback, so that each listener has an address."""
    running = Server(
        tmp_path_factory.mktemp("instance") / "data", {"TRUSTED_PROXIES": "127.0.0.1/32"}
    )
    running.create()
    running.start()
    yield running
    # Nobody waits any more for what it would still do.
    if running.process is not None:
        running.kill()


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


@pytest.fixture
def forked_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """What decodes is forked in this process, too, as in a forked server: for tests of what is made of it."""
    monkeypatch.setattr(child, "spawn", spawn)
    fork_children.use(fork_children.started())


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
