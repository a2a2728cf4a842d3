"""How a key's user is told of their links, by a key with the scope `share`."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, patch
from litestar.params import FromPath, JSONBody

from listenlink import wire
from listenlink.actions.tell_first import telling_first
from listenlink.actions.telling import manage_settings as managing
from listenlink.model.telling import Mails, TellingSettings
from listenlink.running.owning import Owning
from listenlink.web.caller import caller_of
from listenlink.web.given import Given
from listenlink.web.json_body import sent_fields
from listenlink.web.pages.languages import LANGUAGES
from listenlink.wire.bodies import ChangedNotifications

_PATH = "/v1/music/{org:str}/notifications"


@get(_PATH, opt={"scope": "share"}, summary="Get how you are told", tags=["Notifications"])
async def get_notifications(
    org: FromPath[str], owning: Given[Owning], request: Request[Any, Any, Any]
) -> wire.Notifications:
    """Of what happens to your links and tracks, by mail; and from how many networks on a link has spread."""
    found = await managing.find_settings(owning.database, caller_of(request))
    return _answer(owning, found or TellingSettings())


@patch(
    _PATH,
    opt={"scope": "share", "errors": ["409"]},
    summary="Change how you are told",
    tags=["Notifications"],
)
async def change_notifications(
    org: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    data: JSONBody[ChangedNotifications],
) -> wire.Notifications:
    """What is left out stays. What happened before isn't mailed to who had no mails until now. 409 for mails
    of a server that sends none."""
    changes = sent_fields(data)
    if "mails" in changes:
        changes["mails"] = Mails(changes["mails"])

    def tell(settings: TellingSettings) -> wire.Notifications:
        return _answer(owning, settings)

    return tell(
        await managing.change_settings(
            telling_first(owning.database, tell),
            caller_of(request),
            changes,
            LANGUAGES,
            owning.clock.now_us(),
            sends_mail=owning.settings.sends_mail,
        )
    )


def _answer(owning: Owning, settings: TellingSettings) -> wire.Notifications:
    return wire.Notifications(
        mails=settings.mails.value,
        language=settings.language,
        zone=settings.zone,
        spread_networks=settings.spread_networks,
        sends_mail=owning.settings.sends_mail,
    )
