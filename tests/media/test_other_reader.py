"""Manifests as another program reads them, by others and in another language: valid for the bytes that
they're of, in each format, and for no others."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from cast import clean_environment
from journeys.signed_tracks import KINDS
from media.claimed import TRAINED
from media.make_audio import make
from media.signing import signed

HERE = Path(__file__).parents[1] / "programs" / "read_manifest.mjs"
HOLDS = {"valid": True, "faults": [], "types": [TRAINED]}
INSTALLED = Path(__file__).parents[2] / "build" / "programs" / "node_modules"


def read_by_another(folder: Path, *pairs: tuple[Path, Path]) -> list[dict[str, object]]:
    """What it finds in each."""
    if not (INSTALLED / "@trustnxt" / "c2pa-ts").exists() or not shutil.which("node"):
        pytest.skip("the other reader isn't installed: sh scripts/test-tools.sh does it")
    (folder / "node_modules").symlink_to(INSTALLED)
    program = shutil.copy(HERE, folder)
    paths = [str(path) for pair in pairs for path in pair]
    done = subprocess.run(
        ["node", program, *paths], env=clean_environment(),
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def sign(path: Path) -> tuple[Path, Path]:
    beside = path.with_suffix(".c2pa")
    manifest = signed(path)
    assert manifest is not None
    beside.write_bytes(manifest)
    return path, beside


def test_it_holds_for_files_of_all_formats(tmp_path: Path) -> None:
    pairs = [sign(make(kind, tmp_path / f"{kind}.audio", sample_count=22_050)) for kind in KINDS]
    found = read_by_another(tmp_path, *pairs)
    assert dict(zip(KINDS, found, strict=True)) == dict.fromkeys(KINDS, HOLDS)


def test_it_holds_for_no_other_bytes(tmp_path: Path) -> None:
    song, beside = sign(make("flac", tmp_path / "song.audio", sample_count=22_050))
    other, _ = sign(make("flac", tmp_path / "other.audio", sample_count=22_051))
    content = song.read_bytes()
    cut, longer, flipped = (tmp_path / name for name in ("cut", "longer", "flipped"))
    cut.write_bytes(content[:-1])
    longer.write_bytes(content + b"\0")
    flipped.write_bytes(bytes([*content[:-100], content[-100] ^ 1, *content[-99:]]))
    pairs = [(path, beside) for path in (song, other, cut, longer, flipped)]
    whole, *others = read_by_another(tmp_path, *pairs)
    assert whole == HOLDS
    for found in others:
        assert (found["valid"], found["faults"]) == (False, ["assertion.dataHash.mismatch"])
