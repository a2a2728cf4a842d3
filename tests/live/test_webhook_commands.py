"""Webhooks by commands: added, tried, listed, sent to again, paused and removed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cast import LISTENLINK, Server, clean_environment, run_forked
from listenlink.client import verify_webhook
from outbound.receiver import Receiver, answer, receiving


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


@pytest.fixture
def settings(server: Server, owner: httpx.Client) -> Iterator[dict[str, str]]:
    yield {"SERVER": server.url, "API_KEY": server.api_key}
    for webhook in owner.get("/webhooks").json()["items"]:
        owner.delete(f"/webhooks/{webhook['id']}").raise_for_status()


def run(settings: dict[str, str], *arguments: str, status: int = 0) -> str:
    done = run_forked("webhook", *arguments, **settings)
    assert (done.returncode, done.stderr) == (status, ""), done.stderr
    return done.stdout


def document(settings: dict[str, str], *arguments: str, status: int = 0) -> Any:
    return json.loads(run(settings, *arguments, "--json", status=status))


def refused(settings: dict[str, str], *arguments: str) -> str:
    done = run_forked("webhook", *arguments, **settings)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    return line.removeprefix("listenlink: ")


def test_one_is_added_tried_and_removed(settings: dict[str, str], receiver: Receiver) -> None:
    said = run(settings, "add", receiver.url, "--events", "link.opened, link.ended").splitlines()
    secret, told, once = said
    number = told.split()[0]
    assert told.endswith(", standard, link.opened,link.ended")
    assert once == "The secret is shown this once."
    tried = run(settings, "test", number)
    assert tried.endswith("  webhook.test: delivered, 204\n")
    (request,) = receiver.received
    assert verify_webhook(secret, request.headers, request.body).type == "webhook.test"
    listed = run(settings, "list")
    assert listed.split("\t")[0] == number
    assert secret not in listed
    again = document(settings, "resend", number, tried.split()[0])
    assert again["message_id"] == request.headers["webhook-id"]
    assert [one["id"] for one in document(settings, "deliveries", number)["items"]] == [
        again["id"], tried.split()[0],
    ]  # fmt: skip
    assert "removed without it" in refused(settings, "remove", number)
    assert run(settings, "remove", number, "--yes") == f"{number}: Webhook removed.\n"
    assert run(settings, "list") == ""


def test_one_that_is_not_taken_fails(settings: dict[str, str], receiver: Receiver) -> None:
    number = document(settings, "add", receiver.url)["id"]
    receiver.answering = answer(500)
    said = run(settings, "test", number, status=1)
    assert said.endswith("  webhook.test: waiting, status, 500\n")
    assert document(settings, "test", number, status=1)["failure"] == "status"
    assert run(settings, "pause", number).startswith(f"{number}  http://127.0.0.1")
    assert "CONFLICT" in refused(settings, "test", number)
    assert document(settings, "resume", number)["paused_at"] is None
    receiver.answering = answer(204)
    assert document(settings, "test", number)["state"] == "delivered"


def test_an_address_needn_t_be_in_the_history(settings: dict[str, str], receiver: Receiver) -> None:
    """Nor may all of it be listed: it may be a secret."""
    done = subprocess.run(
        [*LISTENLINK, "webhook", "add", "-", "--json"], env=clean_environment(**settings),
        input=f"{receiver.url}/a-secret\n", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert len(made["events"]) == 7
    run(settings, "test", made["id"])
    assert receiver.received[0].path == "/hook/a-secret"
    assert "a-secret" not in run(settings, "list")


def test_what_is_wrong_is_said_in_a_line(settings: dict[str, str], receiver: Receiver) -> None:
    for command, said in {
        "add nowhere": "URL: ",
        f"add {receiver.url} --events link.open": "--events: must be one of link.opened,",
        f"add {receiver.url} --shape teams": "--shape: must be one of standard, discord",
        "add https://ntfy.example/ --shape ntfy": "URL: ",
        "test mhook_1": "WEBHOOK: 'mhook_1' isn't the id of a webhook",
        "test mhook_000000000000": "mhook_000000000000: ",
        "deliveries mhook_000000000000": "mhook_000000000000: ",
        "remove mhook_000000000000 --yes": "mhook_000000000000: ",
        "resend mhook_000000000000 x": "DELIVERY: 'x' isn't the id of a delivery",
    }.items():
        assert refused(settings, *command.split()).startswith(said), command
