"""Who gets the page and who the JSON, and in which language: RFC 9110, sections 12.4.2 to 12.5.4."""

from __future__ import annotations

from functools import lru_cache

from listenlink.model.audit import AGENT_BYTES, Agent, classify_agent

_HTML = ("text/html", "application/xhtml+xml")
_JSON = "application/json"
# Headers are cut to this before anything is remembered, so that long ones don't fill the memory.
MOST_CHARACTERS = 1024


def wants_page(headers: dict[bytes, bytes]) -> bool:
    """Whether a person, a prefetching browser or an unfurler is asking (docs/api.md, The share page).

    Whoever asks for JSON by name gets it: an app's own browser may look like the unfurler of the
    same app.
    """
    if b"sec-purpose" in headers:
        return True
    accept, agent = headers.get(b"accept", b""), headers.get(b"user-agent", b"")
    return _prefers_page(accept[:MOST_CHARACTERS], agent[:AGENT_BYTES])


@lru_cache(maxsize=2048)
def _prefers_page(accept: bytes, agent: bytes) -> bool:
    weights = dict(reversed(weighted(accept.decode("latin-1"))))
    html, json = max(weights.get(name, 0.0) for name in _HTML), weights.get(_JSON, 0.0)
    if html or json:
        return html > 0 and html >= json
    return classify_agent(agent) is Agent.UNFURLER


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
