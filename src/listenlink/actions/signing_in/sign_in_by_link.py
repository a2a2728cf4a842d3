"""One-time links: made by the operator's command for a user, or by an owner for somebody who is invited;
looked at without being used; and used once."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from listenlink.actions.authenticate import require_standing
from listenlink.actions.signing_in.asker import AccountAudit, Asker
from listenlink.actions.signing_in.sign_in import Person, SignedIn, begin
from listenlink.errors import Problem, ProblemKind, RefusesToStart, invalid
from listenlink.model.api_key import ROLES
from listenlink.model.email import is_email
from listenlink.model.sign_in import (
    INVITATION_US,
    LINK_US,
    Method,
    digest,
    is_well_formed,
    new_secret,
)
from listenlink.store import people, sign_in_links
from listenlink.store.database.database import Database
from listenlink.store.sign_in_links import SignInLink

PAGE = "/desk/welcome"
_OVER = "This link was used already, or is over. Ask for a new one."


@dataclass(frozen=True, slots=True)
class NewSignInLink:
    """The secret of a new link, and when it ends (epoch µs)."""

    secret: str
    ends_at: int

    def url(self, base_url: str) -> str:
        """Where it's used. The secret is the fragment, which no server and no log is sent."""
        return f"{base_url}{PAGE}#{self.secret}"


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a link would do, told before it's used: whom it's for, and the organisation and role that an
    invitation gives."""

    email: str
    organization: str | None
    role: str | None


def make_link(connection: Connection, email: str, now_us: int) -> NewSignInLink:
    """Make a link for the user with this e-mail, for the operator. Raises RefusesToStart."""
    user_id = people.find_user(connection, email)
    if user_id is None or not people.list_memberships(connection, user_id):
        raise RefusesToStart(f"{email} isn't a user of this instance; see: listenlink user list")
    return _add(connection, SignInLink(now_us + LINK_US, user_id=user_id))


def make_first_link(connection: Connection, now_us: int) -> NewSignInLink:
    """Make a link for whom the instance was made for, for the operator. Raises RefusesToStart."""
    first = people.find_first_member(connection)
    email = None if first is None else people.find_email(connection, first.user_id)
    return make_link(connection, email or "nobody", now_us)


async def invite(
    database: Database, audit: AccountAudit, asker: Asker, person: Person, email: str, role: str
) -> NewSignInLink:
    """Make a link that makes somebody with this e-mail a member of the owner's organisation. Raises Problem:
    INSUFFICIENT_PERMISSIONS for no owner, 422 for what is no e-mail or role, or who is a member."""
    organization_id = person.sign_in.organization_id
    email = email.strip()
    if role not in ROLES:
        raise invalid("role", "This is owner or member.")
    if not is_email(email):
        raise invalid("email", "This isn't an e-mail address.")

    def add(connection: Connection) -> NewSignInLink:
        _require_owner(connection, organization_id, person.sign_in.user_id)
        known = people.find_user(connection, email)
        if known is not None and people.find_role(connection, organization_id, known) is not None:
            raise invalid("email", "They are a member already.")
        link = SignInLink(
            asker.now_us + INVITATION_US,
            organization_id=organization_id,
            role=role,
            email=email,
            invited_by=person.sign_in.user_id,
        )
        audit.note(connection, asker, "invited", person.sign_in.user_id, organization_id, email)
        return _add(connection, link)

    return await database.write(add)


async def take_back(
    database: Database, audit: AccountAudit, asker: Asker, person: Person, mark: str
) -> None:
    """Let an invitation to the owner's organisation be over. Raises Problem(INSUFFICIENT_PERMISSIONS) for no
    owner, and a 422 Problem for an invitation that isn't there any more."""
    organization_id, user_id = person.sign_in.organization_id, person.sign_in.user_id

    def take(connection: Connection) -> None:
        require_standing(connection, person.caller)
        _require_owner(connection, organization_id, user_id)
        email = sign_in_links.take_back(connection, organization_id, mark, asker.now_us)
        if email is None:
            raise invalid("invitation", "This invitation was used already, or is over.")
        audit.note(connection, asker, "invitation_taken_back", user_id, organization_id, email)

    await database.write(take)


async def look_at_link(database: Database, secret: str, now_us: int) -> Welcome:
    """What the link would do; it isn't used. Raises a 422 Problem if it's over."""

    def find(connection: Connection) -> Welcome:
        link = _find(connection, secret, now_us)
        if link.user_id is not None:
            return Welcome(people.find_email(connection, link.user_id) or "", None, None)
        name = people.find_organization(connection, link.organization_id or 0)
        return Welcome(link.email or "", name, link.role)

    return await database.read(find)


async def use_link(
    database: Database, audit: AccountAudit, secret: str, asker: Asker, person: Person | None
) -> SignedIn | None:
    """Sign in by the link, once: of two who use it at one moment, one does.

    An invitation makes somebody new a user. Whoever has an account accepts it as `person`, signed in as
    always, and stays so: None. Raises a 422 Problem if it's over, or if they have to sign in first.
    """

    def use(connection: Connection) -> SignedIn | None:
        link = _find(connection, secret, asker.now_us)
        if not sign_in_links.use_link(connection, digest(secret)):
            raise invalid("link", _OVER)
        if link.user_id is not None:
            return begin(connection, audit, asker, link.user_id, Method.LINK)
        return _accept(connection, audit, link, asker, person)

    try:
        return await database.write(use)
    except IntegrityError:
        # Somebody with that e-mail was made a user in between.
        raise invalid("link", _OVER) from None


def _accept(
    connection: Connection,
    audit: AccountAudit,
    link: SignInLink,
    asker: Asker,
    person: Person | None,
) -> SignedIn | None:
    organization_id, email, role = link.organization_id, link.email, link.role
    if organization_id is None or email is None or role is None or link.invited_by is None:
        raise invalid("link", _OVER)
    # Who invited may be no owner any more by now.
    _require_owner(connection, organization_id, link.invited_by, gone=_OVER)
    known = people.find_user(connection, email)
    if known is not None and (person is None or person.sign_in.user_id != known):
        raise invalid(
            "link", "You have an account here. Sign in with it, then use this link again."
        )
    user_id = known or people.add_user(connection, email, asker.now_us)
    if people.find_role(connection, organization_id, user_id) is not None:
        raise invalid("link", "You are a member already.")
    people.add_membership(connection, organization_id, user_id, role, asker.now_us)
    audit.note(connection, asker, "joined", user_id, organization_id, role)
    return None if known else begin(connection, audit, asker, user_id, Method.LINK)


def _find(connection: Connection, secret: str, now_us: int) -> SignInLink:
    link = None
    if is_well_formed(secret):
        link = sign_in_links.find_link(connection, digest(secret), now_us)
    if link is None:
        raise invalid("link", _OVER)
    return link


def _add(connection: Connection, link: SignInLink) -> NewSignInLink:
    secret = new_secret()
    sign_in_links.add_link(connection, link, digest(secret))
    return NewSignInLink(secret, link.ends_at)


def _require_owner(
    connection: Connection, organization_id: int, user_id: int, gone: str | None = None
) -> None:
    if people.find_role(connection, organization_id, user_id) == "owner":
        return
    raise invalid("link", gone) if gone else Problem(ProblemKind.INSUFFICIENT_PERMISSIONS)
