"""Limits that a process puts on itself before it touches a stranger's bytes. Linux only.

It gives up privileges, network, opening files, memory and time, and can't get them back.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import resource
import signal
import time
from fractions import Fraction
from pathlib import Path
from typing import NoReturn

from listenlink.media.sandbox.landlock import restrict
from listenlink.media.sandbox.unreadable import make_unreadable

MEMORY_BYTES = 512 * 1024 * 1024
BASE_SECONDS = 20
MAX_SECONDS = 180
_SECONDS_PER_AUDIO_SECOND = Fraction(1, 10)
# Who gives way to others takes longer than its CPU time.
_WALL_FACTOR = 10
MAX_WALL_SECONDS = MAX_SECONDS * _WALL_FACTOR

_NOBODY = 65534
# Ids that nothing else uses, by systemd's table of them: a child has its own, and so none can reach another.
_FIRST_OWN_ID = 0x7000_0000
# linux/prctl.h and linux/sched.h.
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000


def limit_seconds(audio_seconds: Fraction) -> Fraction:
    """What this much audio may cost, in seconds of CPU time; a tenth of what it may take."""
    return min(BASE_SECONDS + audio_seconds * _SECONDS_PER_AUDIO_SECOND, Fraction(MAX_SECONDS))


class Deadline:
    """Kills this process by signal, so that a loop inside a library ends too.

    It starts at what a file without audio may cost, and moves as audio is decoded.
    """

    def __init__(self) -> None:
        self._started_at = time.monotonic()
        self._passed_seconds = Fraction(0)
        for number in (signal.SIGALRM, signal.SIGXCPU):
            # Had the parent ignored or blocked them, this process would have inherited that.
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM, signal.SIGXCPU})
        self.extend(Fraction(0))

    def extend(self, audio_seconds: Fraction) -> None:
        """Allow what `audio_seconds` in total may cost, counted from the start of the process."""
        allowed_seconds = limit_seconds(self._passed_seconds + audio_seconds)
        allowed_wall = float(allowed_seconds * _WALL_FACTOR)
        left_seconds = allowed_wall - (time.monotonic() - self._started_at)
        # Zero would turn the timer off.
        signal.setitimer(signal.ITIMER_REAL, max(left_seconds, 0.001))
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(allowed_seconds), MAX_SECONDS))

    def begin_again(self, audio_seconds: Fraction) -> None:
        """Allow for another pass over a file of this length, behind what was allowed before."""
        self._passed_seconds += audio_seconds
        self.extend(Fraction(0))


def limit_process(file_bytes: int = 0) -> None:
    """Give up what is never needed; call this first. Libraries can still be imported afterwards.

    `file_bytes` is how long a file that was passed in open for writing may get.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    with contextlib.suppress(OSError):  # If memory runs out, this goes, and not the server.
        Path("/proc/self/oom_score_adj").write_text("1000")
    make_unreadable()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs was refused")
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)  # Refused in many containers: best effort.
    _die_with_parent()


def close_doors() -> None:
    """Make it impossible to open a file, socket, pipe or process, or to reach another process; what is open
    stays usable.

    RLIMIT_NOFILE 0 makes open() and socket() fail with EMFILE, whatever a demuxer tries.
    """
    if os.geteuid() == 0:
        _leave_root()
    restrict()
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _leave_root() -> None:
    """Stop being root, which could raise its limits again and isn't bound by RLIMIT_NPROC."""
    for number in (_FIRST_OWN_ID + os.getpid(), _NOBODY):
        # A container may not have so many ids, and its root may be denied even this.
        with contextlib.suppress(OSError):
            os.setgroups([])
            os.setresgid(number, number, number)
            os.setresuid(number, number, number)
            break
    _die_with_parent()


def _die_with_parent() -> None:
    """Ask to be killed with the parent; needed again after each change of identity, which clears it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def answer_and_end(data: bytes) -> NoReturn:
    """Write the child's answer to descriptor 1 and exit at once, because tearing down libraries that a
    hostile file may have upset is of no use to anybody."""
    left = memoryview(data)
    while left:
        left = left[os.write(1, left) :]
    os._exit(0)
