"""Keys, folders, hosts and ports that can't be used: one line that says which and why, exit status 1."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cast import LISTENLINK, clean_environment, free_port
from engines import of_sqlite
from live.refusals import one_line

pytestmark = of_sqlite


@pytest.mark.parametrize(
    "what", ["gone", "empty", "short", "a folder", "no text", "for all to read"]
)
def test_broken_keys(data: Path, what: str, refused: Callable[..., str]) -> None:
    keys = data / "secrets" / "signing-keys"
    text = keys.read_text()
    keys.unlink()
    if what == "a folder":
        keys.mkdir()
    elif what != "gone":
        written = {"empty": b"", "short": text[:40].encode(), "no text": b"\xff\xfe"}
        keys.write_bytes(written.get(what, text.encode()))
        keys.chmod(0o644 if what == "for all to read" else 0o600)
    line = refused("serve", "--data", str(data))
    assert str(keys) in line
    assert "key" in line


def test_a_folder_that_is_missing_and_one_that_is_a_file(
    tmp_path: Path, refused: Callable[..., str]
) -> None:
    nowhere, file = str(tmp_path / "nowhere"), tmp_path / "file"
    file.write_text("dear diary")
    assert f"make one: listenlink init --data {nowhere}" in refused("serve", "--data", nowhere)
    assert "isn't an instance" in refused("serve", "--data", str(file))
    assert "isn't an empty folder" in refused("init", "--data", str(file))
    assert f"{nowhere} isn't an instance" in refused("org", "list", "--data", nowhere)


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("nosuch.invalid", "there is no such host"),
        ("a..b", "there is no such host"),
        ("192.0.2.1", "annot assign requested address"),
        ("[::2]", ""),
    ],
)
def test_a_host_that_is_not_this_machine(
    data: Path, host: str, said: str, refused: Callable[..., str]
) -> None:
    given = ["serve", "--data", str(data), "--host", host]
    line = refused(*given, PUBLIC_URL="https://music.example")
    assert "can't be listened on: " in line
    assert said in line


def test_a_port_that_is_taken(data: Path, refused: Callable[..., str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        given = ["serve", "--data", str(data), "--port", str(port)]
        assert "address already in use" in refused(*given)
        assert "address already in use" in refused(*given, "--host", "localhost")
        given[-1] = str(free_port())
        line = refused(*given, METRICS_ADDRESS=f"127.0.0.1:{port}")
        assert f"127.0.0.1:{port} can't be listened on: address already in use" in line


@pytest.mark.parametrize(
    ("host", "shown"),
    [("LOCALHOST", "LOCALHOST"), ("[::1]", "[::1]")],
)
def test_this_very_machine_however_it_is_written(data: Path, host: str, shown: str) -> None:
    """It needs no public URL, and answers."""
    if ":" in host and not _has_ipv6():
        pytest.skip("This machine has no IPv6.")
    port = free_port()
    with subprocess.Popen(
        [*LISTENLINK, "serve", "--data", str(data), "--host", host, "--port", str(port)],
        env=clean_environment(), stdout=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert f" at http://{shown}:{port}" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.fixture
def shared(whole: Path) -> Iterator[Path]:
    """A copy of the instance where nobody can reach it, who owns all of it."""
    if os.geteuid() != 0:
        pytest.skip("Only root can become somebody else.")
    top = Path(tempfile.mkdtemp(prefix="listenlink-shared-"))
    top.chmod(0o755)
    shutil.copytree(whole, top / "data")
    for path in (top / "data", *(top / "data").rglob("*")):
        shutil.chown(path, "nobody", "nogroup")
    if not can_be_nobody():
        pytest.skip("nobody can't read this Python, or its packages.")
    yield top / "data"
    shutil.rmtree(top)


@functools.cache
def can_be_nobody() -> bool:
    """Whether nobody can read this Python and its packages."""
    return as_nobody(["--version"]).returncode == 0


def as_nobody(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command as nobody: by this Python, or by the system's of the same version if this one is in
    somebody's home."""
    packages = os.pathsep.join(path for path in sys.path if path)
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        with contextlib.suppress(OSError):
            return subprocess.run(
                [python, "-m", "listenlink", *arguments],
                env=clean_environment() | {"PYTHONPATH": packages}, user="nobody", group="nogroup",
                extra_groups=[], cwd="/", capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
    return subprocess.CompletedProcess(arguments, 1, "", "")


def nobodys(*arguments: str) -> str:
    return one_line(as_nobody(list(arguments)))


def test_a_folder_and_files_of_another_user(shared: Path) -> None:
    data, database = str(shared), shared / "listenlink.db"
    shutil.chown(database, "root", "root")
    said = f"listenlink: {database}: permission denied ({database} is root's, and this is nobody)"
    for command in (["serve"], ["backup", "--to", "/tmp/nowhere"]):  # noqa: S108
        assert nobodys(*command, "--data", data) == said
    shared.chmod(0o700)
    shutil.chown(shared, "root", "root")
    assert "permission denied" in nobodys("serve", "--data", data)
    assert "is root's, and this is nobody" in nobodys("audit", "--data", data)
    assert "permission denied" in nobodys("init", "--data", str(shared.parent / "new"))


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (".", "listenlink.db: nothing can be written beside it"),
        ("listenlink.db", "listenlink.db: permission denied"),
        ("uploads", "can't be written to: permission denied"),
        ("secrets/signing-keys", "the signing keys can't be read: permission denied"),
        ("secrets/daily", "permission denied"),
    ],
)
def test_a_place_that_may_only_be_read_or_not_at_all(shared: Path, place: str, said: str) -> None:
    (shared / "secrets" / "daily").mkdir(exist_ok=True)
    shutil.chown(shared / "secrets" / "daily", "nobody", "nogroup")
    path = shared / place
    path.chmod(0o500 if path.is_dir() else 0o400 if path.name != "signing-keys" else 0o000)
    assert said in nobodys("serve", "--data", str(shared), "--port", str(free_port()))


def test_a_port_for_which_one_has_to_be_root(shared: Path) -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    if first <= 1:
        pytest.skip("On this machine every port is anybody's.")
    line = nobodys("serve", "--data", str(shared), "--port", str(first - 1))
    assert line.endswith(f"127.0.0.1:{first - 1} can't be listened on: permission denied")
