"""Links by what a listener holds of them, a session or a token: one statement that gives one row, whatever
there is.

So that it takes as long for a link that never was as for one that ended, nothing here returns early, and who
asks decides only then. What a session's link is doesn't depend on the token that came with the session.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from listenlink.model.share import CountedLife
from listenlink.store.lives import COUNTED_LIFE
from listenlink.store.targets import LEADS_TO, SHOWN_VERSION

# The target that exists of the link that the token or the session names. To play, it must lead to a track.
_HELD = (
    """
SELECT {life}, s.has_password, s.id, s.token_digest, c.id, t.id, t.organization_id, t.creator_id, {version}
FROM (SELECT 1 AS one) asked
LEFT JOIN shares s ON {link}
LEFT JOIN collections c ON c.id = s.collection_id AND c.removed_at IS NULL
LEFT JOIN tracks t ON t.id = {track} AND {leads}
""".replace("{life}", COUNTED_LIFE)
    .replace("{leads}", LEADS_TO)
    .replace("{version}", SHOWN_VERSION)
)
_OF_SESSION = text(_HELD.format(link="s.id = :share", track="s.track_id"))
_OF_SESSION_AND_TRACK = text(_HELD.format(link="s.id = :share", track=":track"))
# A link leads to its creator's own tracks; that is asked here too, because a save gives them away.
_OF_TOKEN = text(
    _HELD.format(
        link="s.token_digest = :digest",
        track="s.track_id AND t.organization_id = s.organization_id AND t.creator_id = s.creator_id",
    )
)


class HeldLink(CountedLife, frozen=True):
    """A link as the one who holds it needs it. If there is none all is None, and it honours nothing. The
    collection that it leads to and the track, with the track's owner and the version that it leads to, are
    None where they're removed or not led to."""

    has_password: bool | None
    id: int | None
    token_digest: bytes | None
    collection_id: int | None
    track_id: int | None
    organization_id: int | None
    creator_id: int | None
    version: int | None


def get_of_session(connection: Connection, share_id: int) -> HeldLink:
    """Return the link of this number, which a session names."""
    return HeldLink(*connection.execute(_OF_SESSION, {"share": share_id}).one())


def get_of_session_and_track(connection: Connection, share_id: int, track_id: int) -> HeldLink:
    """Return the link of this number; its track is this one if the link leads there."""
    asked = {"share": share_id, "track": track_id}
    return HeldLink(*connection.execute(_OF_SESSION_AND_TRACK, asked).one())


def get_of_token(connection: Connection, token_digest: bytes) -> HeldLink:
    """Return the link with this token, with its track if it leads to one."""
    return HeldLink(*connection.execute(_OF_TOKEN, {"digest": token_digest}).one())
