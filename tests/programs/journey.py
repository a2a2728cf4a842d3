"""A client generated from the document uploads, shares, opens, renews and revokes. Prints what it saw.

Run with the generated package on the path: journey.py SERVER ORGANISATION KEY FILE
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from listenlink_generated import AuthenticatedClient, Client
from listenlink_generated.api.listen import (
    get_download_url,
    get_link_details,
    open_link,
    play_track,
    report_listen,
)
from listenlink_generated.api.share import get_link, revoke_link, share_track
from listenlink_generated.api.tracks import list_tracks, upload_track
from listenlink_generated.api.uploads import append_to_upload, begin_upload, get_upload
from listenlink_generated.models import (
    ErrorEnvelope,
    Heard,
    LinkTerms,
    ShareView,
    UploadTrackBody,
    Visibility,
)
from listenlink_generated.types import File


def main(server: str, org: str, key: str, path: Path) -> None:
    owner = AuthenticatedClient(server, token=key, raise_on_unexpected_status=True)
    stranger = Client(server, raise_on_unexpected_status=True)
    audio = File(BytesIO(path.read_bytes()), path.name, "audio/wav")
    body = UploadTrackBody(file=audio, engine="studio", title="Generated")
    made = upload_track.sync_detailed(org, client=owner, body=body, idempotency_key="one")
    track = made.parsed
    terms = LinkTerms(max_opens=1, allow_download=True, visibility=Visibility.PUBLIC, label="Ana")
    link = share_track.sync(org, track.id, client=owner, body=terms)
    bare = share_track.sync(org, track.id, client=owner)
    saw, session = listen(stranger, link.token, track.id)
    told = get_link.sync(org, link.id, client=owner)
    revoked = revoke_link.sync(org, link.id, client=owner)
    after = open_link.sync_detailed(link.token, client=stranger, listen_session=session)
    pieces = send_in_pieces(owner, org, path)
    saw |= {
        "uploaded": [made.status_code, track.measured_duration_seconds, track.mode.value],
        "created_now": (datetime.now(UTC) - track.created_at).total_seconds() < 300,
        "bare": bare.token.startswith("shr_"),
        "opens": told.opens,
        "state": told.state.value,
        "revoked": revoked.detail,
        "after": [after.status_code, after.parsed.error.code.value],
        "pieces": pieces,
        "listed": [one.title for one in list_tracks.sync(org, client=owner, limit=100).items],
    }
    print(json.dumps(saw))


def listen(stranger: Client, token: str, track_id: str) -> tuple[dict[str, object], str]:
    """Open, renew, and do all that a player does; the session comes with what was seen."""
    opened = open_link.sync_detailed(token, client=stranger)
    view, session = opened.parsed, opened.headers["Listen-Session"]
    renewed = open_link.sync_detailed(token, client=stranger, listen_session=session)
    spent = open_link.sync_detailed(token, client=stranger)
    with_session = {"client": stranger, "listen_session": session}
    details = get_link_details.sync(token, **with_session)
    heard = report_listen.sync_detailed(token, body=Heard(track_id), **with_session)
    file_url = get_download_url.sync(token, track_id, **with_session)
    signed = renewed.parsed.track.playback_url.rpartition("/")[2]
    part = play_track.sync_detailed(signed, client=stranger, range_="bytes=0-3")
    same = play_track.sync_detailed(signed, client=stranger, if_none_match=part.headers["ETag"])
    return {
        "view": [isinstance(view, ShareView), view.track.licence.licence_class.value],
        "renewed": [renewed.status_code, renewed.headers["Listen-Session"] == session],
        "spent": [spent.status_code, isinstance(spent.parsed, ErrorEnvelope)],
        "artist": details.tracks[0].artist,
        "heard": heard.status_code,
        "download": "/v1/music/download/" in file_url.download_url,
        "part": [part.status_code, len(part.content), part.headers["Content-Range"][:10]],
        "same": same.status_code,
    }, session


def send_in_pieces(owner: AuthenticatedClient, org: str, path: Path) -> list[object]:
    """A file by tus, as the generated client has it."""
    audio, tus = path.read_bytes(), "1.0.0"
    begun = begin_upload.sync(
        org, client=owner, tus_resumable=tus, upload_length=len(audio),
        upload_metadata="engine c3R1ZGlv,title UGllY2Vz",
    )  # fmt: skip
    for offset in (0, 1000):
        piece = audio[offset:1000] if offset == 0 else audio[1000:]
        sent = append_to_upload.sync_detailed(
            org, begun.id, client=owner, body=File(BytesIO(piece)),
            tus_resumable=tus, upload_offset=offset,
        )  # fmt: skip
    done = get_upload.sync(org, begun.id, client=owner, tus_resumable=tus)
    return [sent.headers["Upload-Offset"] == str(len(audio)), done.track.title]


if __name__ == "__main__":
    _, its_server, its_org, its_key, its_file = sys.argv
    main(its_server, its_org, its_key, Path(its_file))
