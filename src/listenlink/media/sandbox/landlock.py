"""Landlock: what a process takes away from itself for good, as far as the kernel knows it (landlock(7)).

No file can be opened, changed or run, no port used, and no process outside be sent a signal. What is open
already stays usable.
"""

from __future__ import annotations

import ctypes
import os
import struct

# The same on every processor (linux/landlock.h, asm-generic/unistd.h).
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_GIVE_VERSION = 1
_SIGNALS_SINCE, _NETWORK_SINCE = 6, 4
# Since which version of the interface the kernel knows how many rights to files.
_FILE_RIGHTS = ((5, 16), (3, 15), (2, 14), (1, 13))
_ALL_OF_NETWORK, _ALL_SCOPES = 0b11, 0b11


def restrict() -> bool:
    """Take it all away from this process, which must have given up new privileges. Returns whether the kernel
    can keep signals in, too; older ones take away what they know, or nothing."""
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, 0, _GIVE_VERSION)
    if version < 1:
        return False
    rights = next(count for since, count in _FILE_RIGHTS if version >= since)
    attributes = struct.pack("=Q", (1 << rights) - 1)
    if version >= _NETWORK_SINCE:
        attributes += struct.pack("=Q", _ALL_OF_NETWORK)
    if version >= _SIGNALS_SINCE:
        attributes += struct.pack("=Q", _ALL_SCOPES)
    rules = libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if rules < 0:
        return False
    try:
        is_done: bool = libc.syscall(_RESTRICT_SELF, rules, 0) == 0
        return is_done and version >= _SIGNALS_SINCE
    finally:
        os.close(rules)
