"""The engine registry: a versioned data file, and the table that never forgets anything the file said."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, time
from importlib import resources
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Column, Connection, Row, String, insert, select, update

from listenlink.model.licence import EngineRegistry, EngineTerms, Licence, LicenceClass
from listenlink.model.mark import Ai, ai_of
from listenlink.model.one_line import one_line
from listenlink.store import tables

_TERMS = tables.engine_terms


class UnreadableEngines(Exception):
    """The data file can't be read; the text says what is wrong with it, for the operator."""


def read_engines_file(path: Path | None, now_us: int) -> list[EngineTerms]:
    """Read the terms from a data file, by default the one that comes with Listenlink.

    Raises UnreadableEngines for a file that isn't there or isn't in the documented format.
    """
    source = path or resources.files("listenlink.store").joinpath("engines.toml")
    try:
        listed = tomllib.loads(source.read_text("utf-8"))["engine"]
        return [_read_terms(entry, now_us) for entry in listed]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableEngines(f"{source}: {type(error).__name__}: {error}") from None


def _read_terms(entry: dict[str, Any], now_us: int) -> EngineTerms:
    valid_from = entry["valid_from"]
    if type(valid_from) is not date or not isinstance(entry["requires_attribution"], bool):
        raise TypeError("valid_from must be a date, requires_attribution true or false")
    midnight = datetime.combine(valid_from, time(), UTC)
    return EngineTerms(
        engine=_text(entry["key"], _TERMS.c.engine),
        display_name=_text(entry["name"], _TERMS.c.display_name),
        licence=Licence(
            LicenceClass(entry["licence_class"]),
            _text(str(entry["version"]), _TERMS.c.version),
            entry["requires_attribution"],
            _text(entry["attribution_text"], _TERMS.c.attribution_text)
            if "attribution_text" in entry
            else None,
        ),
        valid_from=int(midnight.timestamp()) * 1_000_000,
        known_at=now_us,
        ai=ai_of(entry["ai"]) if "ai" in entry else None,
    )


def _text(value: object, column: Column[str]) -> str:
    """Return text that fits the column in every database, and on one line."""
    length = cast(String, column.type).length or 0
    if not isinstance(value, str) or len(value) > length or "\0" in value:
        raise ValueError(f"{column.name} must be text of at most {length} characters")
    return one_line(value)


def remember_terms(connection: Connection, terms: list[EngineTerms], now_us: int) -> None:
    """Record what the file says now that it didn't say before, and what it no longer says.

    Nothing is forgotten: terms that come back later are recorded a second time, as known from then on.
    """
    offered = {_identity(item): item for item in terms}
    rows = connection.execute(select(_TERMS).where(_TERMS.c.withdrawn_at.is_(None)))
    said = {_identity(_terms(row)): row for row in rows}
    for identity, row in said.items():
        if identity not in offered:
            same = [column == getattr(row, column.name) for column in _TERMS.primary_key]
            connection.execute(update(_TERMS).where(*same).values(withdrawn_at=now_us))
    for identity, item in offered.items():
        if identity not in said:
            connection.execute(
                insert(_TERMS).values(
                    engine=item.engine,
                    version=item.licence.version,
                    licence_class=item.licence.licence_class.value,
                    requires_attribution=item.licence.requires_attribution,
                    display_name=item.display_name,
                    attribution_text=item.licence.attribution_text,
                    valid_from=item.valid_from,
                    known_at=item.known_at,
                    ai=item.ai,
                )
            )


def _identity(item: EngineTerms) -> tuple[str, Licence, int, Ai | None]:
    return item.engine, item.licence, item.valid_from, item.ai


def _terms(row: Row[Any]) -> EngineTerms:
    licence = Licence(
        LicenceClass(row.licence_class),
        row.version,
        row.requires_attribution,
        row.attribution_text,
    )
    ai = None if row.ai is None else Ai(row.ai)
    return EngineTerms(row.engine, row.display_name, licence, row.valid_from, row.known_at, ai)


def load_registry(connection: Connection, offered: list[EngineTerms]) -> EngineRegistry:
    """Load the terms that the file offers today, and everything the table ever recorded."""
    return EngineRegistry(offered, map(_terms, connection.execute(select(_TERMS))))
