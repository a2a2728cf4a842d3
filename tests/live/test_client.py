"""Our typed clients, either of them, against a running server, from the upload to the save."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from cast import Server
from listenlink.client import Client, ListenlinkError, Track
from listenlink.wire.terms import Recipient
from live.awaited import KINDS, client_of
from media.make_audio import make


@pytest.fixture(scope="module", params=KINDS)
def client(request: pytest.FixtureRequest, server: Server) -> Iterator[Client]:
    with client_of(request.param, server.url, server.api_key) as mine:
        yield mine


@pytest.fixture(scope="module")
def track(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Track:
    path = make("wav16", tmp_path_factory.mktemp("audio") / "Evening.wav")
    return client.upload(path, engine="studio", mode="focus")


def test_an_upload_is_a_track(client: Client, track: Track, tmp_path: Path) -> None:
    assert (track.title, track.engine, track.mode) == ("Evening", "studio", "focus")
    assert track.measured_duration_seconds == 1.5
    assert datetime.now(UTC) - track.created_at < timedelta(minutes=5)
    path = make("wav16", tmp_path / "b.wav", sample_count=9000)
    seen: list[int] = []
    facts = {"engine": "studio", "title": "In pieces"}
    pieces = client.upload_in_pieces(path, facts, progress=seen.append)
    assert pieces.title == "In pieces"
    assert seen[-1] == path.stat().st_size
    assert client.change_track(pieces.id, artist="Ana").artist == "Ana"
    client.delete_track(pieces.id)
    with pytest.raises(ListenlinkError) as gone:
        client.track(pieces.id)
    assert (gone.value.status, gone.value.code) == (404, "RESOURCE_NOT_FOUND")


def test_each_recipient_gets_a_link(client: Client, track: Track) -> None:
    ends = datetime.now(UTC) + timedelta(days=2)
    recipients: list[Recipient] = [{"label": "Ana", "expires_at": ends}, {"label": "Ben"}]
    links = client.share_batch(track.id, recipients, max_opens=2)
    assert [(link.label, link.max_opens) for link in links] == [("Ana", 2), ("Ben", 2)]
    assert (links[0].expires_at, links[1].expires_at) == (ends.replace(microsecond=0), None)
    assert links[0].token not in repr(links)
    misspelled: Any = {"label": "Ana", "max_open": 1}
    with pytest.raises(TypeError, match="max_open"):
        client.share_batch(track.id, [misspelled])


def test_a_link_is_opened_renewed_and_closed(client: Client, server: Server, track: Track) -> None:
    link = client.share(track.id, max_opens=1, label="Ana", expires_in_days=3)
    assert link.expires_at is not None
    assert link.expires_at - link.created_at == timedelta(days=3)
    with Client(server.url) as stranger:
        view = stranger.open(link.url)
        assert view.track is not None
        assert view.track.licence.licence_class == "personal_only"
        assert stranger.open(link.token, session=view.session).available
        with pytest.raises(ListenlinkError, match="no longer available"):
            stranger.open(link.token)
        assert view.session is not None
        stranger.record_listen(link.token, view.session, track.id)
    told = client.link(link.id)
    assert (told.state, told.opens, told.target_title) == ("spent", 1, track.title)
    assert [line.outcome for line in client.opens(link.id)] == ["refused", "renewed", "opened"]
    assert [(day.opens, day.listens) for day in client.stats(link.id).days] == [(1, 1)]
    again = client.rotate(link.id)
    assert again.token != link.token
    shown = client.link(link.id)
    assert shown.url == again.url
    assert again.token not in repr(shown)
    assert client.find_link(again.url) == client.find_link(again.token)
    found = msgspec.structs.asdict(client.find_link(again.url))
    assert found | {"url": again.url} == msgspec.structs.asdict(shown)
    assert client.change_link(link.id, max_opens=None).max_opens is None
    client.revoke(link.id)
    assert [one.id for one in client.links(target_id=track.id, state="revoked")] == [link.id]


def test_keys_are_made_changed_and_ended(client: Client, server: Server) -> None:
    made = client.make_key(["read", "share"], expires_in_days=3)
    assert made.api_key not in repr(made)
    assert client.has_key_like(server.api_key[:8])
    assert not client.has_key_like(made.shown_prefix)
    with Client(server.url, made.api_key) as second:
        assert second.caller().scopes == ["read", "share"]
        assert client.change_key(made.id, expires_in_days=None).expires_at is None
        client.end_key(made.id)
        held = list(client.keys())
        assert [one.state for one in held if one.id == made.id] == ["deactivated"]
        with pytest.raises(ListenlinkError, match="API_KEY_DEACTIVATED"):
            second.caller()


def test_a_shared_track_is_saved_and_taken_out(
    client: Client, server: Server, track: Track
) -> None:
    link = client.share(track.id)
    with Client(server.url, server.new_organization()["api_key"]) as friend:
        saved = friend.save(link.url)
        assert (saved.track_id, saved.source, saved.share_link_id) == (track.id, "shared", link.id)
        assert [one.title for one in friend.tracks(mode="focus")] == [track.title]
        friend.take_out(track.id)
        assert list(friend.tracks()) == []


def test_a_collection_keeps_its_order(client: Client, track: Track, tmp_path: Path) -> None:
    other = client.upload(make("flac", tmp_path / "b.flac"), engine="studio")
    mine = client.make_collection("Evening", description="Quiet.")
    client.add_track(mine.id, track.id)
    assert client.add_track(mine.id, other.id).track_count == 2
    client.reorder(mine.id, [other.id])
    assert [member.track_id for member in client.members(mine.id)] == [other.id, track.id]
    assert {one.id for one in client.tracks(collection_id=mine.id)} == {track.id, other.id}
    moved = client.move_track(mine.id, track.id, 9)
    assert (moved.track_id, moved.position) == (track.id, 1)
    view = client.open(client.share(mine.id).token)
    assert view.collection is not None
    assert [one.id for one in view.tracks or ()] == [other.id, track.id]
    client.remove_track(mine.id, other.id)
    assert client.change_collection(mine.id, description=None).description is None
    client.delete_collection(mine.id)
    assert mine.id not in {one.id for one in client.collections()}


def test_lists_go_over_all_their_pages(client: Client) -> None:
    made = [client.make_collection(f"Collection {number}").id for number in range(203)]
    assert [one.id for one in client.collections()][:203] == made[::-1]
    assert "own_recording" in {engine.engine_key for engine in client.engines()}
    walk, met = client.collections(), list[str]()
    for one in walk:
        met.append(one.id)
        if len(met) in (100, 200):  # Between the pages.
            client.make_collection("Put in meanwhile")
            client.delete_collection(met[-100])
            client.delete_collection(met[-1])
    assert met[:203] == made[::-1]


class _AsOfOld(Client):
    """What a server from before there were cursors answers."""

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        told = super().send(method, path, **options).json()
        told.pop("next_cursor", None)
        return httpx.Response(200, json=told)


def test_lists_of_an_older_server_are_whole(client: Client, server: Server) -> None:
    for number in range(101):
        client.make_collection(f"Collection {number}")
    all_of_them = [one.id for one in client.collections()]
    with _AsOfOld(server.url, server.api_key) as older:
        assert [one.id for one in older.collections()] == all_of_them


def test_audio_is_found_and_its_sound_told(client: Client, server: Server, tmp_path: Path) -> None:
    data = make("wav16", tmp_path / "new.wav", sample_count=12_345).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if (there := client.find_audio(digest)) is not None:
        client.delete_track(there)
    assert client.find_audio(digest) is None
    made = client.upload(data, name="new.wav", engine="studio")
    assert client.find_audio(digest) == made.id
    server.wait_until_derived()
    assert len(client.sound(made.id).peaks or ()) == 600
    assert client.add_version(made.id, data, current=False).versions == 2
    client.make_version_current(made.id, 2)
    client.remove_version(made.id, 1)
    assert [(one.version, one.removed) for one in client.versions(made.id)] == [
        (2, False), (1, True),
    ]  # fmt: skip


def test_an_owner_sees_everybodys_links_and_ends_a_members_keys(
    client: Client, server: Server, track: Track, tmp_path: Path
) -> None:
    member = server.new_member()
    with Client(server.url, member["api_key"]) as other:
        path = make("wav16", tmp_path / "theirs.wav", sample_count=6000)
        link = other.share(other.upload(path, engine="studio").id)
        assert link.id not in {one.id for one in client.links()}
        assert link.id in {one.id for one in client.links(whose="everybody")}
        assert client.link(link.id, whose="everybody").url is None
        assert client.stats(link.id, whose="everybody").opens == 0
        assert list(client.opens(link.id, whose="everybody")) == []
        client.end_member_keys(member["user_id"])
        with pytest.raises(ListenlinkError, match="API_KEY_DEACTIVATED"):
            other.caller()


def test_a_webhook_is_made_paused_and_removed(client: Client) -> None:
    made = client.make_webhook("https://hooks.example/a-secret", ["link.opened"], shape="slack")
    assert made.secret not in repr(made)
    assert [one.id for one in client.webhooks()] == [made.id]
    assert client.change_webhook(made.id, paused=True).pause_reason == "asked"
    with pytest.raises(ListenlinkError, match="CONFLICT"):
        client.test_webhook(made.id)
    assert client.change_webhook(made.id, paused=False).paused_at is None
    sent = client.test_webhook(made.id)
    again = client.resend(made.id, sent.id)
    assert [one.id for one in client.deliveries(made.id)] == [again.id, sent.id]
    client.remove_webhook(made.id)
    assert list(client.webhooks()) == []


def test_every_field_that_the_api_tells_is_typed(client: Client, track: Track) -> None:
    told = client.get(client.path_of("tracks", track.id))
    assert set(told) == {field.name for field in msgspec.structs.fields(Track)}


def test_what_is_no_list_is_said_to_be_none(client: Client) -> None:
    with pytest.raises(ListenlinkError, match="isn't a Page") as error:
        next(client.pages("/v1/caller", Track))
    assert error.value.code == "NOT_LISTENLINK"


def test_what_is_no_listenlink_is_said_to_be_none(server: Server) -> None:
    with Client(server.url + "/docs?") as lost, pytest.raises(ListenlinkError) as error:
        lost.open("shr_" + "0" * 32)
    assert error.value.code == "NOT_JSON"
    with Client(server.url) as nobody, pytest.raises(ListenlinkError) as refused:
        nobody.caller()
    assert refused.value.code == "AUTHENTICATION_REQUIRED"
    with pytest.raises(ValueError, match="neither a track"):
        nobody.share("mslink_000000000000")
