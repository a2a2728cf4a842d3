"""What each form of a link tells of a licence: the same facts, read from wherever they stand."""

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

_YES = {"yes": True, "no": False, "required": True, "not required": False}
_DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)
_LINKED = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
_FACT = re.compile(r'<dd id="fact-(\w+)"[^>]*>([^<]*)</dd>')


class Facts(NamedTuple):
    """The four of the contract."""

    licence_class: str
    licence_version: str
    commercial_use: bool
    requires_attribution: bool


class Told(NamedTuple):
    """What one form tells: the facts, whether that's said to be the creator's word, and where the licence is.
    None is what it has no place for."""

    facts: Facts
    is_declared: bool | None = None
    url: str | None = None


def facts_of(said: Any) -> Facts:
    """From JSON that has them by their names."""
    return Facts(*(said[name] for name in Facts._fields))


def tells(server: Server, listener: httpx.Client, link: dict[str, Any]) -> dict[str, Told]:
    """Each form's, of a link to one track."""
    answer = listener.get(
        f"/v1/music/shared/{link['token']}", headers={"Accept": "application/json"}
    )
    found = look(listener.get, link, open_session(listener.get, link))
    text = {face: told for face, (_, told) in found.items()}
    with Client(server.url) as client:
        view = client.open(link["url"])
    assert view.track is not None
    typed = view.track.licence
    oembed, details = json.loads(text["oembed"]), json.loads(text["details"])
    (recording,) = _LINKED.findall(text["page"])
    return {
        "json": Told(facts_of(answer.json()["track"]["licence"])),
        "client": Told(Facts(*(getattr(typed, name) for name in Facts._fields))),
        "page": _of_page(text["page"]),
        "page's script": _of_data(text["page"]),
        "embed's script": _of_data(text["embed"]),
        "embed": _of_embed(text["embed"]),
        "details": _of_licence_data(details["tracks"][0]["licence"]),
        "oembed": Told(
            facts_of(oembed["licence"]),
            oembed.get("licence_declared", False),
            oembed.get("licence_url"),
        ),
        "linked data": of_linked_data(json.loads(recording)),
    }


def of_saved(friend: Person, link: dict[str, Any]) -> Told:
    """What whoever saves a track by a link is told of their copy."""
    url = friend.owner.base_url.join(f"/v1/music/shared/{link['token']}/save")
    saved = friend.owner.post(str(url)).raise_for_status().json()["track_id"]
    copies = {track["id"]: track for track in friend.owner.get("/tracks").json()["items"]}
    told = _of_desk(friend.page(f"/desk/tracks/{saved}"))
    for copy in (friend.owner.get(f"/tracks/{saved}").json(), copies[saved]):
        assert copy["licence_class"] == told.facts.licence_class
        assert (copy["declared_licence"], copy["attribution_text"]) == (None, None)
    # Else it would be the first link's that it was ever saved by.
    friend.owner.delete(f"/tracks/{saved}/save").raise_for_status()
    return told


def of_linked_data(said: dict[str, Any]) -> Told:
    """From JSON-LD: the licence is its address, or its facts."""
    url = said["license"] if isinstance(said["license"], str) else None
    facts = said["license"] if url is None else said["usageInfo"]
    values = {fact["name"]: fact["value"] for fact in facts["about"]}
    told = Facts(
        facts["identifier"],
        facts["version"],
        values["commercial_use"],
        values["requires_attribution"],
    )
    return Told(told, "says the creator" in facts["abstract"], url)


def sentence_of(page: str) -> str:
    """What a page says may be done."""
    (found,) = re.findall(r'id="licence-sentence">([^<]*)<', page)
    return unescape(found)


def _of_data(page: str) -> Told:
    (data,) = _DATA.findall(page)
    return _of_licence_data(json.loads(data)["tracks"][0]["licence"])


def _of_licence_data(said: dict[str, Any]) -> Told:
    assert said["licence_declared"] == ("says the creator" in said["sentence"].lower())
    return Told(facts_of(said), said["licence_declared"], said["licence_url"])


def _of_page(page: str) -> Told:
    return _shown(page, _class_of(_of_data(page)), "says the creator" in sentence_of(page))


def _of_embed(page: str) -> Told:
    """An embed has the sentence alone; its facts are what that says."""
    told = _of_data(page)
    return Told(told.facts, "says the creator" in sentence_of(page), _url_of(page))


def _of_desk(page: str) -> Told:
    (heard,) = re.findall(r"What listeners read</h2>\s*<p>([^<]*)<", page)
    named = dict(_FACT.findall(page))
    by_name = {"Unclear": "unclear", "Enterprise agreement needed": "commercial_enterprise"}
    is_cleared = named["commercial"] == "yes"
    known = by_name.get(named["class"], "commercial_cleared" if is_cleared else "personal_only")
    return _shown(page, known, "says the creator" in heard)


def _class_of(told: Told) -> str:
    return told.facts.licence_class


def _shown(page: str, licence_class: str, is_declared: bool) -> Told:
    named = {name: unescape(text) for name, text in _FACT.findall(page)}
    facts = Facts(
        licence_class, named["version"], _YES[named["commercial"]], _YES[named["attribution"]]
    )
    return Told(facts, is_declared, _url_of(page))


def _url_of(page: str) -> str | None:
    (terms,) = re.findall(r'<span id="licence-terms">(.*?)</span>', page)
    found = re.fullmatch(r'<a href="([^"]*)" target="_blank" rel="([^"]*)">[^<]+</a>', terms)
    assert (found is None) == (terms == "")
    assert found is None or found[2] == "license noopener noreferrer"
    return found[1] if found else None
