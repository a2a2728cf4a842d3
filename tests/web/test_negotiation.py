"""Who looks, who opens and who means it, by the headers alone: the kinds, by others than the tables have."""

from __future__ import annotations

import pytest

from journeys.unfurlers import LOOKERS, OPENERS
from listenlink.model.audit import Agent, classify_agent
from listenlink.web.negotiation import Wanted, what_is_wanted

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
    "Safari/537.36"
)
JAVAS = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"


def wanted(agent: str | None = None, accept: str | None = "*/*", **more: str) -> Wanted:
    """`Sec_Fetch_Dest="image"` is `Sec-Fetch-Dest: image`."""
    headers = {name.lower().replace("_", "-"): value for name, value in more.items()}
    headers |= {} if agent is None else {"user-agent": agent}
    headers |= {} if accept is None else {"accept": accept}
    return what_is_wanted({name.encode(): value.encode() for name, value in headers.items()})


def test_the_tables_by_themselves() -> None:
    def of(headers: dict[str, str]) -> Wanted:
        return what_is_wanted({n.lower().encode(): v.encode() for n, v in headers.items()})

    assert [one.name for one in LOOKERS if of(one.headers) is not Wanted.PAGE] == []
    assert [one.name for one in OPENERS if of(one.headers) is Wanted.PAGE] == []


@pytest.mark.parametrize(
    "agent",
    [
        "Harbour/1.0 (+https://harbour.example)",
        "Harbour/1.0; +http://harbour.example/about",
        "Harbour (http://www.harbour.example)",
        "Harbour/2 (www.harbour.example)",
        "Harbour/2 (+harbour.example/about)",
        "Harbour/2 (+mailto:somebody@harbour.example)",
        "Mozilla/5.0", "Mozilla/5.0 harbour/2", "Mozilla/5.0 (compatible; Harbour/2)", "got (https://got.example)",
        "Mozilla/5.0 (compatible; Harbour) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0 Safari/537.36",
        "HarbourPreview/1", "harbour-link-preview", "LinkPreviewService/2", "HarbourURLPreview",
        "Harbour Embed/3", "harbour_embed", "oEmbed consumer", "HarbourOnebox/1", "HarbourBot",
        "harbourbot/2",
        "HARBOUR BOT", "Harbour_Bot/2", "bot", "HarbourCrawler", "Harbour Link Checker", "linkchecker/10",
        "HarbourReader/4", "Harbour Reader", "harbour-reader", "rssreader/1", "webreader",
        "autoembed/1", "Harbour RSS", "MetaTagFetcher",
        "harbour-unfurler/1", "HarbourScraper", "harbour uptime monitor", "kube-probe/1.27",
        "ELB-HealthChecker/2.0", "Slack-ImgProxy", "GoogleImageProxy", "facebookexternalhit/9",
    ],
)  # fmt: skip
def test_who_names_a_site_or_calls_itself_a_looker_looks(agent: str) -> None:
    assert classify_agent(agent.encode()) is Agent.UNFURLER
    for accept in ("*/*", "", None, "application/*", JAVAS):
        assert wanted(agent, accept, Accept_Language="en") is Wanted.PAGE, accept
    # What it asks for is no guess: radio programs name their sites too.
    assert wanted(agent, "audio/mpeg, */*", Accept_Language="en") is Wanted.AUDIO
    for accept in (
        "application/json",
        "application/json, text/plain, */*",
        "*/*, application/json;q=0.1",
    ):
        assert wanted(agent, accept) is Wanted.JSON, accept
    # The library's own name doesn't help who goes on to say what it is.
    if not agent.startswith("Mozilla/"):
        assert wanted(f"node-fetch/1.0 {agent}") is Wanted.PAGE


@pytest.mark.parametrize(
    "agent",
    [
        "Apache-HttpClient/4.5.14 (Java/17.0.9)", "Bottle/0.12", "robotics-lab/1", "Embedded/2",
        "MyTreader/1",
        "Spreaders/1", "okhttp/5.0.0-alpha.14", "Dart/3.4 (dart:io)", "python-requests/2.32.3",
        "Harbour/1.0+build.7", "Harbour/1.0 (somebody@harbour.example)",
        "Needle/3.3.1 (Node.js v20.11.0; linux)",
        "Harbour-Player/1.0 (iPhone; iOS 17.5; Scale/3.00)", "Abbotsford/1", "phishin-app/2", "Viberate/2",
        "LiveMusicArchive/3", "Threader", "Abbot/1", "spreader 2",
        "Mozart/5.0", "node", "", "Feedback/1.0",
        "libwww-perl/6.72", "Symfony HttpClient/Curl",
        "Typhoeus - https://github.com/typhoeus/typhoeus", "Ruby", "GuzzleHttp/6.5.5 curl/7.74.0 PHP/8.1.2",
    ],
)  # fmt: skip
def test_other_programs_open(agent: str) -> None:
    assert classify_agent(agent.encode()) is not Agent.UNFURLER
    for accept in ("*/*", "", None, "application/*", "*", JAVAS, "*/*;q=0.5", "nonsense"):
        assert wanted(agent, accept) is Wanted.ANYTHING, accept
    assert wanted(agent, "application/json") is Wanted.JSON
    assert wanted(agent, "text/html") is Wanted.PAGE


