"""What is no cover is refused in words, and nothing of it stays; whose a thing isn't gives it none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cast import Server, share, upload, wait_for_sound
from listenlink.model.ids import ORGANIZATION, parse_id
from listenlink.model.quota import Quota
from listenlink.store import usage
from media.make_audio import make
from media.make_pictures import RED, bomb, colour_at, plain
from stored import drafts, stored_audio

MIB = 1024 * 1024
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"


@pytest.fixture(scope="module")
def track(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=20_000)
    made = str(upload(owner, path)["id"])
    wait_for_sound(owner, made)
    return made


@pytest.fixture
def unchanged(server: Server) -> Iterator[None]:
    before = stored_audio(server), server.query("SELECT * FROM given_covers ORDER BY id")
    yield
    after = stored_audio(server), server.query("SELECT * FROM given_covers ORDER BY id")
    assert (after, drafts(server)) == (before, [])
    assert server.query("SELECT count(*) FROM promises") == [(0,)]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("picture", "status", "reason"),
    [
        (b"", 422, "not_a_picture"),
        (SVG, 422, "not_a_picture"),
        (b"GIF89a" + bytes(99), 422, "not_a_picture"),
        (bytes(8 * MIB), 422, "not_a_picture"),
        (bomb(30_000, 30_000), 422, "too_many_pixels"),
        (bomb(100_000, 1), 422, "too_many_pixels"),
        (plain()[:300], 422, "broken"),
        (plain(kind="PNG")[:60], 422, "broken"),
        (plain() + bytes(8 * MIB), 413, None),
    ],
)
def test_what_is_no_picture_or_too_much_of_one_is_refused(
    owner: httpx.Client, track: str, picture: bytes, status: int, reason: str | None
) -> None:
    answer = owner.put(f"/tracks/{track}/cover", content=picture)
    error = answer.json()["error"]
    assert (answer.status_code, error["details"].get("reason")) == (status, reason)
    assert error["details"]["field"] == "cover"
    assert error["message"]


@pytest.mark.usefixtures("unchanged")
def test_a_body_that_does_not_say_how_long_it_is_is_bounded_too(
    owner: httpx.Client, track: str
) -> None:
    pieces = (bytes(MIB) for _ in range(9))
    assert owner.put(f"/tracks/{track}/cover", content=pieces).status_code == 413


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "image/svg+xml"},
        {"Content-Type": "application/json"},
        {"Content-Type": "image/jpeg", "Content-Encoding": "gzip"},
    ],
)
def test_another_type_or_a_packed_body_is_refused(
    owner: httpx.Client, track: str, headers: dict[str, str]
) -> None:
    answer = owner.put(f"/tracks/{track}/cover", content=plain(), headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("kind", ["image/jpeg", "image/png; a=b", "IMAGE/WEBP", None])
def test_what_a_picture_is_its_bytes_say(owner: httpx.Client, track: str, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    answer = owner.put(f"/tracks/{track}/cover", content=plain(RED, "PNG"), headers=headers)
    assert answer.status_code == 200, answer.text
    assert colour_at(owner.get(f"/tracks/{track}/cover").content) == RED


@pytest.mark.usefixtures("unchanged")
def test_a_track_that_was_only_saved_is_its_creators(
    server: Server, owner: httpx.Client, track: str
) -> None:
    token = share(owner, track)["token"]
    with server.owner(server.new_member()["api_key"]) as other:
        saved = other.post(f"{server.url}/v1/music/shared/{token}/save")
        assert saved.status_code == 201
        assert other.get(f"/tracks/{track}/cover").status_code == 200
        for answer in (
            other.put(f"/tracks/{track}/cover", content=plain()),
            other.delete(f"/tracks/{track}/cover"),
            other.delete(f"/tracks/{track}/cover", params={"restore": "true"}),
        ):
            told = answer.status_code, answer.json()["error"]["code"]
            assert told == (403, "INSUFFICIENT_PERMISSIONS")
    assert owner.delete(f"/tracks/{track}/cover", params={"restore": "x"}).status_code == 422


def test_no_quota_counts_a_cover(server: Server, tmp_path: Path) -> None:
    told = server.new_organization()
    number = parse_id(ORGANIZATION, told["organization_id"])
    assert number is not None
    with httpx.Client(
        base_url=f"{server.url}/v1/music/{told['organization_id']}",
        headers={"X-API-Key": told["api_key"]},
        timeout=60,
    ) as owner:
        path = make("wav16", tmp_path / "a.wav", sample_count=20_000)
        made = str(upload(owner, path)["id"])
        database = server.backend.open()
        database.write_now(lambda c: usage.set_quota(c, number, Quota(1, 1)))
        database.close()
        caller = server.url + "/v1/caller"
        before = owner.get(caller).json()["usage"]
        assert owner.put(f"/tracks/{made}/cover", content=plain()).status_code == 200
        assert owner.get(caller).json()["usage"] == before
        with path.open("rb") as file:
            more = owner.post("/tracks", data={"engine": "studio"}, files={"file": file})
        assert more.json()["error"]["code"] == "QUOTA_EXCEEDED"
