"""Every text that comes from outside and is shown to somebody loses what can't be seen, whoever sends it and
wherever it's shown.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx
import pytest

from cast import Server, run_cli, share, upload
from listenlink.store.engines import UnreadableEngines, read_engines_file
from media.make_audio import make

# Turned writing, a space without width, a terminal's escape, a filler that passes for a letter.
UNSEEN = "\u202e\u2067\u200b\x1b\u3164\x9b"


def spoiled(text: str) -> str:
    return f"{UNSEEN[:3]}{text[0]}{UNSEEN[3:]}{text[1:]}"


def assert_clean(text: str) -> None:
    assert not set(UNSEEN) & set(text), ascii(text)


def test_what_an_owner_writes_is_clean_everywhere(server: Server, owner: httpx.Client) -> None:
    texts = {
        "name": spoiled("Evening"),
        "description": spoiled("First") + "\r\n" + spoiled("Second"),
        "cover_image_url": spoiled("https://pictures.example/1"),
    }
    made = owner.post("/collections", json=texts).json()
    path = f"/collections/{made['id']}"
    for told in (made, owner.patch(path, json=texts).json(), owner.get(path).json()):
        assert told["name"] == "E  vening"
        assert told["description"] == "F  irst\nS  econd"
        assert_clean("".join(str(value) for value in told.values()))
    link = share(owner, made["id"], label=spoiled("Ana"))
    changed = owner.patch(f"/share/{link['id']}", json={"label": spoiled("Ben")}).json()
    assert (link["label"], changed["label"]) == ("A  na", "B  en")
    with server.listener() as listener:
        for accepted in ("application/json", "text/html"):
            shown = listener.get(link["url"], headers={"Accept": accepted}).text
            assert "F  irst" in shown
            assert_clean(shown)


def test_null_and_the_empty_text_stay_what_they_are(owner: httpx.Client) -> None:
    made = owner.post("/collections", json={"name": "a", "description": ""}).json()
    assert (made["description"], made["cover_image_url"]) == ("", None)
    changed = owner.patch(f"/collections/{made['id']}", json={"description": None}).json()
    assert changed["description"] is None


def test_names_given_by_the_operator_hold_nothing_unseen(server: Server, tmp_path: Path) -> None:
    for character in "\u202e\u3164":
        bad_name = server.cli("org", "add", f"A{character}b", "--user", "a@b.example")
        bad_user = server.cli("org", "add", "Ab", "--user", f"a{character}@b.example")
        for told in (bad_name, bad_user):
            assert told.returncode == 1
            assert_clean(told.stdout + told.stderr)
    began = run_cli("init", "--data", str(tmp_path / "new"), "--org", "A\u202eb")
    assert (began.returncode, (tmp_path / "new").exists()) == (1, False)


def test_what_was_stored_before_is_printed_without_it(server: Server) -> None:
    made = server.new_organization()
    number = int(made["organization_id"].removeprefix("org_"), 16)
    server.change("UPDATE organizations SET name = ? WHERE id = ?", spoiled("Old"), number)
    listed = server.cli("org", "list")
    assert "O  ld" in listed.stdout
    assert_clean(listed.stdout)


def test_a_file_s_name_does_nothing_to_the_terminal(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a\x1b[2J\u202e.wav").write_bytes(b"no audio")
    make("wav16", tmp_path / "b\x1b[2J\u202e.wav")
    told: subprocess.CompletedProcess[str] = run_cli(
        "upload", str(tmp_path), "--engine", "studio",
        "--server", server.url, "--api-key", server.api_key,
    )  # fmt: skip
    assert "mtrack_" in told.stdout
    assert "[2J" in told.stderr
    assert_clean(told.stdout + told.stderr)


def test_a_download_s_name_is_clean(server: Server, owner: httpx.Client, tmp_path: Path) -> None:
    song = upload(owner, make("wav16", tmp_path / "song.wav"), title="Song")
    number = int(song["id"].removeprefix("mtrack_"), 16)
    server.change("UPDATE tracks SET title = ? WHERE id = ?", spoiled("Song"), number)
    link = share(owner, song["id"], allow_download=True)
    with server.listener() as listener:
        opened = listener.get(link["url"], headers={"Accept": "application/json"})
        session = {"Listen-Session": opened.headers["listen-session"]}
        told = listener.get(f"{link['url']}/download/{song['id']}", headers=session).json()
        named = listener.get(told["download_url"]).headers["content-disposition"]
    assert_clean(named)
    assert "%E2%80%AE" not in named
    assert "%1B" not in named


def test_engines_are_named_on_one_line(tmp_path: Path) -> None:
    entry = """
[[engine]]
key = "x"
name = "N\\u202Eame"
licence_class = "unclear"
version = "1"
requires_attribution = true
attribution_text = "Music: \\u2066Ana\\nBen\\u001B"
valid_from = 2026-01-01
"""
    path = tmp_path / "engines.toml"
    path.write_text(entry)
    (terms,) = read_engines_file(path, 1)
    assert terms.display_name == "Name"
    assert terms.licence.attribution_text == "Music: Ana Ben"
    path.write_text(entry.replace('"1"', '"' + "1" * 3000 + '"'))
    with pytest.raises(UnreadableEngines):
        read_engines_file(path, 1)
