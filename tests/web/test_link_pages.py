"""A link's pages as they're written: every state, outcome and kind has words; bars are what they show."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from listenlink.actions.manage_links import ToldLink
from listenlink.clock import DAY_US
from listenlink.model.audit import Agent, AuditEntry, Outcome, Reason
from listenlink.model.link_sums import Agents, DaySums, LinkSums, Quarters, TrackSums
from listenlink.model.revocation import Revocation
from listenlink.model.share import LinkState, Share, TargetType, Visibility
from listenlink.store.shares import Target
from listenlink.web.desk.links import row_of
from listenlink.web.pages.day_chart import HEIGHT, WIDTH, make_chart
from listenlink.web.pages.desk_writer import write_page
from listenlink.web.pages.heard_bar import make_bar
from listenlink.web.pages.languages import LANGUAGES

TODAY = 20_000
NOW = TODAY * DAY_US + 1
LINK = Share(
    rotation=0, revoked_at=None, starts_at=None, expires_at=None, suspended_at=None, max_opens=None, opens=3,
    id=5, organization_id=1, creator_id=1, target_type=TargetType.COLLECTION, target_id=7,
    visibility=Visibility.PUBLIC, label=None, allow_download=False, preview=True, strict_open=False,
    has_password=False, created_at=NOW - DAY_US,
)  # fmt: skip
OF_STATE: dict[LinkState, dict[str, Any]] = {
    LinkState.ACTIVE: {},
    LinkState.SCHEDULED: {"starts_at": NOW + 1},
    LinkState.REVOKED: {"revoked_at": NOW},
    LinkState.EXPIRED: {"expires_at": NOW, "starts_at": 1},
    LinkState.SPENT: {"max_opens": 3},
}


def day(number: int, opens: int = 0, listens: int = 0, agents: Agents | None = None) -> DaySums:
    return DaySums(TODAY + number, opens, listens, 1, 2, agents or Agents(opens, 0, 0, 0))


def write(
    name: str, language: str = "en", removed_at: int | None = None, days: list[DaySums] | None = None,
    lines: list[AuditEntry] | None = None, by_track: list[TrackSums] | None = None,
    revocation: Revocation | None = None, **terms: Any,
) -> str:  # fmt: skip
    """A page of a link with these terms and numbers."""
    share = Share(**{name: getattr(LINK, name) for name in Share.__struct_fields__} | terms)
    row = row_of(ToldLink(share, Target("<i>Song</i>", removed_at), None), NOW)
    sums = LinkSums(days or [], by_track or [], 1)
    return write_page(
        name, language, row=row, rows=[row], url=None, is_shown_once=False, are_kept=True, sums=sums,
        chart=make_chart(sums.days, TODAY), bar=make_bar(sums.quarters),
        lately_minutes=5, most_tracks=2, lines=lines or [], older=None, is_later=False,
        asked={"q": "", "state": "", "target": "", "whose": ""}, makers={}, first=None, following=None,
        revocation=revocation or Revocation(1, True), person=None, can_be_read=False, now_us=NOW,
    )  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", LinkState)
def test_every_state_has_a_word_and_a_colour_in_list_and_page(
    language: str, state: LinkState
) -> None:
    told = set()
    for name in ("links", "link"):
        text = write(name, language, **OF_STATE[state])
        told |= set(re.findall(rf'<span class="tag state-{state}">([^<]+)</span>', text))
        assert "<i>" not in text
    (word,) = told
    assert word != state or language == "en"
    away = write("link", language, removed_at=NOW, suspended_at=NOW, **OF_STATE[state])
    assert len(re.findall('<span class="tag', away)) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_outcome_reason_and_kind_has_words(language: str) -> None:
    lines = [
        AuditEntry(NOW, outcome, reason, 5, 1, b"c" * 16, "203.0.113.0/24", agent, "a.example", 1)
        for outcome in Outcome
        for agent in Agent
        for reason in (None, *Reason)
    ]
    text = write("link", language, lines=lines)
    said = re.findall(r'<li><span class="what"><span>(.*?)</span>', text)
    assert len(said) == len(lines)
    assert all(re.fullmatch(r"[^<]+ <b>[^<]+</b>(: [^<]+)?", line) for line in said)
    assert len(set(said)) >= len(Outcome) * len(Agent) * 7
    erased = AuditEntry(NOW, Outcome.OPENED, None, 5, 1, b"", "", Agent.PERSON, None, 1)
    assert "<code" not in write("link", language, lines=[erased])


def test_bars_are_the_days_and_the_table_comes_to_all() -> None:
    days = [day(-400, 7, 1), day(-89, 8, 2), day(-1, 1), day(0, 1000, 30), day(3, 5)]
    chart = make_chart(days, TODAY)
    assert (chart.first, chart.last, chart.top) == (TODAY - 89, TODAY, 1000)
    assert [bars.of for bars in chart.bars] == days[1:4]
    assert [bars.left for bars in chart.bars] == [0, 88 * WIDTH, 89 * WIDTH]
    assert [bars.opens for bars in chart.bars] == [1.5, 1.5, HEIGHT], "what is there is seen"
    assert [bars.listens for bars in chart.bars] == [1.5, 0, 3]
    assert chart.others is not None
    assert chart.others[1:5] == (12, 1, 2, 4)
    text = write("link", days=days, opens=1021)
    rows = re.findall(
        r"<tr>.*?</tr>", text.partition('<table id="days">')[2].partition("</table>")[0]
    )
    table = [[int(n.replace(",", "")) for n in re.findall("<td>([^<]*)</td>", row)] for row in rows]
    assert [row[:2] for row in table[1:]] == [[8, 2], [1, 0], [1000, 30], [12, 1], [1021, 33]]
    assert [sum(column) for column in zip(*table[1:-1], strict=True)] == table[-1]
    tips = [unescape(tip) for tip in re.findall("<g><title>(.*?)</title>", text)]
    assert tips[-1].endswith(": opens 1,000, listens 30")


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (2, 2), (3, 4), (9, 10), (11, 20), (81, 100), (101, 200)]
)
def test_half_of_the_scale_is_a_whole_number(most: int, top: int) -> None:
    assert make_chart([day(0, 1, most)], TODAY).top == top


def test_a_young_link_has_a_week_to_grow_in() -> None:
    chart = make_chart([day(0, 1)], TODAY)
    assert (chart.last - chart.first, chart.others) == (6, None)


def test_what_is_not_known_any_more_is_said_and_not_guessed() -> None:
    days = [day(-2, 5, 0, Agents(1, 1, 0, 0)), day(0, 2, 0, Agents(0, 0, 1, 1))]
    sums = LinkSums(days, [], 0)
    assert (sums.by_agent, sums.forgotten) == ((1, 1, 1, 1), 3)
    text = write("link", days=days)
    assert re.search(r"Not known any more: [^<]*</th><td>3</td>", text)
    assert "Not known any more" not in write("link", days=[day(0, 2)])
    assert "too long ago to be known" in write("links")


def test_few_tracks_are_named_and_the_others_summed_up() -> None:
    tracks = [TrackSums(n, f"<b>{n}", 10 - n, n, Quarters()) for n in range(4)]
    text = write("link", days=[day(0, 1, 34)], by_track=tracks)
    assert text.count("&lt;b&gt;") == 2
    assert '<th scope="row">Other tracks</th><td>15</td>' in text


@pytest.mark.parametrize(
    ("revocation", "said"),
    [
        (Revocation(1, True), "cut off within 1 second."),
        (Revocation(300, False), "begin again for 300 seconds"),
        (Revocation(0, False), "Nobody can begin to listen any more"),
    ],
)
def test_closing_says_what_it_does_to_who_is_listening(revocation: Revocation, said: str) -> None:
    assert said in write("link_close", revocation=revocation)
    turned = write("link_turn", revocation=revocation)
    assert ("to its end" in turned) != revocation.cuts_running_streams
