"""Lists, shows and changes by commands: what programs get, how a link is named, and what is refused."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from cast import Server, run_forked, share, upload
from media.make_audio import make

Refused = Callable[..., str]
NO_TRACK, NO_ALBUM = "mtrack_000000000000", "mcoll_000000000000"
NO_LINK, NO_KEY = "mslink_000000000000", "key_000000000000"


@pytest.fixture(scope="module")
def settings(server: Server) -> dict[str, str]:
    return {"SERVER": server.url, "API_KEY": server.api_key}


@pytest.fixture(scope="module")
def things(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Two tracks, a collection of the first, and a link to it."""
    folder = tmp_path_factory.mktemp("audio")
    one, two = (
        upload(owner, make("wav16", folder / f"{name}.wav"), title=name, artist="Ana")["id"]
        for name in ("Élan", "Beside")
    )
    album = owner.post("/collections", json={"name": "Evening", "description": "Quiet."}).json()
    owner.post(f"/collections/{album['id']}/tracks", json={"track_id": one}).raise_for_status()
    link = share(owner, album["id"], label="Ana", max_opens=5)
    return {
        "one": one, "two": two, "album": album["id"], "link": link["id"], "url": link["url"],
        "token": link["token"],
    }  # fmt: skip


def run(settings: dict[str, str], *arguments: str) -> str:
    done = run_forked(*arguments, **settings)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def document(settings: dict[str, str], *arguments: str) -> Any:
    """The one document that a command prints."""
    return json.loads(run(settings, *arguments, "--json"))


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("tracks list", "/tracks"), ("tracks list --search elan", "/tracks?collection_id={album}"),
        ("tracks list --collection {album}", "/tracks?collection_id={album}"),
        ("collections list", "/collections"), ("collections show {album}", "/collections/{album}"),
        ("collection tracks {album}", "/collections/{album}/tracks"),
        ("links list --to {album} --state active", "/share"), ("link show {link}", "/share/{link}"),
        ("links show {url}", "/share/{link}"), ("link stats {token}", "/share/{link}/stats"),
        ("keys list", "/keys"), ("engines", "/engines"),
    ],
)  # fmt: skip
def test_json_is_the_apis_own(
    owner: httpx.Client, settings: dict[str, str], things: dict[str, str], command: str, path: str
) -> None:
    told = document(settings, *command.format(**things).split())
    answer = owner.get(path.format(**things)).json()
    if "items" in answer:
        assert answer["items"]
        assert told == {
            name: value for name, value in answer.items() if name not in ("limit", "offset")
        }
    else:
        assert told == answer


def test_a_list_is_whole_however_long_and_as_short_as_asked(
    server: Server, settings: dict[str, str]
) -> None:
    mine = settings | {"API_KEY": server.new_member()["api_key"]}
    with server.owner(mine["API_KEY"]) as client:
        made = [
            client.post("/collections", json={"name": f"No. {n}"}).json()["id"] for n in range(103)
        ]
    assert run(mine, "collections", "list").split("\n")[:-1] == [
        "\t".join((one["id"], one["created_at"], one["updated_at"], one["name"]))
        for one in document(mine, "collections", "list")["items"]
    ]
    assert [one["id"] for one in document(mine, "collections", "list")["items"]] == made[::-1]
    oldest = document(mine, "collections", "list", "--sort", "oldest", "--limit", "2")
    assert [one["id"] for one in oldest["items"]] == made[:2]
    named = document(mine, "collections", "list", "--search", "no. 10", "--sort", "name")
    assert [one["name"] for one in named["items"]] == ["No. 10", "No. 100", "No. 101", "No. 102"]


@pytest.mark.parametrize(
    "form",
    ["{id}", "{token}", "{url}", "{url}?utm_source=x", "<{url}>.", "see {url}, please", "{url}/details",
     "{server}/embed/{token}", "HTTPS://music.example/v1/music/shared/{token}\n",
     "https%3A%2F%2Fmusic.example%2Fv1%2Fmusic%2Fshared%2F{token}", "„{url}“"],
)  # fmt: skip
def test_a_link_is_found_by_whatever_people_paste(
    server: Server, settings: dict[str, str], things: dict[str, str], form: str
) -> None:
    named = form.format(id=things["link"], server=server.url, **things)
    assert document(settings, "link", "show", named)["id"] == things["link"]


