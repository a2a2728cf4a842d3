"""The whole work of the desk, done by a shell script with the program's commands."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from cast import Server, clean_environment
from live.forked_program import forked_program
from media.make_audio import make, make_picture

SCRIPT = Path(__file__).with_name("desk_by_commands.sh")


def test_a_script_does_it_all(server: Server, tmp_path: Path) -> None:
    programs, folder = tmp_path / "bin", tmp_path / "music"
    programs.mkdir()
    folder.mkdir()
    make("wav16", folder / "one.wav")
    make("wav16", folder / "two.wav", sample_count=20_000)
    make("wav16", folder / "three.wav", sample_count=30_000)
    (folder / "cover.jpg").write_bytes(make_picture())
    environment = clean_environment(SERVER=server.url, API_KEY=server.api_key)
    environment["PATH"] = f"{programs}{os.pathsep}{environment['PATH']}"
    with forked_program(programs):
        done = subprocess.run(
            ["sh", str(SCRIPT)], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
