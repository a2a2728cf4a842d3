"""A licence in plain words, which never say more than its facts do. What a creator declares is told as the
creator's word."""

from __future__ import annotations

from collections.abc import Callable

from listenlink.model.declared import Declared, Terms
from listenlink.model.licence import Licence, LicenceClass
from listenlink.model.page import Page


def _(message: str) -> str:
    """Mark a message for the catalogues."""
    return message


_SENTENCES = {
    LicenceClass.UNCLEAR: _(
        "It isn't clear what may be done with this music. Listen to it; before any other use, ask who "
        "sent it to you."
    ),
    LicenceClass.PERSONAL_ONLY: _("To be listened to, in private. Commercial use isn't allowed."),
    LicenceClass.COMMERCIAL_ENTERPRISE: _(
        "To be listened to, in private. Commercial use needs an enterprise agreement, which this link "
        "doesn't give you."
    ),
    LicenceClass.COMMERCIAL_CLEARED: _("Commercial use is allowed."),
}
_NAME_SOURCE = _("The source must be named.")
_NAMES = {
    LicenceClass.UNCLEAR: _("Unclear"),
    LicenceClass.PERSONAL_ONLY: _("Personal use only"),
    LicenceClass.COMMERCIAL_ENTERPRISE: _("Enterprise agreement needed"),
    LicenceClass.COMMERCIAL_CLEARED: _("Cleared for commercial use"),
}
# The whole of it, as Creative Commons sums its own licences up.
_DECLARED_SENTENCES = {
    Terms.BY_NC: _(
        "It may be shared and changed, but not for commercial use, says the creator. The source must be "
        "named, and what was changed."
    ),
    Terms.BY_NC_SA: _(
        "It may be shared and changed, but not for commercial use, and changed versions under the same "
        "licence only, says the creator. The source must be named, and what was changed."
    ),
    Terms.BY_NC_ND: _(
        "It may be shared unchanged, but not for commercial use, says the creator. The source must be named."
    ),
    Terms.BY: _(
        "It may be shared and changed, also for commercial use, says the creator. The source must be named, "
        "and what was changed."
    ),
    Terms.ZERO: _(
        "Copyright in it is given up as far as the law allows, says the creator: it may be shared, changed "
        "and used commercially. The source needn't be named."
    ),
}
_SO_SAYS = _("So says the creator.")
# Where more than one decides, as an engine beside a declaration, or several tracks.
_SO_SAYS_ONE = _("So says the creator, or else what it was made with.")
_DECLARED_NAMES = {
    Terms.LISTEN_ONLY: _("Listen only"),
    Terms.BY_NC: "CC BY-NC 4.0",
    Terms.BY_NC_SA: "CC BY-NC-SA 4.0",
    Terms.BY_NC_ND: "CC BY-NC-ND 4.0",
    Terms.BY: "CC BY 4.0",
    Terms.ZERO: "CC0 1.0",
}


def licence_sentence(licence: Licence, translate: Callable[[str], str]) -> str:
    """What may be done, in a few sentences, and who says so if that's the creator."""
    declared = licence.declared
    if declared is not None and declared.terms in _DECLARED_SENTENCES:
        return translate(_DECLARED_SENTENCES[declared.terms])
    sentence = translate(_SENTENCES[licence.licence_class])
    if licence.requires_attribution:
        sentence += " " + translate(_NAME_SOURCE)
    if licence.is_declared:
        sentence += " " + translate(_SO_SAYS_ONE if declared is None else _SO_SAYS)
    return sentence


def licence_name(licence: Licence, translate: Callable[[str], str]) -> str:
    """What the declared terms are called, else the class."""
    name = None if licence.declared is None else _DECLARED_NAMES.get(licence.declared.terms)
    return translate(name or _NAMES[licence.licence_class])


def licence_url(licence: Licence) -> str | None:
    """Where Creative Commons has the licence, if it's one of theirs."""
    return None if licence.declared is None else licence.declared.terms.url


def only_licence_url(page: Page) -> str | None:
    """The same of all that a page is about, where that is exactly one licence."""
    declared: set[Declared | None] = {track.licence.declared for track in page.tracks}
    if len(declared) != 1 or page.more:
        return None
    return licence_url(page.tracks[0].licence)
