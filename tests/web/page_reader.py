"""Reads a page as a person meets it: each text, each label, and the element it stands in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "link", "img", "input", "br", "path", "circle", "rect", "stop"}
SPOKEN = ("aria-label", "alt", "title", "placeholder")


@dataclass
class Element:
    """One element. `text` is all the text in it, `seen` what of that eyes see."""

    name: str
    attributes: dict[str, str | None]
    text: str = ""
    seen: str = ""

    @property
    def is_unseen(self) -> bool:
        """Whether it's for ears and text browsers alone."""
        return "unseen" in (self.attributes.get("class") or "").split()


@dataclass
class ReadPage(HTMLParser):
    """`texts` are pairs of a text and its element; `labels` what is read out; `data` the JSON by id."""

    html: str
    texts: list[tuple[str, Element]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[Element] = []
        self.feed(self.html)
        self.close()
        assert not self._open, "an element isn't closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        self.labels += [value for name, value in attrs if name in SPOKEN and value]
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without content."""
        self.elements.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """The innermost element ends."""
        assert self._open.pop().name == tag

    def handle_data(self, data: str) -> None:
        """A text, or a script's data."""
        is_seen = not any(element.is_unseen for element in self._open)
        for element in self._open:
            element.text += data
            element.seen += data if is_seen else ""
        text = data.strip()
        if not text or not self._open:
            return
        element = self._open[-1]
        if element.name == "script":
            kind = element.attributes.get("id") or element.attributes.get("type") or ""
            self.data[kind] = json.loads(text)
        else:
            self.texts.append((text, element))

    def find(self, identifier: str) -> Element:
        """The element of an id."""
        (found,) = [e for e in self.elements if e.attributes.get("id") == identifier]
        return found

    def text_of(self, identifier: str) -> str:
        """What stands in the element of an id."""
        return " ".join(t for t, e in self.texts if e.attributes.get("id") == identifier)
