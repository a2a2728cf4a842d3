"""What this server is, and how it is; and the two files that every site is asked for."""

from __future__ import annotations

from litestar import Response, get

from listenlink import __version__
from listenlink.actions.manage_quotas import tell_usage
from listenlink.web.desk.room import Asked, Room, person_of
from listenlink.web.desk.signing_in import PERSON
from listenlink.web.given import Given
from listenlink.web.pages.assets import ASSETS

# Whoever unfurls links has to reach them, so these aren't in it.
_ROBOTS = "User-agent: *\nDisallow: /desk\n"
_A_DAY = {"cache-control": "public, max-age=86400"}


@get("/desk/about", opt=PERSON, include_in_schema=False)
async def show_about(room: Given[Room], request: Asked) -> Response[bytes]:
    """Version, address, what is stored, and what isn't as it should be."""
    desk, now_us = room.desk, room.desk.clock.now_us()
    used = await tell_usage(desk.database, person_of(request).caller, now_us)
    report = await desk.readiness.look()
    return await room.page(
        request,
        "about",
        version=__version__,
        address=desk.settings.base_url,
        used=used,
        findings={name: finding.word for name, finding in report.findings.items()},
        engines=[terms.display_name for terms in desk.registry.list_in_force(now_us)],
    )


@get("/robots.txt", opt={"public": True}, include_in_schema=False, sync_to_thread=False)
def tell_robots() -> Response[str]:
    """What is in no index."""
    return Response(_ROBOTS, media_type="text/plain", headers=_A_DAY)


@get("/favicon.ico", opt={"public": True}, include_in_schema=False, sync_to_thread=False)
def show_icon() -> Response[bytes]:
    """The icon, for whoever asks without having read a page."""
    icon = ASSETS["icon.svg"]
    return Response(icon.body, media_type=icon.content_type, headers=_A_DAY)
