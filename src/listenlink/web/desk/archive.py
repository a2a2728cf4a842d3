"""A person's own collection, to be taken along."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromPath

from listenlink.model import ids
from listenlink.web.caller import path_id
from listenlink.web.desk.collections import COLLECTIONS
from listenlink.web.desk.room import Asked, Room, lead_to, person_of
from listenlink.web.desk.signing_in import PERSON
from listenlink.web.given import Given


@get(f"{COLLECTIONS}/{{collection_id:str}}/archive", opt=PERSON, include_in_schema=False)
async def download_archive(
    room: Given[Room], request: Asked, collection_id: FromPath[str]
) -> Response[bytes]:
    """To the files of its tracks as one ZIP, by an address that is good for some minutes."""
    owning, caller = room.owning, person_of(request).caller
    number = path_id(ids.COLLECTION, collection_id)
    url = await owning.archives.offer_own(caller, number, owning.clock.now_us())
    # As this page reaches it, by whatever name its reader knows this server.
    return lead_to(url.removeprefix(owning.settings.base_url))
