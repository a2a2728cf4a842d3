"""What docs/operating.md and README.md say of installing, upgrading and sharing, run as it's written.

Nothing is fetched: what the lock file asks for is shown to the new environment as installed already.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import httpx
import pytest
from packaging.requirements import Requirement

from cast import clean_environment, free_port
from engines import of_sqlite
from live.new_environments import put_python
from media.make_audio import make

ROOT = Path(__file__).parents[2]
OPERATING, README = ROOT / "docs" / "operating.md", ROOT / "README.md"
_MADE_OF = ("pyproject.toml", "README.md", "LICENSE", "requirements.lock", "src")
# What a new environment has of its own.
_NOT_SHOWN = ("listenlink", "_listenlink", "_editable_impl_listenlink", "pip", "__pycache__")
pytestmark = of_sqlite


def blocks(path: Path, heading: str, kind: str) -> list[str]:
    """The blocks of this kind below a heading."""
    section = re.split(r"^#+ ", path.read_text().partition(f"\n## {heading}\n")[2], flags=re.M)[0]
    return re.findall(rf"```{kind}\n(.*?)```", section, re.S)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """That of somebody who has this Python, `systemctl`, and no way to a package registry."""
    shown, programs = tmp_path_factory.mktemp("packages"), tmp_path_factory.mktemp("programs")
    for package in Path(sysconfig.get_path("purelib")).iterdir():
        if not package.name.startswith(_NOT_SHOWN):
            (shown / package.name).symlink_to(package)
    put_python(programs / "python3")
    (programs / "systemctl").write_text('#!/bin/sh\necho "$@" > asked-of-systemd\n')
    (programs / "systemctl").chmod(0o755)
    port = str(free_port())
    return clean_environment(PORT=port, SERVER=f"http://127.0.0.1:{port}") | {
        "PATH": f"{programs}:/usr/bin:/bin", "PYTHONPATH": str(shown), "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }  # fmt: skip


def run(script: str, folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["sh", "-eu", "-c", script], cwd=folder, env=environment, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a release installed in it, from the wheel that a clone's commands made."""
    clone, folder = tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("opt")
    for name in _MADE_OF:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, clone / name)
    install, build = blocks(OPERATING, "Installing", "sh")
    run(build, clone, environment)
    for made in (clone / "dist").iterdir():
        shutil.copy(made, folder)
    said = run(install, folder, environment)
    # For the processes that decode, which look at no variable.
    (packages,) = (folder / ".venv" / "lib").glob("python3*/site-packages")
    (packages / "shown.pth").write_text(environment["PYTHONPATH"])
    release = re.search(r'__version__ = "(.+)"', (ROOT / "src/listenlink/__init__.py").read_text())
    assert release is not None
    assert said.splitlines()[-1] == f"listenlink {release.group(1)}"
    return folder


def test_what_is_installed_is_the_wheel(installed: Path, environment: dict[str, str]) -> None:
    where = "from listenlink import cli; print(cli.__file__)"
    path = run(f".venv/bin/python -c '{where}'", installed, environment).strip()
    assert Path(path).is_relative_to(installed / ".venv")


def test_the_demonstration_of_a_wheel_has_music(
    installed: Path, environment: dict[str, str]
) -> None:
    with serving(
        "exec .venv/bin/listenlink demo --data demo --json", installed, environment
    ) as said:
        tracks = httpx.get(json.loads(said)["collection_url"]).json()["tracks"]
        assert len(tracks) == 3
        for track in tracks:
            part = httpx.get(track["playback_url"], headers={"Range": "bytes=0-99"})
            assert (part.status_code, len(part.content)) == (206, 100)


def needed_by(names: list[str]) -> set[str]:
    """The installed files of these distributions and of all that they need."""
    known, waiting, paths = set(), list(names), set()
    while waiting:
        name = waiting.pop()
        if name not in known:
            known.add(name)
            one = metadata.distribution(name)
            paths |= {path.parts[0] for path in one.files or () if ".." not in path.parts}
            asked = [Requirement(text) for text in one.requires or ()]
            waiting += [
                each.name for each in asked if each.marker is None or each.marker.evaluate()
            ]
    return paths


@pytest.fixture(scope="module")
def light(
    installed: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, str]]:
    """A folder where the wheel is installed with no extra, and its environment."""
    (wheel,) = installed.glob("*.whl")
    shown, folder = tmp_path_factory.mktemp("few"), tmp_path_factory.mktemp("light")
    few = {**environment, "PYTHONPATH": str(shown)}
    run("python3 -m venv --without-pip .venv", folder, few)
    pip = installed / ".venv" / "bin" / "pip"
    run(f"{pip} --python .venv/bin/python install --no-deps {wheel}", folder, few)
    asked = run(
        ".venv/bin/python -c 'from importlib.metadata import requires\n"
        'print(*requires("listenlink"), sep="\\n")\'',
        folder, few,
    )  # fmt: skip
    plain = [Requirement(line) for line in asked.splitlines() if "extra ==" not in line]
    assert {one.name for one in plain} == {"anyio", "httpx", "msgspec"}
    packages = Path(sysconfig.get_path("purelib"))
    for name in needed_by([one.name for one in plain]):
        (shown / name).symlink_to(packages / name)
    return folder, few


