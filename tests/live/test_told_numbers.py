"""Numbers are printed by what they are, also those that a newer server adds; terms and moments are read."""

from __future__ import annotations

import time

import pytest

from listenlink.cli.link_terms import asked_terms, read_moment
from listenlink.cli.numbers import print_numbers
from listenlink.cli.table import Column, field, lines_of
from listenlink.errors import RefusesToStart


def test_what_a_newer_server_adds_is_printed_too(capsys: pytest.CaptureFixture[str]) -> None:
    print_numbers({
        "id": "mslink_0", "opens": 3, "last_opened_at": None, "downloads": 0, "listening": 1,
        "listening_within_seconds": 300, "days": [{"date": "2026-11-24", "opens": 3}, {"date": "2026-11-25"}],
        "by_track": [], "by_agent": {"person": 2, "program": 1},
        "quarters": [{"track_id": "mtrack_0", "title": "a\nb\x1b", "heard": [4, 3, 2, 1]}],
        "by_source": {"page": {"opens": 2, "listens": 1}}, "hours": [1, 2, 3],
    })  # fmt: skip
    assert capsys.readouterr().out.splitlines() == [
        "mslink_0",
        "  opens      3",
        "  downloads  0",
        "  listening  1, within the last 300 seconds",
        "",
        "Days",
        "  DATE        OPENS",
        "  2026-11-24      3",
        "  2026-11-25",
        "",
        "By agent",
        "  person   2",
        "  program  1",
        "",
        "Quarters",
        "  TRACK ID  TITLE  HEARD",
        "  mtrack_0  a b    4, 3, 2, 1",
        "",
        "By source",
        "  page  opens 2, listens 1",
        "",
        "Hours",
        "  1, 2, 3",
    ]


def test_texts_give_way_and_nothing_else_does() -> None:
    columns = (
        Column("id", field("id")),
        Column("n", field("n"), is_number=True),
        Column("none", field("none")),
        Column("title", field("title"), is_text=True),
    )
    items = [
        {"id": "mtrack_0", "n": 7, "title": "夜の勉強会"},
        {"id": "mtrack_1", "n": 12, "title": "x" * 30},
    ]
    assert lines_of(items, columns, 24) == [
        "ID         N  TITLE",
        "mtrack_0   7  夜の勉強会",
        "mtrack_1  12  " + "x" * 9 + "…",
    ]
    assert lines_of(items, columns, 10)[1] == "mtrack_0   7  夜の勉…", (
        "no narrower than can be read"
    )


def test_moments_have_a_zone_or_are_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")

    time.tzset()
    try:
        for text, moment in (
            ("2026-12-24T18:00", "2026-12-24T18:00:00+09:00"),
            (" 2026-12-24 18:00:05 ", "2026-12-24T18:00:05+09:00"),
            ("2026-12-24t18:00z", "2026-12-24T18:00:00+00:00"),
            ("2026-12-24T18:00-05:30", "2026-12-24T18:00:00-05:30"),
        ):
            assert read_moment(text, "--expires-at") == moment
    finally:
        monkeypatch.undo()
        time.tzset()
    for wrong in ("2026-12-24", "18:00", "", "2026-13-24T18:00", "2026-12-24T18:00 in the evening"):
        with pytest.raises(RefusesToStart, match="--starts-at: must be a moment like"):
            read_moment(wrong, "--starts-at")


def test_what_is_lifted_is_null_and_what_is_not_named_stays() -> None:
    lifted = {"expires_at": True, "max_opens": True, "label": False}
    given = {"expires_in_days": None, "max_opens": None, "label": "", "preview": False}
    told = {"label": "", "preview": False, "expires_at": None, "max_opens": None}
    assert asked_terms(given, lifted) == told
    assert asked_terms({"expires_in_hours": 2160, "strict_open": None}) == {
        "expires_in_hours": 2160
    }
