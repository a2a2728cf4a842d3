"""What happened to a link or a track, in a sentence for programs that show messages."""

from __future__ import annotations

from typing import Any

from listenlink.model.notice import Event, Notice
from listenlink.model.webhook_shapes import Sentence
from listenlink.web.pages.languages import catalogue
from listenlink.web.pages.number_words import number_words


def _(message: str) -> str:
    """Mark a message for the catalogues."""
    return message


_TITLES = {
    Event.OPENED: _("Opened: {title}"),
    Event.SPENT: _("No opens left: {title}"),
    Event.ENDING: _("Ends within a day: {title}"),
    Event.ENDED: _("Ended: {title}"),
    Event.SPREAD: _("Opened from many places: {title}"),
    Event.READY: _("Ready: {title}"),
    Event.REPLACED: _("New version: {title}"),
    Event.TEST: _("A test by Listenlink"),
    Event.PAUSED: _("Off: your webhook {host}"),
}
_SENTENCES = {
    Event.OPENED: _("{link} was opened. New opens: {new_opens}; in all: {opens}."),
    Event.SPENT: _("{link} was opened as often as it may be: {opens}."),
    Event.ENDING: _("{link} ends within a day. Opens so far: {opens}."),
    Event.ENDED: _("{link} has ended. Opens in all: {opens}."),
    Event.SPREAD: _(
        "{link} was opened from more than {more_networks_than} networks within two days. If it was meant for "
        "few, close it, or give it a new address."
    ),
    Event.READY: _("“{title}” can be played everywhere now."),
    Event.REPLACED: _("“{title}” has a new version. Its links lead there."),
    Event.TEST: _("This is how you will be told."),
    Event.PAUSED: _(
        "Nothing is sent to your webhook {host} any more: it’s gone, or nothing arrived there for three "
        "days. Once it works, have it go on."
    ),
}
_LINK_FOR = _("The link for {label} (“{title}”)")
_LINK = _("A link to “{title}”")


def notice_sentence(notice: Notice, title: str, language: str) -> Sentence:
    """A notice in words: what it's about is called `title`."""
    translate = catalogue(language).gettext
    label = notice.facts.get("label")
    link = translate(_LINK_FOR if label else _LINK).format(label=label, title=title)
    counts = {
        name: number_words(value, language)
        for name, value in notice.facts.items()
        if isinstance(value, int)
    }
    told: dict[str, Any] = {**notice.facts, **counts, "title": title, "link": link}
    return Sentence(
        translate(_TITLES[notice.event]).format_map(told),
        translate(_SENTENCES[notice.event]).format_map(told),
    )
