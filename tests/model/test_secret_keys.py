"""Secrets beside the database: without a fit key nothing starts, and a day's key is one and dies."""

from __future__ import annotations

import os
import resource
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cast import free_port, run_cli
from listenlink.actions.create_instance import create_instance
from listenlink.actions.find_instance import SECRETS
from listenlink.errors import RefusesToStart
from listenlink.model.signing import Signer
from listenlink.secret_keys import DailyKeys, create_keys, load_keys
from listenlink.store.database.location import DatabaseLocation

FILE = "signing-keys"
GOOD = b"0000000a " + b"a5" * 32 + b"\n"
OLDER = b"0000000b " + b"5a" * 32 + b"\n"
TODAY = 20_662

BAD: dict[str, bytes] = {
    "empty": b"",
    "blank lines": b"\n  \n",
    "31 bytes": b"0000000a " + b"a5" * 31 + b"\n",
    "default text": b"changeme\n",
    "default text as a key": b"0000000a not-so-secret-not-so-secret-not-so-secret\n",
    "no id": b"a5" * 32 + b"\n",
    "short id": b"000a " + b"a5" * 32 + b"\n",
    "id that isn't hex": b"00000xyz " + b"a5" * 32 + b"\n",
    "id with a mark": b"0x00000a " + b"a5" * 32 + b"\n",
    "id with an underline": b"000_000a " + b"a5" * 32 + b"\n",
    "half a digit": b"0000000a " + b"a5" * 32 + b"a\n",
    "a good one and a short one": GOOD + b"0000000b a5\n",
    "twice the same id": GOOD + b"0000000a " + b"5a" * 32 + b"\n",
    "binary": bytes(range(256)),
    "base64": b"0000000a paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=\n",
}


def put(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / FILE
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_key_file_refuses_with_one_line_that_names_it(fault: str, tmp_path: Path) -> None:
    path = put(tmp_path, BAD[fault])
    with pytest.raises(RefusesToStart) as told:
        load_keys(FILE, tmp_path)
    assert str(told.value).startswith(str(path))
    assert "\n" not in str(told.value)
    assert "a5a5" not in str(told.value)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o666])
def test_a_key_file_that_others_may_use_in_any_way_is_refused(mode: int, tmp_path: Path) -> None:
    put(tmp_path, GOOD, mode)
    with pytest.raises(RefusesToStart, match="chmod 600"):
        load_keys(FILE, tmp_path)


def test_a_key_file_that_is_missing_or_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusesToStart, match="can't be read"):
        load_keys(FILE, tmp_path)
    (tmp_path / FILE).mkdir(mode=0o700)
    with pytest.raises(RefusesToStart, match="can't be read"):
        load_keys(FILE, tmp_path)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_the_ring_is_the_files_lines_newest_first(mode: int, tmp_path: Path) -> None:
    put(tmp_path, GOOD + b"\n" + OLDER, mode)
    ring = load_keys(FILE, tmp_path)
    assert [(key.key_id, key.root) for key in ring] == [
        ("0000000a", b"\xa5" * 32),
        ("0000000b", b"\x5a" * 32),
    ]


