"""The document's operations: their names, the headers that they read, and where an answer leads.

A name is the handler's own where nothing else is said here.
"""

from __future__ import annotations

from typing import Any

from listenlink.actions.idempotency import HEADER as KEY_HEADER
from listenlink.model.unlock import MOST_SENT, SENT_PATTERN
from listenlink.web.api.idempotency import KEY_PATTERN

Json = dict[str, Any]

TAGS = {
    "Listen": "For whoever has a link. It needs no key.",
    "Tracks": "A user's library: what they uploaded, and what they saved by a link.",
    "Uploads": "Files sent in pieces by tus 1.0, for large files and poor connections.",
    "Collections": "Tracks under one name, in order.",
    "Share": "Links: made, changed, watched and closed by their owner.",
    "Engines": "What music is made with, and which licence follows from it.",
    "Notifications": "How somebody is told by mail of their links and tracks.",
    "Webhooks": "Where somebody wants to be told of their links and tracks.",
    "Keys": "Whose key this is, and the keys of one's own.",
    "Operation": "For whoever runs the server, and for programs that read this.",
}
# What a handler is called by programs, where its own name only reads well beside its module's.
NAMES = {
    "is_alive": "get_health", "is_ready": "get_readiness", "note_listen": "report_listen",
    "get_details": "get_link_details", "get_download": "get_download_url", "describe_embed": "get_oembed",
    "look_at_upload": "get_upload", "find_by_audio": "find_track_by_audio", "take_out": "take_track_out",
    "list_members": "list_collection_tracks", "add_track": "add_track_to_collection",
    "move_track": "move_track_in_collection",
    "remove_track": "remove_track_from_collection", "reorder": "reorder_collection",
    "list_opens": "list_link_requests", "tell_standing": "get_link_standing",
    "get_stats": "get_link_stats", "get_archive": "get_collection_archive_url",
}  # fmt: skip
# Of a path with several methods, what the others than the handler's own are called: name and summary.
OTHERS: dict[tuple[str, str], tuple[str, str]] = {
    ("open_link", "head"): ("check_link", "Check a link"),
    ("open_link", "options"): (
        "open_link_options",
        "Ask what other sites' pages may do with a link",
    ),
    ("play_track", "head"): ("check_audio", "Check a playback URL"),
    ("play_track", "options"): (
        "play_track_options",
        "Ask what other sites' pages may do with audio",
    ),
    ("download_track", "head"): ("check_download", "Check a download URL"),
    ("download_archive", "head"): ("check_archive", "Check an archive URL"),
    ("get_manifest", "head"): ("check_manifest", "Check a manifest's URL"),
    ("get_upload", "head"): ("check_upload", "Ask how far an upload is, as tus programs do"),
    ("begin_upload", "options"): ("describe_uploads", "Ask what of tus is supported"),
}
# Where the front makes a HEAD of a GET, as everywhere, and a program asks by it.
MADE_HEADS = ("get_upload",)
DESCRIPTIONS = {
    "check_link": "The status and the rates that a `GET` would have. Counts no open.",
    "check_audio": "The headers that a `GET` would have.",
    "check_download": "The headers that a `GET` would have.",
    "check_archive": "The headers that a `GET` would have.",
    "describe_uploads": "Needs no key.",
}
_SESSION = "ls1.509d89f3.b7a41ae239ff.00000000.1816fe172a83e1f7.006a1b2c3d.0123456789abcdef0123456789abcdef"


def _header(name: str, description: str, example: str, **more: Any) -> Json:
    schema = {"type": "string", "examples": [example]} | more.pop("schema", {})
    told = {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": schema,
    }
    return told | more


