"""What is known of a begun upload in pieces: until when it may go on, how far it is, and what it's of."""

from __future__ import annotations

from dataclasses import dataclass

from listenlink.actions.promise_bytes import PAUSE_US
from listenlink.clock import DAY_US, SECOND_US
from listenlink.errors import invalid
from listenlink.model import ids
from listenlink.model.resumable_upload import ResumableUpload
from listenlink.model.track_facts import TrackFacts, read_facts
from listenlink.model.upload_metadata import parse_metadata
from listenlink.model.version_facts import VersionFacts, read_version_facts

# How long after its beginning an upload can be continued, however much arrives in between, and looked up.
KEPT_US = DAY_US
# How long it stays if nothing more of it comes.
IDLE_US = 6 * 3600 * SECOND_US
METADATA = "Upload-Metadata"
# What tus clients declare about a file and we don't believe: the bytes decide.
_IGNORED = ("filetype",)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload has got. `track_id` is set once its track is made, never before all bytes are in."""

    upload: ResumableUpload
    offset_bytes: int

    @property
    def expires_at(self) -> int:
        """Until when the upload can be continued and looked up, if nothing more of it comes."""
        return ends_at(self.upload)


def ends_at(upload: ResumableUpload) -> int:
    """When an upload is over: a day after its beginning, and earlier if nothing comes."""
    last_us, promised_until = upload.created_at + KEPT_US, upload.promise_ends_at
    if upload.track_id is not None or promised_until is None:
        return last_us
    return min(last_us, promised_until - PAUSE_US + IDLE_US)


@dataclass(frozen=True, slots=True)
class OfTrack:
    """That the upload is a new version of this track."""

    track_id: int
    facts: VersionFacts


def facts_of(metadata: str) -> tuple[TrackFacts | OfTrack, str]:
    """The facts given about the track, or about the version of it, and the file's name. Raises a 422
    Problem."""
    pairs = parse_metadata(metadata)
    if pairs is None:
        raise invalid(
            METADATA, "Names and base64 values are needed, with commas between the pairs."
        )
    file_name = pairs.pop("filename", "")
    for name in _IGNORED:
        pairs.pop(name, None)
    if "track_id" not in pairs:
        return read_facts(pairs), file_name
    track_id = ids.parse_id(ids.TRACK, pairs.pop("track_id"))
    if track_id is None:
        raise invalid("track_id", "This is the id of a track.")
    return OfTrack(track_id, read_version_facts(pairs)), file_name
