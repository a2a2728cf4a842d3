"""`deploy/Dockerfile` as commands: what it runs to build, in a folder with nothing but what it copies.

With LISTENLINK_TEST_FULL=1 only: it fetches all that is in requirements.lock.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from live.composed_image import DEPLOY, read_image

ROOT = DEPLOY.parent
FULL = bool(os.environ.get("LISTENLINK_TEST_FULL"))


def build_steps(folder: Path) -> list[tuple[str, str]]:
    """The COPY and RUN of the first stage, with this folder for the image's places."""
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    stage = text.partition(" AS build")[2].partition("\nFROM ")[0]
    steps = re.findall(r"^(COPY|RUN) (.*)$", stage, re.M)
    return [(kind, step.replace("/opt/", f"{folder}/opt/")) for kind, step in steps]


@pytest.mark.skipif(not FULL, reason="fetches packages: LISTENLINK_TEST_FULL=1")
@pytest.mark.timeout(600)
def test_the_image_s_commands_build_it_from_what_it_copies(tmp_path: Path) -> None:
    build = tmp_path / "build"
    build.mkdir()
    (tmp_path / "opt").mkdir()
    steps = build_steps(tmp_path)
    assert [kind for kind, _ in steps].count("RUN") == 3
    for kind, step in steps:
        if kind == "COPY":
            *sources, target = step.split()
            for source in map(ROOT.joinpath, sources):
                if source.is_dir():
                    shutil.copytree(
                        source, build / target, ignore=shutil.ignore_patterns("__pycache__")
                    )
                else:
                    shutil.copy(source, build / target)
            continue
        step = re.sub(r"^python ", f"{sys.executable} ", step)
        subprocess.run(["sh", "-ec", step], cwd=build, check=True, timeout=500)
    image = read_image()
    made = tmp_path / "opt" / "listenlink" / "bin"
    environment = {"PATH": str(made)} | image.environment
    for command in ([*image.entrypoint, "--help"], ["python", "-c", "import listenlink.app"]):
        subprocess.run([made / command[0], *command[1:]], env=environment, check=True, cwd="/",
                       capture_output=True, timeout=60)  # fmt: skip
    refused = subprocess.run(
        [made / image.entrypoint[0], *image.command], env=environment | {
            "LISTENLINK_DATA": str(tmp_path / "data"), "LISTENLINK_PUBLIC_URL": "http://music.example"
        }, capture_output=True, text=True, check=False, cwd="/", timeout=60,
    )  # fmt: skip
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "isn't an instance; make one" in refused.stderr
