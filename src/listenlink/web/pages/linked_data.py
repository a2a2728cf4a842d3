"""The page's content for machines: schema.org JSON-LD, with the licence as the page states it: by its address
where it's one of Creative Commons. Of how it was made there is the address of the IPTC's word for the
most that is said, and who says so in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from listenlink.model.licence import Licence
from listenlink.model.mark import Ai
from listenlink.model.page import Page, PageTrack
from listenlink.web.pages.ai_words import ai_text
from listenlink.web.pages.licence_words import licence_sentence, licence_url, only_licence_url

Translate = Callable[[str], str]


def linked_data(page: Page, url: str, translate: Translate) -> dict[str, Any]:
    """A `MusicRecording` or a `MusicPlaylist`; only the link itself if its content is hidden."""
    context = {"@context": "https://schema.org", "url": url}
    if page.title is None:
        return context | {"@type": "WebPage"}
    if not page.is_collection:
        return context | _recording(page.tracks[0], translate)
    return context | {
        "@type": "MusicPlaylist",
        "name": page.title,
        **({"description": page.description} if page.description else {}),
        "numTracks": len(page.tracks) + page.more,
        **_licence(page.licence, only_licence_url(page), translate),
        **_source_type(page.ai),
        "track": [_recording(track, translate) for track in page.tracks],
    }


def _recording(track: PageTrack, translate: Translate) -> dict[str, Any]:
    return {
        "@type": "MusicRecording",
        "name": track.title,
        **({"byArtist": {"@type": "MusicGroup", "name": track.artist}} if track.artist else {}),
        "duration": f"PT{track.seconds:.3f}S",
        **_licence(track.licence, licence_url(track.licence), translate),
        **_source_type(track.ai),
        **({"abstract": said} if (said := ai_text(track.claims, translate)) else {}),
        **(
            {"creditText": track.licence.attribution_text} if track.licence.attribution_text else {}
        ),
    }


def _source_type(ai: Ai) -> dict[str, str]:
    """How much a machine made, as the IPTC names it; nothing where nothing is said."""
    return {"digitalSourceType": ai.source_type} if ai.source_type else {}


def _licence(licence: Licence, url: str | None, translate: Translate) -> dict[str, Any]:
    """The facts are the licence; where that has an address, they are what is said of its use."""
    facts = _facts(licence, translate)
    return {"license": facts} if url is None else {"license": url, "usageInfo": facts}


def _facts(licence: Licence, translate: Translate) -> dict[str, Any]:
    return {
        "@type": "CreativeWork",
        "identifier": licence.licence_class.value,
        "version": licence.version,
        "abstract": licence_sentence(licence, translate),
        # What the licence is about, one fact each: `additionalProperty` is a product's or a place's.
        "about": [
            _fact("commercial_use", licence.commercial_use),
            _fact("requires_attribution", licence.requires_attribution),
        ],
    }


def _fact(name: str, value: bool) -> dict[str, Any]:
    return {"@type": "PropertyValue", "name": name, "value": value}
