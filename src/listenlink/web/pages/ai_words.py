"""How music was made, in plain words: what is said of it, and by whom. Nothing is told where nothing is said,
and nowhere that something was made by people alone."""

from __future__ import annotations

from collections.abc import Callable

from listenlink.model.claims import Claim, Sayer, of_file, of_server
from listenlink.model.mark import Ai
from listenlink.model.page import Page

Translate = Callable[[str], str]


def _(message: str) -> str:
    """Mark a message for the catalogues."""
    return message


# Translators: each of these tells whose word it is, and none may claim more than the English one: nothing is
# "verified", "certified" or "authentic". "Signed" is only that this server put its signature to it.
_BY_SERVER = {
    Ai.GENERATED: _("Made with AI: {engine}. Says this server."),
    Ai.ASSISTED: _("Made with the help of AI: {engine}. Says this server."),
}
_BY_SERVER_SIGNED = {
    Ai.GENERATED: _("Made with AI: {engine}. Says this server; signed."),
    Ai.ASSISTED: _("Made with the help of AI: {engine}. Says this server; signed."),
}
_BY_CREATOR = {
    Ai.GENERATED: _("Made with AI. Says the creator."),
    Ai.ASSISTED: _("Made with the help of AI. Says the creator."),
}
_BY_CREATOR_SIGNED = {
    Ai.GENERATED: _("Made with AI. Says the creator; signed by this server."),
    Ai.ASSISTED: _("Made with the help of AI. Says the creator; signed by this server."),
}
_BY_FILE = {
    Ai.GENERATED: _("The file itself says: made with AI."),
    Ai.ASSISTED: _("The file itself says: made with the help of AI."),
}
# Translators: a name follows, of whoever speaks in the file.
_BY_FILE_NAMED = {
    Ai.GENERATED: _("The file itself says: made with AI. In the name of:"),
    Ai.ASSISTED: _("The file itself says: made with the help of AI. In the name of:"),
}
# Beside a track's name.
_SHORT = {
    Sayer.SERVER: {Ai.GENERATED: _("Made with AI"), Ai.ASSISTED: _("Made with the help of AI")},
    Sayer.CREATOR: {
        Ai.GENERATED: _("Made with AI, says the creator"),
        Ai.ASSISTED: _("Made with the help of AI, says the creator"),
    },
    Sayer.FILE: {
        Ai.GENERATED: _("Made with AI, says the file"),
        Ai.ASSISTED: _("Made with the help of AI, says the file"),
    },
}
_OF_MANY = _("Tracks here that are said to be made with AI or with its help: {count} of {all}.")


def ai_sentence(claims: tuple[Claim, ...], translate: Translate) -> str | None:
    """The most that is said here: by the engine's operator, or by the creator."""
    claim = of_server(claims)
    if claim is None:
        return None
    if claim.by is Sayer.CREATOR:
        return translate((_BY_CREATOR_SIGNED if claim.is_signed else _BY_CREATOR)[claim.ai])
    said = translate((_BY_SERVER_SIGNED if claim.is_signed else _BY_SERVER)[claim.ai])
    return said.replace("{engine}", claim.name or "")


def file_sentence(claims: tuple[Claim, ...], translate: Translate) -> str | None:
    """What the file says itself; behind it stands in whose name, if `file_name` has one."""
    claim = of_file(claims)
    if claim is None:
        return None
    return translate((_BY_FILE_NAMED if claim.name else _BY_FILE)[claim.ai])


def file_name(claims: tuple[Claim, ...]) -> str | None:
    """In whose name the file says it."""
    claim = of_file(claims)
    return None if claim is None else claim.name


def ai_text(claims: tuple[Claim, ...], translate: Translate) -> str | None:
    """All of it as one text, for machines."""
    name = file_name(claims)
    said = (ai_sentence(claims, translate), file_sentence(claims, translate), name and f"{name}.")
    return " ".join(part for part in said if part) or None


def ai_name(claims: tuple[Claim, ...], translate: Translate) -> str | None:
    """The most that is said, in a few words."""
    claim = max(claims, key=lambda one: one.ai, default=None)
    return None if claim is None else translate(_SHORT[claim.by][claim.ai])


def ai_of_all(page: Page, translate: Translate) -> str | None:
    """What is said of a collection as a whole, by how many of its tracks it's said of."""
    count = sum(track.ai is not Ai.NONE for track in page.tracks)
    if not (page.is_collection and count):
        return None
    told = translate(_OF_MANY).replace("{count}", str(count))
    return told.replace("{all}", str(len(page.tracks)))
