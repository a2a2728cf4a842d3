"""Somebody has a program told, by the desk's forms: added, tried, seen to arrive, paused, removed."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from cast import Server, share, upload
from journeys.desk_pages import page, words
from listenlink.model.notice import WANTED
from listenlink.model.webhook import MOST_OF_A_USER
from media.make_audio import make
from outbound.receiver import Receiver, answer, receiving
from shorter_waits import SECOND, shorter
from signed_in import OWN, at_desk

SOON_SECONDS = 15.0
HOOKS = "/desk/me/webhooks"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("instance") / "data"
    running = Server(data, environment=shorter(SECOND))
    running.settings["OUTBOUND_NETWORKS"] = "127.0.0.1/32"
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def desk(server: Server) -> Iterator[httpx.Client]:
    with contextlib.closing(at_desk(server)) as client:
        yield client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def wait_for(is_so: Callable[[], object]) -> None:
    until = time.monotonic() + SOON_SECONDS
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def add(desk: httpx.Client, url: str, **said: str) -> tuple[str, str]:
    """The path of its page, and the secret that is shown."""
    form = {"url": url, "shape": "standard", "link.opened": "yes"} | said
    made = desk.post(HOOKS, data=form)
    assert made.status_code == 200, made.text
    path = re.search(rf'action="({HOOKS}/mhook_\w+)/test"', made.text)
    assert path is not None
    secret = re.search(r'id="secret"[^>]* value="([^"]+)"', made.text)
    return path[1], unescape(secret[1]) if secret else ""


def sent_again(text: str) -> list[str]:
    return re.findall(rf'action="({HOOKS}/mhook_\w+/deliveries/mdelivery_\w+/resend)"', text)


def go(desk: httpx.Client, path: str, done: str, **form: str) -> None:
    answered = desk.post(path, data={"do": "it"} | form)
    assert answered.status_code == 303, answered.text
    assert answered.headers["location"].endswith(f"?done={done}")


def test_it_is_added_tried_and_told(
    server: Server, desk: httpx.Client, owner: httpx.Client, receiver: Receiver, tmp_path: Path
) -> None:
    path, secret = add(desk, receiver.url + "?key=hidden-part")
    listed = page(desk, "/desk/me")
    assert f"http://127.0.0.1:{receiver.port}/…" in words(listed)
    assert "A program of your own, signed · opened" in words(listed)
    shown = page(desk, path)
    for hidden in ("hidden-part", secret):
        assert hidden not in listed + shown
    go(desk, f"{path}/test", "webhook_tried")
    wait_for(lambda: receiver.received)
    request = receiver.received[0]
    assert Webhook(secret).verify(request.body, request.headers)["type"] == "webhook.test"
    track = upload(owner, make("wav16", tmp_path / "a.wav", sample_count=5000))["id"]
    link = share(owner, track)
    with server.listener() as listener:
        listener.get(f"/v1/music/shared/{link['token']}").raise_for_status()
    wait_for(lambda: len(receiver.received) == 2)
    wait_for(lambda: words(page(desk, path)).count("arrived") == 2)
    again = sent_again(page(desk, path))
    assert len(again) == 2
    go(desk, again[0], "webhook_sent_again")
    wait_for(lambda: len(receiver.received) == 3)
    assert receiver.received[1].body == receiver.received[2].body
    go(desk, f"{path}/remove", "webhook_removed")
    assert page(desk, path, status=404)


def test_another_secret_is_shown_once(desk: httpx.Client, receiver: Receiver) -> None:
    path, first = add(desk, receiver.url)
    told = desk.post(f"{path}/secret", data={"do": "it"})
    secret = re.search(r'id="secret"[^>]* value="([^"]+)"', told.text)
    assert secret is not None
    other = unescape(secret[1])
    assert other != first
    assert other not in page(desk, path)
    go(desk, f"{path}/test", "webhook_tried")
    wait_for(lambda: receiver.received)
    for each in (first, other):
        Webhook(each).verify(receiver.received[0].body, receiver.received[0].headers)
    go(desk, f"{path}/remove", "webhook_removed")


def test_what_fails_is_told_in_words(desk: httpx.Client, receiver: Receiver) -> None:
    receiver.answering = answer(500, b"a secret of the inside")
    path, _ = add(desk, receiver.url, shape="slack")
    go(desk, f"{path}/test", "webhook_tried")
    wait_for(lambda: "It refused. Answer: 500." in words(page(desk, path)))
    assert "failing since" in words(page(desk, "/desk/me"))
    assert "of the inside" not in page(desk, path)
    assert "Of these, failed so far 1" in words(page(desk, "/desk/about"))
    go(desk, f"{path}/pause", "webhook_paused", paused="yes")
    assert "paused" in words(page(desk, "/desk/me"))
    assert sent_again(page(desk, path)) == []
    go(desk, f"{path}/pause", "webhook_resumed", paused="no")
    receiver.answering = answer(410)
    go(desk, sent_again(page(desk, path))[0], "webhook_sent_again")
    wait_for(lambda: "off: it answered that it's gone (410)" in words(page(desk, path)))
    refused = desk.post(f"{path}/test", data={"do": "it"})
    assert refused.status_code == 409
    assert "Have it go on first." in words(refused.text)
    go(desk, f"{path}/remove", "webhook_removed")


FAULTS = {
    "no address": ({"url": "hooks.example"}, "This is an address like https://example.org/hook."),
    "a password": ({"url": "https://ana:word@hooks.example/"}, "An address has no name or password"),
    "too long": ({"url": "https://hooks.example/" + "x" * 1024}, "at most 1024 characters"),
    "no topic": ({"shape": "ntfy"}, "ends with its topic"),
    "no shape": ({"shape": "telegram"}, "Choose who is to read it."),
    "nothing to tell": ({"link.opened": ""}, "At least one is needed."),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    server: Server, desk: httpx.Client, fault: str
) -> None:
    said, told = FAULTS[fault]
    form = {"url": "https://hooks.example/", "shape": "gotify", "link.opened": "yes"}
    form |= {"track.ready": "yes"} if fault != "nothing to tell" else {}
    before = server.query("SELECT id FROM webhooks")
    refused = desk.post(HOOKS, data=form | said)
    assert refused.status_code == 422
    text = refused.text
    assert told in words(text)
    assert text.count('class="fault" id=') == 1
    assert unescape(re.findall(r'id="url"[^>]* value="([^"]*)"', text)[0]) == (form | said)["url"]
    ticked = re.findall(r'name="([\w.]+)" value="yes" checked', text)
    assert ticked == [one for one in WANTED if (form | said).get(one)]
    assert server.query("SELECT id FROM webhooks") == before
    program = desk.post(HOOKS, data=form | said, headers={"Accept": "application/json"})
    assert program.json()["error"]["code"] == "VALIDATION_ERROR"


def test_there_are_so_many(server: Server) -> None:
    told = server.new_member()
    user = int(told["user_id"].partition("_")[2], 16)
    ((email,),) = server.query("SELECT email FROM users WHERE id = ?", user)
    with contextlib.closing(at_desk(server, str(email))) as desk:
        for _ in range(MOST_OF_A_USER):
            add(desk, "https://hooks.example/")
        assert "Add a webhook" not in words(page(desk, "/desk/me"))
        said = {"url": "https://hooks.example/", "shape": "slack", "link.opened": "yes"}
        refused = desk.post(HOOKS, data=said)
        assert refused.status_code == 409
        assert "You have 20 webhooks already. Remove one." in words(refused.text)


def test_who_is_no_owner_is_told_nothing_of_others(server: Server) -> None:
    told = server.new_member()
    user = int(told["user_id"].partition("_")[2], 16)
    ((email,),) = server.query("SELECT email FROM users WHERE id = ?", user)
    with contextlib.closing(at_desk(server, str(email))) as desk:
        assert "Waiting to be sent" not in words(page(desk, "/desk/about"))


def test_forms_come_from_the_desks_own_pages(server: Server, desk: httpx.Client) -> None:
    form = {"url": "https://hooks.example/", "shape": "standard", "link.opened": "yes"}
    before = server.query("SELECT id FROM webhooks")
    elsewhere = OWN | {"Sec-Fetch-Site": "cross-site"}
    assert desk.post(HOOKS, data=form, headers=elsewhere).status_code == 403
    assert server.query("SELECT id FROM webhooks") == before
