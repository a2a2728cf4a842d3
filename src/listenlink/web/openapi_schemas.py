"""What the document says of fields beyond their type, by the names they have everywhere.

An address ends in `_url`, an id in `_id`, and a word of a fixed set has the same name
wherever it stands: so each is described once, here, and a new field gets it from its name.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import msgspec

from listenlink.model import ids
from listenlink.model.api_key import SCOPES
from listenlink.model.audit import Agent, Outcome, Reason
from listenlink.model.claims import Sayer
from listenlink.model.delivery import DeliveryState, Failure
from listenlink.model.library import OWN, SHARED
from listenlink.model.licence import LicenceClass
from listenlink.model.notice import Event
from listenlink.model.share import LinkState, TargetType, Visibility
from listenlink.model.telling import Mails
from listenlink.model.track import MODES
from listenlink.model.webhook import PauseReason
from listenlink.model.webhook_shapes import Shape
from listenlink.web.problems import error_codes, error_types

Json = dict[str, Any]

DIGITS = "9692d3f775dd"
# The ids in paths, bodies and answers, by name.
IDS = {
    "org": ids.ORGANIZATION, "organization_id": ids.ORGANIZATION, "user_id": ids.USER,
    "track_id": ids.TRACK, "cover_track_id": ids.TRACK, "collection_id": ids.COLLECTION,
    "share_id": ids.SHARE, "share_link_id": ids.SHARE, "key_id": ids.API_KEY, "upload_id": ids.UPLOAD,
    "created_by": ids.USER, "webhook_id": ids.WEBHOOK, "delivery_id": ids.DELIVERY, "message_id": ids.MESSAGE,
}  # fmt: skip
# What programs know a shape as, where that isn't its name in `listenlink.wire`.
NAMES = {
    "Caller": "CallerAnswer", "Collection": "CollectionAnswer", "Day": "DayAnswer",
    "Declaration": "DeclarationAnswer", "DefaultLicence": "DefaultLicenceAnswer",
    "Download": "DownloadAnswer", "Engine": "EngineAnswer", "Key": "KeyAnswer", "Licence": "LicenceView",
    "Link": "LinkRecord", "Member": "MemberAnswer", "NewLink": "Link", "SharedCollection": "CollectionView",
    "SharedTrack": "TrackView", "Sound": "SoundAnswer", "Stats": "LinkStats", "Track": "TrackAnswer",
    "Upload": "UploadAnswer", "Usage": "UsageAnswer", "Webhook": "WebhookAnswer",
    "NewWebhook": "NewWebhookAnswer", "Delivery": "DeliveryAnswer",
}  # fmt: skip
# Never null in an answer: None is for reading an older server, which doesn't tell them.
_ALWAYS_TOLD = (
    "usage", "revocation_reaches_players_within_seconds", "revocation_cuts_running_streams", "by_track",
    "by_agent", "listening", "listening_within_seconds", "downloads", "quarters", "created_by",
)  # fmt: skip
_OWN_ID = {
    "TrackAnswer": ids.TRACK, "TrackView": ids.TRACK, "TrackData": ids.TRACK,
    "CollectionAnswer": ids.COLLECTION, "CollectionView": ids.COLLECTION, "Link": ids.SHARE,
    "LinkRecord": ids.SHARE, "LinkStats": ids.SHARE, "LinkNumbers": ids.SHARE, "KeyAnswer": ids.API_KEY,
    "MintedKey": ids.API_KEY, "SavedTrack": ids.LIBRARY, "KeptTrack": ids.LIBRARY,
    "UploadAnswer": ids.UPLOAD, "WebhookAnswer": ids.WEBHOOK, "NewWebhookAnswer": ids.WEBHOOK,
    "DeliveryAnswer": ids.DELIVERY,
}  # fmt: skip
PATTERNS = {
    "token": "shr_[0-9a-f]{32}",
    "sha256": "[0-9a-f]{64}",
    "api_key": "ak_[0-9a-f]{40}",
    "trace_id": "req_[0-9a-f]{16}",
}
_EXAMPLES = {
    "token": "shr_8de21b3e1395b1abfea9ea2102d3c9e3",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "api_key": "ak_d4dc1eecb60420fbd8c38b8613e9e3e0e0d5de5a",
    "trace_id": "req_1816fe172a83e1f7",
}
# Whatever its owner wrote, an address or not: it's never fetched.
_FREE_TEXT = ("cover_image_url",)
_PATHS = ("cover", "cover_large")

# Of the last slice of a list.
_LEFT_OUT = {"next_cursor"}


def _lower(kinds: Any) -> list[str]:
    return [kind.name.lower() for kind in kinds]


# Words of a fixed set: the schema's name, its description, its values.
_ENUMS: dict[str, tuple[str, list[str]]] = {
    "Agent": ("What a request's `User-Agent` looks like.", _lower(Agent)),
    "DeliveryFailure": (str(Failure.__doc__), list(Failure)),
    "DeliveryState": (str(DeliveryState.__doc__), list(DeliveryState)),
    "ErrorCode": ("What went wrong, for programs.", error_codes()),
    "ErrorType": ("Whose fault it is, roughly.", error_types()),
    "Event": (
        "What somebody can be told; `webhook.test` is sent to who asks for it, `webhook.paused` to the other "
        "webhooks of whose is off.",
        list(Event),
    ),
    "KeyState": ("The state of an API key.", ["active", "expired", "deactivated"]),
    "LicenceClass": (str(LicenceClass.__doc__), list(LicenceClass)),
    "LinkState": (str(LinkState.__doc__), list(LinkState)),
    "Mails": (str(Mails.__doc__), list(Mails)),
    "Mode": ("What a track is for.", list(MODES)),
    "Outcome": ("How a request for a link ended.", _lower(Outcome)),
    "PauseReason": (str(PauseReason.__doc__), list(PauseReason)),
    "Reason": ("Why a link was refused, or which budget was spent.", _lower(Reason)),
    "Scope": ("What an API key may do.", list(SCOPES)),
    "Shape": (str(Shape.__doc__), list(Shape)),
    "Source": ("Whether a track in the library is one's own, or came by a link.", [OWN, SHARED]),
    "TargetType": (str(TargetType.__doc__), list(TargetType)),
    "AiSayer": (str(Sayer.__doc__), list(Sayer)),
    "Visibility": (str(Visibility.__doc__), list(Visibility)),
}
_ENUM_OF_FIELD = {
    "agent": "Agent", "by": "AiSayer", "code": "ErrorCode", "event": "Event", "events": "Event",
    "failure": "DeliveryFailure", "licence_class": "LicenceClass", "mails": "Mails", "mode": "Mode",
    "outcome": "Outcome", "pause_reason": "PauseReason", "reason": "Reason", "scopes": "Scope",
    "shape": "Shape", "source": "Source", "kind": "TargetType",
    "target_type": "TargetType", "visibility": "Visibility",
}  # fmt: skip
# Where the same name means another set.
_ENUM_OF = {
    ("DeliveryAnswer", "state"): "DeliveryState", ("ErrorBody", "type"): "ErrorType",
    ("KeyAnswer", "state"): "KeyState", ("LinkRecord", "state"): "LinkState",
    ("ShownLink", "state"): "LinkState", ("LinkNumbers", "state"): "LinkState",
}  # fmt: skip


def name_schemas(document: Any) -> Any:
    """The document with each schema, and each reference to one, by the name that programs know it as."""
    if isinstance(document, list):
        return [name_schemas(one) for one in document]
    if not isinstance(document, dict):
        return document
    named = {key: name_schemas(value) for key, value in document.items()}
    if isinstance(reference := named.get("$ref"), str):
        before, slash, name = reference.rpartition("/")
        named["$ref"] = before + slash + _name(name)
    if isinstance(schemas := named.get("schemas"), dict):
        named["schemas"] = {_name(name): schema for name, schema in schemas.items()}
    return named


def _name(name: str) -> str:
    """`Page_listenlink.wire.tracks.Track_` → `TrackAnswerPage`."""
    if name.startswith("Page_"):
        return _name(name.removesuffix("_").rpartition(".")[2]) + "Page"
    return NAMES.get(name, name)


def describe_schemas(schemas: Json) -> None:
    """Complete all named schemas, and add those of the fixed sets of words."""
    structs = {_name(struct.__name__): struct for struct in _structs(msgspec.Struct)}
    for name, (description, values) in _ENUMS.items():
        schemas[name] = {"type": "string", "enum": [*map(str, values)], "description": description}
    for name, schema in schemas.items():
        schema.pop("title", None)
        struct = structs.get("Page" if name.endswith("Page") and name != "MembersPage" else name)
        if struct is not None:
            schema["description"] = inspect.cleandoc(struct.__doc__ or "")
            if _is_whole(struct):
                _require_all(schema)
        for field, value in schema.get("properties", {}).items():
            schema["properties"][field] = _described(name, field, simplified(value))


def _structs(parent: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """The structs of the wire, and of the pages' own data; not the client's, which has a name of theirs."""
    for struct in parent.__subclasses__():
        if struct.__module__.startswith(("listenlink.web", "listenlink.wire")):
            yield struct
        yield from _structs(struct)


def _is_whole(struct: type[msgspec.Struct]) -> bool:
    """Whether all its fields are always written: it's an answer, and leaves nothing out."""
    config = struct.__struct_config__
    return not (config.forbid_unknown_fields or config.omit_defaults)


