"""Declaring a licence at the desk, by plain forms: of a track, as the default, and while uploading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest

from cast import Server, share, upload
from journeys.desk_pages import words
from journeys.people_with_tracks import Person, new_track, people_of
from media.make_audio import make

CREDIT = 'Ana "& Ben" <i>\u202e'
CLEANED = 'Ana "& Ben" <i>'
_FAULT = re.compile(r'<p class="fault" id="(\w+)-fault" role="alert">(.*?)</p>')


@pytest.fixture(scope="module")
def people(server: Server) -> Iterator[dict[str, Person]]:
    with people_of(server) as made:
        yield made


@pytest.fixture
def group(server: Server) -> Iterator[dict[str, Person]]:
    """Others, whose organisation has declared nothing."""
    there = server.new_organization()
    member = server.new_member("member", there["organization_id"])
    made = {"owner": Person(server, there), "member": Person(server, member)}
    yield made
    for person in made.values():
        person.desk.close()
        person.owner.close()


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("wav16", tmp_path_factory.mktemp("audio") / "Harbour Lights.wav")


def faults(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [name for name, _ in _FAULT.findall(answer.text)]


def chosen(page: str) -> list[str]:
    return re.findall(r'name="declared_licence" value="([^"]+)"[^>]* checked', page)


def send(person: Person, wav: Path, **fields: str) -> httpx.Response:
    """The upload's form, as a browser sends it: a select that nobody touched has its empty choice."""
    empty = {"title": "", "declared_licence": "", "attribution_text": ""}
    sent = {"engine": "own_recording"} | empty | fields
    files = {"file": (wav.name, wav.read_bytes())}
    return person.desk.post("/desk/upload", data=sent, files=files)


def newest(person: Person) -> dict[str, object]:
    listed: dict[str, object] = person.owner.get("/tracks", params={"limit": 1}).json()["items"][0]
    return listed


def test_a_licence_is_declared_and_whoever_did_it_is_told(
    people: dict[str, Person], wav: Path, listener: httpx.Client
) -> None:
    owner = people["owner"]
    track = new_track(owner, wav, title="Mine", engine="own_recording")
    path, link = f"/desk/tracks/{track}", share(owner.owner, track)
    page = owner.page(path)
    assert chosen(page) == ["listen_only"]
    assert "What was declared" not in page
    said = {"declared_licence": "CC-BY-4.0", "confirmed": "yes", "attribution_text": CREDIT}
    answer = owner.posts(f"{path}/licence", **said)
    assert answer.headers["location"] == f"{path}?done=licence_declared"
    page = owner.page(answer.headers["location"])
    assert "The licence is declared." in page
    assert chosen(page) == ["CC-BY-4.0"]
    history = page.partition("What was declared")[2].partition("</ul>")[0]
    assert f"<b>CC BY 4.0</b> · <bdi>{CLEANED}</bdi>" in history
    assert owner.email in history
    read = page.partition("What listeners read")[2].partition("</section>")[0]
    assert "also for commercial use, says the creator." in read
    before = read.partition("Links made before")[2]
    assert "To be listened to, in private." in before
    assert "Links made before" not in owner.page(
        f"/desk/tracks/{new_track(owner, wav, engine='own_recording')}"
    )
    told = listener.get(f"/v1/music/shared/{link['token']}").json()["track"]["licence"]
    assert told["licence_class"] == "personal_only"
    # The same said again is said once.
    owner.posts(f"{path}/licence", **said)
    assert owner.page(path).partition("What was declared")[2].count("<b>CC BY 4.0</b>") == 1


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"attribution_text": "Ana"}, "declared_licence"),
        ({"declared_licence": "CC-BY-9.9"}, "declared_licence"),
        ({"declared_licence": "CC-BY-NC-SA-4.0", "attribution_text": 'Ben "<b>'}, "confirmed"),
        ({"declared_licence": "commercial", "attribution_text": "x" * 501}, "attribution_text"),
    ],
)  # fmt: skip
def test_what_is_refused_stands_beside_its_field_and_stays_typed(
    people: dict[str, Person], wav: Path, typed: dict[str, str], field: str
) -> None:
    owner = people["owner"]
    track = new_track(owner, wav, title="As it was", engine="own_recording")
    for path in (f"/desk/tracks/{track}/licence", "/desk/about/licence"):
        answer = owner.posts(path, **typed)
        assert faults(answer) == [field]
        shown = answer.text
        if typed.get("declared_licence", "CC-BY-9.9") != "CC-BY-9.9":
            assert chosen(shown) == [typed["declared_licence"]]
        credit = re.findall(r'name="attribution_text"[^>]* value="([^"]*)"', shown)
        assert [unescape(text) for text in credit] == [typed.get("attribution_text", "")]
        assert 'Ben "<b>' not in shown
        assert bool(re.search('name="confirmed"[^>]* checked', shown)) == ("confirmed" in typed)
    assert owner.owner.get(f"/tracks/{track}").json()["declared_licence"] is None


