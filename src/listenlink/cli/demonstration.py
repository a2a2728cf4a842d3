"""`listenlink demo`: makes a library of music, serves it, and prints a link that opens in a browser."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from pathlib import Path

from listenlink.actions.create_instance import NewInstance, create_instance, is_instance
from listenlink.actions.find_instance import has_own_keys, has_own_link_keys, locate_database
from listenlink.actions.signing_in.sign_in_by_link import make_first_link
from listenlink.app import build_instance
from listenlink.cli.demo_library import EMAIL, DemoLinks, find_or_make_links, first_member
from listenlink.cli.own_command import own_command
from listenlink.cli.owning import print_qr
from listenlink.cli.serving import check_addresses, run_server
from listenlink.cli.starting import check_startable
from listenlink.client import DEFAULT_SERVER
from listenlink.clock import Clock
from listenlink.errors import RefusesToStart
from listenlink.model import ids
from listenlink.model.client_address import is_loopback_host
from listenlink.settings import PREFIX, Settings, load_settings

_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104


def demo(
    data: Path | None, host: str | None, port: int | None, public_url: str | None, as_json: bool
) -> None:
    """Make the library if there is none, make links to it, and serve. An instance of somebody's own is served
    as it is. Raises RefusesToStart."""
    settings = _settings(data, host, port, public_url)
    if settings.storage_url is not None:
        raise RefusesToStart(
            "the demonstration keeps its audio in the folder; unset LISTENLINK_STORAGE_URL"
        )
    made = None
    location = locate_database(settings)
    if not is_instance(location):
        if not as_json:
            _say("Making an instance with music …")
        now_us = Clock().now_us()
        made = create_instance(
            location,
            "Demo",
            EMAIL,
            now_us,
            makes_keys=has_own_keys(settings),
            makes_link_keys=has_own_link_keys(settings),
        )
    check_startable(settings)
    check_addresses(settings)
    links, organization_id, desk_url = asyncio.run(_prepare(settings))

    def tell() -> None:
        if as_json:
            urls = {"desk_url": desk_url, "url": links and links.track}
            urls["collection_url"] = links and links.collection
            print(json.dumps(urls | {"server": settings.base_url}), flush=True)
        else:
            _say(f"The desk, for 30 minutes and once: {desk_url}")
            _tell(settings, links, made, organization_id)

    run_server(settings, tell)


def _settings(
    data: Path | None, host: str | None, port: int | None, public_url: str | None
) -> Settings:
    """The settings, with the public URL by which others on the network reach this machine, unless one is
    given or it's for this machine alone."""
    asked = host or os.environ.get(PREFIX + "HOST") or ""
    if public_url or os.environ.get(PREFIX + "PUBLIC_URL") or not asked or is_loopback_host(asked):
        return load_settings(data=data, host=host, port=port, public_url=public_url)
    bare = load_settings(data=data, host="127.0.0.1", port=port)
    reached = _local_address() if asked in _EVERYWHERE else asked.strip("[]")
    reached = f"[{reached}]" if ":" in reached else reached
    return load_settings(
        data=data, host=host, port=port, public_url=f"http://{reached}:{bare.port}"
    )


async def _prepare(settings: Settings) -> tuple[DemoLinks | None, int, str]:
    """Links to the library, if this is the demonstration's instance, the first organisation's number, and a
    link that signs its first member in at the desk."""
    # Its own music, some MB, is made also where too little is free for anybody's uploads.
    instance = build_instance(settings.model_copy(update={"keep_free_bytes": 0}), Clock())
    try:
        member, is_ours = await first_member(instance)
        links = await find_or_make_links(instance, member) if is_ours else None
        now_us, database = instance.running.clock.now_us(), instance.running.database
        made = await database.write(lambda c: make_first_link(c, now_us))
        return links, member.organization_id, made.url(settings.desk_url)
    finally:
        instance.close()


def _tell(
    settings: Settings, links: DemoLinks | None, made: NewInstance | None, organization_id: int
) -> None:
    _say(f"Listenlink serves {settings.data} at {settings.base_url}. Ctrl-C stops it.")
    if links is None:
        _say("It's an instance with music of your own: nothing was added to it, and no link made.")
        return
    if made is not None:
        _say("To put your own music in, in another terminal:")
        _say(f"  export LISTENLINK_API_KEY={made.api_key}")
        if settings.base_url != DEFAULT_SERVER:
            _say(f"  export LISTENLINK_SERVER={settings.base_url}")
        _say("  " + own_command("upload", "song.flac", "--engine", "own_recording"))
    else:
        organization = ids.public_id(ids.ORGANIZATION, organization_id)
        data = ("--data", str(settings.data))
        _say("For another API key, in another terminal:")
        _say("  " + own_command("key", "add", "--org", organization, "--user", EMAIL, *data))
    if sys.stdout.isatty() and not print_qr(links.track):
        _say("To open the links on a phone nearby, start it with HOST=0.0.0.0, or --host 0.0.0.0.")
    _say(f"A collection:  {links.collection}")
    _say(f"A track:       {links.track}")


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
