"""Who gets the page, who the JSON and who the audio, and in which language: RFC 9110, sections 12.4.2 to
12.5.4."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

from listenlink.model.agent_words import is_browsers, is_players
from listenlink.model.audit import AGENT_BYTES, Agent, classify_agent

_HTML = ("text/html", "application/xhtml+xml")
_JSON = "application/json"
_TEXTS = frozenset((_JSON, *_HTML))
_ANY = frozenset(("*/*", "*", "application/*"))
# What Java's HttpURLConnection sends where the program said nothing: it isn't asking for a page.
_JAVAS = (
    frozenset(("text/html", "image/gif", "image/jpeg", "*/*")),
    frozenset(("text/html", "image/gif", "image/jpeg", "*", "*/*")),
)
# Headers are cut to this before anything is remembered, so that long ones don't fill the memory.
MOST_CHARACTERS = 1024

_PREFETCHES = frozenset((b"sec-purpose", b"purpose", b"x-purpose", b"x-moz"))
# Fetch Metadata, section 2.1: what a browser wants it for. For an image, a style or a script nobody
# is going to hear anything; nor for what will be thought of next.
_OPENING_DESTINATIONS = frozenset((b"empty", b"document", b"iframe", b"audio"))
# A browser sends one of them with what a page's script asks for; over plain http there is no Fetch Metadata.
_BROWSERS_OWN = frozenset((b"sec-fetch-site", b"sec-fetch-dest", b"origin", b"referer"))


class Wanted(IntEnum):
    """What a request for a link wants: to look, to open it, to hear it at once, or, by its silence, to open
    it if that's all that can be told (`docs/api.md`, The share page)."""

    PAGE = 1
    JSON = 2
    AUDIO = 3
    ANYTHING = 4


# Needed at every open, and looking a name up in an enum is expensive.
_PAGE, _AUDIO, _ANYTHING = Wanted.PAGE, Wanted.AUDIO, Wanted.ANYTHING


def is_prefetch(headers: dict[bytes, bytes]) -> bool:
    """Whether a browser only fetches this in case that it's wanted soon."""
    return not _PREFETCHES.isdisjoint(headers)


def what_is_wanted(headers: dict[bytes, bytes]) -> Wanted:
    """The one decision on who looks, who opens and who hears; what the headers are named is in lower case.

    Prefetching looks, whatever it asks for. Else whoever names JSON in `Accept` gets it, whatever the
    `User-Agent`: an app's own browser may look like the unfurler of the same app. Who hears at once is told
    by `Icy-MetaData`, by audio types in `Accept`, as an audio element by `Sec-Fetch-Dest`, or by its name
    (record 0036); whoever names JSON or HTML doesn't.
    """
    if is_prefetch(headers):
        return _PAGE
    accept, agent = headers.get(b"accept", b""), headers.get(b"user-agent", b"")
    wanted, names_text, is_browser = _by_names(accept[:MOST_CHARACTERS], agent[:AGENT_BYTES])
    destination = headers.get(b"sec-fetch-dest", b"empty")
    if not names_text and (b"icy-metadata" in headers or destination == b"audio"):
        return _AUDIO
    if wanted is not _ANYTHING:
        return wanted
    if destination not in _OPENING_DESTINATIONS:
        return _PAGE
    # Robots say whom to write to, and they alone (RFC 9110, section 10.1.2).
    if b"from" in headers:
        return _PAGE
    return _PAGE if is_browser and not _is_sent_by_browser(headers) else wanted


@lru_cache(maxsize=2048)
def _by_names(accept: bytes, agent: bytes) -> tuple[Wanted, bool, bool]:
    """What `Accept` and `User-Agent` say by themselves, whether HTML or JSON was named, and whether a
    browser's agent was sent."""
    weights = dict(reversed(weighted(accept.decode("latin-1"))))
    names, name = frozenset(weights), agent.decode("latin-1")
    names_text, is_browser = not _TEXTS.isdisjoint(names), is_browsers(name)
    if not names_text and (is_players(name) or any(one.startswith("audio/") for one in names)):
        return _AUDIO, names_text, is_browser
    return _page_or_json(weights, agent), names_text, is_browser


def _page_or_json(weights: dict[str, float], agent: bytes) -> Wanted:
    names = frozenset(name for name in weights if "/" in name or name == "*")
    if names in _JAVAS:
        names, weights = frozenset(), {}
    html, json = max(weights.get(name, 0.0) for name in _HTML), weights.get(_JSON, 0.0)
    if html or json:
        return Wanted.PAGE if html > 0 and html >= json else Wanted.JSON
    if classify_agent(agent) is Agent.UNFURLER or _has_no_use_for_json(names):
        return Wanted.PAGE
    return Wanted.ANYTHING


def _has_no_use_for_json(names: frozenset[str]) -> bool:
    """Whether these media ranges ask for a picture, or for what the JSON isn't."""
    if any(name.startswith("image/") for name in names):
        return True
    return bool(names) and _ANY.isdisjoint(names)


def names_page(headers: dict[bytes, bytes]) -> bool:
    """Whether `Accept` names HTML, and JSON no more than that: a person's browser does, a program doesn't."""
    accept = headers.get(b"accept", b"")[:MOST_CHARACTERS].decode("latin-1")
    weights = dict(reversed(weighted(accept)))
    html = max(weights.get(name, 0.0) for name in _HTML)
    return html > 0 and html >= weights.get(_JSON, 0.0)


def _is_sent_by_browser(headers: dict[bytes, bytes]) -> bool:
    """Whether a request with a browser's agent has anything that a browser adds by itself. Nobody's browser
    speaks every language: `*` is what programs say, and Node's `fetch` adds a `Sec-Fetch-Mode` to it."""
    if not _BROWSERS_OWN.isdisjoint(headers):
        return True
    language = headers.get(b"accept-language")
    if language is None:
        return b"sec-fetch-mode" in headers
    return language.strip() != b"*"


def weighted(header: str) -> tuple[tuple[str, float], ...]:
    """A header's values in lower case with their weights, the heaviest first. What is refused by a weight of
    0 and nonsense are left out."""
    taken = [(name, weight) for name, weight in named(header) if weight > 0]
    return tuple(sorted(taken, key=lambda item: -item[1]))


def named(header: str) -> list[tuple[str, float]]:
    """A header's values in lower case with their weights, as they come, those refused by a weight of 0 too
    (RFC 9110, section 12.4.2). Nonsense is left out."""
    found = []
    for part in header[:MOST_CHARACTERS].lower().split(","):
        name, *parameters = (text.strip() for text in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                try:
                    weight = float(value)
                except ValueError:
                    weight = -1.0
        if name and 0 <= weight <= 1:
            found.append((name, weight))
    return found
