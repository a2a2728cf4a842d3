"""The headers of each kind of the desk's answers, whole and in full, as in `header_table.py`."""

from __future__ import annotations

import re

from web import header_table
from web.header_table import _INNER, _LENGTH, _NOINDEX, _PAGE, Told

_OWN_REFERRER: Told = {"referrer-policy": "same-origin"}
_DESK_PAGE: Told = _PAGE | _NOINDEX | _OWN_REFERRER
_DESK_LEADS: Told = _INNER | _LENGTH | {
    "content-type": "text/plain; charset=utf-8",
    "location": re.compile(r"/desk[/a-z-]*(\?done=[a-z_]+)?"),
}  # fmt: skip
_SECRET = re.compile(
    r"__Host-listenlink=[0-9a-f]{64}; Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax; Secure"
)

TOLD: dict[str, Told] = {
    "inner": header_table.TOLD["inner"],
    "stranger": header_table.TOLD["stranger"],
    "desk_page": _DESK_PAGE,
    "desk_not_allowed": _DESK_PAGE | {"allow": "GET, HEAD, OPTIONS"},
    "desk_limited": _DESK_PAGE | {"retry-after": re.compile(r"[1-9]\d*")},
    "desk_leads": _DESK_LEADS | _OWN_REFERRER,
    "desk_leads_to_file": _DESK_LEADS | _OWN_REFERRER | {
        "location": re.compile(r"/v1/music/download/own\.[0-9a-f.]{83}"),
    },
    "desk_leads_to_archive": _DESK_LEADS | _OWN_REFERRER | {
        "location": re.compile(r"/v1/music/archive/own\.[0-9a-f.]{78}"),
    },
    "desk_stranger": _DESK_LEADS | _OWN_REFERRER,
    "desk_signs_in": _DESK_LEADS | _OWN_REFERRER | {"set-cookie": _SECRET},
    "desk_signs_out": _DESK_LEADS | _OWN_REFERRER | {
        "set-cookie": "__Host-listenlink=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure",
        "clear-site-data": '"cache", "storage"',
    },
}  # fmt: skip