def test_an_engine_is_told_to_be_the_ceiling(people: dict[str, Person], wav: Path) -> None:
    owner = people["owner"]
    track = new_track(owner, wav, title="Made", engine="studio")
    path = f"/desk/tracks/{track}"
    page = owner.page(path)
    assert "The terms of Studio are the most that holds for this track" in page
    assert chosen(page) == []
    # What would result stands with each choice, not what is chosen.
    choices = page.partition("What listeners read if you declare it")[2].partition("</fieldset>")[0]
    assert "also for commercial use" not in choices
    assert choices.count("Commercial use isn't allowed.") == 7
    owner.posts(f"{path}/licence", declared_licence="CC-BY-4.0", confirmed="yes")
    facts = dict(re.findall(r'<dd id="fact-(\w+)"[^>]*>([^<]*)</dd>', owner.page(path)))
    assert (facts["class"], facts["commercial"]) == ("Personal use only", "no")


def test_nobody_else_declares_it(people: dict[str, Person], wav: Path) -> None:
    owner, member = people["owner"], people["member"]
    track = new_track(owner, wav, engine="own_recording")
    link = share(owner.owner, track)
    url = str(member.owner.base_url.join(f"/v1/music/shared/{link['token']}/save"))
    member.owner.post(url).raise_for_status()
    assert 'name="declared_licence"' not in member.page(f"/desk/tracks/{track}")
    for who, status in (("member", 403), ("colleague", 404), ("stranger", 404)):
        answer = people[who].posts(f"/desk/tracks/{track}/licence", declared_licence="commercial")
        assert answer.status_code == status
    assert member.posts("/desk/about/licence", declared_licence="commercial").status_code == 403
    assert owner.owner.get(f"/tracks/{track}").json()["declared_licence"] is None


def test_an_owner_sets_what_holds_for_what_is_recorded_from_then_on(
    group: dict[str, Person], wav: Path
) -> None:
    owner, member = group["owner"], group["member"]
    before = new_track(member, wav, engine="own_recording")
    about = words(member.page("/desk/about"))
    assert "Default licence for own recordings" in about
    assert "An owner of your organisation sets it." in about
    assert 'action="/desk/about/licence"' not in member.page("/desk/about")
    answer = owner.posts(
        "/desk/about/licence", declared_licence="CC-BY-NC-4.0", confirmed="yes", attribution_text=CREDIT
    )  # fmt: skip
    assert answer.headers["location"] == "/desk/about?done=default_declared"
    page = owner.page(answer.headers["location"])
    assert "The default is declared." in page
    assert chosen(page) == ["CC-BY-NC-4.0"]
    assert "CC BY-NC 4.0 · It may be shared and changed" in words(member.page("/desk/about"))
    assert "As by default: CC BY-NC 4.0" in member.page("/desk/upload")
    made = member.owner.get(f"/tracks/{new_track(member, wav, engine='own_recording')}").json()
    assert (made["declared_licence"], made["attribution_text"]) == ("CC-BY-NC-4.0", CLEANED)
    for track, engine in ((before, ""), (new_track(member, wav), "studio")):
        told = member.owner.get(f"/tracks/{track}").json()
        assert told["declared_licence"] is None, engine
    assert "declared a licence: CC-BY-NC-4.0" in words(owner.page("/desk/people"))


def test_an_upload_is_declared_with_its_form(group: dict[str, Person], wav: Path) -> None:
    owner = group["owner"]
    assert send(owner, wav).status_code == 303
    assert newest(owner)["declared_licence"] is None
    said = {"declared_licence": "CC-BY-SA-4.0"}
    assert faults(send(owner, wav, **said)) == ["declared_licence"]
    said = {"declared_licence": "CC-BY-4.0", "attribution_text": "Ana"}
    answer = send(owner, wav, title="Typed", **said)
    assert faults(answer) == ["confirmed"]
    assert re.search(r'<option value="CC-BY-4.0" [^>]*selected>', answer.text)
    assert 'value="Typed"' in answer.text
    assert 'value="Ana"' in answer.text
    assert send(owner, wav, confirmed="yes", **said).status_code == 303
    made = newest(owner)
    assert (made["declared_licence"], made["attribution_text"]) == ("CC-BY-4.0", "Ana")
    # What isn't shown for what is chosen wasn't meant.
    assert send(owner, wav, engine="studio", confirmed="yes", **said).status_code == 303
    assert newest(owner)["declared_licence"] is None
    assert send(owner, wav, confirmed="yes", attribution_text="Ana").status_code == 303
    assert newest(owner)["declared_licence"] is None
    zero = {"declared_licence": "CC0-1.0", "confirmed": "yes", "attribution_text": "Ana"}
    assert send(owner, wav, **zero).status_code == 303
    assert newest(owner)["declared_licence"] == "CC0-1.0"


def test_a_program_gets_the_envelope(people: dict[str, Person], wav: Path) -> None:
    owner = people["owner"]
    track = upload(owner.owner, wav, engine="own_recording")["id"]
    answer = owner.desk.post(
        f"/desk/tracks/{track}/licence",
        data={"declared_licence": "CC-BY-4.0"},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == "confirmed"