def test_a_new_key_is_random_good_private_and_never_replaced(tmp_path: Path) -> None:
    for name in ("one", "other"):
        create_keys(tmp_path / name, FILE)
    (one,), (other,) = load_keys(FILE, tmp_path / "one"), load_keys(FILE, tmp_path / "other")
    assert one.root != other.root
    assert one.key_id != other.key_id
    assert Signer([one], "p").verify(one.key_id, Signer([one], "p").sign("x"), "x")
    assert stat.S_IMODE((tmp_path / "one" / FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o700
    with pytest.raises(FileExistsError):
        create_keys(tmp_path / "one", FILE)
    assert load_keys(FILE, tmp_path / "one") == (one,)


def make_folder_of(path: Path) -> None:
    path.unlink()
    path.mkdir(mode=0o700)


START_UP: dict[str, Callable[[Path], object]] = {
    "missing": lambda folder: (folder / FILE).unlink(),
    "folder missing": lambda folder: shutil.rmtree(folder),
    "empty": lambda folder: put(folder, b""),
    "short": lambda folder: put(folder, BAD["31 bytes"]),
    "default text": lambda folder: put(folder, BAD["default text"]),
    "world-readable": lambda folder: (folder / FILE).chmod(0o644),
    "wrong type": lambda folder: make_folder_of(folder / FILE),
}


@pytest.mark.parametrize("fault", START_UP)
def test_a_server_does_not_start_without_a_fit_key(fault: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    create_instance(DatabaseLocation(data), "Label", "a@label.example", 0)
    START_UP[fault](data / SECRETS)
    before = children_seconds()
    run_cli("--help")
    helped = children_seconds() - before
    ended = run_cli("serve", "--data", str(data), "--port", str(free_port()))
    refused = children_seconds() - before - helped
    assert ended.returncode not in (0, None)
    assert FILE in ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    # Processor time, which is several times as much on a busy machine as on an idle one: also as a multiple.
    assert refused <= max(2, 10 * helped)


def children_seconds() -> float:
    """Processor time of all children that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_days_key_is_made_once_kept_privately_and_found_again(tmp_path: Path) -> None:
    keys = DailyKeys(tmp_path / "daily")
    key = keys.key_of(TODAY)
    assert len(key) == 32
    assert keys.key_of(TODAY) == key
    assert DailyKeys(tmp_path / "daily").key_of(TODAY) == key
    assert keys.key_of(TODAY + 1) != key
    assert files(tmp_path / "daily")["2026-07-28"] == key
    assert set(files(tmp_path / "daily")) == {"2026-07-28", "2026-07-29"}
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in (tmp_path / "daily").iterdir())
    assert (tmp_path / "daily").stat().st_mode & 0o777 == 0o700


_ASK = """
import sys
from pathlib import Path
from listenlink.store.database.location import DatabaseLocation
from listenlink.secret_keys import DailyKeys
sys.stdin.readline()
print(" ".join(DailyKeys(Path(sys.argv[1])).key_of(day).hex() for day in range(20662, 20692)))
"""


def test_processes_that_ask_at_the_same_moment_get_the_same_keys(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _ASK, str(tmp_path / "daily")]
    pipe = subprocess.PIPE
    asking = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(4)]
    for process in asking:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    told = [process.communicate(timeout=30)[0].split() for process in asking]
    assert len(told[0]) == len(set(told[0])) == 30
    assert told == [told[0]] * 4
    assert len(files(tmp_path / "daily")) == 30


def test_a_days_key_is_kept_for_seven_days_and_then_destroyed(tmp_path: Path) -> None:
    keys = DailyKeys(tmp_path / "daily")
    assert keys.destroy_old(TODAY) == 0
    made = {day: keys.key_of(day) for day in range(TODAY - 10, TODAY + 1)}
    assert keys.destroy_old(TODAY) == 3
    assert set(files(tmp_path / "daily").values()) == {made[TODAY - n] for n in range(8)}
    assert keys.destroy_old(TODAY) == 0
    assert keys.destroy_old(TODAY + 1) == 1
    assert keys.key_of(TODAY) == made[TODAY]
    # Not in memory either: whoever asks again gets another key.
    assert keys.key_of(TODAY - 10) != made[TODAY - 10]


_DIE_WHILE_MAKING = """
import os, sys
from pathlib import Path
from listenlink.store.database.location import DatabaseLocation
from listenlink.store.database.location import DatabaseLocation
from listenlink.store.database.location import DatabaseLocation
from listenlink.secret_keys import DailyKeys
link = os.link
def link_and_die(source, target):
    link(source, target)
    os._exit(9)
os.link = link_and_die
DailyKeys(Path(sys.argv[1])).key_of(int(sys.argv[2]))
"""


def test_a_key_is_destroyed_also_if_a_process_died_while_making_it(tmp_path: Path) -> None:
    folder = tmp_path / "daily"
    command = [sys.executable, "-c", _DIE_WHILE_MAKING, str(folder), str(TODAY)]
    assert subprocess.run(command, check=False, timeout=30).returncode == 9
    keys = DailyKeys(folder)
    key = keys.key_of(TODAY)
    assert key in files(folder).values()
    for path in folder.iterdir():
        os.utime(path, (TODAY * 86_400, TODAY * 86_400))
    for day in range(TODAY + 1, TODAY + 9):
        keys.destroy_old(day)
    assert key not in files(folder).values()
