"""Hostile text: the corpus of `payloads.txt`, and a server where all that a person may write is of it."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page

from cast import Server, share, upload, wait_for_sound
from listenlink.model import ids
from media.make_audio import make

_NAMED = re.compile(r"\{U\+([0-9A-F]+)\}")
_LENGTH = 512
_IN_ONE = 50
# As a form of the page, whatever its fields would hold back.
_SEND = """([path, fields, enctype]) => {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: path, enctype });
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement("textarea");
    Object.assign(field, { name, value });
    form.append(field);
  }
  document.body.append(form);
  form.submit() }"""
_TYPED = """name => { const field = document.querySelector(`main form [name="${name}"]`);
  return field.dataset.at ?? field.getAttribute("value") ?? field.value }"""


def read_payloads() -> list[str]:
    """One a line; `{U+202E}` stands for that character."""
    lines = Path(__file__).with_name("payloads.txt").read_text("utf-8").splitlines()
    return [_NAMED.sub(lambda match: chr(int(match.group(1), 16)), line) for line in lines]


PAYLOADS = read_payloads()


def packed(payloads: list[str], length: int = _LENGTH) -> list[str]:
    """As many in one text as a field takes, one behind the other."""
    texts = [""]
    for payload in payloads:
        longer = f"{texts[-1]} {payload}".strip()
        if len(longer) <= length:
            texts[-1] = longer
        else:
            texts.append(payload)
    return texts


def engine_name(payload: str) -> str:
    """As much of it as an engine's name may hold."""
    return payload[:128]


def write_engines(path: Path) -> Path:
    """An engine for each payload, which is its name and what must be named."""
    tables = [
        f'[[engine]]\nkey = "e{number}"\nname = {_quoted(engine_name(payload))}\nversion = "1"\n'
        'licence_class = "personal_only"\nrequires_attribution = true\nvalid_from = 2026-01-01\n'
        f"attribution_text = {_quoted(payload)}\n"
        for number, payload in enumerate(PAYLOADS)
    ]
    studio = (
        '[[engine]]\nkey = "studio"\nname = "Studio"\nversion = "1"\nlicence_class = "unclear"\n'
        "requires_attribution = false\nvalid_from = 2026-01-01\n"
    )
    path.write_text("\n".join([studio, *tables]), "utf-8")
    return path


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


@contextlib.contextmanager
def serving_hostile(folder: Path) -> Iterator[Server]:
    """A server of its own, whose engines are hostile; whose links one address opens as often as it likes."""
    engines = write_engines(folder / "engines.toml")
    settings = {"RESOLVE_LIMIT_PER_MINUTE": "0", "ENGINES_FILE": str(engines)}
    running = Server(folder / "data", settings)
    running.create()
    running.start()
    yield running
    running.stop()


class HostileServer:
    """A track for each payload, in collections whose names and descriptions are of them too."""

    def __init__(self, server: Server, owner: httpx.Client, folder: Path) -> None:
        self.server, self.owner, self.folder = server, owner, folder
        made = upload(owner, make("wav16", folder / "plain.wav", sample_count=4410))
        wait_for_sound(owner, made["id"])
        numbers = self._copy_tracks(ids.parse_id(ids.TRACK, made["id"]))
        self.collections = []
        for start in range(0, len(PAYLOADS), _IN_ONE):
            some = PAYLOADS[start : start + _IN_ONE]
            described = packed(some[::-1], 4000)[0]
            link = self.collect(packed(some)[0], described, numbers[start : start + _IN_ONE])
            self.collections.append((some, link))
        self.one = numbers[0]

    def collect(self, name: str, description: str, numbers: list[int]) -> dict[str, Any]:
        """A link to a new collection of these tracks, its label the name."""
        body = {"name": name, "description": description}
        made = self.owner.post("/collections", json=body)
        assert made.status_code == 201, made.text
        target = made.json()["id"]
        for number in numbers:
            track = {"track_id": ids.public_id(ids.TRACK, number)}
            self.owner.post(f"/collections/{target}/tracks", json=track).raise_for_status()
        label = "secret label " + name[:100]
        return share(self.owner, target, label=label, allow_download=True) | {"to": target}

    def _keep_tracks(
        self, connection: sqlite3.Connection, source: int | None, numbers: list[int]
    ) -> None:
        """In the library of who made the first one, from which they're copied."""
        names = [row[1] for row in connection.execute("PRAGMA table_info(library)")]
        chosen = ", ".join(":id" if name in ("id", "track_id") else name for name in names)
        connection.executemany(
            f"INSERT INTO library SELECT {chosen} FROM library WHERE track_id = :source",  # noqa: S608
            [{"id": number, "source": source} for number in numbers],
        )

    def _copy_tracks(self, source: int | None) -> list[int]:
        """Past what an upload cleans: whatever is stored must be shown as text."""
        connection = sqlite3.connect(self.server.database, timeout=10)
        names = [row[1] for row in connection.execute("PRAGMA table_info(tracks)")]
        (row,) = connection.execute(
            f"SELECT {', '.join(names)} FROM tracks WHERE id = ?",  # noqa: S608
            (source,),
        )
        numbers = []
        with connection:
            for number, payload in enumerate(PAYLOADS):
                values = dict(zip(names, row, strict=True)) | {
                    "id": 1000 + number, "title": payload, "artist": PAYLOADS[-1 - number],
                    "engine": f"e{number}", "stamp_class": "personal_only", "stamp_version": "1",
                    "stamp_requires_attribution": 1, "stamp_attribution_text": payload,
                }  # fmt: skip
                connection.execute(
                    f"INSERT INTO tracks ({', '.join(values)}) "  # noqa: S608
                    f"VALUES ({', '.join('?' * len(values))})",
                    tuple(values.values()),
                )
                numbers.append(1000 + number)
            self._keep_tracks(connection, source, numbers)
        connection.close()
        return numbers


def send(page: Page, path: str, fields: dict[str, str]) -> tuple[int, Callable[[list[str]], Any]]:
    """The answer's status, and how to read what the form of the page then holds."""
    is_upload = path.endswith("/upload")
    kind = "multipart/form-data" if is_upload else "application/x-www-form-urlencoded"
    with page.expect_navigation() as led:
        page.evaluate(_SEND, [path, fields, kind])
    if is_upload:  # its script takes the field away
        return led.value.status, lambda names: [read_value(led.value.text(), *names)]
    return led.value.status, lambda names: [page.evaluate(_TYPED, name) for name in names]


def read_value(html: str, name: str) -> str:
    """As it stands in the page that was sent."""
    found = re.search(rf'<input[^<>]* name="{name}"[^<>]* value="([^<>"]*)"', html)
    return unescape(found[1]) if found else ""
