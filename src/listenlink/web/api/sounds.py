"""What was made from a track's audio, for whoever has it in their library: waveform, loudness."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.params import FromPath

from listenlink import wire
from listenlink.actions.manage_library import get_sound
from listenlink.model import ids
from listenlink.model.sound import Sound
from listenlink.running.owning import Owning
from listenlink.web.caller import caller_of, path_id
from listenlink.web.given import Given


@get(
    "/v1/music/{org:str}/tracks/{track_id:str}/sound",
    opt={"scope": "read"},
    summary="Get a track's waveform and loudness",
    tags=["Tracks"],
)
async def get_track_sound(
    org: FromPath[str],
    track_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> wire.Sound:
    """What was made from the audio, a few seconds after the upload."""
    sound = await _find(owning, request, track_id)
    made = sound.derived
    return wire.Sound(
        track_id=track_id,
        is_made=sound.is_made,
        peaks=list(made.peaks) if made.peaks else None,
        loudness_lufs=made.loudness_lufs,
        has_cover=made.cover_digest is not None,
        has_rendition=made.rendition_digest is not None,
    )


async def _find(owning: Owning, request: Request[Any, Any, Any], track_id: str) -> Sound:
    number = path_id(ids.TRACK, track_id)
    return await get_sound(owning.database, caller_of(request), number)
