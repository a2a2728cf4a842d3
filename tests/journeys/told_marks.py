"""What each form of a link tells of how a track was made: the same claims, read from wherever they stand."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any, NamedTuple

import httpx

from cast import Server
from journeys.faces import look, open_session
from journeys.people_with_tracks import Person
from listenlink.client import Client

_DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)
_LINKED = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_BY_TYPE = {
    "trainedAlgorithmicMedia": "generated",
    "compositeWithTrainedAlgorithmicMedia": "assisted",
}
_OWN = re.compile(
    r"Made with( the help of)? AI(?:: (.+?))?\. Says (this server|the creator)"
    r"(; signed(?: by this server)?)?\."
)
_OF_FILE = re.compile(
    r"The file itself says: made with( the help of)? AI\.(?: In the name of: ?(.*))?", re.DOTALL
)
_LINES = re.compile(
    r'<span id="ai-said"( hidden)?>([^<]*)</span>\s*<span id="ai-file"( hidden)?>'
    r'<span id="ai-file-said">([^<]*)</span> <bdi id="ai-file-name"( hidden)?>([^<]*)</bdi></span>'
)
_SAYERS = {"this server": "server", "the creator": "creator"}


class Claim(NamedTuple):
    """Who says how much, in whose name, and whether this server signed as much."""

    by: str
    mark: str
    name: str | None
    signed: bool


Told = tuple[Claim, ...]


def tells(server: Server, listener: httpx.Client, link: dict[str, Any]) -> dict[str, Told]:
    """Each form's, of a link to one track."""
    found = look(listener.get, link, open_session(listener.get, link))
    text = {face: told for face, (_, told) in found.items()}
    (linked,) = _LINKED.findall(text["page"])
    details = json.loads(text["details"])["tracks"][0]
    return {
        "page": of_lines(text["page"]),
        "page's script": _of_script(text["page"]),
        "embed": of_lines(text["embed"]),
        "embed's script": _of_script(text["embed"]),
        "details": _of_data(details["ai"]),
        "oembed": of_answer(json.loads(text["oembed"]).get("ai")),
        "linked data": _of_linked(json.loads(linked)),
    }


def of_saved(friend: Person, link: dict[str, Any]) -> dict[str, Told]:
    """What whoever saves a track by a link is told of their copy."""
    base = str(friend.owner.base_url)
    url = friend.owner.base_url.join(f"/v1/music/shared/{link['token']}/save")
    saved = friend.owner.post(str(url)).raise_for_status().json()["track_id"]
    (listed,) = [one for one in friend.owner.get("/tracks").json()["items"] if one["id"] == saved]
    with Client(base.partition("/v1/")[0], friend.owner.headers["x-api-key"]) as client:
        typed = client.track(saved)
    told = {
        "saved": of_answer(friend.owner.get(f"/tracks/{saved}").json()["ai"]),
        "saved, in a list": of_answer(listed["ai"]),
        "saved, at the desk": of_lines(friend.page(f"/desk/tracks/{saved}")),
        "client": ()
        if typed.ai is None
        else tuple(Claim(one.by, one.mark, one.name, one.signed) for one in typed.ai.claims),
    }
    friend.owner.delete(f"/tracks/{saved}/save").raise_for_status()
    return told


def of_answer(said: Any) -> Told:
    """From the API's object, which says the most of its claims."""
    if said is None:
        return ()
    claims = tuple(
        Claim(one["by"], one["mark"], one["name"], one["signed"]) for one in said["claims"]
    )
    most = "generated" if any(one.mark == "generated" for one in claims) else "assisted"
    assert said["mark"] == most
    assert said["signed"] == any(one.signed for one in claims if one.mark == most)
    return claims


def of_lines(page: str) -> Told:
    """From the words on a page."""
    page = page if "&" not in page else unescape(page)
    match = re.search(_LINES.pattern.replace("([^<]*)", "(.*?)"), page)
    assert match is not None
    is_own_hidden, own, is_file_hidden, said, _, name = match.groups()
    assert (is_own_hidden is not None) == (own == "")
    assert (is_file_hidden is not None) == (said == "")
    return of_words(own, f"{said} {name}".strip())


def of_words(own: str, of_file: str) -> Told:
    """From sentences, each of which is understood whole."""
    told = []
    if own:
        match = _OWN.fullmatch(own)
        assert match is not None, own
        helped, engine, who, signed = match.groups()
        told.append(Claim(_SAYERS[who], _mark(helped), engine, bool(signed)))
    if of_file:
        match = _OF_FILE.fullmatch(of_file)
        assert match is not None, of_file
        told.append(Claim("file", _mark(match[1]), match[2] or None, signed=False))
    return tuple(told)


def _mark(helped: str | None) -> str:
    return "assisted" if helped else "generated"


def _of_script(page: str) -> Told:
    (data,) = _DATA.findall(page)
    (track,) = json.loads(data)["tracks"]
    assert track["manifest_url"] is None
    return _of_data(track["ai"])


def _of_data(said: Any) -> Told:
    """From the page's own data, whose sentences say the same."""
    told = of_answer(said)
    if said is not None:
        assert _BY_TYPE[said["digital_source_type"].removeprefix(_SOURCE_TYPES)] == said["mark"]
        of_file = f"{said['file_sentence'] or ''} {said['file_name'] or ''}".strip()
        assert of_words(said["sentence"] or "", of_file) == in_words(told)
    return told


def _of_linked(said: dict[str, Any]) -> Told:
    kind, text = said.get("digitalSourceType"), said.get("abstract", "")
    own = match[0] if (match := _OWN.match(text)) else ""
    of_file = text.removeprefix(own).strip()
    told = of_words(own, of_file.removesuffix(".") if "the name of" in of_file else of_file)
    assert (kind is None) == (told == ())
    if kind is not None:
        most = max(told, key=lambda one: one.mark == "generated").mark
        assert _BY_TYPE[kind.removeprefix(_SOURCE_TYPES)] == most
    return told


def in_words(told: Told) -> Told:
    """What of it words tell: of what isn't the file's the most, and what the file says."""
    ours = [one for one in told if one.by != "file"]
    most = [max(ours, key=lambda one: one.mark == "generated")] if ours else []
    return (*most, *(one for one in told if one.by == "file"))
