"""A person's tracks at the desk: what they see is theirs, what they change is changed, nobody else's is."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from cast import Server, share
from journeys.leaving import Organization
from journeys.people_with_tracks import Person, new_track, people_of
from media.make_audio import make

LONG = "x" * 600


@pytest.fixture(scope="module")
def people(server: Server) -> Iterator[dict[str, Person]]:
    with people_of(server) as made:
        yield made


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("wav16", tmp_path_factory.mktemp("audio") / "Harbour Lights.wav")


def test_a_list_has_ones_own_tracks_the_newest_first(people: dict[str, Person], wav: Path) -> None:
    member = people["member"]
    assert "There is no music here yet" in member.page()
    first = new_track(member, wav, title="First <b>", artist="Ana & Ben")
    second = new_track(member, wav, title="Élan")
    page = member.page()
    assert re.findall(r'data-track="(\w+)"', page) == [second, first]
    assert "First <b>" in page
    assert "<bdi>Ana & Ben</bdi>" in page
    for words in ("first", "ANA ben", "<b>"):
        found = member.page(f"/desk?q={words.replace('<', '%3C').replace('>', '%3E')}")
        assert re.findall(r'data-track="(\w+)"', found) == [first]
    assert re.findall(r'data-track="(\w+)"', member.page("/desk?q=elan")) == [second]
    nothing = member.page("/desk?q=nowhere")
    assert "Nothing here has all of these words" in nothing
    assert 'href="/desk">Show all' in nothing
    for query in ("sort=title", "sort=opens&page=9", "sort=x&page=x", "page=-1", f"q={'%00' * 9}"):
        assert len(re.findall(r'data-track="(\w+)"', member.page(f"/desk?{query}"))) == 2
    for other in ("owner", "colleague", "stranger"):
        assert first not in people[other].page()


def test_a_row_tells_links_and_opens(
    people: dict[str, Person], wav: Path, listener: httpx.Client
) -> None:
    owner = people["owner"]
    track = new_track(owner, wav, title="Counted")
    links = [share(owner.owner, track) for _ in range(3)]
    owner.owner.delete(f"/share/{links[2]['id']}").raise_for_status()
    for link in (links[0], links[0], links[1]):
        listener.get(f"/v1/music/shared/{link['token']}").raise_for_status()
    row = owner.page("/desk?q=counted").partition(f'data-track="{track}"')[2]
    assert "2 links" in row
    assert "3 opens in 7 days" in row
    assert f'href="/desk/tracks/{track}/share" data-share data-title="Counted"' in row


def test_a_track_is_foreign_to_all_others(people: dict[str, Person], wav: Path) -> None:
    owner = people["owner"]
    track = new_track(owner, wav, title="Mine alone")
    unknown = "mtrack_000000000000"
    assert "Mine alone" in owner.page(f"/desk/tracks/{track}")
    for who in ("member", "colleague", "stranger"):
        other = people[who]
        for path in ("", "/remove", "/original"):
            foreign = other.desk.get(f"/desk/tracks/{track}{path}")
            nowhere = other.desk.get(f"/desk/tracks/{unknown}{path}")
            assert (foreign.status_code, nowhere.status_code) == (404, 404)
            assert foreign.text == nowhere.text
        for path in ("", "/remove", "/take-out"):
            answer = other.posts(f"/desk/tracks/{track}{path}", title="Taken", instrumental="no")
            assert answer.status_code == 404
    assert "Mine alone" in owner.page(f"/desk/tracks/{track}")
    for path in ("mtrack_x", "org_000000000000", "%2e%2e"):
        owner.page(f"/desk/tracks/{path}", 404)


def test_what_is_said_of_a_track_is_changed(people: dict[str, Person], wav: Path) -> None:
    owner = people["owner"]
    track = new_track(owner, wav, title="Before", artist="Ana")
    path = f"/desk/tracks/{track}"
    answer = owner.posts(path, title=" After  ", artist="  ", instrumental="yes")
    assert answer.headers["location"] == f"{path}?done=track_changed"
    page = owner.page(answer.headers["location"])
    assert "The track is changed." in page
    told = owner.owner.get(f"/tracks/{track}").json()
    assert (told["title"], told["artist"], told["instrumental"]) == ("After", None, True)


@pytest.mark.parametrize(
    ("typed", "field", "fault"),
    [
        ({"title": "  ", "artist": "Ana <i>"}, "title", "The title is empty."),
        ({"title": LONG, "artist": "Ben"}, "title", "The title is longer than 512 characters."),
        ({"title": "Kept <b>", "artist": LONG}, "artist", "The artist is longer than 512 characters."),
    ],
)  # fmt: skip
def test_what_is_refused_is_told_beside_its_field_and_stays_typed(
    people: dict[str, Person], wav: Path, typed: dict[str, str], field: str, fault: str
) -> None:
    owner = people["owner"]
    track = new_track(owner, wav, title="As it was")
    answer = owner.posts(f"/desk/tracks/{track}", instrumental="yes", **typed)
    assert answer.status_code == 422
    assert f'<p class="fault" id="{field}-fault" role="alert">{fault}</p>' in answer.text
    assert 'value="yes" selected' in answer.text
    for text in typed.values():
        assert f'value="{text}"' in unescape(answer.text)
    assert owner.owner.get(f"/tracks/{track}").json()["title"] == "As it was"


def test_a_listener_reads_what_the_desk_says_they_read(
    people: dict[str, Person], wav: Path, listener: httpx.Client
) -> None:
    owner = people["owner"]
    track = new_track(owner, wav, title="Licensed", artist="Ana", engine="nobody_knows_it")
    link = share(owner.owner, track)
    browser = {"Accept": "text/html", "Accept-Language": "en", "User-Agent": "Mozilla/5.0"}
    shared = unescape(listener.get(link["url"], headers=browser).text)
    page = owner.page(f"/desk/tracks/{track}")
    facts = re.compile(r'<dd id="fact-[^>]*>([^<]*)</dd>')
    assert facts.findall(page) == facts.findall(shared) != []
    sentence = re.findall(r'<p id="licence-sentence">([^<]+)</p>', shared)[0]
    assert f"<p>{sentence}</p>" in page
    assert "Licensed – Ana" in page


def test_its_links_and_collections_are_there(
    people: dict[str, Person], wav: Path, listener: httpx.Client
) -> None:
    owner = people["owner"]
    track = new_track(owner, wav, title="Everywhere")
    assert "None yet" in owner.page(f"/desk/tracks/{track}")
    made = owner.owner.post("/collections", json={"name": "Evenings <b>"}).json()["id"]
    owner.owner.post(f"/collections/{made}/tracks", json={"track_id": track}).raise_for_status()
    spent = share(owner.owner, track, label="Ben <i>", max_opens=1)
    listener.get(f"/v1/music/shared/{spent['token']}").raise_for_status()
    closed = share(owner.owner, track)
    owner.owner.delete(f"/share/{closed['id']}").raise_for_status()
    page = owner.page(f"/desk/tracks/{track}")
    assert f'<a href="/desk/links/{spent["id"]}" dir="auto">Ben <i></a>' in page
    assert f'<a href="/desk/links/{closed["id"]}" dir="auto">Link without a label</a>' in page
    assert re.findall(r'<span class="tag state-\w+">(\w+)</span></li>', page) == ["closed", "spent"]
    assert "1 of 1 open" in page
    assert f'<a href="/desk/collections/{made}" dir="auto">Evenings <b></a>' in page


def test_a_page_plays_from_where_listeners_do(
    server: Server, people: dict[str, Person], wav: Path
) -> None:
    owner = people["owner"]
    track = new_track(owner, wav, title="Heard")
    answer = owner.desk.get(f"/desk/tracks/{track}")
    sound = unescape(re.findall(r'<audio [^>]*src="([^"]+)"', answer.text)[0])
    media = re.findall(r"media-src ([^;]+);", answer.headers["content-security-policy"])[0]
    if sound.startswith("/"):
        assert media == "'self'"
    else:
        parts = urlsplit(sound)
        assert media == f"'self' {parts.scheme}://{parts.netloc}"
    url = httpx.URL(server.url).join(sound)
    assert httpx.get(url, headers={"Range": "bytes=0-3"}).content == b"RIFF"


def test_where_somebody_is_a_member_twice_each_place_has_its_own(
    server: Server, organization: Organization, wav: Path
) -> None:
    """Another organisation's tracks of the same person are elsewhere."""
    email = f"twice{organization.id}@localhost.example"
    here = server.people("user", "add", email, "--org", server.organization_id)
    server.people("user", "add", email, "--org", organization.id)
    person = Person(server, here)
    with contextlib.closing(person.desk), contextlib.closing(person.owner):
        track = new_track(person, wav, title="Here alone")
        person.page(f"/desk/tracks/{track}")
        number = int(organization.id.partition("_")[2], 16)
        assert person.posts("/desk/me/organization", organization=str(number)).status_code == 303
        person.page(f"/desk/tracks/{track}", 404)
        assert "There is no music here yet" in person.page()
        assert person.desk.get(f"/desk/tracks/{track}/original").status_code == 404
