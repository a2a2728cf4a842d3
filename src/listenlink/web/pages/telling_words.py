"""What the desk says of how somebody is told, in the page's language."""

from __future__ import annotations

from collections.abc import Callable

Translate = Callable[[str], str]


def telling_refusals(translate: Translate) -> tuple[str, ...]:
    """What setting it can be refused for."""
    _ = translate
    return (
        _("This server sends no mails."),
        _("Choose how often."),
        _("This is a time zone like Europe/Berlin."),
        _("This is one of en, de, es, fr."),
        _("This is a whole number from 2 to 1000."),
    )
