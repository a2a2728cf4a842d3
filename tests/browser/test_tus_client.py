"""Our tus client beside tus-js-client, in the same browser: the same conversation, the same tracks, whatever
is cut."""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Request

from browser.chromium import Visit
from browser.desk import AtDesk
from browser.desk_rules import serving_desk
from browser.desk_uploads import PAGE, large_wav
from browser.listening import Visits
from cast import Server
from engines import of_folder
from listenlink.web.pages.assets import ASSETS
from live.load import FULL
from lossy_proxy import LossyProxy, lossy_proxy
from pieces import left_behind

pytestmark = of_folder

ORACLE = Path(__file__).parents[2] / "build/programs/node_modules/tus-js-client/dist/tus.min.js"
PIECE = 512 * 1024
# Each sends the file called `window.file`, and tells where it was and what the last answer named.
OURS = """async ({ module, endpoint, pieceBytes, url, stopAt }) => {
  const { TusUpload, Stopped } = await import(module);
  const heard = { begun() {}, sent(bytes) { if (stopAt && bytes >= stopAt) upload.stop(); }, waits() {} };
  const metadata = { engine: "studio", filename: file.name, title: "Späte Übung" };
  const upload = new TusUpload(file, endpoint, metadata, heard, { url, pieceBytes });
  try {
    const answer = await upload.run();
    return { url: upload.url, track: answer.header("Listenlink-Track") };
  } catch (problem) {
    if (problem instanceof Stopped) return { url: upload.url, track: null };
    return { code: problem.code, reason: problem.details.reason };
  }
}"""
THEIRS = """({ endpoint, pieceBytes, url, stopAt }) => new Promise((done) => {
  let track = null;
  const upload = new tus.Upload(file, {
    endpoint,
    uploadUrl: url || null,
    chunkSize: pieceBytes,
    metadata: { engine: "studio", filename: file.name, title: "Späte Übung" },
    retryDelays: [100, 200, 400, 800, 1600, 3200],
    storeFingerprintForResuming: false,
    removeFingerprintOnSuccess: false,
    onAfterResponse: (_request, answer) => { track = answer.getHeader("Listenlink-Track") ?? track; },
    onProgress: async (bytes) => {
      if (stopAt && bytes >= stopAt) { await upload.abort(); done({ url: upload.url, track: null }); }
    },
    onSuccess: () => done({ url: upload.url, track }),
    onError: (error) => {
      const told = JSON.parse(error.originalResponse?.getBody() ?? "{}").error;
      done({ code: told?.code, reason: told?.details.reason });
    },
  });
  upload.start();
})"""
CLIENTS = {"ours": OURS, "theirs": THEIRS}
_NAMED = ("tus-resumable", "upload-length", "upload-metadata", "upload-offset", "content-type")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_desk(tmp_path_factory.mktemp("instance")) as running:
        yield running


@pytest.fixture
def proxy(server: Server) -> Iterator[LossyProxy]:
    with lossy_proxy(server.port) as running:
        yield running


def song(folder: Path, seed: int) -> bytes:
    """Another one for each seed, of some megabytes."""
    path = folder / "song.wav"
    large_wav(path, 3_000_000 + seed * 2)
    return path.read_bytes()


def at_page(seen: Visit, server: Server, proxy: LossyProxy, data: bytes) -> Page:
    """Signed in at the server, at its page behind the proxy, with a file and the other client at hand."""
    if not ORACLE.exists():
        pytest.skip("tus-js-client is needed: `sh scripts/test-tools.sh` installs it")
    AtDesk(server, seen.page).sign_in()
    seen.page.add_init_script(path=ORACLE)
    seen.page.goto(proxy.url.replace("127.0.0.1", "localhost") + PAGE)
    seen.page.evaluate(
        "(text) => { window.file = new File([Uint8Array.from(atob(text), (one) => one.charCodeAt(0))],"
        " 'Übung 1.wav') }",
        base64.b64encode(data).decode(),
    )
    return seen.page


def run(page: Page, server: Server, client: str, **options: Any) -> dict[str, Any]:
    given = {"pieceBytes": PIECE, "url": "", "stopAt": 0} | options
    given["endpoint"] = f"/v1/music/{server.organization_id}/uploads"
    given["module"] = ASSETS["desk/tus.js"].path
    told: dict[str, Any] = page.evaluate(CLIENTS[client], given)
    return told


def conversation(seen: Visit) -> list[tuple[str, dict[str, str]]]:
    """What was asked of the uploads, without which of them it was."""

    def told(request: Request) -> tuple[str, dict[str, str]]:
        headers = request.all_headers()
        return request.method, {name: headers[name] for name in _NAMED if name in headers}

    return [told(request) for request in seen.requests if "/uploads" in request.url]


