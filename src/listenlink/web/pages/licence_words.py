"""A licence in plain words, which never say more than its facts do."""

from __future__ import annotations

from collections.abc import Callable

from listenlink.model.licence import Licence, LicenceClass


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


def licence_sentence(licence: Licence, translate: Callable[[str], str]) -> str:
    """What may be done, in one or two sentences."""
    sentence = translate(_SENTENCES[licence.licence_class])
    if licence.requires_attribution:
        sentence += " " + translate(_NAME_SOURCE)
    return sentence


def licence_name(licence: Licence, translate: Callable[[str], str]) -> str:
    """What the class is called."""
    return translate(_NAMES[licence.licence_class])
