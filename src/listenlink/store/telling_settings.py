"""How people want to be told, and whose mail is due."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)

from listenlink.clock import DAY_US, HOUR_US
from listenlink.model.ids import new_number
from listenlink.model.owner import Owner
from listenlink.model.telling import Mails, OffReason, TellingSettings
from listenlink.store import notices, tables
from listenlink.store.own import own

_SETTINGS = tables.telling_settings
_NOTICES = tables.notices
_LOOKED_AT = 100
# What is set further ahead than anything ever is was set by a clock that was wrong.
_FURTHEST_DUE_US, _FURTHEST_TAKEN_US = 2 * DAY_US, HOUR_US
_NOT_ON_ITS_WAY = {"taken_until": None, "taken_to": None, "mail_number": None}
# Of whose organisation is suspended nothing is mailed until it's resumed.
_IS_SUSPENDED = _SETTINGS.c.organization_id.in_(select(tables.suspensions.c.organization_id))


class Due(NamedTuple):
    """A person whose mail is due: of what is behind notice `mailed_to` and up to `taken_to`, the same
    whenever the mail of this `number` is sent again. This is the `attempts`-th time; since `refused_at`
    (epoch µs) the mail server perhaps knows no such reader."""

    owner: Owner
    settings: TellingSettings
    mailed_to: int
    attempts: int
    taken_to: int
    number: int
    refused_at: int | None


def find_settings(connection: Connection, owner: Owner) -> TellingSettings:
    """A user's settings, by default those of who has set nothing."""
    return find_set(connection, owner) or TellingSettings()


def find_set(connection: Connection, owner: Owner) -> TellingSettings | None:
    """What a user set, None if they set nothing yet."""
    row = connection.execute(select(_SETTINGS).where(own(_SETTINGS, *owner))).one_or_none()
    return None if row is None else _settings(row)


def find_language_of(connection: Connection, user_id: int) -> str | None:
    """The language that a user set in any of their organisations, None if they set none."""
    asked = select(_SETTINGS.c.language).where(_SETTINGS.c.user_id == user_id).limit(1)
    language: str | None = connection.execute(asked).scalar_one_or_none()
    return language


def keep_settings(
    connection: Connection, owner: Owner, settings: TellingSettings, now_us: int
) -> None:
    """Keep them. What happened before isn't mailed to who had no mails until now."""
    is_off = settings.mails is Mails.OFF
    values: dict[str, object] = {
        "mails": settings.mails.value,
        "language": settings.language,
        "zone": settings.zone,
        "spread_networks": settings.spread_networks,
        "off_reason": settings.off_reason if is_off else None,
        "due_at": settings.next_due(now_us),
        "attempts": 0,
    }
    before = find_settings(connection, owner)
    if before.mails is Mails.OFF:
        values |= {"mailed_to": notices.find_newest(connection), "refused_at": None}
        values |= _NOT_ON_ITS_WAY
    changed = connection.execute(update(_SETTINGS).where(own(_SETTINGS, *owner)).values(**values))
    if not changed.rowcount:
        whose = {"organization_id": owner.organization_id, "user_id": owner.user_id}
        connection.execute(insert(_SETTINGS).values(**whose, **values))


def take_due(connection: Connection, now_us: int, until_us: int) -> Due | None:
    """Take a person whose mail is due and of whom there is something new, the longest due first; None if
    there is nobody. Who is due without any news is due again next time. What is mailed is written down with
    it, so that another node mails the same if this one dies. Runs in a writing transaction."""
    rows = connection.execute(
        select(_SETTINGS, _has_news().label("has_news"))
        .where(_is_due(now_us))
        .order_by(_SETTINGS.c.due_at)
        .limit(_LOOKED_AT)
    ).all()
    for row in rows:
        owner, settings = Owner(row.organization_id, row.user_id), _settings(row)
        if row.has_news:
            newest = row.taken_to or notices.find_newest_of(connection, owner) or row.mailed_to
            number, attempts = row.mail_number or new_number(), row.attempts + 1
            _change(
                connection, owner,
                taken_until=until_us, attempts=attempts, taken_to=newest, mail_number=number,
            )  # fmt: skip
            return Due(owner, settings, row.mailed_to, attempts, newest, number, row.refused_at)
        due_at = settings.next_due(now_us)
        _change(connection, owner, due_at=due_at, attempts=0, **_NOT_ON_ITS_WAY)
    return None