@pytest.mark.parametrize("accept", [
    "image/*", "image/png", "image/avif,image/webp,*/*;q=0.8", "image/gif, image/x-xbitmap, */*", "text/css",
    "application/activity+json", "application/rss+xml, application/xml;q=0.9", "text/*", "video/*",
])  # fmt: skip
@pytest.mark.parametrize("agent", [None, "curl/8.5.0", CHROME])
def test_who_wants_a_picture_or_cannot_use_json_looks(agent: str | None, accept: str) -> None:
    assert wanted(agent, accept, Accept_Language="en") is Wanted.PAGE


@pytest.mark.parametrize("destination", [
    "image", "style", "script", "video", "track", "font", "manifest", "object", "embed", "worker",
    "sharedworker", "serviceworker", "report", "xslt", "audioworklet", "json", "webidentity",
    "thought-of-later",
])  # fmt: skip
def test_what_a_browser_wants_for_something_else_is_a_look(destination: str) -> None:
    for agent in (CHROME, "curl/8.5.0"):
        asked = {"Accept_Language": "en", "Sec_Fetch_Site": "same-origin"}
        assert wanted(agent, Sec_Fetch_Dest=destination, **asked) is Wanted.PAGE
        assert wanted(agent, "application/json", Sec_Fetch_Dest=destination) is Wanted.JSON


def test_a_robot_that_says_whom_to_write_to_looks() -> None:
    for agent in (CHROME, "curl/8.5.0", None):
        sent = {"From": "somebody@harbour.example", "Accept_Language": "en"}
        assert wanted(agent, **sent) is Wanted.PAGE
        assert wanted(agent, "application/json", **sent) is Wanted.JSON


@pytest.mark.parametrize("destination", ["empty", "document", "iframe"])
def test_what_a_browser_may_open(destination: str) -> None:
    assert wanted(CHROME, Sec_Fetch_Dest=destination) is Wanted.ANYTHING


def test_an_audio_element_hears() -> None:
    assert wanted(CHROME, Sec_Fetch_Dest="audio") is Wanted.AUDIO


@pytest.mark.parametrize("header", ["Sec_Purpose", "Purpose", "X_Purpose", "X_Moz"])
def test_who_prefetches_looks_whatever_is_asked(header: str) -> None:
    for accept in ("*/*", "application/json", "text/html", None):
        for agent in (CHROME, "curl/8.5.0", None):
            sent = {header: "prefetch", "Accept_Language": "en"}
            assert wanted(agent, accept, **sent) is Wanted.PAGE


@pytest.mark.parametrize("agent", [
    CHROME, "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)",
    "Opera/9.80 (X11; Linux) Presto/2.12",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
])  # fmt: skip
def test_a_browsers_agent_opens_with_something_else_of_a_browser(agent: str) -> None:
    for accept in ("*/*", None, "application/*"):
        assert wanted(agent, accept) is Wanted.PAGE
        assert wanted(agent, accept, Accept_Encoding="gzip", Range="bytes=0-") is Wanted.PAGE
        # This is what Node's `fetch` adds to any agent.
        nodes = {"Accept_Language": "*", "Sec_Fetch_Mode": "cors"}
        assert wanted(agent, accept, **nodes) is Wanted.PAGE
        for name, value in (
            ("Accept_Language", "en"), ("Origin", "https://a.example"), ("Referer", "https://a.example/"),
            ("Sec_Fetch_Mode", "cors"), ("Sec_Fetch_Site", "none"), ("Sec_Fetch_Dest", "empty"),
        ):  # fmt: skip
            assert wanted(agent, accept, **{name: value}) is Wanted.ANYTHING, name


@pytest.mark.parametrize("agent", [
    "Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.19045; en-US) PowerShell/7.4.1",
    "Mozilla/4.0 (compatible; Win32; WinHttp.WinHttpRequest.5)",
])  # fmt: skip
def test_who_says_mozilla_and_then_who_it_is_needs_nothing_else(agent: str) -> None:
    assert wanted(agent) is Wanted.ANYTHING
    assert classify_agent(agent.encode()) is Agent.PROGRAM


def test_long_headers_are_cut_before_they_are_remembered() -> None:
    assert wanted("x" * 600 + "bot") is Wanted.ANYTHING
    assert wanted("curl", "*/*" + "," * 1100 + "text/html") is Wanted.ANYTHING
