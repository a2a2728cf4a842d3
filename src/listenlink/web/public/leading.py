"""Where the pages of a link lead: to what is open, from its password to the page, to where it's described."""

from __future__ import annotations

from listenlink.actions.open_link import Opening, OpenRequest
from listenlink.actions.opening.rule import TOLD_REASONS
from listenlink.clock import SECOND_US
from listenlink.model.audit import Outcome
from listenlink.model.share import Visibility
from listenlink.model.unlock import Unlock
from listenlink.running.listening import Listening
from listenlink.web import headers as fixed
from listenlink.web.paths import SHARED_PATH, oembed_address
from listenlink.web.public.share_request import VISIT_QUERY, ShareRequests
from listenlink.web.response import Answer

LISTENING = "/listening/"


def lead_on(token: str, session: str, ticket: str) -> Answer:
    """To the page of an open link for a browser without script, with the visit's ticket if there is one."""
    place = f"{SHARED_PATH}{token}{LISTENING}{session}"
    if ticket:
        place += f"?{VISIT_QUERY.decode()}{ticket}"
    return Answer(303, headers=[(b"location", place.encode()), *fixed.robots(False)])


def lead_back(requests: ShareRequests, asked: OpenRequest, token: str, opening: Opening) -> Answer:
    """From the form to the page, with the cookie if the password was right. Loading that again sends no form
    again."""
    place = f"{SHARED_PATH}{token}".encode()
    answer = Answer(303, headers=[(b"location", place), *fixed.robots(False)])
    if opening.unlock is not None:
        ttl_seconds = opening.unlock.ends_at - asked.now_us // SECOND_US
        told = requests.write_unlock(opening.unlock)
        answer.headers.append(requests.cookie.set(token, told, ttl_seconds))
    return answer


def described_at(base_url: str, token: str) -> tuple[bytes, bytes]:
    """What the page's `<link>` says, for whoever asks for the headers alone (oEmbed 1.0, section 4)."""
    place = oembed_address(base_url, token)
    return b"link", f'<{place}>; rel="alternate"; type="application/json+oembed"'.encode()


def is_public(opening: Opening) -> bool:
    """Whether search engines may show the link's page: its creator said so, and everybody may see it."""
    link = opening.link
    return link is not None and link.visibility == Visibility.PUBLIC and not link.has_password


def is_unshown(opening: Opening) -> bool:
    """Whether an address with a session in it shows nothing: that isn't the link's any more."""
    is_unopened = opening.outcome is Outcome.VIEWED and opening.session is None
    return is_unopened or opening.reason in TOLD_REASONS


def ticket_of(listening: Listening, asked: OpenRequest, opening: Opening) -> str:
    """What the rest of the visit comes with, so that it spends no more than this page has; empty if there is
    nothing to spend."""
    if opening.left is None or not opening.left.limit:
        return ""
    now_seconds = asked.now_us // SECOND_US
    return listening.tickets.write(asked.token_digest, asked.client, asked.trace, now_seconds)


def unlock_of(asked: OpenRequest, opening: Opening) -> Unlock | None:
    """The unlock that the link was looked at by, new or sent; None if it has no password."""
    if opening.unlock is not None:
        return opening.unlock
    link, unlock = opening.link, asked.unlock
    if link is None or unlock is None or not link.has_password:
        return None
    return unlock if unlock.share_id == link.id and link.honours(unlock) else None
