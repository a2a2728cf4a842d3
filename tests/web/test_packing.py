"""Who gets gzip: who takes it, and nobody who refuses it (RFC 9110, section 12.5.3), whatever is packed."""

from __future__ import annotations

import httpx
import pytest

from cast import Server, share, upload
from engines import of_folder
from listenlink.web.packing import takes_gzip
from listenlink.web.pages.assets import ASSETS
from media.make_audio import make

pytestmark = of_folder

TAKEN = [
    "gzip", "GZip", "gzip, deflate, br, zstd", "br;q=1, gzip;q=0.8", "gzip;q=0.001", "x-gzip",
    "gzip;q=0.5, *;q=0.1", "gzip, *;q=0", "gzip, identity;q=0", "identity;q=0, *", "identity;q=0.5, gzip",
    "identity;q=0, *;q=0.1", " gzip ; q=0.7 ",
]  # fmt: skip
REFUSED = [
    "", "identity", "br", "deflate, br", "gzip;q=0", "gzip;q=0.0", "gzip;q=0.000", "gzip;Q=0", "gzip ; q=0",
    "gzip; q = 0", "br, gzip;q=0", "gzip;q=0, *", "gzip;q=0, x-gzip", "gzip, gzip;q=0", "*", "*;q=0.5",
    "*;q=0", "identity;q=0", "identity;q=0, gzip;q=0", "identity, gzip;q=0.5", "*, gzip;q=0.2",
    "gzip;q=high", "gzip;q=", "gzip;q=2", "gzip;q=-1", "gzip;q=nan", "gzipped", "q=1",
]  # fmt: skip


@pytest.mark.parametrize("accepted", TAKEN + REFUSED)
def test_what_is_preferred_is_what_is_sent(accepted: str) -> None:
    assert takes_gzip({b"accept-encoding": accepted.encode()}) is (accepted in TAKEN)


def test_who_says_nothing_gets_the_plain_form() -> None:
    assert not takes_gzip({})


@pytest.fixture(scope="module")
def packed(
    server: Server, owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    """The path of everything that is kept in both forms."""
    song = upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"))
    link = share(owner, song["id"])
    path = f"/v1/music/shared/{link['token']}"
    with server.listener() as listener:
        listening = listener.post(path).headers["location"]
    return [
        path, listening, f"/embed/{link['token']}", "/v1/music/shared/shr_0", "/embed/shr_0", "/docs",
        "/schema/openapi.json", *(asset.path for asset in ASSETS.values()),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "accepted", ["br, gzip", "gzip;q=0", "gzip;q=0.0, *", "*;q=0", "identity;q=0"]
)
def test_it_is_heeded_wherever_something_is_packed(
    server: Server, packed: list[str], accepted: str
) -> None:
    with server.listener() as listener:
        for path in packed:
            answer = listener.get(
                path, headers={"Accept": "text/html", "Accept-Encoding": accepted}
            )
            assert answer.content
            assert (answer.headers.get("content-encoding") == "gzip") is (
                accepted in ("br, gzip",)
            ), path
            assert "Accept-Encoding" in answer.headers["vary"]
