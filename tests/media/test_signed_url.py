"""Playback URLs: one spelling, to the second, for one purpose; no forgery of any kind is read."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listenlink.media.signed_url import (
    DOWNLOAD_PATH,
    DOWNLOAD_PURPOSE,
    MANIFEST_PATH,
    OWN_DOWNLOAD_PURPOSE,
    OWN_PURPOSE,
    PATH,
    SHARED_PURPOSE,
    OwnPlayback,
    PlaybackUrls,
    SharedPlayback,
)
from listenlink.model.listen_session import ListenSession
from listenlink.model.signing import Signer, SigningKey
from trust.figures import FULL, figure, seed

MUTATIONS = 40_000 if FULL else 5000
BASE = "https://music.example"
OLD = SigningKey("0000000a", b"o" * 32)
NEW = SigningKey("0000000b", b"n" * 32)
EXPIRES_AT = 1_800_000_000
SHARED = SharedPlayback(
    0xB4D9E1C6A72F, 2, 0x7ABCDEF012345678, EXPIRES_AT, EXPIRES_AT + 9, 0x0123456789AB
)
OWN = OwnPlayback(0xC0FFEE, 0x0123456789AB, EXPIRES_AT)
IDS, SECONDS = st.integers(0, 2**48 - 1), st.integers(0, 2**40 - 1)
SHARED_ONES = st.builds(
    SharedPlayback, IDS, st.integers(0, 2**31), st.integers(0, 2**63 - 1), SECONDS, SECONDS, IDS
)


def urls_by(*ring: SigningKey) -> PlaybackUrls:
    purposes = (SHARED_PURPOSE, OWN_PURPOSE, DOWNLOAD_PURPOSE, OWN_DOWNLOAD_PURPOSE)
    return PlaybackUrls(BASE, *(Signer(ring, purpose) for purpose in purposes))


URLS = urls_by(NEW)


def write_shared(urls: PlaybackUrls, playback: SharedPlayback) -> str:
    """The URL of the one track."""
    session = ListenSession(
        playback.share_id, playback.rotation, playback.open_trace, playback.ends_at
    )
    (url,) = urls.write_shared(session, playback.expires_at, [playback.track_id])
    return url


def write(urls: PlaybackUrls, playback: SharedPlayback | OwnPlayback) -> str:
    if isinstance(playback, OwnPlayback):
        return urls.write_own(playback)
    return write_shared(urls, playback)


def last_part(url: str) -> str:
    """What the door hands over: the path behind the audio prefix."""
    return last_part_of(url, PATH)


def last_part_of(url: str, path: str) -> str:
    assert url.startswith(BASE + path)
    return url.removeprefix(BASE + path)


TEXTS = [last_part(write_shared(URLS, SHARED)), last_part(URLS.write_own(OWN))]


@given(SHARED_ONES)
def test_what_is_written_for_a_listener_is_read_back(playback: SharedPlayback) -> None:
    text = last_part(write_shared(URLS, playback))
    assert URLS.read(text, playback.expires_at - 1) == playback
    assert URLS.read(text, playback.expires_at) is None
    assert set(text) <= set("0123456789abcdef.")


@given(st.builds(OwnPlayback, IDS, IDS, SECONDS))
def test_what_is_written_for_a_creator_is_read_back(playback: OwnPlayback) -> None:
    text = last_part(URLS.write_own(playback))
    assert URLS.read(text, playback.expires_at - 1) == playback
    assert URLS.read(text, playback.expires_at) is None


@pytest.mark.parametrize("text", TEXTS)
def test_a_url_is_good_to_its_last_second_and_no_longer(text: str) -> None:
    assert URLS.read(text, 0) is not None
    assert URLS.read(text, EXPIRES_AT - 1) is not None
    assert URLS.read(text, EXPIRES_AT) is None
    assert URLS.read(text, EXPIRES_AT + 1) is None
    assert URLS.read(text, 2**63) is None


@pytest.mark.parametrize("text", TEXTS)
def test_every_single_changed_bit_is_refused(text: str) -> None:
    for place, letter in enumerate(text):
        for bit in range(8):
            changed = text[:place] + chr(ord(letter) ^ 1 << bit) + text[place + 1 :]
            assert URLS.read(changed, 0) is None


@pytest.mark.parametrize("text", TEXTS)
def test_every_other_letter_in_any_place_is_refused(text: str) -> None:
    for place in range(len(text)):
        for letter in "0123456789abcdefABCDEF.-+_~/%=& own":
            changed = text[:place] + letter + text[place + 1 :]
            assert changed == text or URLS.read(changed, 0) is None


@pytest.mark.parametrize("text", TEXTS)
def test_random_mutations_are_refused_and_none_raises(text: str) -> None:
    chance = random.Random(f"{seed()} {text}")  # noqa: S311
    pieces = [
        *"0123456789abcdef.AF/%~+-_ \0\n", "%2e", "%61", "..", "../", "own.", "١", "٣", "é", "\ud800", "０",
        "1_0", "+1", "-1", "0x", "1" * 31, "?a=b", "&x=", ".mp3", "\u202e", *text.split("."),
    ]  # fmt: skip
    accepted = []
    for _ in range(MUTATIONS):
        changed = text
        for _ in range(chance.randint(1, 3)):
            start = chance.randrange(len(changed) + 1)
            gone = chance.choice([0, 0, 1, 1, 2, 8, len(changed)])
            changed = changed[:start] + chance.choice(["", *pieces]) + changed[start + gone :]
        if changed != text and URLS.read(changed, 0) is not None:
            accepted.append(changed)
    figure("mutations", MUTATIONS)
    figure("mutations accepted", len(accepted))
    assert accepted == []


@pytest.mark.parametrize("text", TEXTS)
def test_fields_that_are_moved_cut_or_doubled_are_refused(text: str) -> None:
    fields = text.split(".")
    for one in range(len(fields)):
        assert URLS.read(".".join(fields[:one] + fields[one + 1 :]), 0) is None
        assert URLS.read(".".join(fields[: one + 1] + fields[one:]), 0) is None
        for other in range(one):
            moved = fields.copy()
            moved[one], moved[other] = moved[other], moved[one]
            assert moved == fields or URLS.read(".".join(moved), 0) is None
    digits = "".join(fields)
    for cut in range(1, len(digits), 3):
        assert URLS.read(digits[:cut] + "." + digits[cut:], 0) is None


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    "change",
    ["{}\n", "\n{}", " {}", "{}/", "/{}", "{}.", "{}.mp3", "{}?", "{}\0", "own.{}", "{0}.{0}"],
)
def test_what_stands_around_a_url_is_refused(text: str, change: str) -> None:
    assert URLS.read(change.format(text), 0) is None


def test_a_creators_url_is_no_listeners_and_the_other_way_round() -> None:
    purposes = (OWN_PURPOSE, SHARED_PURPOSE, DOWNLOAD_PURPOSE, OWN_DOWNLOAD_PURPOSE)
    swapped = PlaybackUrls(BASE, *(Signer([NEW], purpose) for purpose in purposes))
    assert URLS.read(last_part(write_shared(swapped, SHARED)), 0) is None
    assert URLS.read(last_part(swapped.write_own(OWN)), 0) is None


def test_a_longer_life_cannot_be_written_into_a_url() -> None:
    text = TEXTS[0]
    soon, late = f"{EXPIRES_AT:010x}", f"{EXPIRES_AT + 3600:010x}"
    assert text.count(soon) == 1
    assert URLS.read(text.replace(soon, late), EXPIRES_AT - 1) is None


def test_urls_of_an_older_key_are_good_while_it_is_in_the_ring() -> None:
    before, during, after = urls_by(OLD), urls_by(NEW, OLD), urls_by(NEW)
    for playback in (SHARED, OWN):
        old_text = last_part(write(before, playback))
        new_text = last_part(write(during, playback))
        assert during.read(old_text, EXPIRES_AT - 1) == playback
        assert after.read(old_text, 0) is None
        assert after.read(new_text, EXPIRES_AT - 1) == playback
        assert before.read(new_text, 0) is None


@pytest.mark.parametrize(
    "text", ["", ".", "own", "own.", "." * 7, "0" * 200, "../../etc/passwd", "é" * 50]
)
def test_what_is_no_url_at_all_is_refused(text: str) -> None:
    assert URLS.read(text, 0) is None


@given(SHARED_ONES)
def test_a_download_is_no_playback_and_ends_to_the_second(download: SharedPlayback) -> None:
    session = ListenSession(
        download.share_id, download.rotation, download.open_trace, download.ends_at
    )
    (url,) = URLS.write_downloads(session, download.expires_at, [download.track_id])
    text = url.removeprefix(BASE + DOWNLOAD_PATH)
    assert URLS.read_download(text, download.expires_at - 1) == download
    assert URLS.read_download(text, download.expires_at) is None
    assert URLS.read(text, 0) is None
    assert URLS.read_download(last_part(write_shared(URLS, download)), 0) is None


@given(st.builds(OwnPlayback, IDS, IDS, SECONDS))
def test_a_creators_download_is_no_playback_and_no_listeners(download: OwnPlayback) -> None:
    text = URLS.write_own_download(download).removeprefix(BASE + DOWNLOAD_PATH)
    before = download.expires_at - 1
    assert URLS.read_own_download(text, before) == download
    assert URLS.read_own_download(text, download.expires_at) is None
    assert URLS.read(text, before) is None
    assert URLS.read_download(text, before) is None
    assert URLS.read_own_download(last_part(URLS.write_own(download)), before) is None
    assert URLS.read_own_download(TEXTS[0], 0) is None


@given(SHARED_ONES)
def test_a_manifests_address_is_signed_as_that_for_playing_it_is(playback: SharedPlayback) -> None:
    """Whoever may hear it may read what is said of it, and for as long."""
    session = ListenSession(
        playback.share_id, playback.rotation, playback.open_trace, playback.ends_at
    )
    (url,) = URLS.write_manifests(session, playback.expires_at, [playback.track_id], [1])
    assert last_part_of(url, MANIFEST_PATH) == last_part(write_shared(URLS, playback))
    own = URLS.write_own_manifest(OWN)
    assert last_part_of(own, MANIFEST_PATH) == last_part(URLS.write_own(OWN))
