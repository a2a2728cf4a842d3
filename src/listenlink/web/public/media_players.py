"""Who asks for a link to hear it at once: a media player, an audio element, whatever wants sound and no text.

A player can do nothing with JSON or a page. Record 0036 says what it gets instead.
"""

from __future__ import annotations

import re
from functools import lru_cache

from listenlink.model.audit import AGENT_BYTES
from listenlink.web.negotiation import MOST_CHARACTERS, is_prefetch, weighted

_TEXTS = frozenset({"application/json", "text/html", "application/xhtml+xml"})
# As each names itself, in lower case; what follows a name is a version, or nothing.
_NAMES = (
    "aimp", "amarok", "androidxmedia3", "applecoremedia", "audacious", "banshee", "bass", "bubbleupnp",
    "celluloid", "clementine", "cmus", "deadbeef", "exoplayer", "exoplayerlib", "ffmpeg", "ffplay",
    "foobar2000", "gnome-mplayer", "gstreamer", "itunes", "kodi", "lavf", "libmpv", "libvlc", "lyrion",
    "mediamonkey", "moc", "mpg123", "mplayer", "mplayer2", "mpv", "music player daemon", "musicbee",
    "nsplayer", "ogg123", "potplayer", "qmmp", "quicktime", "quodlibet", "rhythmbox", "roku",
    "smplayer", "sonos", "souphttpsrc", "squeezecenter", "stagefright", "strawberry", "totem", "vlc",
    "winamp", "winampmpeg", "windows-media-player", "wmfsdk", "wmplayer", "xbmc", "xine", "xmms2",
    "xmplay",
)  # fmt: skip
_PLAYER = re.compile(rf"(?<![a-z0-9.-])(?:{'|'.join(map(re.escape, _NAMES))})(?![a-z.-])")


def wants_audio(headers: dict[bytes, bytes]) -> bool:
    """Whether a player is asking: by `Icy-MetaData`, by audio types in `Accept`, as an audio element by
    `Sec-Fetch-Dest`, or by its name. Whoever names JSON or HTML, or only prefetches, is none."""
    is_told = b"icy-metadata" in headers or headers.get(b"sec-fetch-dest") == b"audio"
    accept, agent = headers.get(b"accept", b""), headers.get(b"user-agent", b"")
    wants = _wants(accept[:MOST_CHARACTERS], agent[:AGENT_BYTES], is_told)
    return wants and not is_prefetch(headers)


@lru_cache(maxsize=2048)
def _wants(accept: bytes, agent: bytes, is_told: bool) -> bool:
    accepted = {name for name, _ in weighted(accept.decode("latin-1"))}
    if accepted & _TEXTS:
        return False
    if is_told or any(name.startswith("audio/") for name in accepted):
        return True
    return _PLAYER.search(agent.decode("latin-1").lower()) is not None
