"""How people want to be told, and whose mail is due."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, insert, or_, select, update

from listenlink.model.owner import Owner
from listenlink.model.telling import Mails, TellingSettings
from listenlink.store import notices, tables
from listenlink.store.own import own

_SETTINGS = tables.telling_settings
_NOTICES = tables.notices
_LOOKED_AT = 100


class Due(NamedTuple):
    """A person whose mail is due. They were mailed up to a notice; this is the `attempts`-th time."""

    owner: Owner
    settings: TellingSettings
    mailed_to: int
    attempts: int


def find_settings(connection: Connection, owner: Owner) -> TellingSettings:
    """A user's settings, by default those of who has set nothing."""
    row = connection.execute(select(_SETTINGS).where(own(_SETTINGS, *owner))).one_or_none()
    return TellingSettings() if row is None else _settings(row)


def keep_settings(
    connection: Connection, owner: Owner, settings: TellingSettings, now_us: int
) -> None:
    """Keep them. What happened before isn't mailed to who had no mails until now."""
    values: dict[str, str | int | None] = {
        "mails": settings.mails.value,
        "language": settings.language,
        "zone": settings.zone,
        "spread_networks": settings.spread_networks,
        "due_at": settings.next_due(now_us),
        "attempts": 0,
        "taken_until": None,
    }
    before = find_settings(connection, owner)
    if before.mails is Mails.OFF:
        values["mailed_to"] = notices.find_newest(connection)
    changed = connection.execute(update(_SETTINGS).where(own(_SETTINGS, *owner)).values(**values))
    if not changed.rowcount:
        whose = {"organization_id": owner.organization_id, "user_id": owner.user_id}
        connection.execute(insert(_SETTINGS).values(**whose, **values))


def take_due(connection: Connection, now_us: int, until_us: int) -> Due | None:
    """Take a person whose mail is due and of whom there is something new, the longest due first; None if
    there is nobody. Who is due without any news is due again next time. Runs in a writing transaction."""
    is_free = (_SETTINGS.c.taken_until.is_(None)) | (_SETTINGS.c.taken_until <= now_us)
    rows = connection.execute(
        select(_SETTINGS, _has_news().label("has_news"))
        .where(is_free, _is_due(now_us))
        .order_by(_SETTINGS.c.due_at)
        .limit(_LOOKED_AT)
    ).all()
    for row in rows:
        owner, settings = Owner(row.organization_id, row.user_id), _settings(row)
        if row.has_news:
            _change(connection, owner, taken_until=until_us, attempts=row.attempts + 1)
            return Due(owner, settings, row.mailed_to, row.attempts + 1)
        _change(connection, owner, due_at=settings.next_due(now_us), attempts=0)
    return None


def is_any_due(connection: Connection, now_us: int) -> bool:
    """Whether `take_due` has anything to do."""
    asked = select(exists().where(_is_due(now_us)))
    return bool(connection.execute(asked).scalar_one())


def _is_due(now_us: int) -> ColumnElement[bool]:
    """By the clock; and who is mailed at once by what is new."""
    at_once = and_(
        _SETTINGS.c.due_at.is_(None), _SETTINGS.c.mails == Mails.AT_ONCE.value, _has_news()
    )
    return and_(_SETTINGS.c.mails != Mails.OFF.value, or_(_SETTINGS.c.due_at <= now_us, at_once))


def _has_news() -> ColumnElement[bool]:
    return exists().where(
        _NOTICES.c.organization_id == _SETTINGS.c.organization_id,
        _NOTICES.c.user_id == _SETTINGS.c.user_id,
        _NOTICES.c.id > _SETTINGS.c.mailed_to,
    )


def end_mail(connection: Connection, due: Due, mailed_to: int, now_us: int) -> None:
    """It was mailed up to this notice."""
    _change(
        connection,
        due.owner,
        mailed_to=mailed_to,
        due_at=due.settings.next_due(now_us),
        taken_until=None,
        attempts=0,
    )


def put_mail_off(connection: Connection, due: Due, due_at: int) -> None:
    """It couldn't be mailed, and is due again then."""
    _change(connection, due.owner, due_at=due_at, taken_until=None)


def stop_mails(connection: Connection, owner: Owner) -> None:
    """Send no more mails to somebody: they left, or nothing reaches them."""
    _change(connection, owner, mails=Mails.OFF.value, due_at=None, taken_until=None, attempts=0)


def _change(connection: Connection, owner: Owner, **values: object) -> None:
    connection.execute(update(_SETTINGS).where(own(_SETTINGS, *owner)).values(**values))


def _settings(row: Row[tuple[object, ...]]) -> TellingSettings:
    return TellingSettings(Mails(row.mails), row.language, row.zone, row.spread_networks)
