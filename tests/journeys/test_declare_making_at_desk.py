"""A creator declares at the desk how much of a recording AI made, of a track and while uploading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cast import Server, share, upload
from journeys.people_with_tracks import Person, people_of
from journeys.told_marks import Claim, of_answer, of_lines
from journeys.versioned import sounds

HELPED = Claim("creator", "assisted", None, signed=False)
MADE = Claim("creator", "generated", None, signed=False)


@pytest.fixture(scope="module")
def people(server: Server) -> Iterator[dict[str, Person]]:
    with people_of(server) as made:
        yield made


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return sounds(tmp_path_factory.mktemp("audio"))


def test_at_the_desk_it_is_declared_once_and_told_to_the_account(
    server: Server, people: dict[str, Person], takes: list[Path]
) -> None:
    owner = Person(server, server.new_organization())
    track = upload(owner.owner, takes[0], engine="own_recording")["id"]
    path = f"/desk/tracks/{track}"
    page = owner.page(path)
    assert "It can't be taken back" in page
    assert of_lines(page) == ()
    answer = owner.posts(f"{path}/making", ai="")
    assert answer.status_code == 422
    assert '<p class="fault" id="ai-fault" role="alert">Choose how it was made.</p>' in answer.text
    answer = owner.posts(f"{path}/making", ai="assisted")
    assert answer.headers["location"] == f"{path}?done=ai_declared"
    page = owner.page(answer.headers["location"])
    assert "Listeners are told now how it was made." in page
    (told,) = of_lines(page)
    assert told._replace(signed=False) == HELPED
    assert re.search(r'value="assisted" checked', page)
    assert owner.posts(f"{path}/making", ai="generated").status_code == 303
    page = owner.page(path)
    assert f'action="{path}/making"' not in page
    assert "You declared: made with AI." in page
    answer = owner.posts(f"{path}/making", ai="assisted")
    assert answer.status_code == 422
    # Once for each that raised it.
    noted = server.query(
        "SELECT count(*) FROM account_events WHERE about = ? AND what = 'ai_declared'", track
    )
    assert noted == [(2,)]
    owner.desk.close()
    owner.owner.close()


def test_nobody_else_declares_it(people: dict[str, Person], takes: list[Path]) -> None:
    owner, member = people["owner"], people["member"]
    track = upload(owner.owner, takes[0], engine="own_recording")["id"]
    link = share(owner.owner, track)
    url = str(member.owner.base_url.join(f"/v1/music/shared/{link['token']}/save"))
    member.owner.post(url).raise_for_status()
    assert f"{track}/making" not in member.page(f"/desk/tracks/{track}")
    for who, status in (("member", 403), ("colleague", 404), ("stranger", 404)):
        assert (
            people[who].posts(f"/desk/tracks/{track}/making", ai="generated").status_code == status
        )
        assert (
            people[who].owner.patch(f"/tracks/{track}", json={"ai": "generated"}).status_code
            == status
        )
    assert owner.owner.get(f"/tracks/{track}").json()["ai"] is None


def test_it_is_said_by_the_upload_form_of_the_desk(server: Server, takes: list[Path]) -> None:
    owner = Person(server, server.new_organization())
    for ai, expected in (("", ()), ("generated", (MADE,))):
        sent = {"engine": "own_recording", "title": "", "declared_licence": "", "ai": ai}
        files = {"file": (takes[0].name, takes[0].read_bytes())}
        assert owner.desk.post("/desk/upload", data=sent, files=files).status_code == 303
        (newest, *_) = owner.owner.get("/tracks").json()["items"]
        assert tuple(one._replace(signed=False) for one in of_answer(newest["ai"])) == expected
    answer = owner.desk.post(
        "/desk/upload",
        data={"engine": "own_recording", "ai": "human"},
        files={"file": (takes[0].name, takes[0].read_bytes())},
    )
    assert answer.status_code == 422
    assert 'id="ai-fault"' in answer.text
    owner.desk.close()
    owner.owner.close()
