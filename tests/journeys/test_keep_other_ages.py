"""What else has an age goes when that is over: answers, begun uploads, days' keys. What was heard stays."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from engines import ENGINE, SQLITE
from journeys.kept_house import TEN_YEARS_US, House
from listenlink.clock import DAY_US, SECOND_US
from listenlink.media.disk.resumable_drafts import ResumableDrafts
from listenlink.media.disk.room import Room
from listenlink.model.moment import iso_day
from listenlink.store import idempotency, listens, resumable_uploads
from listenlink.store.idempotency import KeptAnswer


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, kept_days=1)
    yield made
    made.world.close()


def test_what_else_has_an_age_goes_with_it(house: House) -> None:
    """Answers and begun uploads after a day, those dated ahead from when that is seen; a day's key after a
    week; how far a track was heard a day after its session, but for its sum; listens never."""
    day_us, began_us = DAY_US, house.began_us
    instance = house.world.instance
    fill_with_ages(house, began_us)
    session_us = instance.running.settings.session_ttl_seconds * SECOND_US
    for at_us, answers, begun, heard in (
        (began_us + day_us - 1, 3, 3, 1),
        (began_us + day_us, 2, 2, 1),
        (began_us + day_us + 1, 1, 1, 1),
        (began_us + day_us + session_us, 1, 1, 1),
        (began_us + day_us + session_us + 1, 1, 1, 0),
        (began_us + 2 * day_us - 2, 1, 1, 0),
        (began_us + 2 * day_us - 1, 0, 0, 0),
    ):
        house.keep_house(at_us)
        assert len(house.ask("SELECT key_digest FROM idempotent_answers")) == answers
        assert len(house.ask("SELECT id FROM resumable_uploads")) == begun
        assert len(house.ask("SELECT quarter FROM heard")) == heard
    assert house.ask("SELECT sum(half) FROM track_days") == [(1,)]
    assert len(house.ask("SELECT open_trace FROM listens")) == 1
    today = house.world.clock.now_us() // day_us
    instance.running.daily_keys.prepare(today)
    folder = instance.running.settings.data / "secrets" / "daily"
    house.keep_house((today + 7) * day_us)
    kept = {path.name for path in folder.glob("2*")}
    house.keep_house((today + 8) * day_us)
    if ENGINE == SQLITE:  # Else they are in Redis, which lets go of them by itself.
        assert iso_day(today) in kept
        assert iso_day(today) not in {path.name for path in folder.glob("2*")}


def fill_with_ages(house: House, at_us: int) -> None:
    """An answer and an upload of that moment, one of a µs later, and one of ten years later; a listen."""
    creator = house.creator

    def fill(connection: Connection) -> None:
        for number, moment in enumerate((at_us, at_us + 1, at_us + TEN_YEARS_US)):
            kept = KeptAnswer(b"b" * 32, b"sealed")
            idempotency.keep_answer(connection, number.to_bytes(32, "big"), kept, moment)
            resumable_uploads.add_upload(connection, *creator.owner, 10, "", moment)
        listens.add_listen(connection, 1, 1, 1, at_us)
        listens.raise_quarter(connection, 1, 1, 1, at_us, 2)

    house.world.run(house.world.instance.running.database.write(fill))


def test_what_can_not_be_deleted_keeps_nothing_else(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, began_us = house.new_link(), house.began_us
    house.open(link, began_us)
    fill_with_ages(house, began_us)

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "the disk")

    monkeypatch.setattr(house.world.instance.running.daily_keys, "destroy_old", fail)
    with pytest.raises(OSError, match="the disk"):
        house.keep_house(began_us + 4 * DAY_US)
    assert house.lines() == []
    assert len(house.ask("SELECT id FROM resumable_uploads")) == 1


def test_an_upload_that_can_not_go_yet_keeps_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are of either."""
    monkeypatch.setattr(resumable_uploads, "_LISTED", 2)
    creator, drafts = (
        house.creator,
        ResumableDrafts(house.world.instance.running.settings.data, Room({})),
    )

    def fill(connection: Connection) -> list[int]:
        return [
            resumable_uploads.add_upload(
                connection, *creator.owner, 10, "", house.began_us + number
            ).id
            for number in range(7)
        ]

    numbers = house.world.run(house.world.instance.running.database.write(fill))
    for number in numbers:
        drafts.create(number)
    held = [drafts.open(number) for number in numbers[:3]]
    house.keep_house(house.began_us + 2 * DAY_US)
    left = sorted(row[0] for row in house.ask("SELECT id FROM resumable_uploads"))
    assert left == sorted(numbers[:3])
    for draft in held:
        assert draft is not None
        draft.close()
    house.keep_house(house.began_us + 2 * DAY_US)
    assert house.ask("SELECT id FROM resumable_uploads") == []
    assert list((house.world.instance.running.settings.data / "uploads").glob("resumable-*")) == []
