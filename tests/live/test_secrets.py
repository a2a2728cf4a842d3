"""Nothing that opens a link, speaks for an owner or names a listener lies in the data folder or a log."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import httpx
import pytest

from cast import Server, share, upload
from engines import SENDS_AUDIO, of_sqlite
from media.make_audio import make

ADDRESSES = ["203.0.113.57", "2001:db8:77:88:99aa::5"]


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> tuple[Server, list[str]]:
    """A server after a day of use, stopped, and the secrets that passed through it."""
    folder = tmp_path_factory.mktemp("secrets")
    server = Server(folder / "data", {"TRUSTED_PROXIES": "127.0.0.1", "LOG_LEVEL": "debug"})
    server.create()
    server.start()
    secrets = [server.api_key, *ADDRESSES]
    with server.owner() as owner:
        song = upload(owner, make("wav16", folder / "a.wav"))
        tokens = [str(share(owner, song["id"])["token"]) for _ in range(5)]
        for address in ADDRESSES:
            with server.listener(address) as listener:
                secrets += use(listener, tokens)
        owner.delete("/tracks/" + tokens[0])
        owner.post(f"/tracks/{song['id']}/share", json={"max_opens": tokens[1]})
        httpx.get(str(owner.base_url) + "/tracks/x", headers={"X-API-Key": "ak_" + "5" * 40})
    server.kill()
    server.start()
    server.stop()
    return server, secrets + tokens + ["ak_" + "5" * 40]


def use(listener: httpx.Client, tokens: list[str]) -> list[str]:
    """Open, play, miss and run into the limit; the secrets that were given."""
    given = []
    for token in tokens:
        answer = listener.get(
            "/v1/music/shared/" + token,
            headers={"Referer": f"https://mail.example/inbox?{token}"},
        )
        url = answer.json()["track"]["playback_url"]
        listener.get(url)
        listener.get(url[:-1])
        given += [url.rpartition(".")[2], answer.headers["listen-session"].rpartition(".")[2]]
    for number in range(25):
        listener.get(f"/v1/music/shared/shr_{number:032x}")
    for _ in range(125):
        listener.get("/v1/music/shared/" + tokens[0])
    listener.get("/v1/music/shared/" + tokens[0] + "%00")
    return given


def test_no_secret_is_in_the_data_folder_or_the_log(used: tuple[Server, list[str]]) -> None:
    server, secrets = used
    assert server.log is not None
    files = [path for path in server.data.rglob("*") if path.is_file()] + [server.log]
    assert len(files) > 4
    assert len(set(secrets)) > (25 if SENDS_AUDIO else 19)
    for path in files:
        data = path.read_bytes()
        for secret in secrets:
            assert secret.encode() not in data, f"{secret[:8]}… in {path.name}"
            digits = secret.removeprefix("shr_").removeprefix("ak_")
            if re.fullmatch("[0-9a-f]{32,40}", digits):
                assert bytes.fromhex(digits) not in data, f"bytes of {secret[:8]}… in {path.name}"


def test_the_key_is_in_one_file_that_only_the_operator_reads(
    used: tuple[Server, list[str]],
) -> None:
    server, _ = used
    key_file = server.data / "secrets" / "signing-keys"
    root = bytes.fromhex(key_file.read_text().split()[1])
    for path in server.data.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o077 == 0 or not path.is_relative_to(server.data / "secrets"), path
        if path.is_file() and path != key_file:
            assert root not in path.read_bytes()
            assert root.hex().encode() not in path.read_bytes()


def test_the_audit_names_listeners_by_prefix_and_pseudonym(
    used: tuple[Server, list[str]],
) -> None:
    server, _ = used
    lines = server.audit()
    assert {line["client_prefix"] for line in lines} == {"203.0.113.0/24", "2001:db8:77::/48"}
    assert {line["referrer"] for line in lines} == {"mail.example", None}
    assert all(re.fullmatch("[0-9a-f]{32}", line["client"]) for line in lines)


@of_sqlite
def test_the_data_folder_is_the_operators_alone(used: tuple[Server, list[str]]) -> None:
    server, _ = used
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.database.stat().st_mode) == 0o600


@pytest.mark.parametrize("fault", ["missing", "empty", "short", "text", "readable"])
def test_a_server_without_a_fit_key_refuses_to_start(tmp_path: Path, fault: str) -> None:
    server = Server(tmp_path / "data")
    server.create()
    path = server.data / "secrets" / "signing-keys"
    if fault == "missing":
        path.unlink()
    elif fault == "readable":
        path.chmod(0o644)
    else:
        path.write_text({"empty": "", "short": "00000000 abcd\n", "text": "not so secret\n"}[fault])
    refused = server.cli("serve", "--port", str(server.port))
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert "signing-keys" in refused.stderr