def require_track(owner: httpx.Client, told: dict[str, Any], data: bytes) -> None:
    found = owner.get(f"/audio/{hashlib.sha256(data).hexdigest()}").raise_for_status().json()
    assert found["track_id"] == told["track"]
    track = owner.get(f"/tracks/{told['track']}").json()
    assert (track["title"], track["engine"]) == ("Späte Übung", "studio")


def test_the_conversation_is_the_same(
    visit: Visits, server: Server, owner: httpx.Client, proxy: LossyProxy, tmp_path: Path
) -> None:
    heard = {}
    for client in CLIENTS:
        data, seen = song(tmp_path, 1), visit()
        page = at_page(seen, server, proxy, data)
        stopped = run(page, server, client, stopAt=PIECE * 2)
        assert stopped["track"] is None
        begun = conversation(seen)
        told = run(page, server, client, url=stopped["url"])
        assert told["url"] == stopped["url"]
        require_track(owner, told, data)
        owner.delete(f"/tracks/{told['track']}")
        heard[client] = (begun[:2], [method for method, _ in conversation(seen)[len(begun) :]])
        assert [pair[1]["upload-offset"] for pair in conversation(seen)[-2:]] == [
            str(len(data) // PIECE * PIECE - PIECE), str(len(data) // PIECE * PIECE),
        ]  # fmt: skip
    assert heard["ours"] == heard["theirs"]
    assert [method for method, _ in heard["ours"][0]] == ["POST", "PATCH"]
    assert heard["ours"][1][0] == "HEAD"


@pytest.mark.parametrize("seed", range(2, 5 if FULL else 4))
@pytest.mark.parametrize("client", CLIENTS)
def test_whatever_is_cut_the_track_is_whole_and_made_once(
    visit: Visits, server: Server, owner: httpx.Client, proxy: LossyProxy, tmp_path: Path,
    client: str, seed: int,
) -> None:  # fmt: skip
    chance = random.Random(seed)  # noqa: S311
    data = song(tmp_path, seed + 10 * (client == "ours"))
    # The page itself is far smaller.
    proxy.cuts = [chance.randrange(100_000, 900_000) for _ in range(9)]
    before = server.query("SELECT count(*) FROM tracks")[0][0]
    seen = visit()
    page = at_page(seen, server, proxy, data)
    told = run(page, server, client, pieceBytes=chance.choice([PIECE, 1 << 20, 1 << 24]))
    require_track(owner, told, data)
    asked = [line.partition(" ")[0] for line in proxy.requests if "/uploads" in line]
    assert asked.count("POST") == 1
    assert asked.count("HEAD") >= 1, "nothing was cut"
    assert server.query("SELECT count(*) FROM tracks")[0][0] == before + 1
    assert left_behind(server) == (0, [])


@pytest.mark.parametrize("method", ["POST", "PATCH", "HEAD"])
def test_an_answer_that_is_lost_makes_nothing_twice(
    visit: Visits,
    server: Server,
    owner: httpx.Client,
    proxy: LossyProxy,
    tmp_path: Path,
    method: str,
) -> None:
    """The last piece's answer as well, though the track is made by then."""
    data, seen = song(tmp_path, 1000 * len(method) + ord(method[1])), visit()
    page = at_page(seen, server, proxy, data)
    lost: list[str] = []

    def is_lost(line: str) -> bool:
        is_it = line.startswith(method) and "/uploads" in line
        # To be asked how far it is, there has to be a cut.
        is_cut = method == "HEAD" and line.startswith("PATCH") and not lost
        if is_it or is_cut:
            lost.append(line)
        return (is_it or is_cut) and len(lost) <= 3

    proxy.is_lost = is_lost
    before = server.query("SELECT count(*) FROM resumable_uploads")[0][0]
    told = run(page, server, "ours", pieceBytes=1 << 24)
    assert lost
    require_track(owner, told, data)
    assert server.query("SELECT count(*) FROM resumable_uploads")[0][0] == before + 1


def test_a_refusal_is_told_with_its_reason_and_nothing_is_left(
    visit: Visits, server: Server, proxy: LossyProxy
) -> None:
    told = {}
    for client in CLIENTS:
        page = at_page(visit(), server, proxy, b"No music at all" * 1000)
        told[client] = run(page, server, client)
    assert told["ours"] == told["theirs"] == {"code": "VALIDATION_ERROR", "reason": "not_audio"}
    assert left_behind(server) == (0, [])
