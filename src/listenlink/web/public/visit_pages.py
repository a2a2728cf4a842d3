"""The visit ticket in a share page, which is kept for all visitors: each answer ends with one of its own.

It's the value of a hidden field, so that the form of a browser without script sends it too. Record 0035 says
why it isn't in a header or a cookie.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from listenlink.model.shelf import Written
from listenlink.web.headers import text_of
from listenlink.web.packing import end_written, write_open_ended
from listenlink.web.response import Receive

_FIELD = 'id="visit" name="visit" form="player" value="'
_END = '">\n</body>\n</html>'
# Behind the ticket of a link with a password: what the page's script opens by, and the form without script.
_UNLOCK = '">\n<input type="hidden" id="unlock" name="unlock" form="player" value="'
_FORM = "application/x-www-form-urlencoded"
_MOST_BYTES = 4096


def begin_page(text: str) -> Written:
    """The page up to its ticket, to be kept. Raises ValueError if the page doesn't end with the field."""
    before, field, end = text.rpartition(_FIELD)
    if end != _END:
        raise ValueError("a page ends with the field for its visit ticket")
    return write_open_ended((before + field).encode())


def end_page(written: Written, ticket: str, unlock: str = "") -> Written:
    """The page for one visit, with the unlock that it was shown by if the link has a password."""
    unlocked = _UNLOCK + unlock if unlock else ""
    return end_written(written, f"{ticket}{unlocked}{_END}".encode())


async def read_fields(headers: dict[bytes, bytes], receive: Receive) -> dict[str, str]:
    """The fields that a posted form holds; none if it's no small form, which isn't read."""
    kind = text_of(headers, b"content-type").partition(";")[0].strip().lower()
    length = text_of(headers, b"content-length")
    if kind != _FORM or not length.isdecimal() or int(length) > _MOST_BYTES:
        return {}
    body, has_more = b"", True
    while has_more:
        message = await receive()
        body += message.get("body", b"")
        has_more = message.get("more_body", False)
    return dict(parse_qsl(body.decode("latin-1")))
