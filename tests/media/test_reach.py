"""What a child that has been taken over can reach of the server and of other children: nothing. It's tried.

As root and as an ordinary user, before the doors are closed (what our own code loads) and after.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cast import Server, upload, wait_for_sound
from engines import of_sqlite
from live.composed_image import can_read_the_program
from media.make_audio import make

ORDINARY = 12_345
is_root = os.geteuid() == 0
# Where Python is in root's own folder, somebody else sees it in a namespace in which that is an open one.
_SHOWN = """
mount --make-rprivate / && mkdir "$HOLD" && mount --bind "$BASE" "$HOLD" &&
mount -t tmpfs -o mode=755 tmpfs "$TOP" && mkdir -p "$BASE" && mount --bind "$HOLD" "$BASE" && exec "$@"
"""


def as_user(user: int, folder: Path) -> tuple[list[str], dict[str, str]]:
    """What begins a command that is to be this user's, and what that needs in its environment."""
    if not is_root or user == 0:
        return [], {}
    become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    base = Path(sys.base_prefix)
    told = {"BASE": str(base), "TOP": str(Path(*base.parts[:2])), "HOLD": str(folder / "hold")}
    if can_read_the_program(user):
        return become, {}
    return ["unshare", "-m", "sh", "-ec", _SHOWN, "sh", *become], told


USERS = [
    pytest.param(0, marks=pytest.mark.skipif(not is_root, reason="needs root")),
    ORDINARY,
]

