"""A link's password at the desk: set where one is made or changed, taken away, and shown once."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, run_forked, share, upload
from journeys.desk_pages import page, sent
from journeys.locked_links import PASSWORD, ask, locked
from media.make_audio import make
from signed_in import at_desk


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=44_100)
    return upload(owner, path, title="Harbour")


@pytest.fixture(scope="module")
def desk(server: Server) -> Iterator[httpx.Client]:
    with contextlib.closing(at_desk(server)) as client:
        yield client


def test_a_link_is_made_with_one_which_is_shown_with_it_that_once(
    owner: httpx.Client, desk: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    path = f"/desk/tracks/{song['id']}/share"
    asked = page(desk, path)
    (suggested,) = re.findall(r'data-suggested="([^"]+)"', asked)
    assert len(set(suggested.split())) == 8
    (own_key,) = re.findall(r'name="own_key" value="(\w+)"', asked)
    form = {"own_key": own_key, "expires": "days-7", "opens": "any", "password": "short"}
    assert "6 to 128 characters" in desk.post(path, data=form).text
    made = desk.post(path, data=form | {"password": PASSWORD})
    assert f'value="{PASSWORD}"' in unescape(made.text)
    (number,) = re.findall(r"/desk/links/(mslink_[0-9a-f]{12})", made.text)
    link = owner.get(f"/share/{number}").json()
    link["token"] = link["url"].rpartition("/")[2]
    assert link["has_password"] is True
    assert ask(listener, link).status_code == 401
    assert ask(listener, link, PASSWORD).status_code == 200
    shown = page(desk, f"/desk/links/{number}")
    assert "It asks for a password" in shown
    assert PASSWORD not in unescape(shown)


def test_it_stays_is_changed_and_is_taken_away(
    owner: httpx.Client, desk: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = locked(owner, song["id"])
    path = f"/desk/links/{link['id']}/change"
    form = sent(page(desk, path))
    assert desk.post(path, data=form | {"label": "Ana"}).status_code == 303
    assert ask(listener, link, PASSWORD).status_code == 200
    both = {"password": "something else", "no_password": "true"}
    refused = desk.post(path, data=sent(page(desk, path)) | both)
    assert "not both" in refused.text
    changed = sent(page(desk, path)) | {"password": "something else"}
    assert desk.post(path, data=changed).status_code == 303
    assert ask(listener, link, PASSWORD).status_code == 401
    assert ask(listener, link, "something else").status_code == 200
    taken = sent(page(desk, path)) | {"no_password": "true"}
    assert desk.post(path, data=taken).status_code == 303
    assert ask(listener, link).status_code == 200


def test_by_commands_it_is_typed_piped_or_read_and_never_an_argument(
    server: Server,
    owner: httpx.Client,
    listener: httpx.Client,
    song: dict[str, Any],
    tmp_path: Path,
) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n", encoding="utf-8")
    usual = share(owner, song["id"])
    where = ("--server", server.url, "--api-key", server.api_key)
    done = run_forked("links", "edit", usual["id"], "--password-file", str(file), *where)
    assert done.returncode == 0, done.stderr
    assert "with a password" in done.stdout
    assert ask(listener, usual, PASSWORD).status_code == 200
    done = run_forked("link", "edit", usual["id"], "--no-password", *where)
    assert done.returncode == 0, done.stderr
    assert ask(listener, usual).status_code == 200
    file.write_text("short")
    done = run_forked("share", song["id"], "--password-file", str(file), *where)
    assert (done.returncode, "6 to 128" in done.stderr) == (1, True)
    done = run_forked("links", "edit", usual["id"], "--password", "--no-password", *where)
    assert done.returncode != 0
