"""`deploy/compose.yaml` comes up from empty volumes, by the commands of docs/operating.md."""

from __future__ import annotations

import json
import re
import shutil
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cast import share, upload
from listenlink.media.bucket.sigv4 import AwsCredentials, presign_get
from live.certificate import write_certificate
from live.composition import Composition
from live.proxy import needs_nginx
from media.make_audio import make

pytestmark = [needs_nginx, pytest.mark.timeout(300)]
DOCS = Path(__file__).parents[2] / "docs" / "operating.md"
HOST = {"Host": "music.example"}


def commands_of_the_docs() -> tuple[str, list[list[str]]]:
    """What makes the secrets, as it stands there; and what `docker compose` is told."""
    section = DOCS.read_text().partition("## Several nodes")[2].partition("\n## ")[0]
    making, starting = re.findall(r"^```sh\n(.*?)^```", section, re.M | re.S)
    return making, [line.split()[2:] for line in starting.splitlines()]


@pytest.fixture(scope="module")
def composition() -> Iterator[Composition]:
    folder = Path(tempfile.mkdtemp(prefix="listenlink-composition-"))
    folder.chmod(
        0o755
    )  # The tests' own folders are for the one who runs them, and not for the image's user.
    made = Composition(folder)
    making, _ = commands_of_the_docs()
    subprocess.run(["sh", "-ec", making], cwd=made.folder, check=True)
    write_certificate(made.deploy / "secrets", made.authority)
    made.read()
    yield made
    made.down()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def verify(composition: Composition) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=composition.authority)


def check_that_nodes_are_ready(composition: Composition) -> None:
    """All is well; of what signs how music was made, one node has the key, and that is enough."""
    for node in composition.nodes:
        ready = httpx.get(f"http://127.0.0.1:{composition.port(node + ':8484')}/readyz").json()
        checks = ready["checks"]
        assert checks.pop("marks") in ("ok", "no_key"), node
        assert (ready["status"], set(checks.values())) == ("ready", {"ok"}), node


def test_it_comes_up_from_empty_volumes(
    composition: Composition, verify: ssl.SSLContext, tmp_path: Path
) -> None:
    _, (initialise, start) = commands_of_the_docs()
    assert initialise[:2] == ["run", "--rm"]
    told = json.loads(composition.run(*initialise[2:], "--json"))
    assert start == ["up", "-d"]
    composition.up()
    door = f"https://127.0.0.1:{composition.port('nginx:443')}"
    for node in composition.nodes:
        composition.wait_until_healthy(node)
    owner = httpx.Client(
        base_url=f"{door}/v1/music/{told['organization_id']}",
        headers=HOST | {"X-API-Key": told["api_key"]},
        verify=verify,
        timeout=60,
    )
    song = make("wav16", tmp_path / "a.wav", sample_count=30_000)
    with owner, httpx.Client(base_url=door, headers=HOST, verify=verify, timeout=30) as listener:
        link = share(owner, upload(owner, song)["id"])
        assert link["url"].startswith("https://music.example/")
        path = httpx.URL(link["url"]).path
        opened = listener.get(path)
        assert opened.status_code == 200
        audio = opened.json()["track"]["playback_url"]
        assert httpx.get(audio, verify=verify).content == song.read_bytes()
        check_the_bucket_s_door(audio, verify, composition.services["node1"]["environment"])
        check_that_nodes_are_ready(composition)
        owner.delete(f"/share/{link['id']}").raise_for_status()
        for _ in range(6):
            assert listener.get(path).status_code == 404
    for node in composition.nodes:
        assert (composition.volume(node) / "data" / "uploads").is_dir()
        assert "Traceback" not in composition.log(node)
        metrics = f"http://127.0.0.1:{composition.port(node + ':9484')}/metrics"
        assert "listenlink_info" in httpx.get(metrics).text


def check_the_bucket_s_door(audio: str, verify: ssl.SSLContext, told: dict[str, str]) -> None:
    """Listeners fetch signed objects and nothing else, whatever they can sign; only nodes write."""
    url = httpx.URL(audio)
    assert httpx.get(url.copy_with(query=b""), verify=verify).status_code == 403
    stranger = httpx.HTTPTransport(verify=verify, local_address="127.0.0.9")
    with httpx.Client(transport=stranger) as client:
        assert client.get(url).status_code == 200
        assert client.head(url).status_code != 404  # Signed for GET: the store says no, not nginx.
        refused = client.put(url, content=b"other")
        assert (refused.status_code, "nginx" in refused.text) == (403, True)
        keys = AwsCredentials(told["AWS_ACCESS_KEY_ID"], told["AWS_SECRET_ACCESS_KEY"])
        host, now = f"{url.scheme}://{url.netloc.decode()}", int(time.time())
        named = "/listenlink/audio/objects/"
        for path, query in [
            ("/", {}),
            ("/status", {}),
            ("/listenlink", {"list-type": "2"}),
            ("/listenlink", {"uploads": ""}),
            ("/listenlink", {"policy": ""}),
            (url.path, {"acl": ""}),
            (url.path, {"tagging": ""}),
            (url.path, {"versionId": "1"}),
            (url.path + "/../../..", {}),
            (named + "ab/" + "0" * 63, {}),
            (named, {}),
        ]:
            signed = presign_get(host + path, query, keys, told["AWS_REGION"], now, 60)
            refused = client.get(signed)
            assert (refused.status_code, "nginx" in refused.text) == (403, True), (path, query)
        # The same is signed well: a node gets it.
        listed = presign_get(
            f"{host}/listenlink", {"list-type": "2"}, keys, told["AWS_REGION"], now, 60
        )
        assert "<Key>audio/objects/" in httpx.get(listed, verify=verify).text
        saved = presign_get(
            host + url.path, {"response-content-disposition": 'attachment; filename="a b.wav"'}, keys,
            told["AWS_REGION"], now, 60,
        )  # fmt: skip
        assert client.get(saved).headers["content-disposition"].startswith("attachment")
