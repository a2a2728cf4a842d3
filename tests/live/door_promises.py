"""What each door promises while the database is locked, gone, or slow: one table, and asking them all.

`docs/operating.md` says it in words. A door that isn't named promises what its method lets one expect.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum, auto

import httpx

from live.doors import ORG, SHARED, Door, House
from live.load import FULL

# What is asked of it; the ordinary suite shares its processors with others.
BUSY_WITHIN_SECONDS = 2.0 if FULL else 3.5
ANY_WITHIN_SECONDS = 5.0 if FULL else 6.5
BACK_WITHIN_SECONDS = 5.0 if FULL else 10.0
# Of most of them the answer is waited for; more at once would keep two processors from answering in time what
# needs no waiting.
_AT_ONCE = 24 if FULL else 32
_addresses = itertools.count(1)


class Needs(Enum):
    """What a door can't do without."""

    NOTHING = auto()  # answers as ever, whatever the database does
    READING = auto()  # answers as ever while the database can be read
    PERHAPS = (
        auto()
    )  # answers as ever where there turns out to be nothing to write, else as WRITING
    WRITING = auto()  # every answer is on record before it's given, or changes something
    TELLING = auto()  # says that something is wrong, with a 503


_NAMED = {
    "/healthz": Needs.NOTHING,
    "/readyz": Needs.TELLING,
    "/docs": Needs.NOTHING,
    "/schema/openapi.json": Needs.NOTHING,
    "/assets/{name}": Needs.NOTHING,
    "/favicon.ico": Needs.NOTHING,
    "/robots.txt": Needs.NOTHING,
    "/nothing/is/here": Needs.NOTHING,
    # The address says whose mails they are.
    "/leave/{leave}": Needs.NOTHING,
    # Opened, shown or looked at: it's in the audit.
    SHARED: Needs.WRITING,
    SHARED + "/events": Needs.WRITING,
    SHARED + "/details": Needs.WRITING,
    SHARED + "/download/{track_id}": Needs.WRITING,
    SHARED + "/download": Needs.WRITING,
    SHARED + "/listening/{session}": Needs.WRITING,
    "/embed/{token}": Needs.WRITING,
    "/oembed": Needs.WRITING,
}
_WRITES = ("POST", "PATCH", "DELETE", "PUT")
# A piece of an upload, unless it's the last, is only on the disk.
_PIECE = ("PATCH", ORG + "/uploads/{upload_id}")
# It reads, and would have the token in no address.
_FINDS = ("POST", ORG + "/share/find")
# It's in the library of whoever made it; no cover was given, so none is taken away; and nobody is mailed.
_THERE_ALREADY = (
    ("POST", "/leave/{leave}"),
    ("POST", SHARED + "/save"),
    ("POST", ORG + "/tracks/{track_id}/save"),
    ("DELETE", ORG + "/tracks/{track_id}/cover"),
    ("DELETE", ORG + "/collections/{collection_id}/cover"),
)


def needs_of(door: Door) -> Needs:
    """What this door needs."""
    if door.method == "OPTIONS":
        return Needs.NOTHING
    if (door.method, door.path) in (_PIECE, _FINDS):
        return Needs.READING
    if (door.method, door.path) in _THERE_ALREADY:
        return Needs.PERHAPS
    if door.method in _WRITES and door.path != "/nothing/is/here":
        return Needs.WRITING
    return _NAMED.get(door.path, Needs.READING)


@dataclass(frozen=True)
class Told:
    """What a door answered, and after how many seconds."""

    door: Door
    status: int
    seconds: float
    retry_after: str
    code: str
    text: str

    @property
    def is_as_ever(self) -> bool:
        """Whether it did what it's for; where there is no door, that's to say so."""
        return self.status in (
            (404, 405) if self.door.path == "/nothing/is/here" else range(200, 400)
        )

    def __str__(self) -> str:
        return (
            f"{self.door}: {self.status} {self.code} after {self.seconds:.2f} s {self.text[:200]}"
        )


def ask(house: House, door: Door) -> Told:
    """Ask at this door, as somebody new."""
    sent = house.sent(door)
    number = next(_addresses)
    sent["headers"] = sent["headers"] | {
        "X-Forwarded-For": f"198.19.{number // 250}.{number % 250}"
    }
    began = time.monotonic()
    with house.client.stream(door.method, house.path_of(door), **sent) as answer:
        is_stream = answer.headers.get("content-type") == "text/event-stream"
        text = "" if is_stream or door.method == "HEAD" else answer.read().decode("latin-1")
        seconds = time.monotonic() - began
    code = ""
    if answer.is_error and answer.headers.get("content-type") == "application/json" and text:
        code = json.loads(text).get("error", {}).get("code", "")
    return Told(
        door, answer.status_code, seconds, answer.headers.get("retry-after", ""), code, text
    )


def ask_all(house: House, doors: Sequence[Door]) -> list[Told]:
    """Ask at all of them at the same time."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(lambda door: ask(house, door), doors))


def broken_promises(answers: Sequence[Told], *, can_read: bool) -> list[str]:
    """What was answered otherwise than promised, while the database can't be written, or not even read."""
    found = []
    for told in answers:
        needs = needs_of(told.door)
        if needs is Needs.NOTHING or (needs is Needs.READING and can_read):
            is_kept = told.is_as_ever
        elif needs is Needs.PERHAPS and can_read and told.is_as_ever:
            is_kept = True
        else:
            is_kept = told.status == 503 and told.seconds < BUSY_WITHIN_SECONDS
            if needs is Needs.TELLING:
                is_kept &= "unavailable" in told.text or told.door.method == "HEAD"
            else:
                is_kept &= told.retry_after.isdecimal() and int(told.retry_after) >= 1
                is_kept &= "/v1/music/audio/" not in told.text
        if not is_kept or told.seconds > ANY_WITHIN_SECONDS:
            found.append(f"{needs.name} {told}")
    return found


def seconds_until_open(house: House) -> float:
    """Seconds until a link opens for somebody new."""
    door, began = Door("GET", SHARED), time.monotonic()
    while ask(house, door).status != 200:
        assert time.monotonic() - began < 30
        time.sleep(0.05)
    return time.monotonic() - began


def check_it_recovers(house: House, doors: Sequence[Door]) -> None:
    """Every door does what it's for, and those that don't yet do so soon."""
    until = time.monotonic() + BACK_WITHIN_SECONDS
    while wrong := [told for told in ask_all(house, doors) if not told.is_as_ever]:
        assert time.monotonic() < until, "\n".join(map(str, wrong))
        doors = [told.door for told in wrong]
        time.sleep(0.2)


def check_it_is_as_ever(house: House, lots: Sequence[Sequence[Door]]) -> None:
    """Every door does what it's for, at once. What deletes has deleted afterwards."""
    wrong = [str(told) for lot in lots for told in ask_all(house, lot) if not told.is_as_ever]
    assert not wrong, "\n".join(wrong)


def revoke_watched(house: House) -> None:
    """Close the link that somebody watches."""
    house.owner.delete(f"/share/{house.watched['id']}").raise_for_status()


def watch(house: House, told: list[str]) -> None:
    """Have the watched link open until it's closed; what was told of it comes into the list."""
    path = f"/v1/music/shared/{house.watched['token']}"
    with house.server.listener() as client:
        session = {"Listen-Session": client.get(path).headers["listen-session"]}
        with (
            httpx.Client(base_url=house.server.url, timeout=120) as watching,
            watching.stream("GET", path + "/events", headers=session) as answer,
        ):
            told.append(str(answer.status_code))
            told.extend(line for line in answer.iter_lines() if line.startswith("event"))
