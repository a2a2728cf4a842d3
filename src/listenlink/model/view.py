"""What goes into the public resolve's answer (`wire.ShareView`), from an allow-list.

A view is copied from it after the decision; it isn't a larger object with parts blanked out.
"""

from __future__ import annotations

from listenlink import wire
from listenlink.model.claims import Claim, most_of
from listenlink.model.licence import Licence
from listenlink.model.mark import Ai

REMOVED_MESSAGE = "The creator has removed this music."


def licence_view(licence: Licence) -> wire.Licence:
    """A licence as a viewer sees it."""
    return wire.Licence(
        licence_class=licence.licence_class.value,
        licence_version=licence.version,
        commercial_use=licence.commercial_use,
        requires_attribution=licence.requires_attribution,
    )


def ai_view(claims: tuple[Claim, ...]) -> wire.Ai | None:
    """How something was made, with who says so; None if nothing is said."""
    most = most_of(claims)
    if most is Ai.NONE:
        return None
    told = [wire.AiClaim(one.ai.word, one.by.value, one.name, one.is_signed) for one in claims]
    is_signed = any(one.is_signed for one in claims if one.ai is most)
    return wire.Ai(most.word, is_signed, told)


def removed_view(kind: str, share: wire.ShareFacts) -> wire.ShareView:
    """The answer for content that its creator has removed: it holds none of the content."""
    return wire.ShareView(kind, False, REMOVED_MESSAGE, share, None, None, None)
