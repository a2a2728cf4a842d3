"""Programs that look at links and programs that open them, as each really asks: read from the tables
beside, which say where each was seen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "


@dataclass(frozen=True)
class Program:
    """One program. `method` is how it asks for the page, `headers` all that it sends of its own accord."""

    name: str
    seen: str
    method: str
    headers: dict[str, str]


def _read(table: str) -> list[Program]:
    programs = []
    text = (_HERE / table).read_text()
    for entry in text.split("\n\n"):
        first, *lines = entry.strip().splitlines()
        if first.startswith("#"):
            continue
        name, seen = first.split(" | ")
        method = "HEAD" if lines and lines[0] == "HEAD" else "GET"
        headers = dict(line.split(": ", 1) for line in lines if line != "HEAD")
        programs.append(Program(name, seen, method, headers))
    return programs


LOOKERS = _read("agents_that_look.txt")
OPENERS = _read("agents_that_open.txt")
# One of each way to look, for what takes many requests.
_OF_EACH_WAY = frozenset(
    (
        "slack", "slack_images", "whatsapp_android", "signal", "facebook", "imessage", "line", "lemmy",
        "matrix", "rocketchat", "discourse_destination", "discourse_get", "wordpress", "ghost", "nextcloud",
        "embedly", "unfurl_js", "open_graph_scraper", "metainspector", "undici_disguised", "jsoup",
        "google", "w3c_links", "uptime_robot", "mail_scanner", "mail_scanner_head", "mail_scanner_mute",
        "outlook", "prefetch", "prerender", "json_prefetch", "purpose", "top_sites", "x_moz",
        "image_firefox", "style", "first_byte",
    )
)  # fmt: skip
UNFURLERS = [program for program in LOOKERS if program.name in _OF_EACH_WAY]

# Browsers within apps: they look like the app's program, but a person is in front of them.
IN_APP_BROWSERS: dict[str, str] = {
    "twitter": _IPHONE + "Mobile/21F90 Twitter for iPhone/10.41",
    "pinterest": _IPHONE + "Mobile/21F90 [Pinterest/iOS]",
    "linkedin": _IPHONE + "Mobile/21F90 [LinkedInApp]/9.29.8962",
    "instagram": _IPHONE + "Mobile/21F90 Instagram 331.0.3.29.90 (iPhone14,5; iOS 17_5; de_DE)",
    "facebook": _IPHONE
    + "Mobile/21F90 [FBAN/FBIOS;FBAV/464.0.0.33.109;FBDV/iPhone14,5;FBLC/de_DE]",
    "whatsapp": _IPHONE + "Mobile/21F90 WhatsApp/24.11",
    "viber": _IPHONE + "Mobile/15E148 Viber/22.9.0",
    "safe_links": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "HeadlessChrome/131.0.0.0 Safari/537.36",
}