def test_with_no_extra_it_is_the_client(
    installed: Path, environment: dict[str, str], light: tuple[Path, dict[str, str]]
) -> None:
    folder, few = light
    with serving(
        "exec .venv/bin/listenlink demo --data demo --json", installed, environment
    ) as said:
        token = json.loads(said)["url"].rpartition("/")[2]
        ask = f"from listenlink import Client; print(Client().open('{token}').track.title)"
        script = f'.venv/bin/python -c "{ask}"'
        assert run(script, folder, few) == "Late Night Study\n"


def test_what_the_light_client_brings(installed: Path, light: tuple[Path, dict[str, str]]) -> None:
    (wheel,) = installed.glob("*.whl")
    assert wheel.stat().st_size < 4_000_000
    asked = (
        "import sys, listenlink; listenlink.Client(), listenlink.AsyncClient(); print(*sys.modules)\n"
        "from importlib.metadata import distributions; print(*(one.name for one in distributions()))"
    )
    loaded, brought = run(f".venv/bin/python -c '{asked}'", *light).splitlines()
    assert set(re.findall(r"listenlink\.(\w+)", loaded)) == {"client", "wire"}
    others = "anyio certifi h11 httpcore httpx idna msgspec typing_extensions"
    assert sorted(brought.split()) == sorted(["listenlink", *others.split()])


@pytest.mark.parametrize("command", ["", "serve", "upload song.flac", "--help"])
def test_with_no_extra_a_command_says_what_to_install(
    light: tuple[Path, dict[str, str]], command: str
) -> None:
    folder, few = light
    for program in (".venv/bin/listenlink", ".venv/bin/python -m listenlink"):
        done = subprocess.run(
            ["sh", "-c", f"{program} {command}"], cwd=folder, env=few, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (1, "")
        assert re.fullmatch(
            r"listenlink: \w+ isn't installed; .*: pip install 'listenlink\[server\]'\n",
            done.stderr,
        )


def test_an_upgrade_as_it_is_written(
    installed: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    (script,) = blocks(OPERATING, "Upgrading", "sh")
    for place in ("/var/lib/listenlink", "/backup"):
        assert place in script
        script = script.replace(place, f"{tmp_path}{place}")
    data = tmp_path / "var/lib/listenlink/data"
    data.parent.mkdir(parents=True)
    (tmp_path / "backup").mkdir()
    run(f".venv/bin/listenlink init --data {data}", installed, environment)
    assert "is backed up in" in run(script, installed, environment)
    assert (tmp_path / "backup" / "listenlink" / "backup.json").exists()
    assert (installed / "asked-of-systemd").read_text() == "restart listenlink\n"
    run(f".venv/bin/listenlink migrate --data {data}", installed, environment)


def test_sharing_a_song_as_the_readme_has_it(installed: Path, environment: dict[str, str]) -> None:
    """Each line after a `$`, with the key and the ids that came of the one before."""
    first, second = blocks(README, "An instance of your own, and the terminal", "console")
    commands = re.findall(r"^\$ (.*)$", first + second, re.M)
    activate, init, serve, again, export, upload, share = commands
    assert activate == again
    key = re.search("ak_[0-9a-f]{40}", run(f"{activate}\n{init}", installed, environment))
    assert key is not None
    make("flac", installed / "song.flac")
    begin = f"{activate}\n{export.replace('ak_…', key.group())}\n"
    with serving(f"{activate}\nexec {serve}", installed, environment) as shown:
        local = first.splitlines()[-2]
        assert shown == local.replace("http://127.0.0.1:8484", environment["LISTENLINK_SERVER"])
        uploaded = run(begin + upload, installed, environment)
        track = uploaded.split()[0]
        told = run(begin + share.replace("mtrack_9692d3f775dd", track), installed, environment)
        assert _form(told) == _form(second.rpartition("--max-opens 5\n")[2])
        assert httpx.get(told.split()[0]).json()["available"] is True
        revoke = told.splitlines()[-1].partition("  ")[2]
        assert run(begin + revoke, installed, environment).endswith("Share link revoked.\n")


@contextmanager
def serving(script: str, folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """What the script serves; its first line."""
    server = subprocess.Popen(
        ["sh", "-c", script], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    try:
        yield server.stdout.readline().strip()
        server.send_signal(signal.SIGINT)
        assert server.wait(15) == 0
    finally:
        server.kill()
        server.wait(10)


def _form(text: str) -> str:
    """The text with all that differs from run to run taken for the same."""
    text = re.sub(r"(shr|mslink|mtrack)_[0-9a-f]+", r"\1_…", text)
    return re.sub(r"127\.0\.0\.1:\d+", "…", re.sub(r"[\dT:Z-]{20}", "…", text)).strip()
