"""Somebody wants to be told: within seconds of the open their webhook is, and of no more than it may be."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from cast import Server, share, upload
from listenlink.client.webhooks import verify_webhook
from media.make_audio import make
from outbound.receiver import Receiver, receiving

# Opens are counted once a second, and looked at once a second.
SOON_SECONDS = 15.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("instance") / "data")
    running.settings["OUTBOUND_NETWORKS"] = "127.0.0.1/32"
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture(scope="module")
def track(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> str:
    song = make("wav16", tmp_path_factory.mktemp("audio") / "song.wav", sample_count=5000)
    return str(upload(owner, song)["id"])


def wait_for(is_so: Callable[[], object]) -> None:
    until = time.monotonic() + SOON_SECONDS
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def add(owner: httpx.Client, url: str, *events: str, shape: str = "standard") -> dict[str, str]:
    sent = {"url": url, "events": events or ["link.opened", "link.ended"], "shape": shape}
    answer = owner.post("/webhooks", json=sent)
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


def test_an_open_is_told_and_so_is_the_end(
    server: Server, owner: httpx.Client, track: str, receiver: Receiver
) -> None:
    webhook = add(owner, receiver.url)
    link = share(owner, track, label="Ana")
    with server.listener() as listener:
        assert listener.get(f"/v1/music/shared/{link['token']}").status_code == 200
    wait_for(lambda: receiver.received)
    (request,) = receiver.received
    told = Webhook(webhook["secret"]).verify(request.body, request.headers)
    assert told["data"] == {
        "link_id": link["id"], "label": "Ana", "target_type": "track", "target_id": track, "opens": 1,
        "max_opens": None, "new_opens": 1, "last_opened_at": told["data"]["last_opened_at"],
    }  # fmt: skip
    event = verify_webhook(webhook["secret"], request.headers, request.body)
    assert (event.type, event.data["label"]) == ("link.opened", "Ana")
    assert link["token"].encode() not in request.body
    assert owner.delete(f"/share/{link['id']}").status_code == 200
    wait_for(lambda: len(receiver.received) == 2)
    assert json.loads(receiver.received[1].body)["type"] == "link.ended"
    path = f"/webhooks/{webhook['id']}/deliveries"
    wait_for(lambda: owner.get(path).json()["items"][0]["ended_at"])
    listed = owner.get(path).json()["items"]
    assert [(one["event"], one["state"], one["status"]) for one in listed] == [
        ("link.ended", "delivered", 204),
        ("link.opened", "delivered", 204),
    ]
    assert owner.delete(f"/webhooks/{webhook['id']}").json()["success"] is True


def test_a_message_for_people(
    owner: httpx.Client, server: Server, track: str, receiver: Receiver
) -> None:
    webhook = add(owner, receiver.url, shape="discord")
    link = share(owner, track, label="@everyone")
    with server.listener() as listener:
        listener.get(f"/v1/music/shared/{link['token']}")
    wait_for(lambda: receiver.received)
    body = json.loads(receiver.received[0].body)
    assert body["allowed_mentions"] == {"parse": []}
    assert body["content"].startswith(r"The link for \@everyone \(“song”\) was opened\.")
    assert "webhook-signature" not in receiver.received[0].headers
    owner.delete(f"/webhooks/{webhook['id']}")


def test_the_secret_and_the_address_are_told_once(owner: httpx.Client, receiver: Receiver) -> None:
    webhook = add(owner, receiver.url + "?key=hidden-part")
    (listed,) = owner.get("/webhooks").json()["items"]
    assert listed == {name: value for name, value in webhook.items() if name != "secret"}
    assert "hidden-part" not in json.dumps(listed)
    again = owner.post(f"/webhooks/{webhook['id']}/rotate").json()
    assert again["secret"] not in (webhook["secret"], "")
    owner.delete(f"/webhooks/{webhook['id']}")
    assert owner.get("/webhooks").json()["items"] == []


def test_it_can_be_tried_and_sent_again(owner: httpx.Client, receiver: Receiver) -> None:
    webhook = add(owner, receiver.url)
    tried = owner.post(f"/webhooks/{webhook['id']}/test")
    assert (tried.status_code, tried.json()["state"]) == (201, "waiting")
    wait_for(lambda: receiver.received)
    path = f"/webhooks/{webhook['id']}/deliveries/{tried.json()['id']}/resend"
    assert owner.post(path).json()["message_id"] == tried.json()["message_id"]
    wait_for(lambda: len(receiver.received) == 2)
    numbers = {request.headers["webhook-id"] for request in receiver.received}
    assert numbers == {tried.json()["message_id"]}
    owner.delete(f"/webhooks/{webhook['id']}")


def test_what_is_inside_is_not_reached(owner: httpx.Client, receiver: Receiver) -> None:
    webhook = add(owner, f"http://[::1]:{receiver.port}/")
    owner.post(f"/webhooks/{webhook['id']}/test")
    path = f"/webhooks/{webhook['id']}/deliveries"
    wait_for(lambda: owner.get(path).json()["items"][0]["failure"])
    (delivery,) = owner.get(path).json()["items"]
    assert (delivery["failure"], delivery["state"]) == ("address_not_allowed", "waiting")
    owner.delete(f"/webhooks/{webhook['id']}")


def test_one_that_is_paused_gets_nothing(owner: httpx.Client, receiver: Receiver) -> None:
    webhook = add(owner, receiver.url)
    path = f"/webhooks/{webhook['id']}"
    paused = owner.patch(path, json={"paused": True}).json()
    assert paused["pause_reason"] == "asked"
    assert owner.post(path + "/test").status_code == 409
    assert owner.patch(path, json={"paused": False}).json()["paused_at"] is None
    assert owner.post(path + "/test").status_code == 201
    wait_for(lambda: receiver.received)
    owner.delete(path)


def test_a_key_makes_it_one(owner: httpx.Client, receiver: Receiver) -> None:
    sent = {"url": receiver.url, "events": ["link.opened"]}
    headers = {"Idempotency-Key": "once"}
    first, second = (owner.post("/webhooks", json=sent, headers=headers) for _ in range(2))
    assert first.content == second.content
    assert len(owner.get("/webhooks").json()["items"]) == 1
    owner.delete(f"/webhooks/{first.json()['id']}")


def test_music_that_is_ready_is_told(
    owner: httpx.Client, receiver: Receiver, tmp_path: Path
) -> None:
    webhook = add(owner, receiver.url, "track.ready")
    song = make("wav16", tmp_path / "other.wav", sample_count=6000)
    made = upload(owner, song)["id"]
    wait_for(lambda: receiver.received)
    assert json.loads(receiver.received[0].body)["data"] == {"track_id": made}
    owner.delete(f"/webhooks/{webhook['id']}")


def test_music_that_is_ready_already_is_told_too(
    owner: httpx.Client, receiver: Receiver, tmp_path: Path
) -> None:
    """Of a file that somebody put in before nothing is made anew."""
    song = make("wav16", tmp_path / "twice.wav", sample_count=9000)
    webhook = add(owner, receiver.url, "track.ready")
    made = []
    for number in (1, 2):
        made.append(upload(owner, song)["id"])
        wait_for(lambda: len(receiver.received) >= number)  # noqa: B023 (waited for within the turn)
    told = [json.loads(one.body)["data"]["track_id"] for one in receiver.received]
    assert told == made
    owner.delete(f"/webhooks/{webhook['id']}")


def test_another_version_is_told(owner: httpx.Client, receiver: Receiver, tmp_path: Path) -> None:
    webhook = add(owner, receiver.url, "track.replaced")
    made = upload(owner, make("wav16", tmp_path / "old.wav", sample_count=7000))["id"]
    song = make("wav16", tmp_path / "new.wav", sample_count=8000)
    files = {"file": (song.name, song.read_bytes())}
    owner.post(f"/tracks/{made}/versions", files=files).raise_for_status()
    wait_for(lambda: receiver.received)
    told = json.loads(receiver.received[0].body)
    assert (told["type"], told["data"]) == ("track.replaced", {"track_id": made, "version": 2})
    owner.delete(f"/webhooks/{webhook['id']}")
