"""Makes a process unreadable to others of the same user: its memory, and what is in its environment.

Where the server isn't root, the processes that decode are the same user's as itself; without this, whoever
took one over could attach to the server as a debugger does. Linux only.
"""

from __future__ import annotations

import ctypes
import sys

# linux/prctl.h.
_PR_SET_DUMPABLE = 4


def make_unreadable() -> None:
    """Refuse ptrace, `/proc/PID/mem` and `environ` to everybody but root (ptrace(2), "Ptrace access mode
    checking"). It leaves no core dump either, which would hold the keys. Children that are forked inherit it;
    another program, by exec, doesn't."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
