"""Archive URLs: one spelling, to the second, for one purpose; no forgery of any kind is read."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listenlink.media import archive_url
from listenlink.media.archive_url import PATH, OwnArchive, SharedArchive, make_archive_urls
from listenlink.media.signed_url import OwnPlayback
from listenlink.model.listen_session import ListenSession
from listenlink.model.signing import Signer, SigningKey
from listenlink.parts import make_urls

BASE = "https://music.example"
OLD, NEW = SigningKey("0000000a", b"o" * 32), SigningKey("0000000b", b"n" * 32)
URLS = make_archive_urls(BASE, [NEW])
EXPIRES_AT = 1_800_000_000
SHARED = SharedArchive(0xB4D9E1C6A72F, 2, 0x7ABCDEF012345678, EXPIRES_AT, EXPIRES_AT + 9)
OWN = OwnArchive(0xC0FFEE, 0x0123456789AB, EXPIRES_AT)
IDS, SECONDS = st.integers(0, 2**48 - 1), st.integers(1, 2**40 - 1)


def write(archive: SharedArchive | OwnArchive, ring: SigningKey = NEW) -> str:
    """The last part of its URL."""
    urls = make_archive_urls(BASE, [ring])
    if isinstance(archive, OwnArchive):
        url = urls.write_own(archive)
    else:
        session = ListenSession(
            archive.share_id, archive.rotation, archive.open_trace, archive.ends_at
        )
        url = urls.write_shared(session, archive.expires_at)
    assert url.startswith(BASE + PATH)
    return url.removeprefix(BASE + PATH)


@given(
    st.builds(
        SharedArchive, IDS, st.integers(0, 2**31), st.integers(0, 2**63 - 1), SECONDS, SECONDS
    )
)
def test_what_is_written_is_read(archive: SharedArchive) -> None:
    assert URLS.read(write(archive), archive.expires_at - 1) == archive


@pytest.mark.parametrize("archive", [SHARED, OWN])
def test_it_ends_to_the_second(archive: SharedArchive | OwnArchive) -> None:
    assert URLS.read(write(archive), EXPIRES_AT - 1) == archive
    assert URLS.read(write(archive), EXPIRES_AT) is None


@pytest.mark.parametrize("archive", [SHARED, OWN])
def test_nothing_else_is_read(archive: SharedArchive | OwnArchive) -> None:
    written, rng = write(archive), random.Random(7)  # noqa: S311
    for place, character in enumerate(written):
        other = rng.choice([c for c in "0123456789abcdef." if c != character])
        assert URLS.read(written[:place] + other + written[place + 1 :], 0) is None, place
    for wrong in (written.upper(), written + " ", " " + written, written[:-1], written + "0", ""):
        assert URLS.read(wrong, 0) is None
    assert URLS.read(write(archive, OLD), 0) is None
    assert make_archive_urls(BASE, [NEW, OLD]).read(write(archive, OLD), 0) == archive


def test_leave_for_one_thing_is_none_for_another() -> None:
    """An own archive's URL is spelled as an own track's; their purposes differ."""
    playback = make_urls(BASE, [NEW])
    track = OwnPlayback(OWN.user_id, OWN.collection_id, EXPIRES_AT)
    for url in (playback.write_own(track), playback.write_own_download(track)):
        assert URLS.read(url.rpartition("/")[2], 0) is None
    own = write(OWN)
    assert playback.read(own, 0) is None
    assert playback.read_own_download(own, 0) is None
    purposes = {archive_url.SHARED_PURPOSE, archive_url.OWN_PURPOSE}
    assert len({Signer([NEW], purpose).sign("x") for purpose in purposes}) == 2
