"""Where tus is spoken, and what is on every answer there, even if none of its handlers was involved."""

from __future__ import annotations

import re

from listenlink.web.response import Headers

VERSION = "1.0.0"
HEADERS: Headers = [(b"tus-resumable", VERSION.encode()), (b"tus-version", VERSION.encode())]
PATHS = re.compile(rb"/v1/music/[^/]+/uploads(?:/.*)?")
