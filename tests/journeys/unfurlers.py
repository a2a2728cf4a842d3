"""Programs that look at links before, or instead of, a person: what each really sends.

Where a program is known to send no `Accept`, it's None here; most send `*/*`. Covers and previews are
fetched by the same program, some with another name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "{}/131.0.0.0 Safari/537.36{}"
)
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
_APPLE_MESSAGES = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) "
    "Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"
)


@dataclass(frozen=True)
class Unfurler:
    """One program. `method` is how it asks for the page."""

    name: str
    agent: str
    accept: str | None = "*/*"
    method: str = "GET"
    more: dict[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        accept = {} if self.accept is None else {"Accept": self.accept}
        return {"User-Agent": self.agent} | accept | self.more


def _compatible(name: str) -> str:
    return f"Mozilla/5.0 (compatible; {name})"


UNFURLERS = [
    Unfurler(
        "slack",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        more={"Range": "bytes=0-32768"},
    ),
    Unfurler("slack_images", "Slack-ImgProxy (+https://api.slack.com/robots)", "image/*,*/*;q=0.8"),
    Unfurler("telegram", "TelegramBot (like TwitterBot)"),
    Unfurler("whatsapp", "WhatsApp/2.24.20.89 A"),
    Unfurler("signal", "WhatsApp/2", None),  # Signal calls itself so
    Unfurler("discord", _compatible("Discordbot/2.0; +https://discordapp.com")),
    Unfurler(
        "teams",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
        None,
    ),
    Unfurler(
        "facebook",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        more={"Range": "bytes=0-524287", "Accept-Encoding": "deflate, gzip"},
    ),
    Unfurler("facebot", "Facebot"),
    Unfurler("twitter", "Twitterbot/1.0"),
    Unfurler(
        "linkedin",
        "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    ),
    Unfurler(
        "pinterest",
        _compatible("Pinterestbot/1.0; +http://www.pinterest.com/bot.html"),
        _BROWSER,
    ),
    Unfurler("pinterest_rich", "Pinterest/0.2 (+https://www.pinterest.com/bot.html)"),
    Unfurler(
        "reddit", _compatible("redditbot/1.0; +http://www.reddit.com/feedback"), "text/html,*/*"
    ),
    Unfurler("imessage", _APPLE_MESSAGES, _BROWSER),
    Unfurler(
        "applebot",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
        _BROWSER,
    ),
    Unfurler("google", _compatible("Googlebot/2.1; +http://www.google.com/bot.html"), _BROWSER),
    Unfurler("bing", _compatible("bingbot/2.0; +http://www.bing.com/bingbot.htm")),
    Unfurler("bing_preview", _CHROME.format("Chrome", " BingPreview/1.0b"), _BROWSER),
    Unfurler("safe_links", _CHROME.format("HeadlessChrome", ""), _BROWSER),
    Unfurler("mail_scanner", _CHROME.format("Chrome", " Edg/131.0.0.0"), _BROWSER),
    Unfurler("mail_scanner_head", _CHROME.format("Chrome", ""), "*/*", "HEAD"),
    Unfurler("proofpoint", _CHROME.format("Chrome", ""), "text/html, */*;q=0.5"),
    Unfurler(
        "outlook",
        "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)",
    ),
    Unfurler(
        "mastodon",
        "Mastodon/4.3.1 (http.rb/5.2.0; +https://mastodon.social/) Bot",
        "text/html, application/xhtml+xml;q=0.9",
    ),
    Unfurler("bluesky", _compatible("Bluesky Cardyb/1.1; +mailto:support@bsky.app")),
    Unfurler("embedly", _compatible("Embedly/0.2; +http://support.embed.ly/")),
    Unfurler("iframely", "Iframely/1.3.1 (+https://iframely.com/docs/about)"),
    Unfurler("viber", _IPHONE + "Mobile/15E148 Viber/22.9.0", _BROWSER),
    Unfurler("line", "facebookexternalhit/1.1;line-poker/1.0"),
    Unfurler(
        "kakaotalk",
        "facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984",
    ),
    Unfurler("matrix", "Synapse (bot; +https://github.com/matrix-org/synapse)", "text/html,*/*"),
    Unfurler("mattermost", "Mattermost-Bot/1.1"),
    Unfurler("zulip", _compatible("ZulipURLPreview/9.3; +https://chat.example")),
    Unfurler(
        "snapchat",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/129.0.0.0 Safari/537.36 (compatible; Snap URL Preview Service; bot)",
    ),
    Unfurler("lemmy", "Lemmy/0.19.5; +https://lemmy.example"),
    Unfurler("misskey", "Misskey/2024.10.1 SummalyBot", "text/html,application/xhtml+xml"),
    Unfurler("nextcloud", "Nextcloud Server Crawler", None),
    Unfurler("tumblr", "Tumblr/14.0.835.186"),
    Unfurler("vk", _compatible("vkShare; +http://vk.com/dev/Share")),
    Unfurler(
        "prefetch",
        _CHROME.format("Chrome", ""),
        "*/*",
        more={"Sec-Purpose": "prefetch"},
    ),
    Unfurler(
        "prerender",
        _CHROME.format("Chrome", ""),
        _BROWSER,
        more={"Sec-Purpose": "prefetch;prerender"},
    ),
    Unfurler(
        "json_prefetch",
        _CHROME.format("Chrome", ""),
        "application/json",
        more={"Sec-Purpose": "prefetch"},
    ),
    Unfurler("first_byte", _CHROME.format("Chrome", ""), _BROWSER, more={"Range": "bytes=0-0"}),
]

# Browsers within apps: they look like the app's program, but a person is in front of them.
IN_APP_BROWSERS: dict[str, Any] = {
    "twitter": _IPHONE + "Mobile/21F90 Twitter for iPhone/10.41",
    "pinterest": _IPHONE + "Mobile/21F90 [Pinterest/iOS]",
    "linkedin": _IPHONE + "Mobile/21F90 [LinkedInApp]/9.29.8962",
    "instagram": _IPHONE + "Mobile/21F90 Instagram 331.0.3.29.90 (iPhone14,5; iOS 17_5; de_DE)",
    "facebook": _IPHONE
    + "Mobile/21F90 [FBAN/FBIOS;FBAV/464.0.0.33.109;FBDV/iPhone14,5;FBLC/de_DE]",
    "whatsapp": _IPHONE + "Mobile/21F90 WhatsApp/24.11",
    "viber": _IPHONE + "Mobile/15E148 Viber/22.9.0",
    "safe_links": _CHROME.format("HeadlessChrome", ""),
}
