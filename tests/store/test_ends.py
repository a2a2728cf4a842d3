"""Whatever ends is over from the very moment of its end, and good until then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import update

from listenlink.actions.authenticate import authenticate
from listenlink.actions.begun_upload import IDLE_US, KEPT_US
from listenlink.actions.idempotency import Asked, was_answered
from listenlink.actions.manage_keys import add_key
from listenlink.actions.opening.player_sessions import PlayerSessions
from listenlink.actions.play_track import Playing, TrackPlayer
from listenlink.actions.promise_bytes import PAUSE_US
from listenlink.actions.tus_upload import TusUploads
from listenlink.actions.watch_links import LinkWatcher
from listenlink.clock import SECOND_US, Clock
from listenlink.errors import Problem
from listenlink.media.signed_url import OwnPlayback, PlaybackUrls, SharedPlayback
from listenlink.model.listen_session import ListenSession, read_session, write_session
from listenlink.model.share import Life
from listenlink.model.share_token import digest
from listenlink.model.signing import Signer, SigningKey
from listenlink.model.visit_ticket import TTL_SECONDS, Use, VisitTickets
from listenlink.store import idempotency, promises, resumable_uploads, session_clients, tables
from listenlink.store.idempotency import KeptAnswer
from listenlink.store.opening.playback import Playable
from listenlink.store.promises import Promise
from store.owned import Place, make_place
from store.test_client_names import ANNA

# The end of everything here: a whole second, because some ends are.
END = 1_800_000_000 * SECOND_US
ENDS_AT = END // SECOND_US
LAST, LAST_SECOND = END - 1, ENDS_AT - 1
RING = [SigningKey("0" * 8, b"k" * 32)]
SIGNER = Signer(RING, "test")


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = await make_place(tmp_path)
    yield made
    made.database.close()


async def test_what_is_signed_is_over_at_the_second_of_its_end() -> None:
    session = ListenSession(1, 0, 7, ENDS_AT)
    written = write_session(session, SIGNER)
    assert read_session(written, SIGNER, LAST_SECOND) == session
    assert read_session(written, SIGNER, ENDS_AT) is None
    tickets = VisitTickets(SIGNER)
    ticket = tickets.write(b"t", ANNA, 1, ENDS_AT - TTL_SECONDS)
    assert tickets.read(ticket, b"t", ANNA, Use.OPEN, LAST_SECOND)
    assert not tickets.read(ticket, b"t", ANNA, Use.OPEN, ENDS_AT)
    urls = PlaybackUrls("", SIGNER, SIGNER, SIGNER, SIGNER)
    (shared,) = urls.write_shared(session, ENDS_AT, [1])
    (download,) = urls.write_downloads(session, ENDS_AT, [1])
    for read, url in (
        (urls.read, shared),
        (urls.read, urls.write_own(OwnPlayback(1, 1, ENDS_AT))),
        (urls.read_download, download),
    ):
        text = url.rpartition("/")[2]
        assert read(text, LAST_SECOND) is not None
        assert read(text, ENDS_AT) is None
    players = PlayerSessions()
    await players.keep(b"p", session, LAST)
    assert await players.find(b"p", LAST) == session
    assert await players.find(b"p", END) is None


async def test_who_listens_or_watches_may_until_the_end_of_the_session_and_of_the_link(
    place: Place,
) -> None:
    link = place.made.link
    number, session_end = link.share.id, ENDS_AT
    for expires_at, ends_at in ((None, session_end), (END, session_end + 60)):
        await place.database.write(
            lambda c, at=expires_at: c.execute(  # type: ignore[misc]
                update(tables.shares).where(tables.shares.c.id == number).values(expires_at=at)
            )
        )
        session = ListenSession(number, 0, 7, ends_at)
        life = Life(0, None, None, expires_at, None)
        found = Playable(b"d" * 32, 1, "audio/wav", life)

        async def find_shared(*_: Any, found: Playable = found) -> Playable:
            return found

        reader: Any = SimpleNamespace(find_shared=find_shared)
        player = TrackPlayer(cast(Any, None), reader)
        playing = Playing(SharedPlayback(number, 0, 7, ENDS_AT, ends_at, 1), found)
        for now_us, is_good in ((LAST, True), (END, False)):
            clock = cast(Clock, SimpleNamespace(now_us=lambda now_us=now_us: now_us))
            watcher = LinkWatcher(place.database, clock, 1)
            assert await watcher.stands(session, digest(link.token)) is is_good
            assert await player.may_go_on(playing, now_us) is is_good


async def test_a_key_and_what_a_list_says_of_it_end_at_the_same_moment(place: Place) -> None:
    owner = place.owner.owner
    key = await place.database.write(lambda c: add_key(c, *owner, frozenset({"read"}), LAST, END))
    assert (await authenticate(place.database, key.raw_key, LAST)).owner == owner
    assert (key.listed.state(LAST), key.listed.state(END)) == ("active", "expired")
    with pytest.raises(Problem):
        await authenticate(place.database, key.raw_key, END)


@pytest.mark.parametrize("is_idle", [False, True])
async def test_an_upload_is_over_and_cleared_away_at_its_end(place: Place, is_idle: bool) -> None:
    database, owner = place.database, place.owner
    whose = owner.owner
    begun_at = END - (IDLE_US if is_idle else KEPT_US)
    promised_until = END - IDLE_US + PAUSE_US if is_idle else END + PAUSE_US
    promise = Promise(whose, 9, 9, "here", None, is_resumable=True)

    def begin(connection: Any) -> int:
        upload = resumable_uploads.add_upload(connection, *whose, 9, "", begun_at)
        promises.add_promise(connection, promise, begun_at, promised_until, upload.id)
        return upload.id

    number = await database.write(begin)
    uploads: Any = SimpleNamespace(_database=database)

    async def is_found(now_us: int) -> bool:
        try:
            return bool(await TusUploads._find(uploads, owner, number, now_us))
        except Problem:
            return False

    def is_stale(now_us: int) -> bool:
        since_us, idle_since_us = now_us - KEPT_US, now_us - IDLE_US + PAUSE_US
        found = database.read_now(
            lambda c: resumable_uploads.list_stale(c, since_us, idle_since_us)
        )
        return number in {upload.id for upload in found}

    assert (await is_found(LAST), await is_found(END)) == (True, False)
    assert (is_stale(LAST), is_stale(END)) == (False, True)


def test_a_promise_counts_until_its_end_everywhere(place: Place) -> None:
    owner = place.owner.owner
    promise = Promise(owner, 5, 5, "here", None)
    number = place.database.write_now(lambda c: promises.add_promise(c, promise, LAST, END))

    def count(now_us: int) -> tuple[Any, ...]:
        return place.database.read_now(
            lambda c: (
                promises.list_in_place(c, "here", now_us),
                promises.sum_up_begun(c, owner, now_us, None),
                promises.sum_up_organization(c, owner.organization_id, now_us),
                promises.sum_up_all(c, now_us),
            )
        )

    assert count(LAST) == ([(number, 5)], (1, 5), (1, 5), 5)
    assert count(END) == ([], (0, 0), (0, 0), 0)
    for now_us, end in ((LAST, END), (END, None)):
        place.database.write_now(lambda c, now=now_us: promises.remove_over(c, now))  # type: ignore[misc]
        found = place.database.read_now(lambda c: promises.find_end(c, number, "here"))
        assert found == end


async def test_an_answer_is_repeated_until_its_end_and_then_deleted(place: Place) -> None:
    asked = Asked(place.owner.owner, "POST /", "key", b"b" * 32)
    kept = KeptAnswer(asked.body_digest, b"sealed")
    database, made_at = place.database, END - KEPT_US
    await database.write(lambda c: idempotency.keep_answer(c, asked.key_digest, kept, made_at))
    for now_us, is_kept in ((LAST, True), (END, False)):
        assert await was_answered(database, asked, now_us) is is_kept
        since_us = now_us - KEPT_US
        gone = await database.write(lambda c, at=since_us: idempotency.delete_older(c, at))  # type: ignore[misc]
        assert gone == (0 if is_kept else 1)


async def test_the_clients_of_a_session_go_at_its_end(place: Place) -> None:
    database = place.database
    await database.write(lambda c: session_clients.add_client(c, 7, b"c" * 16, END))
    assert await database.write(lambda c: session_clients.delete_over(c, LAST)) == 0
    assert await database.write(lambda c: session_clients.delete_over(c, END)) == 1
