"""Which files are in an archive: those a link leads to or their owner has, in order, while there is one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import update

from engines import new_backend
from listenlink.store import archives, checksums, suspensions
from listenlink.store.archives import TakenCollection
from listenlink.store.database.columns import metadata
from listenlink.store.database.database import Database
from store.shown_rows import EVENING, TO_EVENING, TO_TRACK, add_library

NOW = 1_000_000


@pytest.fixture
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = new_backend(tmp_path_factory.mktemp("data")).open()
    opened.write_now(add_library)
    change(opened, "shares", allow_download=True)
    yield opened
    opened.close()


def change(database: Database, table: str, number: int | None = None, **values: object) -> None:
    changed = update(metadata.tables[table]).values(**values)
    if number is not None:
        changed = changed.where(metadata.tables[table].c.id == number)
    database.write_now(lambda c: c.execute(changed))


def shared(
    database: Database, share: int = TO_EVENING, *, is_open: bool = True
) -> TakenCollection | None:
    return database.read_now(lambda c: archives.find_shared(c, share, lambda _: is_open))


def own(database: Database, user: int = 1) -> TakenCollection | None:
    return database.read_now(lambda c: archives.find_own(c, user, EVENING))


def tracks(found: TakenCollection | None) -> list[int] | None:
    return None if found is None else [file.track_id for file in found.files]


def test_a_link_gives_its_tracks_in_order_if_it_may(database: Database) -> None:
    all_of_it = tracks(shared(database))
    assert all_of_it
    assert all_of_it == tracks(own(database))
    assert shared(database, TO_TRACK) is None
    assert shared(database, 99) is None
    assert shared(database, is_open=False) is None
    change(database, "tracks", all_of_it[0], removed_at=NOW)
    assert tracks(shared(database)) == tracks(own(database)) == all_of_it[1:]
    change(database, "shares", allow_download=False)
    assert shared(database) is None
    assert tracks(own(database)) == all_of_it[1:]


def test_it_ends_with_the_collection(database: Database) -> None:
    change(database, "collections", removed_at=NOW)
    assert shared(database) is None
    assert own(database) is None


def test_only_its_owner_has_it_as_their_own(database: Database) -> None:
    assert own(database, 2) is None
    change(database, "collections", owner_id=2)
    assert own(database) is None
    # Theirs is the collection; not the tracks that are somebody else's.
    assert tracks(own(database, 2)) == []


def test_a_suspended_organisation_gives_none(database: Database) -> None:
    database.write_now(lambda c: suspensions.suspend(c, 1, NOW))
    assert own(database) is None
    found = shared(database)
    assert found is not None
    assert found.life is not None
    assert found.life.suspended_at == NOW


def test_its_size_is_that_of_its_files(database: Database) -> None:
    found = own(database)
    assert found is not None
    size = database.read_now(lambda c: archives.sum_bytes(c, EVENING))
    assert size == sum(file.size_bytes for file in found.files) > 0


def test_checksums_are_listed_and_kept_once(database: Database) -> None:
    def unsummed(after: int = 0, most: int = 9) -> list[int]:
        listed = database.read_now(lambda c: checksums.list_unsummed(c, after, most))
        return [each.audio_id for each in listed]

    numbers = unsummed()
    assert len(numbers) > 2
    assert unsummed(numbers[0], 1) == [numbers[1]]
    for crc32 in (7, 8):
        database.write_now(lambda c, crc32=crc32: checksums.keep_checksum(c, numbers[0], crc32))  # type: ignore[misc]
    assert unsummed() == numbers[1:]
    assert not database.read_now(lambda c: checksums.is_unsummed(c, numbers[0]))
    found = own(database)
    assert found is not None
    assert {file.crc32 for file in found.files if file.audio_id == numbers[0]} <= {7}
    change(database, "audio_objects", numbers[1], discarded_at=NOW)
    assert unsummed() == numbers[2:]