def test_what_is_no_link_of_ones_own_is_said_and_where_it_may_be(
    server: Server, settings: dict[str, str], things: dict[str, str], refused: Refused
) -> None:
    elsewhere = f"https://music.example/v1/music/shared/shr_{'0' * 32}"
    for command in (["link", "rotate"], ["links", "edit", "--label", "x"], ["link", "stats"]):
        line = refused(*command, elsewhere, **settings)
        assert line.startswith(f"listenlink: LINK: {server.url} has no link of yours with this")
        assert "which is of https://music.example; another server: --server" in line
    other = settings | {"API_KEY": server.new_member()["api_key"]}
    for named in (things["url"], things["link"]):
        assert "no link of yours" in (line := refused("link", "rotate", named, **other)) or (
            line.startswith(f"listenlink: {things['link']}: This doesn't exist.")
        )
    two = f"{things['url']} {server.url}/v1/music/shared/shr_{'0' * 32}"
    for wrong in ("shr_", things["token"] + "0", two, "x" * 5000, ""):
        line = refused("link", "show", wrong, **settings)
        assert line.startswith("listenlink: LINK: ")
        assert len(line) < 200


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("tracks show nonsense", "TRACK: 'nonsense' isn't the id of a track"),
        (f"tracks show {NO_TRACK}", f"{NO_TRACK}: This doesn't exist. (RESOURCE_NOT_FOUND) [req_"),
        ("tracks edit {one}", "nothing was changed: say what is to be; see: listenlink tracks edit --"),
        ("tracks edit {one} --title=", "--title: There is nothing in it"),
        (f"tracks edit {{one}} --artist {'x' * 600}", "--artist: "),
        ("tracks edit {one} --artist a --no-artist", "--no-artist: not together with --artist"),
        ("tracks list --mode loud", "--mode: must be one of crea"), ("tracks list --limit 0", "--limit: "),
        ("tracks list --sort size", "--sort: must be one of newest, oldest, title, artist, length"),
        ("tracks list --collection x", "--collection: 'x' isn't the id of a collection"),
        ("tracks remove {one}", "--yes: nobody can be asked here"),
        ("collections remove {album}", "--yes: "), ("links remove {link}", "--yes: "),
        ("collection make ''", "NAME: This is empty."), (f"collection make {'x' * 600}", "NAME: "),
        (f"collection make A --description {'x' * 5000}", "--description: "),
        ("collection add {album} nonsense", "TRACK: "),
        (f"collection add {NO_ALBUM} {{one}}", f"{NO_ALBUM}: "),
        ("collection order {album} {two}", "TRACK: {two} isn't in {album}"),
        ("collection order {album} {one} --after {two}", "--after: {two} isn't in {album}"),
        ("collection order {album} {one} --after {one}", "--after: this is the track itself"),
        ("collection order {album} {one} --first --last", "--last: not together with --first"),
        ("collection order {album} {one} {two} --last", "--last: for one track alone"),
        ("collections edit {album} --cover-track x", "--cover-track: "),
        (f"collections edit {{album}} --cover-track {NO_TRACK}", "--cover-track: "),
        ("links list --state open", "--state: "), ("links list --to x", "--to: "),
        (f"links list --search {'x' * 200}", "--search: "),
        ("links edit {link} --max-opens 0", "--max-opens: This is a whole number from 1 on."),
        ("links edit {link} --label {long}", "--label: "),
        ("links edit {link} --max-opens 5 --no-max-opens", "--no-max-opens: not together"),
        ("links edit {link} --no-end --expires-in-hours 5", "--no-end: not together"),
        ("links edit {link} --expires-in-days 91", "--expires-in-days: must be a whole"),
        ("share {one} --expires-in-hours 2161", "--expires-in-hours: must be a whole"),
        ("share {one} --expires-in-days 5 --expires-at 2030-01-01T00:00", "--expires-at: not together"),
        ("share {one} --expires-at 2030-01-01", "--expires-at: must be a moment like "),
        ("share {one} --expires-at 2020-01-01T00:00Z", "--expires-at: This time is over."),
        ("share {one} --starts-at tomorrow", "--starts-at: must be a moment like "),
        ("share {one} --expires-in-hours 1 --starts-at 2090-01-01T00:00Z", "--starts-at: "),
        ("share {one} --visibility secret", "--visibility: "), (f"share {NO_TRACK}", f"{NO_TRACK}: "),
        ("keys show nonsense", "KEY: "), (f"keys show {NO_KEY}", f"{NO_KEY}: you have no such key"),
        ("keys make --scopes=,", "--scopes: This is empty."), ("keys make --scopes all", "--scopes: "),
        ("keys make --scopes read --expires-in-days 0", "--expires-in-days: "),
        (f"keys edit {NO_KEY} --no-end", f"{NO_KEY}: "), (f"keys edit {NO_KEY}", "nothing was changed: "),
        (f"keys edit {NO_KEY} --no-end --expires-in-days 5", "--no-end: not together with --expires-in-days"),
        ("keys list --state gone", "--state: "), ("link stats {link} --csv --json", "--csv: not together"),
        ("cover set {one} /dev/null", "FILE: "), (f"cover remove {NO_ALBUM}", f"{NO_ALBUM}: "),
    ],
)  # fmt: skip
def test_what_can_not_be_is_one_line_that_names_what_is_at_fault(
    settings: dict[str, str], things: dict[str, str], refused: Refused, command: str, said: str
) -> None:
    named = things | {"long": "x" * 200}
    line = refused(*shlex.split(command.format(**named)), **settings)
    assert line.startswith("listenlink: " + said.format(**named)), line


