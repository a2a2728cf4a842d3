"""Nothing that opens a link, speaks for an owner or names a listener lies in the data folder or a log."""

from __future__ import annotations

import contextlib
import re
import stat

import httpx
import pytest

import engines
from cast import Server, free_port, share, upload
from engines import SENDS_AUDIO, of_sqlite
from media.make_audio import make
from signed_in import at_desk, set_password
from trust.figures import FULL, figure

ADDRESSES = ["203.0.113.57", "2001:db8:77:88:99aa::5"]
# Each of these opens a hundred links.
MORE_ADDRESSES = [f"198.51.{number}.77" for number in range(10 if FULL else 0)]
LIMIT = 120 if FULL else 20
PASSWORDS = ["harbour-lights-of-nobody", "quiet reed beds at night"]


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> tuple[Server, list[str]]:
    """A server after a day of use, stopped, and the secrets that passed through it."""
    folder = tmp_path_factory.mktemp("secrets")
    settings = {"TRUSTED_PROXIES": "127.0.0.1", "LOG_LEVEL": "debug"}
    settings["RESOLVE_LIMIT_PER_MINUTE"] = str(LIMIT)
    metrics = free_port()
    server = Server(folder / "data", settings | {"METRICS_ADDRESS": f"127.0.0.1:{metrics}"})
    server.create()
    server.start()
    secrets = [server.api_key, *ADDRESSES, *MORE_ADDRESSES, *PASSWORDS]
    with server.owner() as owner:
        song = upload(owner, make("wav16", folder / "a.wav"))
        tokens = [str(share(owner, song["id"])["token"]) for _ in range(5)]
        for address in ADDRESSES:
            with server.listener(address) as listener:
                secrets += use(listener, tokens)
        for address in MORE_ADDRESSES:
            more = [str(share(owner, song["id"])["token"]) for _ in range(100)]
            tokens += more
            with server.listener(address) as listener:
                secrets += [
                    signature for token in more for signature in open_and_play(listener, token)
                ]
        secrets += lock_and_unlock(server, owner, song["id"])
        with contextlib.closing(at_desk(server)) as person:
            set_password(person, PASSWORDS[1])
            secrets.append(person.headers["Cookie"].partition("=")[2])
        owner.delete("/tracks/" + tokens[0])
        owner.post(f"/tracks/{song['id']}/share", json={"max_opens": tokens[1]})
        httpx.get(str(owner.base_url) + "/tracks/x", headers={"X-API-Key": "ak_" + "5" * 40})
    (folder / "metrics").write_text(httpx.get(f"http://127.0.0.1:{metrics}/metrics").text)
    server.kill()
    server.start()
    server.stop()
    (folder / "dumped").write_bytes(engines.dump(server.backend))
    if server.engine == "sqlite":
        done = server.cli("backup", "--to", str(folder / "backup"))
        assert done.returncode == 0, done.stderr
        (folder / "said").write_text(done.stdout + done.stderr)
    return server, secrets + tokens + ["ak_" + "5" * 40]


def use(listener: httpx.Client, tokens: list[str]) -> list[str]:
    """Open, play, miss and run into the limit; the secrets that were given."""
    given = [signature for token in tokens for signature in open_and_play(listener, token)]
    for number in range(25):
        listener.get(f"/v1/music/shared/shr_{number:032x}")
    for _ in range(LIMIT + 5):
        listener.get("/v1/music/shared/" + tokens[0])
    listener.get("/v1/music/shared/" + tokens[0] + "%00")
    return given


def open_and_play(listener: httpx.Client, token: str) -> list[str]:
    """The signatures that it led to."""
    answer = listener.get(
        "/v1/music/shared/" + token,
        headers={"Referer": f"https://mail.example/inbox?{token}"},
    )
    url = answer.json()["track"]["playback_url"]
    listener.get(url)
    listener.get(url[:-1])
    return [url.rpartition(".")[2], answer.headers["listen-session"].rpartition(".")[2]]


def lock_and_unlock(server: Server, owner: httpx.Client, track: str) -> list[str]:
    """A link with a password, which is given wrongly and rightly; its token."""
    token = str(share(owner, track, password=PASSWORDS[0])["token"])
    with server.listener(ADDRESSES[0]) as listener:
        for word in (PASSWORDS[1], PASSWORDS[0]):
            listener.post(f"/v1/music/shared/{token}", data={"password": word})
            listener.get(f"/v1/music/shared/{token}", headers={"Share-Password": word})
    return [token]


def test_no_secret_is_in_the_data_folder_or_the_log(used: tuple[Server, list[str]]) -> None:
    server, secrets = used
    assert server.log is not None
    # Beside it lie the log, the metrics, a dump of the database, a backup, and what commands said.
    files = [
        path for path in server.data.parent.rglob("*") if path.is_file() and path.suffix != ".wav"
    ]
    assert server.log in files
    assert len(files) > 8
    wanted = {word for secret in secrets for word in spellings(secret)}
    assert len(set(secrets)) > (25 if SENDS_AUDIO else 19)
    found = [
        f"{word[:8]!r}… in {path.name}"
        for path in files
        for data in [path.read_bytes()]
        for word in wanted
        if word in data
    ]
    figure("tokens", sum(secret.startswith("shr_") for secret in set(secrets)))
    figure("secrets", len(set(secrets)))
    figure("places searched", len(files))
    figure("secrets found", len(found))
    assert found == []


def spellings(secret: str) -> list[bytes]:
    """As it is, and as the bytes that its digits stand for."""
    digits = secret.removeprefix("shr_").removeprefix("ak_")
    is_number = re.fullmatch("([0-9a-f]{2}){16,20}", digits)
    return [secret.encode(), *([bytes.fromhex(digits)] if is_number else [])]


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
    more = {f"198.51.{number}.0/24" for number in range(len(MORE_ADDRESSES))}
    assert {line["client_prefix"] for line in lines} - more == {
        "203.0.113.0/24",
        "2001:db8:77::/48",
    }
    assert {line["referrer"] for line in lines} == {"mail.example", None}
    assert all(re.fullmatch("[0-9a-f]{32}", line["client"]) for line in lines)


@of_sqlite
def test_the_data_folder_is_the_operators_alone(used: tuple[Server, list[str]]) -> None:
    server, _ = used
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.database.stat().st_mode) == 0o600


@pytest.fixture(scope="module")
def unserved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Server, str]:
    """An instance whose key each test puts wrong in its own way, and what was in the key's file."""
    server = Server(tmp_path_factory.mktemp("unserved") / "data")
    server.create()
    return server, (server.data / "secrets" / "signing-keys").read_text()


@of_sqlite
@pytest.mark.parametrize("fault", ["missing", "empty", "short", "text", "readable"])
def test_a_server_without_a_fit_key_refuses_to_start(
    unserved: tuple[Server, str], fault: str
) -> None:
    server, text = unserved
    path = server.data / "secrets" / "signing-keys"
    path.write_text(text)
    path.chmod(0o600)
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
