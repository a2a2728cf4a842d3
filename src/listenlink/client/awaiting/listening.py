"""The client's methods for anybody's links: open them, tell what was heard, save what they lead to."""

from __future__ import annotations

from listenlink.client.addresses import SHARED, headers_of, read_link
from listenlink.client.awaiting.owner import Owner
from listenlink.client.error import ListenlinkError
from listenlink.client.views import ShareView, view_of
from listenlink.wire import SavedTrack


class ListenMethods(Owner):
    """Methods for links that somebody was given."""

    async def open(
        self,
        link: str,
        session: str | None = None,
        *,
        password: str | None = None,
        unlock: str | None = None,
    ) -> ShareView:
        """Open a link, given its token or its whole address. This counts as an open, unless `session`
        is from an earlier open of the link. An address is asked at its own host; a key isn't sent. A link
        with a password needs that, or the `unlock` that it was worth: else the error's code is
        SHARE_PASSWORD_REQUIRED, or SHARE_PASSWORD_WRONG.

        Without a session it isn't asked for again if it may have been counted."""
        headers = headers_of(session, password, unlock)
        url = read_link(link).url
        answer = await self.persist("GET", url, headers=headers, once=session is None)
        return view_of(answer, unlock)

    async def is_open(self, link: str, session: str) -> bool:
        """Whether a link that was opened, with this session, still is. This counts nothing and spends
        nothing, asked once a second."""
        try:
            await self.persist(
                "GET", f"{read_link(link).url}/standing", headers=headers_of(session)
            )
        except ListenlinkError as error:
            if error.status == 404:
                return False
            raise
        return True

    async def record_listen(
        self, link: str, session: str, track_id: str, quarter: int | None = None
    ) -> None:
        """Report that a track was heard for 30 seconds or more, to the link's own host; or, with a `quarter`
        of 1 to 4, that so many quarters of it were heard."""
        heard = {"track_id": track_id} | ({} if quarter is None else {"quarter": quarter})
        path = f"{read_link(link).url}/listen"
        await self.persist("POST", path, json=heard, headers=headers_of(session))

    async def save(
        self, link: str, *, password: str | None = None, unlock: str | None = None
    ) -> SavedTrack:
        """Save a link's track to your library. The link is of this client's own server: another one has
        another library, and isn't sent your key. A link with a password needs that, or an unlock."""
        read = read_link(link)
        if read.origin is not None and not self.is_own(read.origin):
            raise ListenlinkError(
                0,
                "OTHER_SERVER",
                f"This link is of {read.origin}, but this client's server is {self.shown_url}. Use a client "
                "of that server, or the link's token alone if it's the same one.",
            )
        headers = headers_of(password=password, unlock=unlock)
        return await self.ask("POST", f"{SHARED}{read.token}/save", SavedTrack, headers=headers)