def test_a_collection_that_could_not_be_filled_is_named(
    settings: dict[str, str], things: dict[str, str], refused: Refused
) -> None:
    line = refused("collection", "make", "A", things["one"], NO_TRACK, **settings)
    found = re.match(r"listenlink: (mcoll_[0-9a-f]{12}) was made, but not filled: (\w+): ", line)
    assert found is not None
    assert found[2] == NO_TRACK
    assert document(settings, "collections", "show", found[1])["track_count"] == 1


def test_terms_are_printed_as_the_server_took_them(
    settings: dict[str, str], things: dict[str, str], owner: httpx.Client
) -> None:
    ends = (datetime.now().astimezone() + timedelta(days=2)).replace(microsecond=0)
    told = document(
        settings, "share", things["one"], "--expires-at", ends.replace(tzinfo=None).isoformat(),
        "--starts-at", "2026-01-01T00:00:00+02:00", "--max-opens", "1",
    )  # fmt: skip
    assert datetime.fromisoformat(told["expires_at"]) == ends
    assert told["starts_at"] == "2025-12-31T22:00:00Z"
    said = run(settings, "link", "show", told["id"]).splitlines()
    assert said[0] == told["url"]
    assert said[1] == (
        f"{told['id']}  active, opened never, opens once, from 2025-12-31T22:00:00Z, until "
        f"{told['expires_at']}, for whoever has it, without download"
    )
    assert said[2] == f"To {things['one']}  Élan"
    changed = document(settings, "links", "edit", told["id"], "--no-end", "--strict-open",
                       "--hide-preview", "--visibility", "public", "--label", "Ben")  # fmt: skip
    assert changed | {"url": told["url"]} == owner.get(f"/share/{told['id']}").json()
    line = run(settings, "links", "edit", told["id"], "--no-label", "--show-preview")
    assert line.splitlines()[0].endswith(
        "opens once, only when somebody presses play, from 2025-12-31T22:00:00Z, without end, public, "
        "without download"
    )


def test_several_are_removed_and_one_that_can_not_be_keeps_none(
    settings: dict[str, str], owner: httpx.Client
) -> None:
    made = [owner.post("/collections", json={"name": "Gone"}).json()["id"] for _ in range(3)]
    done = run_forked("collections", "remove", made[0], NO_ALBUM, made[1], "--yes", **settings)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [f"{one}: Collection deleted." for one in made[:2]]
    assert done.stderr.startswith(f"listenlink: {NO_ALBUM}: This doesn't exist.")
    told = document(settings, "collections", "remove", made[2], "--yes")
    assert told == {"success": True, "id": made[2], "detail": "Collection deleted."}
