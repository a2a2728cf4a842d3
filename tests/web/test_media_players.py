"""Who is taken for a media player: by what real players, browsers and programs send."""

from __future__ import annotations

import pytest

from listenlink.web.negotiation import Wanted, what_is_wanted

FIREFOX_AUDIO = (
    "audio/webm,audio/ogg,audio/wav,audio/*;q=0.9,application/ogg;q=0.7,video/*;q=0.6,*/*;q=0.5"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
PLAYERS = [
    "VLC/3.0.20 LibVLC/3.0.20",
    "VLC/3.0.24 (LibVLC/3.0.24)",
    "Lavf/59.27.100",
    "Lavf53.32.100",
    "libmpv",
    "mpv 0.35.1",
    "mpv/0.37",
    "GStreamer souphttpsrc 1.22.0 libsoup/3.2.2",
    "MPlayer 1.5-12",
    "MPlayer/SVN-r38408",
    "foobar2000/1.6.16",
    "WinampMPEG/5.0",
    "Winamp/5.92",
    "iTunes/12.9.5 (Windows; Microsoft Windows 10 x64)",
    "iTunes/4.7.1 (Linux; N; Debian; i686-linux; EN; utf8) SqueezeCenter, Squeezebox Server",
    "QuickTime/7.6.6 (qtver=7.6.6;os=Windows NT 6.1)",
    "AppleCoreMedia/1.0.0.20G75 (iPhone; U; CPU OS 16_6 like Mac OS X; en_us)",
    "NSPlayer/12.00.19041.0001 WMFSDK/12.00.19041.0001",
    "Windows-Media-Player/12.0.19041.1",
    "WMPlayer/10.0.0.364 guid/3300AD50-2C39-46c0-AE0A-AC7B8159E203",
    "MyRadio/2.1 (Linux;Android 13) ExoPlayerLib/2.18.7",
    "AndroidXMedia3/1.2.0 (Linux;Android 14)",
    "stagefright/1.2 (Linux;Android 7.0)",
    "Clementine 1.4.0rc1",
    "Strawberry 1.0.17",
    "Rhythmbox/3.4.6",
    "Audacious/4.2 neon/0.32.4",
    "Kodi/20.2 (X11; Linux x86_64) Debian/12 App_Bitness/64 Version/20.2-Git",
    "XBMC/12.3 Git:20131212 (Linux; UbuntuOS 13.10)",
    "Linux UPnP/1.0 Sonos/70.3-35220 (ZPS9)",
    "Music Player Daemon 0.23.12",
    "mpg123/1.31.2",
    "xine/1.2.13",
    "DeaDBeeF/1.9.5",
    "Roku/DVP-9.10 (519.10E04111A)",
    "Quodlibet 4.5.0",
]
# The contract's programs, browsers, and names that only contain a player's.
OTHERS = [
    "", "curl/8.5.0", "python-requests/2.32.3", "python-httpx/0.27.0", "node", "undici", "Go-http-client/2.0",
    "Java/17.0.9", "okhttp/4.12.0", "Ruby", "GuzzleHttp/7", "PHP/8.2", "Wget/1.21.3", "aiohttp/3.9",
    "Dart/3.2 (dart:io)", "axios/1.6.2", "PostmanRuntime/7.36.0", "HTTPie/3.2.2", FIREFOX,
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "WhatsApp/2.23.20.0",
    "Bassline-Client/1.0", "compvlcx/1.0", "mpvideo/2", "Totemic/1.0", "vlc.example.org checker/1.0",
]  # fmt: skip


def asked(agent: str = "", **headers: str) -> dict[bytes, bytes]:
    sent = {"accept": "*/*", "user-agent": agent} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return {name.encode(): value.encode() for name, value in sent.items() if value}


def wants_audio(headers: dict[bytes, bytes]) -> bool:
    return what_is_wanted(headers) is Wanted.AUDIO


@pytest.mark.parametrize("agent", PLAYERS)
def test_players_are_known_by_their_names(agent: str) -> None:
    assert wants_audio(asked(agent))
    assert wants_audio(asked(agent.upper(), accept=""))


@pytest.mark.parametrize("agent", OTHERS)
def test_others_are_none_but_by_what_they_ask_for(agent: str) -> None:
    assert not wants_audio(asked(agent))
    assert not wants_audio(asked(agent, accept=""))
    assert not wants_audio(asked(agent, sec_fetch_dest="empty"))
    assert wants_audio(asked(agent, icy_metadata="1"))
    assert wants_audio(asked(agent, accept="audio/*"))
    assert wants_audio(asked(agent, accept="*/*;q=0.1, audio/mpeg"))
    assert wants_audio(asked(agent, sec_fetch_dest="audio"))


@pytest.mark.parametrize("agent", [PLAYERS[0], FIREFOX, ""])
def test_whoever_names_json_or_html_or_prefetches_is_none(agent: str) -> None:
    for accept in ("application/json", "audio/*, application/json;q=0.1", "text/html, audio/*"):
        assert not wants_audio(asked(agent, accept=accept, icy_metadata="1"))
    assert not wants_audio(asked(agent, accept="audio/*", sec_purpose="prefetch"))
    assert wants_audio(asked(agent, accept="audio/*, application/json;q=0"))


def test_an_audio_element_of_another_site_is_one() -> None:
    assert wants_audio(asked(FIREFOX, accept=FIREFOX_AUDIO, range="bytes=0-"))
    assert not wants_audio(asked(FIREFOX, accept="audio/*;q=0"))
