"""What handlers of public routes are given."""

from __future__ import annotations

from dataclasses import dataclass

from listenlink.running.listening import Listening
from listenlink.web.caller import ClientFinder
from listenlink.web.pages.page_writer import PageWriter
from listenlink.web.public.playback import PlaybackDoor
from listenlink.web.public.resolve import PublicDoor
from listenlink.web.public.share_page import PageDoor
from listenlink.web.public.share_request import ShareRequests


@dataclass(frozen=True, slots=True)
class Doors:
    """What anybody's requests reach, what reads them, and the doors that answer without the framework."""

    listening: Listening
    clients: ClientFinder
    requests: ShareRequests
    writer: PageWriter
    pages: PageDoor
    resolve: PublicDoor
    playback: PlaybackDoor
