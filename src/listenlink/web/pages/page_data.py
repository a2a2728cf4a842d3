"""What the page's script needs to know, as JSON: inside the page, or requested with a session."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import msgspec

from listenlink import wire
from listenlink.media.picture_url import LARGE, SMALL, PictureName, PictureUrls
from listenlink.model.cover import CoverName
from listenlink.model.page import Page, PageTrack
from listenlink.model.versions import FIRST
from listenlink.model.view import ai_view
from listenlink.web.pages.ai_words import (
    ai_name,
    ai_of_all,
    ai_sentence,
    file_name,
    file_sentence,
)
from listenlink.web.pages.licence_words import licence_name, licence_sentence, licence_url
from listenlink.web.pages.manifest_places import manifest_place

Translate = Callable[[str], str]


class LicenceData(msgspec.Struct, frozen=True):
    """Licence facts, with a sentence and a name in the page's language. `licence_declared` says that it's the
    creator's word, `licence_url` where Creative Commons has the licence if it's one of theirs."""

    sentence: str
    name: str
    licence_class: str
    licence_version: str
    commercial_use: bool
    requires_attribution: bool
    attribution_text: str | None
    engine: str
    licence_declared: bool
    licence_url: str | None


class AiData(msgspec.Struct, frozen=True):
    """How a track was made, as far as that is said, with sentences and a name in the page's language.
    `sentence` is what is said here, `file_sentence` what the file says itself, in the name of `file_name`.
    `digital_source_type` is the IPTC's address for it."""

    sentence: str | None
    file_sentence: str | None
    file_name: str | None
    name: str
    mark: str
    signed: bool
    claims: list[wire.AiClaim]
    digital_source_type: str


class TrackData(msgspec.Struct, frozen=True):
    """A track. `peaks` are levels of a byte each, in base64; covers are paths. `version` says which version
    of it this is. `ai` is null where nothing is said; `manifest_url`, in the details of an open link, is
    where what this server signed of that can be fetched."""

    id: str
    title: str
    artist: str | None
    seconds: float
    peaks: str | None
    cover: str | None
    cover_large: str | None
    licence: LicenceData
    version: int
    ai: AiData | None
    manifest_url: str | None


class PageData(msgspec.Struct, frozen=True):
    """A page's content; without tracks or title if they're hidden until the link is opened. `more` is how
    many tracks there are behind these, which are at most 500. `archive_bytes` is about how large all files
    are together, None where they can't be taken along as one. `ai_sentence` is what is said of a collection's
    making."""

    mark: str
    is_collection: bool
    title: str | None
    artist: str | None
    description: str | None
    cover: str | None
    allow_download: bool
    ttl_seconds: int
    tracks: list[TrackData]
    more: int
    archive_bytes: int | None
    ai_sentence: str | None


def cover_path(pictures: PictureUrls, page: Page, cover: CoverName | None, size: str) -> str | None:
    """The path of a cover, if there is one. One that was given has its number in the path, and one of a later
    version the version's, so that no browser shows the one before."""
    if cover is None:
        return None
    path = pictures.write(PictureName(page.share_id, page.rotation, cover.number, size))
    if cover.given is not None:
        return f"{path}?v={cover.given:x}"
    return path if cover.version == FIRST else f"{path}?v=file{cover.version}"


def page_data(
    page: Page,
    pictures: PictureUrls,
    ttl_seconds: int,
    translate: Translate,
    *,
    has_manifests: bool = False,
) -> PageData:
    """The page's content, as data for its script. With `has_manifests` it has the places of addresses of
    manifests (`web/pages/manifest_places.py`)."""
    return PageData(
        mark=page.mark,
        is_collection=page.is_collection,
        title=page.title,
        artist=page.artist,
        description=page.description,
        cover=cover_path(pictures, page, page.cover, LARGE),
        allow_download=page.allow_download,
        ttl_seconds=ttl_seconds,
        tracks=[_track(page, track, pictures, translate, has_manifests) for track in page.tracks],
        more=page.more,
        archive_bytes=page.archive_bytes,
        ai_sentence=ai_of_all(page, translate),
    )


def inline_json(value: Any) -> str:
    """JSON that is safe in a `script` element: nothing in it can end the element or open a comment."""
    text = msgspec.json.encode(value).decode()
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _track(
    page: Page, track: PageTrack, pictures: PictureUrls, translate: Translate, has_manifests: bool
) -> TrackData:
    return TrackData(
        id=track.id,
        title=track.title,
        artist=track.artist,
        seconds=track.seconds,
        peaks=base64.b64encode(track.peaks).decode() if track.peaks else None,
        cover=cover_path(pictures, page, track.cover_name, SMALL),
        cover_large=cover_path(pictures, page, track.cover_name, LARGE),
        licence=_licence(track, translate),
        version=track.version,
        ai=_ai(track, translate),
        manifest_url=manifest_place(track) if has_manifests and track.has_manifest else None,
    )


def _ai(track: PageTrack, translate: Translate) -> AiData | None:
    name, view, source_type = (
        ai_name(track.claims, translate),
        ai_view(track.claims),
        track.ai.source_type,
    )
    if name is None or view is None or source_type is None:
        return None
    return AiData(
        sentence=ai_sentence(track.claims, translate),
        file_sentence=file_sentence(track.claims, translate),
        file_name=file_name(track.claims),
        name=name,
        mark=view.mark,
        signed=view.signed,
        claims=view.claims,
        digital_source_type=source_type,
    )


def _licence(track: PageTrack, translate: Translate) -> LicenceData:
    licence = track.licence
    return LicenceData(
        sentence=licence_sentence(licence, translate),
        name=licence_name(licence, translate),
        licence_class=licence.licence_class.value,
        licence_version=licence.version,
        commercial_use=licence.commercial_use,
        requires_attribution=licence.requires_attribution,
        attribution_text=track.attribution,
        engine=track.engine_name,
        licence_declared=licence.is_declared,
        licence_url=licence_url(licence),
    )
