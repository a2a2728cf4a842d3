"""E-mail addresses, as far as their form goes."""

from __future__ import annotations

import re

from listenlink.model.one_line import one_line

_ADDRESS = re.compile(r"[^\s@\x00-\x1f\x7f]{1,64}@[^\s@\x00-\x1f\x7f]{1,255}")


def is_email(text: str) -> bool:
    """Whether the text has the form of an address, and nothing that can't be seen. Whether anybody has it is
    for whoever writes to it."""
    return _ADDRESS.fullmatch(text) is not None and one_line(text) == text
