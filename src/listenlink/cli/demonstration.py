"""`listenlink demo`: makes a library of music, serves it, and prints a link that opens in a browser."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import tempfile
from pathlib import Path

from listenlink.actions.authenticate import Caller
from listenlink.actions.create_instance import NewInstance, create_instance, is_instance
from listenlink.actions.find_instance import has_own_keys, locate_database
from listenlink.actions.make_link import ShareTerms, make_link
from listenlink.actions.manage_collections import add_track, make_collection
from listenlink.actions.upload_track import TrackFacts
from listenlink.app import build_instance
from listenlink.cli.owning import print_qr
from listenlink.cli.serving import check_startable, run_server
from listenlink.clock import Clock
from listenlink.demo.music import PIECES, render
from listenlink.errors import RefusesToStart
from listenlink.model.api_key import SCOPES
from listenlink.model.share import TargetType
from listenlink.running.instance import Instance
from listenlink.settings import Settings, load_settings
from listenlink.store import collections, people, tracks
from listenlink.web.paths import SHARED_PATH

_ENGINE = "own_recording"
_EVERYWHERE = "0.0.0.0"  # noqa: S104


def demo(
    data: Path | None, host: str | None, port: int | None, public_url: str | None, as_json: bool
) -> None:
    """Make the library if there is none, make fresh links to it, and serve. Raises RefusesToStart."""
    if public_url is None and host == _EVERYWHERE:
        public_url = f"http://{_local_address()}:{load_settings(port=port, host='127.0.0.1').port}"
    settings = load_settings(data=data, host=host, port=port, public_url=public_url)
    if settings.storage_url is not None:
        raise RefusesToStart(
            "the demonstration keeps its audio in the folder; unset LISTENLINK_STORAGE_URL"
        )
    made = None
    location = locate_database(settings)
    if not is_instance(location):
        _say("Making an instance, and music for it …")
        made = create_instance(
            location, "Demo", "demo@localhost", Clock().now_us(), makes_keys=has_own_keys(settings)
        )
    check_startable(settings)
    urls = asyncio.run(_prepare(settings))

    def tell() -> None:
        if as_json:
            print(json.dumps({"url": urls[0], "collection_url": urls[1]}), flush=True)
        else:
            _tell(urls, made)

    run_server(settings, tell)


async def _prepare(settings: Settings) -> tuple[str, str]:
    """The URLs of fresh links to one track and to the collection of all tracks."""
    instance = build_instance(settings, Clock())
    try:
        caller = await _first_caller(instance)
        track_id, collection_id = await _find_or_make_library(instance, caller)
        return (
            await _link(instance, caller, TargetType.TRACK, track_id),
            await _link(instance, caller, TargetType.COLLECTION, collection_id),
        )
    finally:
        instance.close()


async def _first_caller(instance: Instance) -> Caller:
    member = await instance.database.read(people.find_first_member)
    if member is None:
        raise RefusesToStart(f"{instance.settings.data} has no user")
    return Caller(*member, key_id=0, scopes=frozenset(SCOPES))


async def _find_or_make_library(instance: Instance, caller: Caller) -> tuple[int, int]:
    owner = (caller.organization_id, caller.user_id)
    found = await instance.database.read(
        lambda connection: (
            tracks.find_oldest_own_track(connection, *owner),
            collections.find_oldest_own_collection(connection, *owner),
        )
    )
    if found[0] is not None and found[1] is not None:
        return found[0], found[1]
    return await _make_library(instance, caller)


async def _make_library(instance: Instance, caller: Caller) -> tuple[int, int]:
    now_us = instance.clock.now_us()
    numbers = []
    with tempfile.TemporaryDirectory() as folder:
        for piece in PIECES:
            path = await asyncio.to_thread(render, piece, Path(folder))
            draft = instance.folder.begin()
            await asyncio.to_thread(draft.write, path.read_bytes())
            facts = TrackFacts(piece.title, None, _ENGINE, "creation", instrumental=True)
            track = await instance.uploader.upload(caller, draft, facts, path.name, now_us)
            numbers.append(track.id)
            await instance.deriver.derive_next()
    collection = await make_collection(
        instance.database, caller, "Three Evenings", "Music that Listenlink made.", None, now_us
    )
    for number in numbers:
        await add_track(instance.database, caller, collection.id, number, now_us)
    return numbers[0], collection.id


async def _link(instance: Instance, caller: Caller, target_type: TargetType, target_id: int) -> str:
    terms = ShareTerms(label="demo")
    now_us = instance.clock.now_us()
    made = await make_link(instance.database, caller, target_type, target_id, terms, now_us)
    return instance.settings.base_url + SHARED_PATH + made.token


def _tell(urls: tuple[str, str], made: NewInstance | None) -> None:
    _say("Listenlink is running. Ctrl-C stops it.")
    if made is not None:
        _say(f"To put your own music in:  export LISTENLINK_API_KEY={made.api_key}")
    if sys.stdout.isatty():
        print_qr(urls[0])
    _say(f"A collection:  {urls[1]}")
    _say(f"A track:       {urls[0]}")


def _say(line: str) -> None:
    print(line, flush=True)


def _local_address() -> str:
    """This machine's address on its network, as a phone nearby would reach it. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