def is_any_due(connection: Connection, now_us: int) -> bool:
    """Whether `take_due` has anything to do."""
    asked = select(exists().where(_is_due(now_us)))
    return bool(connection.execute(asked).scalar_one())


def _is_due(now_us: int) -> ColumnElement[bool]:
    """By the clock, and who is mailed at once by what is new, if nobody mails them right now."""
    due_at, taken_until = _SETTINGS.c.due_at, _SETTINGS.c.taken_until
    at_once = and_(due_at.is_(None), _SETTINGS.c.mails == Mails.AT_ONCE.value, _has_news())
    return and_(
        _SETTINGS.c.mails != Mails.OFF.value,
        or_(due_at <= now_us, due_at > now_us + _FURTHEST_DUE_US, at_once),
        or_(
            taken_until.is_(None),
            taken_until <= now_us,
            taken_until > now_us + _FURTHEST_TAKEN_US,
        ),
        ~_IS_SUSPENDED,
    )


def _has_news() -> ColumnElement[bool]:
    return exists().where(
        _NOTICES.c.organization_id == _SETTINGS.c.organization_id,
        _NOTICES.c.user_id == _SETTINGS.c.user_id,
        _NOTICES.c.id > _SETTINGS.c.mailed_to,
    )


def end_mail(connection: Connection, due: Due, now_us: int) -> None:
    """It was mailed. The settings may have changed meanwhile."""
    _settle(
        connection,
        due,
        mailed_to=due.taken_to,
        due_at=find_settings(connection, due.owner).after_mail(now_us),
        attempts=0,
        refused_at=None,
        **_NOT_ON_ITS_WAY,
    )


def put_mail_off(
    connection: Connection,
    due: Due,
    due_at: int,
    *,
    may_have_arrived: bool,
    refused_at: int | None = None,
) -> None:
    """It couldn't be mailed, and is due again then, with what is new until then; as it is if it may have
    arrived. From `refused_at` on perhaps nobody reads it, from earlier on if that was so before."""
    values: dict[str, object] = {"taken_until": None} if may_have_arrived else {**_NOT_ON_ITS_WAY}
    _settle(connection, due, due_at=due_at, refused_at=due.refused_at or refused_at, **values)


def stop_unread(connection: Connection, due: Due) -> None:
    """Send no more mails to somebody whom none reaches."""
    _settle(connection, due, **_stopped(OffReason.NO_READER))


def stop_mails(connection: Connection, owner: Owner) -> None:
    """Send no more mails to somebody: they left."""
    _change(connection, owner, **_stopped(OffReason.LEFT))


def _stopped(reason: OffReason) -> dict[str, object]:
    off: dict[str, object] = {"mails": Mails.OFF.value, "off_reason": reason.value, "due_at": None}
    return off | {"attempts": 0, "refused_at": None} | _NOT_ON_ITS_WAY


def forget_settings(connection: Connection, owner: Owner) -> None:
    """Forget how somebody wanted to be told: they aren't told anything more."""
    connection.execute(delete(_SETTINGS).where(own(_SETTINGS, *owner)))


def _settle(connection: Connection, due: Due, **values: object) -> None:
    """Change it if this mail is still the one that is on its way."""
    is_ours = own(_SETTINGS, *due.owner) & (_SETTINGS.c.mail_number == due.number)
    connection.execute(update(_SETTINGS).where(is_ours).values(**values))


def _change(connection: Connection, owner: Owner, **values: object) -> None:
    connection.execute(update(_SETTINGS).where(own(_SETTINGS, *owner)).values(**values))


def _settings(row: Row[tuple[object, ...]]) -> TellingSettings:
    reason = None if row.off_reason is None else OffReason(row.off_reason)
    return TellingSettings(
        Mails(row.mails), row.language, row.zone, row.spread_networks, off_reason=reason
    )
