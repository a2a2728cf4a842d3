"""Where strangers ask from: each from an address of their own."""

from __future__ import annotations

import ipaddress
import itertools
import os

_addresses = itertools.count(1)


def new_address() -> str:
    """An address that nobody in this test process had: a test that is tried again is somebody else."""
    number = next(_addresses)
    return f"198.18.{os.getpid() % 256}.{number}" if number < 255 else _far(number)


def _far(number: int) -> str:
    """In a network of its own, also where a client is a /48, however many there are."""
    return str(ipaddress.IPv6Address((0x3FFF << 112) + ((os.getpid() % 4096 << 16) + number << 80)))
