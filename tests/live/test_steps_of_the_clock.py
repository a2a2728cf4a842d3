"""Whoever sets the clock, and however far: what has ended stays ended, and who is spent is served again after
a window that passed.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from cast import Server
from engines import of_sqlite
from listenlink.app import build_instance
from listenlink.clock import HOUR_US, SECOND_US
from listenlink.settings import PREFIX, Settings
from listenlink.web.front import Front
from live.load import SHARED, link_number, make_links, serving
from stepped_clock import START_US, SteppedClock
from trust.figures import figure
from web.test_front import ask

YEAR_US = 365 * 24 * HOUR_US
pytestmark = of_sqlite

STEPS = {
    "an hour on": HOUR_US, "an hour back": -HOUR_US, "ten years on": 10 * YEAR_US,
    "ten years back": -10 * YEAR_US, "half a minute on": 30 * SECOND_US,
    "half a minute back": -30 * SECOND_US,
}  # fmt: skip
LIMIT = 7
WINDOW_US = 60 * SECOND_US


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> tuple[Server, str, str]:
    """An instance that isn't served any more, and the paths of its links."""
    folder = tmp_path_factory.mktemp("ended")
    with serving(folder) as server:
        endless, ending = make_links(server, folder, {}, {})
        ends_at = START_US + WINDOW_US
        server.change("UPDATE shares SET expires_at = ? WHERE id = ?", ends_at, link_number(ending))
    return server, SHARED + str(endless["token"]), SHARED + str(ending["token"])


@pytest.fixture
async def clocked(
    ended: tuple[Server, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Front, SteppedClock, str, str]]:
    """The application in this process, its clock, an endless link's path, and that of one that ends in a
    minute."""
    made, endless, ending = ended
    server = replace(made, data=Path(shutil.copytree(made.data, tmp_path / "data")))
    clock = SteppedClock()
    instance = build_instance(settings_of(server, monkeypatch), clock)
    front = Front(instance, None)  # type: ignore[arg-type]
    yield front, clock, endless, ending
    instance.close()


def settings_of(server: Server, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The server's, with limits."""
    given = {"RESOLVE_LIMIT_PER_MINUTE": str(LIMIT), "MISS_LIMIT_PER_MINUTE": "1000"}
    for name, value in (server.settings | given).items():
        monkeypatch.setenv(PREFIX + name, value)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return Settings(data=server.data, port=server.port)


async def status(front: Front, path: str, client: int) -> int:
    told = await ask(front, "GET", path, (b"x-forwarded-for", b"203.0.113.%d" % client))
    return int(told[0])


@pytest.mark.parametrize("name", STEPS)
async def test_what_has_ended_stays_ended_and_nobody_waits_longer_than_a_window(
    clocked: tuple[Front, SteppedClock, str, str], name: str
) -> None:
    front, clock, endless, ending = clocked
    assert await status(front, ending, 1) == 200
    clock.pass_by(WINDOW_US - 1)
    assert await status(front, ending, 2) == 200
    clock.pass_by(1)
    before = await status(front, ending, 3)
    spent = [await status(front, endless, 9) for _ in range(LIMIT + 1)]
    assert spent == [200] * LIMIT + [429]
    clock.step(STEPS[name])
    after = [await status(front, ending, 4)]
    # Nor does a step give anything.
    assert await status(front, endless, 9) == 429
    clock.pass_by(WINDOW_US + 1)
    served = [await status(front, endless, 9) for _ in range(LIMIT + 1)]
    after.append(await status(front, ending, 5))
    opened = [one for one in (before, *after) if one == 200]
    figure("steps of the clock", 1)
    figure("opened after its end", len(opened), of=1 + len(after))
    figure("locked out for longer than a window", int(served[0] != 200), of=1)
    assert [before, *after] == [404] * 3
    assert served == [200] * LIMIT + [429]
