"""A link's terms in a form, by the reader's clock: days end where they are, also when clocks are put."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.chromium import Visit
from browser.listening import Visits
from browser.sharing import make, open_sheet, things_to_share, visit_rows
from cast import Server
from engines import of_folder

pytestmark = of_folder
Rows = Callable[..., tuple[Visit, Page]]


@pytest.fixture(scope="module")
def things(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return things_to_share(owner, tmp_path_factory.mktemp("audio"))


@pytest.fixture
def rows(visit: Visits, server: Server, things: dict[str, str]) -> Rows:
    return lambda **options: visit_rows(visit, server, **options)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    "zone", ["Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu", "UTC"]
)
def test_a_date_is_the_end_of_that_day_where_they_are(
    rows: Rows, owner: httpx.Client, zone: str
) -> None:
    _, page = rows(timezone_id=zone)
    here = ZoneInfo(zone)
    today = datetime.now(here).date()
    sheet = open_sheet(page)
    day = sheet.get_by_label("Last day")
    expect(day).to_be_hidden()
    sheet.get_by_text("a date", exact=True).click()
    assert day.get_attribute("min") == today.isoformat()
    assert day.get_attribute("max") == (today + timedelta(days=89)).isoformat()
    expect(sheet).to_contain_text("by your clock")
    expect(sheet.get_by_text("in UTC")).to_have_count(2)
    expect(sheet.get_by_text("in UTC").first).to_be_hidden()
    last = today + timedelta(days=3)
    day.fill(last.isoformat())
    start = datetime.now(here).replace(microsecond=0, second=0, tzinfo=None) + timedelta(days=1)
    sheet.get_by_label("Start", exact=True).fill(start.strftime("%Y-%m-%dT%H:%M"))
    link = make(page, owner)
    assert moment(link["expires_at"]) == end_of(last, here)
    assert moment(link["starts_at"]) == start.replace(tzinfo=here)
    # As it's told, it's that day.
    assert re.search(rf"until {last.day} \w+ {last.year} at 23:59", str(sheet.text_content()))


def end_of(day: date, zone: ZoneInfo) -> datetime:
    after = day + timedelta(days=1)
    begins = datetime(after.year, after.month, after.day, tzinfo=zone).astimezone(UTC)
    return begins - timedelta(seconds=1)


@pytest.mark.parametrize(
    "zone",
    [
        "Pacific/Auckland",
        "America/Los_Angeles",
        "Africa/Cairo",
        "America/Havana",
        "Australia/Lord_Howe",
    ],
)
def test_days_on_which_clocks_are_put_end_when_the_next_begins(rows: Rows, zone: str) -> None:
    """Some of them at midnight, which then isn't, or is twice."""
    _, page = rows(timezone_id=zone)
    days = [date(2027, 1, 1) + timedelta(days=number) for number in range(365)]
    sent = page.evaluate(
        """days => { const form = document.querySelector("#sheet form");
        return days.map(day => { form.elements.expires_at.value = day;
          return new FormData(form).get("expires_at") }) }""",
        [day.isoformat() for day in days],
    )
    here = ZoneInfo(zone)
    assert len({datetime(d.year, d.month, d.day, tzinfo=here).utcoffset() for d in days}) == 2
    assert [moment(text) for text in sent] == [end_of(day, here) for day in days]
