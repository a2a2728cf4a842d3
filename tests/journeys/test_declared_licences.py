"""What a creator declares is told the same wherever a link tells anything, and never more than was declared
since it was made."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from cast import Server, share, upload
from journeys.people_with_tracks import Person
from journeys.seen import see
from journeys.told_licences import Facts, Told, of_linked_data, of_saved, sentence_of, tells
from media.make_audio import make

_CC = "https://creativecommons.org"
MONTH = "declared-…"  # Of the declaration, which a test knows when it makes one.
CREDIT = 'Ana & <b>Ben</b>, "Harbour"'


class Row(NamedTuple):
    """What is declared, and what is told then: the class, commercial use, naming the source, the version."""

    declared: dict[str, Any]
    facts: Facts
    url: str | None = None


def row(terms: str, told: tuple[str, bool, bool], version: str, url: str = "", **more: Any) -> Row:
    facts = Facts(told[0], version, told[1], told[2])
    return Row(
        {"declared_licence": terms, "confirmed": True} | more, facts, _CC + url if url else None
    )


PRIVATE, CLEARED = ("personal_only", False, True), ("commercial_cleared", True, True)
FREE = ("commercial_cleared", True, False)
ROWS = {
    "listen only": row("listen_only", PRIVATE, "2026-01"),
    "by-nc": row("CC-BY-NC-4.0", PRIVATE, "CC-BY-NC-4.0", "/licenses/by-nc/4.0/"),
    "by-nc-sa": row("CC-BY-NC-SA-4.0", PRIVATE, "CC-BY-NC-SA-4.0", "/licenses/by-nc-sa/4.0/"),
    "by-nc-nd": row("CC-BY-NC-ND-4.0", PRIVATE, "CC-BY-NC-ND-4.0", "/licenses/by-nc-nd/4.0/"),
    "by": row("CC-BY-4.0", CLEARED, "CC-BY-4.0", "/licenses/by/4.0/"),
    "by, credited": row("CC-BY-4.0", CLEARED, "CC-BY-4.0", "/licenses/by/4.0/", attribution_text=CREDIT),
    "zero": row("CC0-1.0", FREE, "CC0-1.0", "/publicdomain/zero/1.0/"),
    "commercial": row("commercial", FREE, MONTH),
    "commercial, credited": row("commercial", CLEARED, MONTH, attribution_text=CREDIT),
}  # fmt: skip
LISTEN_ONLY = ROWS["listen only"].facts


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("wav16", tmp_path_factory.mktemp("audio") / "Harbour.wav")


@pytest.fixture(scope="module")
def friend(server: Server) -> Iterator[Person]:
    made = Person(server, server.new_organization())
    with contextlib.closing(made.desk), contextlib.closing(made.owner):
        yield made


def declare(owner: httpx.Client, track: str, declared: dict[str, Any]) -> None:
    owner.patch(f"/tracks/{track}", json=declared).raise_for_status()


def as_of_now(facts: Facts) -> Facts:
    """With this month, where the version names one."""
    if facts.licence_version != MONTH:
        return facts
    return facts._replace(licence_version=f"declared-{datetime.now(UTC):%Y-%m}")


def everywhere(
    server: Server, listener: httpx.Client, friend: Person, link: dict[str, Any]
) -> Told:
    """The one thing that is told, wherever."""
    told = tells(server, listener, link)
    saved = of_saved(friend, link)
    expected = told["details"]
    for face, one in told.items():
        assert one.facts == expected.facts, face
        if one.is_declared is not None:
            assert one == expected, face
    assert saved == expected
    return expected


@pytest.mark.parametrize("name", ROWS)
def test_what_is_declared_is_told_the_same_everywhere(
    server: Server, owner: httpx.Client, listener: httpx.Client, friend: Person, wav: Path, name: str
) -> None:  # fmt: skip
    declared, facts, url = ROWS[name]
    track = upload(owner, wav, engine="own_recording", title="Harbour", artist="Ana")
    before = share(owner, track["id"])
    if declared["declared_licence"] == "listen_only":
        # Before anything is declared all are alike.
        assert everywhere(server, listener, friend, before) == Told(LISTEN_ONLY, False, None)
    declare(owner, track["id"], declared)
    facts = as_of_now(facts)
    assert everywhere(server, listener, friend, share(owner, track["id"])) == Told(facts, True, url)
    # Whoever was sent the link before is told no more than it told then.
    assert everywhere(server, listener, friend, before).facts == LISTEN_ONLY
    with_it = upload(owner, wav, engine="own_recording", **(declared | {"confirmed": "true"}))
    assert with_it["declared_licence"] == declared["declared_licence"]
    assert everywhere(server, listener, friend, share(owner, with_it["id"])).facts == facts


@pytest.mark.parametrize("name", ROWS)
def test_the_credit_line_is_what_was_declared_or_title_and_artist(
    owner: httpx.Client, listener: httpx.Client, wav: Path, name: str
) -> None:
    declared, facts, _ = ROWS[name]
    track = upload(owner, wav, engine="own_recording", title="Harbour", artist="Ana")["id"]
    declare(owner, track, declared)
    page = see(listener, share(owner, track)).text
    (data,) = re.findall(r'id="data">(.*?)</script>', page, re.DOTALL)
    told = json.loads(data)["tracks"][0]["licence"]["attribution_text"]
    expected = declared.get("attribution_text", "Harbour – Ana")
    assert told == (expected if facts.requires_attribution else None)
    assert "<b>Ben" not in page


def test_an_engine_is_the_ceiling(
    server: Server, owner: httpx.Client, listener: httpx.Client, friend: Person, wav: Path
) -> None:
    told: dict[str, Told] = {}
    for engine in ("studio", "studio_cleared", "nobody_knows_it"):
        for terms in ("listen_only", "CC-BY-NC-4.0", "CC0-1.0"):
            track = upload(owner, wav, engine=engine)["id"]
            link = share(owner, track)
            before = everywhere(server, listener, friend, link)
            declare(owner, track, ROWS["by"].declared | {"declared_licence": terms})
            after = everywhere(server, listener, friend, link)
            assert after.facts.licence_version == before.facts.licence_version
            assert after.facts.commercial_use <= before.facts.commercial_use
            assert after.facts.requires_attribution >= before.facts.requires_attribution
            assert after.url is None
            told[f"{engine} {terms}"] = after
    assert told["studio_cleared listen_only"].facts == Facts(
        "personal_only", "2026-01", False, True
    )
    assert told["studio_cleared CC0-1.0"].facts == Facts(
        "commercial_cleared", "2026-01", True, False
    )
    assert told["studio CC0-1.0"].facts == Facts("personal_only", "2026-01", False, False)
    assert told["nobody_knows_it CC0-1.0"].facts.licence_class == "unclear"


def test_a_lowered_declaration_reaches_every_link_and_a_raised_one_only_new_ones(
    server: Server, owner: httpx.Client, listener: httpx.Client, friend: Person, wav: Path
) -> None:
    track = upload(owner, wav, engine="own_recording")["id"]
    links = []
    for name in ("by", "by-nc", "zero"):
        declare(owner, track, ROWS[name].declared)
        links.append(share(owner, track))
    told = [everywhere(server, listener, friend, link) for link in links]
    assert [one.facts for one in told] == [ROWS[name].facts for name in ("by-nc", "by-nc", "zero")]
    assert [one.url for one in told] == [ROWS[name].url for name in ("by-nc", "by-nc", "zero")]
    # Neither allows all that the other does.
    declare(owner, track, ROWS["by-nc-sa"].declared)
    declare(owner, track, ROWS["by-nc-nd"].declared)
    told = [everywhere(server, listener, friend, link) for link in links]
    assert {one.facts for one in told} == {LISTEN_ONLY}
    assert everywhere(server, listener, friend, share(owner, track)).url == ROWS["by-nc-nd"].url


def test_a_collection_tells_an_address_only_of_one_licence(
    owner: httpx.Client, listener: httpx.Client, wav: Path
) -> None:
    tracks = [upload(owner, wav, engine="own_recording")["id"] for _ in range(3)]
    collection = owner.post("/collections", json={"name": "Evenings"}).json()["id"]
    for track, name in zip(tracks, ("by", "by", "by-nc"), strict=True):
        declare(owner, track, ROWS[name].declared)
    for count, url, facts in (
        (1, ROWS["by"].url, ROWS["by"].facts),
        (2, ROWS["by"].url, ROWS["by"].facts),
        (3, None, ROWS["by-nc"].facts),
    ):
        owner.post(f"/collections/{collection}/tracks", json={"track_id": tracks[count - 1]})
        link = share(owner, collection)
        page = see(listener, link).text
        (linked,) = re.findall(r'ld\+json">(.*?)</script>', page, re.DOTALL)
        assert of_linked_data(json.loads(linked)) == Told(facts, True, url)
        oembed = listener.get("/oembed", params={"url": link["url"]}).json()
        assert (oembed["licence_declared"], oembed.get("licence_url")) == (True, url)
        assert "says the creator" in sentence_of(page)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"declared_licence": "CC-BY-4.0"}, "confirmed"),
        ({"declared_licence": "CC-BY-9.9", "confirmed": True}, "declared_licence"),
        ({"declared_licence": "CC0-1.0", "confirmed": True, "attribution_text": "x"}, "attribution_text"),
        ({"declared_licence": "commercial", "attribution_text": "x" * 501}, "attribution_text"),
    ],
)  # fmt: skip
def test_what_cannot_be_declared_is_refused_by_its_field(
    owner: httpx.Client, wav: Path, sent: dict[str, Any], field: str
) -> None:
    track = upload(owner, wav, engine="own_recording")["id"]
    answer = owner.patch(f"/tracks/{track}", json=sent)
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (422, field)
    assert owner.get(f"/tracks/{track}").json()["declared_licence"] is None
