"""A program's day, asked once, step by step: what is right, and what is refused at each step."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from engines import SENDS_AUDIO
from live.document_covers import covers
from live.document_recipients import share_with_each
from live.document_versions import versions
from live.document_witness import Witness

TUS, HTML = {"Tus-Resumable": "1.0.0"}, {"Accept": "text/html"}


def upload(witness: Witness, song: Path) -> str:
    files = {"file": (song.name, song.read_bytes())}
    key = {"Idempotency-Key": "one"}
    made = witness.owner("POST", "/tracks", data={"engine": "studio"}, files=files, headers=key)
    assert made.status_code == 201
    for fault in (
        {"data": {"engine": "Not An Engine"}, "files": files},
        {"data": {"engine": "other"}, "files": files, "headers": key},
        {"content": b"{}", "headers": {"Content-Type": "application/json"}},
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
        {"content": b"x", "headers": {"Content-Encoding": "gzip"}},
    ):
        assert witness.owner("POST", "/tracks", **fault).status_code >= 400
    return str(made.json()["id"])


def library(witness: Witness, track: str, song: Path) -> None:
    path = f"/tracks/{track}"
    for method, asked in (
        ("GET", "/tracks"), ("GET", path), ("GET", path + "/sound"), ("GET", path + "/cover"),
        ("POST", path + "/save"), ("DELETE", path + "/save"), ("GET", "/engines"),
        ("GET", "/audio/" + hashlib.sha256(song.read_bytes()).hexdigest()),
    ):  # fmt: skip
        assert witness.owner(method, asked).status_code == 200, asked
    assert witness.owner("PATCH", path, json={"artist": "Ana"}).status_code == 200
    declarations(witness, path)
    versions(witness, path, song)
    covers(witness, path + "/cover")
    for method, asked, more in (
        ("GET", "/tracks?limit=0", {}), ("GET", path[:-1], {}), ("GET", path + "/cover?size=huge", {}),
        ("GET", "/audio/0", {}), ("PATCH", path, {"json": {"titel": 5}}),
        ("PATCH", path, {"content": b"{"}), ("PATCH", path, {"content": b"a=b", "headers": FORM}),
        ("PATCH", path, {"content": b" " * 2_000_000}),
        ("GET", "/tracks?a=" + "x" * 2000, {}), ("GET", path, {"headers": {"Host": "evil.example"}}),
        ("GET", path, {"headers": {"Host": "evil@example"}}), ("GET", path, {"headers": {"X-API-Key": "x"}}),
    ):  # fmt: skip
        assert witness.owner(method, asked, **more).status_code >= 400, asked
    assert witness.anybody("GET", "/v1/caller").status_code == 401
    key = {"X-API-Key": witness.server.api_key}
    assert witness.anybody("GET", "/v1/caller", headers=key).status_code == 200
    other = "/v1/music/org_000000000000/tracks"
    assert witness.anybody("GET", other, headers=key).status_code == 403


def declarations(witness: Witness, path: str) -> None:
    """A licence is declared, by default as well, and refused."""
    said = {"declared_licence": "CC-BY-4.0", "attribution_text": "Ana", "confirmed": True}
    for method, asked in (("PATCH", path), ("PUT", "/licence-default")):
        assert witness.owner("GET", "/licence-default").status_code == 200
        assert witness.owner(method, asked, json=said).status_code == 200
        assert witness.owner(method, asked, json=said | {"confirmed": False}).status_code == 422
    assert witness.owner("GET", path + "/declarations").status_code == 200


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def collection(witness: Witness, track: str) -> str:
    made = witness.owner("POST", "/collections", json={"name": "All"})
    path = f"/collections/{made.json()['id']}"
    for method, asked, body in (
        ("GET", "/collections", None), ("GET", path, None), ("PATCH", path, {"description": "Quiet."}),
        ("POST", path + "/tracks", {"track_id": track}), ("GET", path + "/tracks", None),
        ("PATCH", path + "/order", {"ordered_track_ids": [track]}),
        ("PATCH", f"{path}/tracks/{track}", {"position": 0}),
        ("DELETE", f"{path}/tracks/{track}", None), ("POST", path + "/tracks", {"track_id": track}),
    ):  # fmt: skip
        assert witness.owner(method, asked, json=body).status_code == 200, asked
    assert witness.owner("POST", path + "/tracks", json={"track_id": "x"}).status_code == 404
    covers(witness, path + "/cover")
    return str(made.json()["id"])


def links(witness: Witness, track: str, collection: str) -> tuple[str, str]:
    path = f"/tracks/{track}/share"
    made = witness.owner(
        "POST", path, json={"allow_download": True, "starts_at": "2026-01-01T00:00:00Z"}
    )
    link = f"/share/{made.json()['id']}"
    assert witness.owner("POST", path).status_code == 201
    assert witness.owner("POST", f"/collections/{collection}/share").status_code == 201
    share_with_each(witness, path, f"/collections/{collection}/share")
    assert witness.owner("POST", path, json={"max_opens": 0}).status_code == 422
    rotated = witness.owner("POST", link + "/rotate").json()
    for method, asked, body in (
        ("GET", "/share", None), ("GET", link, None), ("PATCH", link, {"label": "Ana"}),
    ):  # fmt: skip
        assert witness.owner(method, asked, json=body).status_code == 200, asked
    for token, status in ((rotated["token"], 200), ("shr_", 404), ("x" * 101, 422)):
        found = witness.owner("POST", "/share/find", json={"token": token})
        assert found.status_code == status
    return str(rotated["token"]), link


def listen(witness: Witness, token: str, track: str) -> None:
    path = f"/v1/music/shared/{token}"
    opened = witness.anybody("GET", path)
    session = {"Listen-Session": opened.headers["Listen-Session"]}
    renewed = witness.anybody("GET", path, headers=session)
    assert renewed.headers["Listen-Session"] == session["Listen-Session"]
    for method in ("GET", "HEAD", "OPTIONS"):
        assert witness.anybody(method, path, headers=HTML).is_success
    assert witness.anybody("HEAD", path).status_code == 200
    assert witness.anybody("GET", path, headers={"Icy-MetaData": "1"}).status_code == 302
    assert witness.anybody("POST", path).status_code == 303
    assert witness.anybody("POST", path, content=b"x", headers={"Content-Encoding": "br"}).is_error
    details = witness.anybody("GET", path + "/details", headers=session).json()
    licence = details["tracks"][0]["licence"]
    assert {"attribution_text", "requires_attribution"} <= set(licence)
    heard = {"track_id": track}
    assert witness.anybody("POST", path + "/listen", headers=session, json=heard).status_code == 204
    assert witness.anybody("POST", path + "/listen", json=heard).status_code == 404
    file = witness.anybody("GET", f"{path}/download/{track}", headers=session).json()[
        "download_url"
    ]
    assert witness.anybody("GET", path + "/standing", headers=session).status_code == 204
    for beside in ("/details", f"/download/{track}", "/events", "/standing"):
        assert witness.anybody("GET", path + beside).status_code == 404
    if SENDS_AUDIO:
        audio(witness, opened.json()["track"]["playback_url"])
        audio(witness, file)
    audio(witness, details["tracks"][0]["manifest_url"])
    cover = details["cover"]
    tag = {"If-None-Match": witness.anybody("GET", cover).headers["ETag"]}
    assert witness.anybody("GET", cover, headers=tag).status_code == 304
    assert witness.anybody("GET", cover[:-1]).status_code == 404
    embed = {"url": witness.server.url + path}
    assert witness.anybody("GET", "/oembed", params=embed).status_code == 200
    assert witness.anybody("GET", "/oembed").status_code == 422
    assert witness.anybody("GET", "/oembed?url=x").status_code == 404
    for unknown in ({}, HTML):
        refused = witness.anybody("GET", "/v1/music/shared/shr_" + "0" * 32, headers=unknown)
        assert refused.status_code == 404


def audio(witness: Witness, url: str) -> None:
    path = url.removeprefix(witness.server.url)
    tag = witness.anybody("GET", path).headers["ETag"]
    asked: list[tuple[str, dict[str, str], int]] = [
        ("GET", {"Range": "bytes=0-3"}, 206), ("GET", {"If-None-Match": tag}, 304),
        ("GET", {"If-Match": '"x"'}, 412), ("GET", {"Range": "bytes=99999999-"}, 416),
        ("HEAD", {}, 200), ("HEAD", {"If-None-Match": tag}, 304), ("HEAD", {"If-Match": '"x"'}, 412),
    ]  # fmt: skip
    for method, headers, status in asked:
        assert witness.anybody(method, path, headers=headers).status_code == status
    if "/audio/" in path:
        assert witness.anybody("OPTIONS", path).status_code == 204
    assert witness.anybody("GET", path[:-1]).status_code == 403


def pieces(witness: Witness, song: Path) -> None:
    audio = song.read_bytes()
    facts = "engine " + base64.b64encode(b"studio").decode()
    length = {"Upload-Length": str(len(audio)), "Upload-Metadata": facts}
    assert witness.owner("POST", "/uploads", headers=length).status_code == 412
    assert witness.owner("POST", "/uploads", headers=TUS).status_code == 422
    path = witness.owner("POST", "/uploads", headers=TUS | length).headers["Location"]
    path = path.removeprefix(witness.org)
    assert witness.owner("OPTIONS", "/uploads").status_code == 204
    for method in ("GET", "HEAD"):
        assert witness.owner(method, path, headers=TUS).status_code == 200
        assert witness.owner(method, path).status_code == 412
        assert witness.owner(method, path[:-1], headers=TUS).status_code == 404
    piece = TUS | {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    wrong = witness.owner("PATCH", path, headers=piece | {"Upload-Offset": "5"}, content=b"x")
    other = witness.owner(
        "PATCH", path, headers=piece | {"Content-Type": "text/plain"}, content=b"x"
    )
    assert (wrong.status_code, other.status_code) == (409, 415)
    done = witness.owner("PATCH", path, headers=piece, content=audio)
    assert done.headers["Listenlink-Track"].startswith("mtrack_")
    assert (
        witness.owner("GET", path, headers=TUS).json()["track"]["id"]
        == done.headers["Listenlink-Track"]
    )
    assert witness.owner("DELETE", path, headers=TUS).status_code == 204
    assert witness.owner("DELETE", path, headers=TUS).status_code == 404


def keys(witness: Witness) -> None:
    made = witness.owner("POST", "/keys", json={"scopes": ["read"], "expires_in_days": 1}).json()
    reader = {"X-API-Key": made["api_key"]}
    assert (
        witness.owner("POST", "/collections", json={"name": "a"}, headers=reader).status_code == 403
    )
    assert witness.owner("GET", "/keys").status_code == 200
    path = f"/keys/{made['id']}"
    assert witness.owner("PATCH", path, json={"expires_in_days": 2}).status_code == 200
    assert witness.owner("PATCH", path, json={"expires_in_days": 0}).status_code == 422
    assert witness.owner("DELETE", f"/keys/{made['id']}").status_code == 200
    assert witness.owner("PATCH", path, json={"expires_in_days": 2}).status_code == 409
    assert witness.owner("DELETE", "/keys/key_000000000000").status_code == 404
    other = witness.server.new_member()["user_id"]
    assert witness.owner("DELETE", f"/members/{other}/keys").status_code == 200
    assert witness.owner("DELETE", "/members/user_000000000000/keys").status_code == 404
    assert witness.owner("GET", "/tracks", headers=reader).status_code == 401


def close_all(witness: Witness, token: str, link: str, track: str, collection: str) -> None:
    save, key = f"/v1/music/shared/{token}/save", {"X-API-Key": witness.server.api_key}
    assert witness.anybody("POST", save, headers=key).status_code == 201
    of_track, of_collection = f"/tracks/{track}/stats", f"/collections/{collection}/stats"
    for asked in (link + "/opens", link + "/stats", of_track, of_collection):
        assert witness.owner("GET", asked).status_code == 200
    for asked in (link + "/stats", of_track, of_collection):
        assert witness.owner("GET", asked + ".csv").status_code == 200
    assert witness.owner("DELETE", link).status_code == 200
    assert witness.anybody("POST", save, headers=key).status_code == 404
    for refused in (("PATCH", link, {"json": {"label": "a"}}), ("POST", link + "/rotate", {})):
        assert witness.owner(refused[0], refused[1], **refused[2]).status_code == 409
    assert witness.anybody("GET", f"/v1/music/shared/{token}").status_code == 404
    assert witness.owner("DELETE", f"/collections/{collection}").status_code == 200
    assert witness.owner("DELETE", f"/tracks/{track}").status_code == 200
    for probe in ("/healthz", "/readyz"):
        assert witness.anybody("GET", probe).status_code == 200
