"""What a server looks after, and how it is, in the page's language."""

from __future__ import annotations

from collections.abc import Callable


def health_words(translate: Callable[[str], str]) -> dict[str, str]:
    """By the names of checks and what they find; for another word an operator has to look it up."""
    _ = translate
    return {
        "database": _("Database"),
        "storage": _("Storage"),
        "keys": _("Signing keys"),
        "limits": _("Limits"),
        "engines": _("Engines"),
        "clock": _("Clock"),
        "mail": _("Mails"),
        "marks": _("AI marks"),
        "not_handed_in": _("The mail server doesn't take them. They are tried again."),
        "no_library": _("They are told, but not signed: the library that signs isn't installed."),
        "no_key": _("They are told, but not signed: there is no key to sign with."),
        "certificate_not_valid": _(
            "They are told, but nothing more is signed: the certificate doesn't hold today."
        ),
        "ok": _("All is well."),
        "unavailable": _("It can't be reached."),
    }
