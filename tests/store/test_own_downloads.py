"""A track's file is its creator's alone to download, while it exists and its organisation isn't suspended."""

from __future__ import annotations

from pathlib import Path

from listenlink.store import pages, suspensions, tracks
from store.owned import DIGEST, NOW, make_place


async def test_the_file_of_a_track_is_found_for_its_creator_alone(tmp_path: Path) -> None:
    place = await make_place(tmp_path)
    database, track, owner = place.database, place.made.track, place.owner.owner

    def found(user_id: int, track_id: int = track) -> pages.Download | None:
        return database.read_now(lambda c: pages.find_own_download(c, user_id, track_id))

    assert found(owner.user_id) == ("Song", DIGEST, 1, "audio/wav", 1, None)
    assert found(owner.user_id, track + 1) is None
    for other in (place.colleague, place.saver):
        assert found(other.owner.user_id) is None
    database.write_now(lambda c: suspensions.suspend(c, owner.organization_id, NOW))
    assert found(owner.user_id) is None
    database.write_now(lambda c: suspensions.resume(c, owner.organization_id))
    assert found(owner.user_id) is not None
    # Handed to somebody else, it's theirs.
    database.write_now(
        lambda c: tracks.change_track(c, track, {"creator_id": place.colleague.owner.user_id})
    )
    assert found(owner.user_id) is None
    assert found(place.colleague.owner.user_id) is not None
    database.write_now(lambda c: tracks.remove_track(c, *place.colleague.owner, track, NOW))
    assert found(place.colleague.owner.user_id) is None
    database.close()