# What a server does: holds a secret, and has two children at once.
PARENT = """
import asyncio, os, sys
from listenlink.media.sandbox.child import run_child
async def main():
    with open(os.devnull, "rb", buffering=0) as nothing:
        one = [sys.executable, "-I", "-c", sys.argv[1]]
        other = [sys.executable, "-I", "-c", sys.argv[2]]
        waiting = asyncio.create_task(run_child(other, nothing, 1000, 60))
        while not (found := [p for p in open(f"/proc/self/task/{os.getpid()}/children").read().split()]):
            await asyncio.sleep(0.01)
        while open(f"/proc/{found[0]}/stat").read().split()[2] != "S":
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)
        told, code = await run_child([*one, found[0], sys.argv[3]], nothing, 100_000, 60)
        waiting.cancel()
        sys.stdout.write(told.decode())
asyncio.run(main())
"""
VICTIM = """
import time
from listenlink.media.sandbox.lockdown import *
# As where namespaces are forbidden: one of its own alone would keep it from much.
limit_process.__globals__.update(_CLONE_NEWUSER=0, _CLONE_NEWNET=0)
limit_process()
close_doors()
time.sleep(60)
"""
TRIES = """
import ctypes, errno, json, os, signal, sys, threading
from listenlink.media.sandbox.lockdown import *
# As where namespaces are forbidden: one of its own alone would keep it from much.
limit_process.__globals__.update(_CLONE_NEWUSER=0, _CLONE_NEWNET=0)
limit_process()
libc = ctypes.CDLL(None, use_errno=True)
server, sibling, secret = os.getppid(), int(sys.argv[1]), sys.argv[2]

class Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]

def called(function, *arguments):
    function.restype = ctypes.c_long
    if function(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")

def look(process):
    buffer = ctypes.create_string_buffer(8)
    own = Piece(ctypes.cast(buffer, ctypes.c_void_p), 8)
    there = Piece(ctypes.cast(ctypes.create_string_buffer(8), ctypes.c_void_p), 8)
    called(libc.process_vm_readv, process, ctypes.byref(own), 1, ctypes.byref(there), 1, 0)

def opened(path):
    def read():
        with open(path, "rb") as file:
            file.read(1)
    return read

def attempts(process):
    return {
        "ptrace": lambda: called(libc.ptrace, 0x4206, process, None, None),
        "memory": lambda: open(f"/proc/{process}/mem", "rb").close(),
        "environ": opened(f"/proc/{process}/environ"),
        "maps": opened(f"/proc/{process}/maps"),
        "descriptors": lambda: os.listdir(f"/proc/{process}/fd"),
        "read": lambda: look(process),
        "signal": lambda: os.kill(process, 0),
        "priority": lambda: os.setpriority(os.PRIO_PROCESS, process, 19),
    }

def outcome(action):
    try:
        action()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "allowed"

def try_all():
    told = {f"server {name}": outcome(action) for name, action in attempts(server).items()}
    told |= {f"sibling {name}": outcome(action) for name, action in attempts(sibling).items()}
    return told | {"secret": outcome(opened(secret))}

before = try_all()
kept = [int(name) for name in os.listdir("/proc/self/fd")]
kept = [number for number in kept if os.path.exists(f"/proc/self/fd/{number}")]
close_doors()
print(json.dumps({"before": before, "after": try_all(), "kept": kept, "user": os.geteuid()}))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that somebody else can come to, which those of pytest aren't for long."""
    made = Path(tempfile.mkdtemp(prefix="listenlink-reach-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


def tell(user: int, folder: Path) -> dict[str, Any]:
    """What a child's attempts came to, on a server of this user's."""
    secret = folder / "signing-keys"
    secret.write_text("s3cret")
    secret.chmod(0o600)
    os.chown(secret, user if is_root else -1, -1)
    begin, needed = as_user(user, folder)
    done = subprocess.run(
        [*begin, sys.executable, "-c", PARENT, TRIES, VICTIM, str(secret)],
        env={**os.environ, "LISTENLINK_SIGNING_KEYS": "s3cret"} | needed,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def has_signal_scopes() -> bool:
    code = "from listenlink.media.sandbox.lockdown import *; limit_process(); print(restrict())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip() == "True"


@pytest.mark.parametrize("user", USERS)
def test_a_child_reaches_neither_the_server_nor_another_child(user: int, folder: Path) -> None:
    told = tell(user, folder)
    after = told["after"]
    if user and not has_signal_scopes():  # By the kernel alone: Linux before 6.12.
        after = {name: word for name, word in after.items() if not name.endswith("signal")}
    # That another's priority falls is no way in; the scheduler isn't bounded by Landlock.
    reached = {name for name, word in after.items() if word == "allowed"}
    assert reached <= ({"server priority", "sibling priority"} if user else set())
    assert told["kept"] == [0, 1, 2]
    if user == 0:
        assert told["user"] not in (0, 65_534)


def test_the_server_can_not_be_read_by_its_own_user_either(folder: Path) -> None:
    """What holds without a closed door: the process itself is unreadable."""
    before = tell(ORDINARY, folder)["before"]
    ways = ("ptrace", "memory", "environ", "maps", "descriptors", "read")
    refused = {f"{whose} {way}" for whose in ("server", "sibling") for way in ways}
    assert {name for name in refused if before[name] == "allowed"} == set()


@of_sqlite
@pytest.mark.skipif(not is_root, reason="another of the same user would have to be asked")
def test_neither_process_of_a_real_server_can_be_read_by_its_user(folder: Path) -> None:
    """The one that answers, and the one that started it: both have the keys in their environment."""
    server = Server(folder / "data")
    server.create()
    for path in (server.data, *server.data.rglob("*")):
        os.chown(path, ORDINARY, ORDINARY)
    begin, needed = as_user(ORDINARY, folder)
    serve = ["serve", "--data", str(server.data), "--port", str(server.port)]
    server.log = folder / "data.log"
    with server.log.open("w") as log:
        process = server.process = subprocess.Popen(
            [*begin, sys.executable, "-m", "listenlink", *serve],
            env=os.environ | needed, cwd="/", start_new_session=True, text=True,
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        server.wait_until_ready()
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert children
        for number in (str(process.pid), *children):
            looked = subprocess.run(
                ["cat", f"/proc/{number}/environ"],
                user=ORDINARY, group=ORDINARY, extra_groups=[], capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert (looked.returncode, looked.stdout) == (1, "")
            assert "Permission denied" in looked.stderr
        # And yet it works: with files in /proc/self, and with children.
        with server.owner() as owner:
            song = upload(owner, make("aiff", folder / "a.aiff", sample_count=20_000))
            assert wait_for_sound(owner, song["id"])["has_rendition"]
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)
