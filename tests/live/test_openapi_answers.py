"""The OpenAPI document against the running server: statuses, headers and bodies are as documented.

A program's whole day is asked once, refusals included; every answer is held against the document.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

from cast import Server, wait_for_sound
from engines import of_folder
from live import document_day as day
from live.document_archive import take_along
from live.document_webhooks import notifications, webhooks
from live.document_witness import Witness
from media.make_audio import add_cover, make

pytestmark = of_folder


@pytest.fixture(scope="module")
def witness(server: Server) -> Iterator[Witness]:
    made = Witness(server)
    yield made
    made.client.close()


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return add_cover(make("mp3_xing", tmp_path_factory.mktemp("audio") / "a.mp3"))


def test_a_whole_day_is_answered_as_documented(
    witness: Witness, owner: httpx.Client, song: Path
) -> None:
    track = day.upload(witness, song)
    wait_for_sound(owner, track)
    day.library(witness, track, song)
    collection = day.collection(witness, track)
    token, link = day.links(witness, track, collection)
    day.listen(witness, token, track)
    take_along(witness, collection)
    day.pieces(witness, song)
    day.keys(witness)
    webhooks(witness)
    notifications(witness)
    day.close_all(witness, token, link, track, collection)
    everything = {
        operation["operationId"]
        for item in witness.document["paths"].values()
        for operation in item.values()
    }
    assert everything == {name for name, _ in witness.seen}
    assert len(witness.seen) > 110, len(witness.seen)
    assert len(witness.read) > 22, witness.read


def test_a_budget_that_is_spent_is_answered_as_documented(server: Server, witness: Witness) -> None:
    """By an address of its own: everybody else goes on."""
    client, witness.client = witness.client, server.listener()
    try:
        paths = [f"/v1/music/shared/shr_{number:032x}" for number in range(25)]
        paths += ["/oembed?url=x", f"/v1/music/shared/shr_{'e' * 32}/details"]
        statuses = [witness.anybody("GET", path).status_code for path in paths]
        assert set(statuses) == {404, 429}
    finally:
        witness.client.close()
        witness.client = client


def test_a_witness_sees_what_is_not_documented(witness: Witness) -> None:
    changes: list[Callable[[Any], object]] = [
        lambda answers: answers["200"]["headers"].pop("X-Request-Id"),
        lambda answers: answers["200"]["content"]["application/json"].update(
            schema={"type": "array"}
        ),
        lambda answers: answers.pop("200"),
    ]
    for change in changes:
        kept = copy.deepcopy(witness.document)
        change(witness.document["paths"]["/healthz"]["get"]["responses"])
        with pytest.raises((AssertionError, jsonschema_rs.ValidationError)):
            witness.anybody("GET", "/healthz")
        witness.document = kept
