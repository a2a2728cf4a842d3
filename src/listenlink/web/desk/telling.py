"""What the page about oneself shows of how its reader is told of their links."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from listenlink.actions.telling.manage_settings import find_settings
from listenlink.model.telling import TellingSettings
from listenlink.threads import WORK
from listenlink.web.desk.room import Asked, Room, person_of
from listenlink.web.pages.languages import choose_language

# Places, by which people know their zone; the rest are other names of these, and zones without summer time.
_PARTS = ("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/",
          "Indian/", "Pacific/")  # fmt: skip


async def tell_mails(room: Room, request: Asked) -> dict[str, Any]:
    """The settings; who chose nothing yet is offered the language of their browser, and its zone by a
    script."""
    desk = room.desk
    chosen = await find_settings(desk.database, person_of(request).caller)
    first = TellingSettings(language=choose_language(request.headers.get("accept-language", "")))
    return {
        "telling": chosen or first,
        "has_chosen": chosen is not None,
        "sends_mail": desk.settings.sends_mail,
        "zones": await WORK.run(_list_zones) if desk.settings.sends_mail else (),
    }


@lru_cache(maxsize=1)
def _list_zones() -> tuple[str, ...]:
    return ("UTC", *sorted(zone for zone in available_timezones() if zone.startswith(_PARTS)))
