"""The engine file and the table behind it: what was known is never forgotten, what is told never above it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from engines import new_backend
from listenlink.clock import DAY_US
from listenlink.model.licence import UNCLEAR, EngineRegistry, EngineTerms, LicenceClass
from listenlink.store import tables
from listenlink.store.database.database import Database
from listenlink.store.engines import (
    UnreadableEngines,
    load_registry,
    read_engines_file,
    remember_terms,
)

GOOD = {
    "key": '"studio"',
    "name": '"Studio"',
    "version": '"2026-01"',
    "licence_class": '"personal_only"',
    "requires_attribution": "false",
    "valid_from": "2026-01-01",
}
NEW_YEAR = 1_767_225_600_000_000
SUMMER = NEW_YEAR + 200 * DAY_US


def entry(**changes: str | None) -> str:
    fields = {name: value for name, value in (GOOD | changes).items() if value is not None}
    return "[[engine]]\n" + "".join(f"{name} = {value}\n" for name, value in fields.items())


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = new_backend(tmp_path).open()
    yield opened
    opened.close()


class Starts:
    """Starts of one instance, one after the other, each with its engine file."""

    def __init__(self, database: Database, path: Path) -> None:
        self._database = database
        self._path = path

    def start(self, text: str, now_us: int) -> EngineRegistry:
        self._path.write_text(text)
        terms = read_engines_file(self._path, now_us)

        def remember(connection: Connection) -> EngineRegistry:
            remember_terms(connection, terms, now_us)
            return load_registry(connection, terms)

        return self._database.write_now(remember)


@pytest.fixture
def starts(database: Database, tmp_path: Path) -> Starts:
    return Starts(database, tmp_path / "engines.toml")


def test_the_file_that_comes_with_it_is_readable_and_names_each_engine_once() -> None:
    terms = read_engines_file(None, SUMMER)
    assert len({item.engine for item in terms}) == len(terms) >= 1
    assert all(item.valid_from <= SUMMER == item.known_at for item in terms)


def test_an_entry_is_read_field_by_field(tmp_path: Path) -> None:
    path = tmp_path / "engines.toml"
    path.write_text(entry(attribution_text='"Music by Studio"', requires_attribution="true"))
    (terms,) = read_engines_file(path, SUMMER)
    assert (terms.engine, terms.display_name) == ("studio", "Studio")
    assert (terms.valid_from, terms.known_at) == (NEW_YEAR, SUMMER)
    licence = terms.licence
    assert licence.licence_class is LicenceClass.PERSONAL_ONLY
    assert (licence.version, licence.requires_attribution) == ("2026-01", True)
    assert licence.attribution_text == "Music by Studio"


UNREADABLE = {
    "nothing": "",
    "no TOML": "engine = [",
    "no list": "engine = 5",
    "a table": "[engine]\nkey = 'studio'",
    "a list of words": "engine = ['studio']",
    "unknown class": entry(licence_class='"everything"'),
    "class in upper case": entry(licence_class='"PERSONAL_ONLY"'),
    "attribution as text": entry(requires_attribution='"false"'),
    "attribution as number": entry(requires_attribution="0"),
    "date as text": entry(valid_from='"2026-01-01"'),
    "date with a time": entry(valid_from="2026-01-01T00:00:00Z"),
    "a name too long": entry(name=f'"{"n" * 129}"'),
    "a key too long": entry(key=f'"{"k" * 65}"'),
    "text with a NUL": entry(attribution_text='"\\u0000"'),
    "impossible date": entry(valid_from="2026-02-30"),
    "one bad among good ones": entry() + entry(key='"other"', licence_class='"x"'),
} | {f"no {name}": entry(**{name: None}) for name in GOOD}


@pytest.mark.parametrize("fault", UNREADABLE)
def test_a_file_of_another_form_is_unreadable_as_a_whole_and_says_why(
    fault: str, tmp_path: Path
) -> None:
    path = tmp_path / "engines.toml"
    path.write_text(UNREADABLE[fault])
    with pytest.raises(UnreadableEngines, match=r"engines\.toml: ") as told:
        read_engines_file(path, SUMMER)
    assert "\n" not in str(told.value)


def test_a_file_that_is_missing_binary_or_a_folder_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "missing", tmp_path / "binary", tmp_path):
        with pytest.raises(UnreadableEngines):
            read_engines_file(path, SUMMER)


def test_what_was_known_first_stays_with_the_time_it_was_known(
    database: Database, starts: Starts
) -> None:
    starts.start(entry(), SUMMER)
    starts.start(entry(name='"Renamed"'), SUMMER + DAY_US)
    starts.start(entry(key='"other"'), SUMMER + 2 * DAY_US)
    rows = database.read_now(
        lambda connection: connection.execute(
            select(tables.engine_terms.c.engine, tables.engine_terms.c.known_at)
        ).fetchall()
    )
    assert sorted(tuple(row) for row in rows) == [
        ("other", SUMMER + 2 * DAY_US),
        ("studio", SUMMER),
    ]


def test_a_remembered_entry_comes_back_as_it_was_read(starts: Starts) -> None:
    text = entry(attribution_text='"Music by Studio"', requires_attribution="true")
    registry = starts.start(text, SUMMER)
    remembered = registry.terms_in_force("studio", SUMMER)
    assert isinstance(remembered, EngineTerms)
    assert remembered == read_engines_file(starts._path, SUMMER)[0]


def test_an_engine_that_left_the_file_is_unclear(starts: Starts) -> None:
    stamp = starts.start(entry(licence_class='"commercial_cleared"'), SUMMER).stamp(
        "studio", SUMMER
    )
    later = starts.start(entry(key='"other"'), SUMMER + DAY_US)
    assert later.told("studio", stamp, SUMMER, SUMMER + DAY_US) == UNCLEAR
    assert later.stamp("studio", SUMMER + DAY_US) == UNCLEAR


def test_a_class_that_is_lowered_in_place_lowers_older_and_newer_tracks(starts: Starts) -> None:
    stamp = starts.start(entry(licence_class='"commercial_cleared"'), SUMMER).stamp(
        "studio", SUMMER
    )
    later, now = starts.start(entry(), SUMMER + DAY_US), SUMMER + DAY_US
    assert later.told("studio", stamp, SUMMER, now).licence_class is LicenceClass.PERSONAL_ONLY
    assert later.stamp("studio", now).licence_class is LicenceClass.PERSONAL_ONLY


def test_a_lowering_is_remembered_when_the_file_is_raised_again(starts: Starts) -> None:
    cleared = entry(licence_class='"commercial_cleared"')
    stamp = starts.start(cleared, SUMMER).stamp("studio", SUMMER)
    starts.start(entry(), SUMMER + DAY_US)
    later = starts.start(cleared, SUMMER + 2 * DAY_US)
    told = later.told("studio", stamp, SUMMER, SUMMER + 2 * DAY_US)
    assert told.licence_class is LicenceClass.PERSONAL_ONLY


NEWER = {
    "version": '"2026-06"',
    "licence_class": '"commercial_cleared"',
    "valid_from": "2026-06-01",
}


def test_newer_terms_that_left_the_file_are_withdrawn_and_lower_what_they_gave(
    starts: Starts,
) -> None:
    """The file says personal_only alone: nobody may be told more by what it once said besides."""
    stamp = starts.start(entry() + entry(**NEWER), SUMMER).stamp("studio", SUMMER)
    assert stamp.licence_class is LicenceClass.COMMERCIAL_CLEARED
    later, now = starts.start(entry(), SUMMER + DAY_US), SUMMER + DAY_US
    assert later.told("studio", stamp, SUMMER, now).licence_class is LicenceClass.PERSONAL_ONLY
    assert later.stamp("studio", now).licence_class is LicenceClass.PERSONAL_ONLY


def test_announced_terms_that_were_taken_back_never_come_into_force(starts: Starts) -> None:
    starts.start(entry() + entry(**NEWER), NEW_YEAR + DAY_US)
    later = starts.start(entry(), NEW_YEAR + 2 * DAY_US)
    assert later.stamp("studio", SUMMER).licence_class is LicenceClass.PERSONAL_ONLY