def _require_all(schema: Json) -> None:
    """Require each field, whatever default stands for an older server's answer."""
    schema["required"] = sorted(schema["properties"].keys() - _LEFT_OUT)
    for field, value in schema["properties"].items():
        value.pop("default", None)
        if field in _ALWAYS_TOLD and "oneOf" in value:
            value["oneOf"] = [one for one in value["oneOf"] if one.get("type") != "null"]


def simplified(schema: Json) -> Json:
    """Without a choice of one, and with limits at the alternative that they're for."""
    if "$ref" in schema:
        return schema
    found = {name: value for name, value in schema.items() if name not in ("oneOf", "items")}
    for limit in ("minimum", "maximum"):
        if limit in found:
            found[limit] = int(found[limit])
    if "items" in schema:
        found["items"] = simplified(schema["items"])
    options = [simplified(option) for option in schema.get("oneOf", [])]
    if not options:
        return found
    # Of what there is a choice between, one at most isn't null.
    kept = {name: found.pop(name) for name in ("description", "default") if name in found}
    options = [option if option.get("type") == "null" else option | found for option in options]
    return (options[0] if len(options) == 1 else {"oneOf": options}) | kept


def spell_id(name: str, schema: Json, prefix: str | None = None) -> bool:
    """Say how an id or a token is spelled, if the name is that of one. Returns whether it's an id."""
    prefix = prefix or IDS.get(name)
    for option in schema.get("oneOf", [schema]):
        if option.get("type") != "string":
            continue
        if prefix is not None:
            option["pattern"] = f"^{prefix}[0-9a-f]{{12}}$"
            option["examples"] = [prefix + DIGITS]
        elif name in PATTERNS:
            option["pattern"] = f"^{PATTERNS[name]}$"
            option["examples"] = [_EXAMPLES[name]]
    return prefix is not None


def _described(schema_name: str, field: str, schema: Json) -> Json:
    spell_id(field, schema, _OWN_ID.get(schema_name) if field == "id" else None)
    word = _ENUM_OF.get((schema_name, field)) or _ENUM_OF_FIELD.get(field)
    if "oneOf" in schema:
        return schema | {"oneOf": [_value(field, word, option) for option in schema["oneOf"]]}
    return _value(field, word, schema)


def _value(field: str, word: str | None, schema: Json) -> Json:
    """One alternative of a field: with its format, or as one of a fixed set of words."""
    if schema.get("type") == "array":
        return schema | {"items": _value(field.removesuffix("s"), word, schema["items"])}
    if schema.get("type") != "string":
        return schema
    if word is not None:
        return {"$ref": f"#/components/schemas/{word}"}
    if (told := _format(field)) is not None:
        schema.setdefault("format", told)
    return schema


def _format(field: str) -> str | None:
    if field in _PATHS:
        return "uri-reference"
    is_address = field == "url" or (field.endswith("_url") and field not in _FREE_TEXT)
    return "uri" if is_address else None
