"""A track and a collection in numbers, over all links to them: by label, by source, in pages, as a table."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from listenlink.client import Client, Quarters
from media.make_audio import make

AGENTS = {
    "person": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "program": "curl/8.1",
    "unfurler": "facebookexternalhit/1.1",
    "unknown": "",
}


@pytest.fixture
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=5000)
    return str(upload(owner, path, title="Harbour")["id"])


def open_as(server: Server, link: dict[str, Any], *kinds: str) -> dict[str, str]:
    """Open it as each of these kinds; the last one's session."""
    headers = {}
    for kind in kinds:
        with server.listener() as somebody:
            asked = {"User-Agent": AGENTS[kind], "Accept": "application/json"}
            opened = somebody.get(f"/v1/music/shared/{link['token']}", headers=asked)
            headers = {"Listen-Session": opened.headers["listen-session"]}
    return headers


def hear(server: Server, link: dict[str, Any], session: dict[str, str], song: str) -> None:
    """Half of it, and a listen, and take it along."""
    path = f"/v1/music/shared/{link['token']}"
    with server.listener() as somebody:
        for heard in ({"track_id": song}, {"track_id": song, "quarter": 2}):
            somebody.post(f"{path}/listen", json=heard, headers=session).raise_for_status()
        somebody.get(f"{path}/download/{song}", headers=session).raise_for_status()


def table(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"].startswith("attachment; ")
    return list(csv.DictReader(io.StringIO(answer.text, newline=""), strict=True))


@pytest.mark.parametrize("kind", ["tracks", "collections"])
def test_all_links_are_summed_up_and_each_told_by_its_label(
    server: Server, owner: httpx.Client, song: str, kind: str
) -> None:
    target = song
    if kind == "collections":
        target = owner.post("/collections", json={"name": "Evening"}).json()["id"]
        owner.post(f"/collections/{target}/tracks", json={"track_id": song}).raise_for_status()
    ana = share(owner, target, label="Ana", allow_download=True, max_opens=9)
    ben = share(owner, target, label="Ben")
    if kind == "collections":
        share(owner, song, label="Elsewhere")
    hear(server, ana, open_as(server, ana, "program", "person"), song)
    open_as(server, ben, "person", "person", "unfurler", "unknown")
    owner.delete(f"/share/{ben['id']}").raise_for_status()
    told = owner.get(f"/{kind}/{target}/stats").raise_for_status().json()
    assert (told["links"], told["opens"], told["listens"], told["downloads"]) == (2, 6, 1, 1)
    assert told["by_agent"] == {
        "person": 3, "program": 1, "unfurler": 1, "unknown": 1, "forgotten": 0,
    }  # fmt: skip
    assert told["quarters"] == {"quarter": 0, "half": 1, "three_quarters": 0, "whole": 0}
    of_ben, of_ana = told["items"]
    assert [of_ben["label"], of_ben["state"], of_ben["opens"]] == ["Ben", "revoked", 4]
    assert [of_ana["label"], of_ana["opens"], of_ana["downloads"]] == ["Ana", 2, 1]
    assert of_ana["by_agent"]["person"] == 1
    assert of_ana["quarters"] == told["quarters"]
    for item, link in ((of_ana, ana), (of_ben, ben)):
        alone = owner.get(f"/share/{link['id']}/stats").json()
        for name in ("opens", "listens", "downloads", "quarters", "by_agent", "last_opened_at"):
            assert item[name] == alone[name], name
    rows = table(owner.get(f"/{kind}/{target}/stats.csv"))
    assert [(row["label"], row["opens"], row["heard_half"]) for row in rows] == [
        ("Ben", "4", "0"), ("Ana", "2", "1"),
    ]  # fmt: skip
    first = owner.get(f"/{kind}/{target}/stats", params={"limit": 1}).json()
    second = owner.get(
        f"/{kind}/{target}/stats", params={"limit": 1, "cursor": first["next_cursor"]}
    ).json()
    assert first["items"] + second["items"] == told["items"]
    assert first["opens"] == second["opens"] == told["opens"]
    assert "next_cursor" not in second


def test_a_programs_open_adds_no_person_to_a_link_or_to_its_day(
    server: Server, owner: httpx.Client, song: str
) -> None:
    link = share(owner, song)
    open_as(server, link, "person")
    before = owner.get(f"/share/{link['id']}/stats").json()
    open_as(server, link, "program", "unfurler", "unknown")
    after = owner.get(f"/share/{link['id']}/stats").json()
    for told, opens in ((before, 1), (after, 4)):
        (day,) = told["days"]
        assert (told["opens"], day["opens"]) == (opens, opens)
        assert (told["by_agent"]["person"], day["by_agent"]["person"], day["listeners"]) == (
            1,
            1,
            1,
        )
        assert sum(day["by_agent"].values()) == opens


def test_days_are_a_table_and_hostile_labels_stay_text(
    server: Server, owner: httpx.Client, song: str
) -> None:
    labels = ['=HYPERLINK("http://a.example")', "+1", "-1", "@a", '"quoted", twice', "Zoë 🎵"]
    links = [share(owner, song, label=label) for label in labels]
    rows = table(owner.get(f"/tracks/{song}/stats.csv"))
    assert [row["label"] for row in reversed(rows)] == [
        f"'{label}" if label[0] in "=+-@" else label for label in labels
    ]
    hear_link = links[0]
    open_as(server, hear_link, "person", "program")
    (day,) = table(owner.get(f"/share/{hear_link['id']}/stats.csv"))
    (told,) = owner.get(f"/share/{hear_link['id']}/stats").json()["days"]
    assert (day["date"], day["opens"], day["listeners"]) == (told["date"], "2", "1")
    assert (day["opens_person"], day["opens_program"], day["opens_forgotten"]) == ("1", "1", "0")


def test_the_numbers_of_others_are_not_there(
    server: Server, owner: httpx.Client, song: str
) -> None:
    mine = owner.post("/collections", json={"name": "Mine"}).json()["id"]
    link = share(owner, song)
    paths = [f"/tracks/{song}", f"/collections/{mine}", f"/share/{link['id']}"]
    colleague = server.new_member("owner")
    with server.owner(colleague["api_key"]) as other:
        for path in paths:
            for end in ("/stats", "/stats.csv"):
                assert owner.get(path + end).status_code == 200
                assert other.get(path + end).status_code == 404
    with server.listener() as saver:
        saver.post(
            f"/v1/music/shared/{link['token']}/save", headers={"X-API-Key": colleague["api_key"]}
        ).raise_for_status()
    with server.owner(colleague["api_key"]) as other:
        assert other.get(f"/tracks/{song}").status_code == 200
        assert other.get(f"/tracks/{song}/stats").status_code == 404


def test_the_client_tells_and_reads_them(server: Server, owner: httpx.Client, song: str) -> None:
    link = share(owner, song, label="Ana")
    listener, creator = Client(server.url), Client(server.url, server.api_key)
    session = listener.open(link["token"]).session
    assert session is not None
    for quarter in (None, 1, 3):
        listener.record_listen(link["token"], session, song, quarter)
    told = creator.target_stats(song, limit=1)
    assert (told.links, told.listens, told.quarters) == (1, 1, Quarters(0, 0, 1, 0))
    assert [item.label for item in told.items] == ["Ana"]
    assert creator.stats(link["id"]).quarters == told.quarters
    assert creator.stats_csv(song).startswith("link,label,")
    assert creator.stats_csv(link["id"]).startswith("date,opens,")
    with pytest.raises(ValueError, match="neither a track nor a collection"):
        creator.target_stats("key_1")
