"""How programs call themselves in `User-Agent`: those that look at links, for somebody who may open them
later, browsers, and media players."""

from __future__ import annotations

import re

# Found anywhere, in lower case: no other kind of program has them in its name.
_ANYWHERE = (
    "preview", "crawl", "spider", "onebox", "unfurl", "oembed", "opengraph", "open graph", "checker",
    "linkcheck", "checklink", "linkfinder", "link sleuth", "scanner", "scraper", "scrapy", "validator",
    "archiver", "archive.org", "archivebox", "wayback", "headless", "screenshot", "thumbnail", "favicon",
    "lighthouse", "pagespeed", "prerender", "imgproxy", "imageproxy", "mailproxy", "asset proxy",
    "safebrowsing", "antivirus", "virustotal", "phishing", "malware", "health check", "health-check",
    "healthcheck",
)  # fmt: skip
# The same, of programs whose names say nothing of what they do.
_NAMES = (
    "facebookexternalhit", "whatsapp", "embedly", "iframely", "embera", "micawber", "summaly",
    "pinterest/0", "vkshare", "viber/", "line-poker", "kakaotalk-scrap", "mastodon", "pleroma", "akkoma",
    "friendica", "cardyb", "lemmy/", "misskey/", "synapse", "rocket.chat", "discourse", "disqus", "tumblr/",
    "flipboard", "wordpress", "nextcloud server", "nextcloud-server", "nextcloud-news",
    "google-pagerenderer", "mediapartners", "hatena", "nuzzel", "newspaper/", "feedly", "reeder/",
    "instapaper", "wallabag", "citoid", "zotero", "microsoft office", "lychee/", "w3c-", "w3c_", "gtmetrix",
    "pingdom", "zabbix", "nagios", "check_http", "statuscake", "site24x7", "updown.io", "synthetics",
    "monit/", "gatus/", "blackbox exporter", "prometheus/",
)  # fmt: skip
# Found as words of their own: "Bottle" is no bot, "Embedded" embeds nothing, and "Treader" doesn't read.
_WORDS = frozenset(
    (
        "bot", "bots", "robot", "robots", "embed", "embeds", "embedder", "reader", "readers", "readability",
        "rss", "feed", "feeds", "parser", "feedparser", "fetcher", "feedfetcher", "metadata", "metatag",
        "metatags", "ogp", "snippet", "snippets", "expander", "indexer", "analyzer", "analyser", "audit",
        "auditor", "detector", "inspector", "verifier", "scan", "monitor", "monitoring", "uptime", "probe",
        "prober", "pinger",
    )
)  # fmt: skip
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# As the end of a word they're enough. Of the words that end so by chance Cubot makes phones, whose owners are
# people.
_ENDS = ("bot", "embed", "reader")
_BY_CHANCE = frozenset(
    ("cubot", "abbot", "talbot", "turbot", "treader", "threader", "spreader", "breader")
)
_SITE = re.compile(
    r"https?://|(?<![\w.])www\.|(?:^|[\s;(,])\+(?:mailto:|[\w-]+\.[\w.-]*[a-z])", re.IGNORECASE
)
# `Mozilla/5.0 (compatible; Name` is how robots say who they are; the browsers that said it are known.
_ROBOTS = re.compile(
    r"Mozilla/[^(]*(?:$|\(compatible; (?!MSIE|Konqueror|Win32; WinHttp))", re.IGNORECASE
)
# Libraries that name their own source unless the program says who it is; what the program is, nobody can
# tell. `fetch` was one of them in Node for years. Not got: asked for JSON it names JSON.
_LIBRARIES = re.compile(
    r"(?:node-fetch|typhoeus|go-resty|k6)(?:/[\w.]+)?[ (+-]*https?://[^ )]+\)?", re.IGNORECASE
)
# Programs that say `Mozilla` for no other reason than that everybody does, and then who they are.
_SAY_WHO_THEY_ARE = ("powershell/", "winhttp.winhttprequest")

# Media players as each names itself, in lower case; what follows a name is a version, or nothing.
_PLAYERS = (
    "aimp", "amarok", "androidxmedia3", "applecoremedia", "audacious", "banshee", "bass", "bubbleupnp",
    "celluloid", "clementine", "cmus", "deadbeef", "exoplayer", "exoplayerlib", "ffmpeg", "ffplay",
    "foobar2000", "gnome-mplayer", "gstreamer", "itunes", "kodi", "lavf", "libmpv", "libvlc", "lyrion",
    "mediamonkey", "moc", "mpg123", "mplayer", "mplayer2", "mpv", "music player daemon", "musicbee",
    "nsplayer", "ogg123", "potplayer", "qmmp", "quicktime", "quodlibet", "rhythmbox", "roku",
    "smplayer", "sonos", "souphttpsrc", "squeezecenter", "stagefright", "strawberry", "totem", "vlc",
    "winamp", "winampmpeg", "windows-media-player", "wmfsdk", "wmplayer", "xbmc", "xine", "xmms2",
    "xmplay",
)  # fmt: skip
_PLAYER = re.compile(rf"(?<![a-z0-9.-])(?:{'|'.join(map(re.escape, _PLAYERS))})(?![a-z.-])")


def is_lookers(agent: str) -> bool:
    """Whether this is the agent of a program that looks: it says so, or names the site that it looks for."""
    if _LIBRARIES.fullmatch(agent):
        return False
    if _ROBOTS.match(agent) or _SITE.search(agent):
        return True
    text = agent.lower()
    if any(name in text for name in _ANYWHERE + _NAMES):
        return True
    words = {word.lower() for word in _PARTS.findall(agent)}
    if not _WORDS.isdisjoint(words):
        return True
    return any(word.endswith(_ENDS) for word in words - _BY_CHANCE)


def is_browsers(agent: str) -> bool:
    """Whether this is a browser's agent, or pretends to be."""
    text = agent.lower()
    return text.startswith(("mozilla/", "opera/")) and not any(
        name in text for name in _SAY_WHO_THEY_ARE
    )


def is_players(agent: str) -> bool:
    """Whether this is the agent of a media player, which can do nothing with JSON or a page."""
    return _PLAYER.search(agent.lower()) is not None