_RENEW = _header(
    "Listen-Session", "From an earlier open of this link: then this one counts nothing.", _SESSION
)
_RENEW_SAVED = _header("Listen-Session", "From an open of this link.", _SESSION)
_PASSWORD = _header(
    "Share-Password",
    "The password of a link that has one: UTF-8, percent-encoded.",
    "w%C3%B6rds%20and%20more",
    schema={"pattern": f"^{SENT_PATTERN}$", "maxLength": MOST_SENT},
)
_UNLOCK = _header(
    "Share-Unlock",
    "What the right password was worth, instead of it.",
    "su1.509d89f3.b7a41ae239ff.00000000.006a1b2c3d.0123456789abcdef0123456789abcdef",
)
_LOCKED = [_PASSWORD, _UNLOCK]
_NEEDED = _header("Listen-Session", "As the open of this link gave it.", _SESSION, required=True)
_IF_NONE_MATCH = _header(
    "If-None-Match", "The `ETag` of what you have; or `*`.", '"9f86d081884c7d65"'
)
_LANGUAGE = _header("Accept-Language", "Which language is preferred.", "de, en;q=0.5")
_CONDITIONS = [
    _header("Range", "One range of bytes; several get the whole.", "bytes=0-65535"),
    _header(
        "If-Range", "A range only of the bytes with this `ETag`; otherwise the whole.", '"9f86d081"'
    ),
    _header("If-Match", "Only the bytes with this `ETag`; or `*`.", "*"),
    _IF_NONE_MATCH,
]
_KEY = _header(
    KEY_HEADER,
    "The same key with the same body gets the first answer again, for 24 hours.",
    "7d1f6a52-0c1f-4f8e-9c53-5a0a4a1a3a0e",
    schema={"pattern": f"^{KEY_PATTERN}$"},
)
_READ: dict[str, list[Json]] = {
    "open_link": [_RENEW, *_LOCKED], "check_link": [_RENEW, *_LOCKED], "watch_link": [_NEEDED],
    "get_link_standing": [_NEEDED],
    "get_link_details": [_NEEDED, _LANGUAGE], "get_download_url": [_NEEDED],
    "get_archive_url": [_NEEDED], "download_archive": _CONDITIONS, "check_archive": _CONDITIONS[2:],
    "get_oembed": [_LANGUAGE, *_LOCKED], "save_shared_track": [_RENEW_SAVED, *_LOCKED],
    "play_track": _CONDITIONS, "check_audio": _CONDITIONS[2:],
    "download_track": _CONDITIONS, "check_download": _CONDITIONS[2:],
    "get_manifest": _CONDITIONS, "check_manifest": _CONDITIONS[2:],
    "get_picture": [_IF_NONE_MATCH], "get_track_cover": [_IF_NONE_MATCH],
    "get_collection_cover": [_IF_NONE_MATCH],
}  # fmt: skip
_NAMED = {
    "org": "Your key's organisation; `get_caller` tells it.",
    "token": "The link's token: `shr_` and 32 hex digits.",
    "signed": "The rest of a playback, download, archive or manifest URL, exactly as it was given.",
    "name": "The rest of a picture's address, exactly as it was given.",
    "sha256": "The SHA-256 of a file, in lowercase hex.",
    "url": "The whole address of a link.",
    "format": "There is no other.",
    "maxwidth": "The most pixels that the player may be wide.",
    "maxheight": "The most pixels that the player may be high.",
    "version": "The version's number, from 1 on.",
    "size": "1024 or 256 pixels a side, at most.",
    "restore": "Take away only what was given, so that what there was before is shown.",
}
# What an answer's id is good for: by operation, the parameter it is, and whose.
_OF_TRACK = ("get_track", "change_track", "share_track", "keep_track", "take_track_out", "get_track_sound",
             "get_track_cover", "give_track_cover", "take_track_cover", "get_track_stats",
             "get_track_stats_csv", "share_track_with_each", "add_version", "list_versions",
             "make_version_current", "remove_version", "delete_track")  # fmt: skip
_OF_COLLECTION = ("get_collection", "change_collection", "list_collection_tracks", "reorder_collection",
                  "get_collection_cover", "give_collection_cover", "take_collection_cover",
                  "get_collection_stats", "get_collection_stats_csv", "share_collection",
                   "share_collection_with_each", "get_collection_archive_url",
                   "delete_collection")  # fmt: skip
_OF_LINK = (
    "get_link",
    "change_link",
    "rotate_link",
    "list_link_requests",
    "get_link_stats",
    "get_link_stats_csv",
    "revoke_link",
)
_OF_UPLOAD = ("get_upload", "check_upload", "end_upload")
_LEADS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "upload_track": ("201", "track_id", _OF_TRACK),
    "make_collection": ("201", "collection_id", _OF_COLLECTION),
    "share_track": ("201", "share_id", _OF_LINK),
    "share_collection": ("201", "share_id", _OF_LINK),
    "find_link": ("200", "share_id", _OF_LINK),
    "begin_upload": ("201", "upload_id", _OF_UPLOAD),
    "make_key": ("201", "key_id", ("change_key", "deactivate_key")),
}
_MADE_LINKS = {"share_track": "201", "share_collection": "201", "rotate_link": "200"}
_WITH_SESSION = (
    "open_link",
    "watch_link",
    "get_link_standing",
    "get_link_details",
    "report_listen",
)


def describe_parameters(operation: Json, declared: Json) -> None:
    """Add the headers that the operation reads, and say what its other parameters are."""
    parameters: list[Json] = operation.setdefault("parameters", [])
    known = {parameter["name"] for parameter in parameters}
    added = [*_READ.get(operation["operationId"], ()), *declared.get("headers", ())]
    if declared.get("repeatable"):
        added.append(_KEY)
    parameters.extend(dict(header) for header in added if header["name"] not in known)
    for parameter in parameters:
        for name in ("deprecated", "allowEmptyValue", "allowReserved"):
            parameter.pop(name, None)
        thing = f"The {parameter['name'].removesuffix('_id')}'s id."
        parameter.setdefault("description", _NAMED.get(parameter["name"], thing))
        if parameter["name"] == "Listen-Session" and operation["operationId"] == "report_listen":
            parameter["required"] = True  # Without it the answer is a 404, not the framework's 400.
        parameter["schema"].pop("description", None)
    if not parameters:
        del operation["parameters"]


def describe_links(operation: Json) -> None:
    """Say which operations take what this one answers (OpenAPI 3.1, section 4.8.20)."""
    name, responses = operation["operationId"], operation["responses"]
    if name in _LEADS:
        status, parameter, targets = _LEADS[name]
        given = {"org": "$request.path.org", parameter: "$response.body#/id"}
        responses[status]["links"] = {
            to: {"operationId": to, "parameters": given} for to in targets
        }
    if name in _MADE_LINKS:
        given = {"token": "$response.body#/token"}
        links = responses[_MADE_LINKS[name]].setdefault("links", {})
        links["open_link"] = {"operationId": "open_link", "parameters": given}
    if name == "open_link":
        given = {
            "token": "$request.path.token",
            "header.Listen-Session": "$response.header.Listen-Session",
        }
        responses["200"]["links"] = {
            to: {"operationId": to, "parameters": given} for to in _WITH_SESSION
        }
