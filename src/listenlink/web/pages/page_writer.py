"""Writes pages from templates, in a language, with what they show."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from listenlink.media.picture_url import LARGE, PREVIEW, PictureName, PictureUrls
from listenlink.model.moment import iso_seconds
from listenlink.model.page import Page
from listenlink.model.password import make_link_passwords
from listenlink.model.pattern import make_pattern
from listenlink.web.pages.ai_words import (
    ai_name,
    ai_of_all,
    ai_sentence,
    file_name,
    file_sentence,
)
from listenlink.web.pages.assets import ASSETS, MODULES
from listenlink.web.pages.languages import LANGUAGES, catalogue
from listenlink.web.pages.licence_words import (
    licence_name,
    licence_sentence,
    licence_url,
    only_licence_url,
)
from listenlink.web.pages.linked_data import linked_data
from listenlink.web.pages.moment_words import moment_words
from listenlink.web.pages.number_words import size_words
from listenlink.web.pages.page_data import PageData, cover_path, inline_json, page_data
from listenlink.web.pages.script_words import script_words
from listenlink.web.paths import SHARED_PATH, oembed_address

_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


class PageWriter:
    """Writes the pages of one server, whose public address is `base_url`."""

    def __init__(self, base_url: str, pictures: PictureUrls, ttl_seconds: int) -> None:
        self._base_url = base_url
        self._pictures = pictures
        self._ttl_seconds = ttl_seconds

    def share(self, page: Page, token: str, language: str, *, is_embed: bool = False) -> str:
        """The page of a link that leads somewhere."""
        translations = catalogue(language)
        data = self.data(page, language)
        cover = cover_path(self._pictures, page, page.cover, LARGE)
        preview = self._pictures.write(PictureName(page.share_id, page.rotation, 0, PREVIEW))
        url = self._base_url + SHARED_PATH + token
        return self._render(
            "embed.html" if is_embed else "share.html",
            language,
            page=page,
            data=inline_json(data),
            facts=inline_json(linked_data(page, url, translations.gettext)),
            cover=cover,
            pattern=make_pattern(page.mark),
            preview_url=self._base_url + preview if page.title else None,
            share_url=url,
            embed_url=f"{self._base_url}/embed/{token}",
            oembed_url=oembed_address(self._base_url, token),
            words=inline_json(script_words(translations.gettext)),
        )

    def data(self, page: Page, language: str) -> PageData:
        """What the page's script needs to know."""
        return page_data(page, self._pictures, self._ttl_seconds, catalogue(language).gettext)

    def details(self, page: Page, language: str) -> PageData:
        """The same for who has a session, with places for the addresses of manifests."""
        translate = catalogue(language).gettext
        return page_data(page, self._pictures, self._ttl_seconds, translate, has_manifests=True)

    def listening(
        self, page: Page, urls: dict[int, str], downloads: dict[int, str], language: str
    ) -> str:
        """The page of an open link for a browser without script, with URLs by track."""
        cover = cover_path(self._pictures, page, page.cover, LARGE)
        return self._render(
            "listening.html",
            language,
            page=page,
            cover=cover,
            pattern=make_pattern(page.mark),
            urls=urls,
            downloads=downloads,
        )

    def ended(self, why: str, language: str, wait_seconds: int | None = None) -> str:
        """The page when there is nothing to hear; `why` is `refused`, `removed`, `limited` or `busy`."""
        words = inline_json(script_words(catalogue(language).gettext))
        return self._render(
            "ended.html", language, why=why, wait_seconds=wait_seconds, words=words, page=None
        )

    def locked(self, language: str, *, is_wrong: bool, is_embed: bool) -> str:
        """The page that asks for a link's password, on which nothing is the link's own."""
        return self._render(
            "locked.html", language, page=None, is_wrong=is_wrong, is_embed=is_embed
        )

    def leaving(self, language: str, *, is_done: bool) -> str:
        """The page on which somebody who gets mails has them end, or is told that they have."""
        return self._render("leaving.html", language, page=None, is_done=is_done)

    def _render(self, template: str, language: str, **context: Any) -> str:
        return environment(language).get_template(template).render(**context)


@lru_cache(maxsize=len(LANGUAGES))
def environment(language: str) -> Environment:
    """The templates in a language, with what all of them know."""
    made = Environment(
        loader=PackageLoader("listenlink.web", "pages"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    translations = catalogue(language)
    made.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(
        language=language,
        direction="rtl" if language in _RIGHT_TO_LEFT else "ltr",
        assets=ASSETS,
        modules=MODULES,
        ai_sentence=lambda claims: ai_sentence(claims, translations.gettext),
        file_sentence=lambda claims: file_sentence(claims, translations.gettext),
        file_name=file_name,
        ai_name=lambda claims: ai_name(claims, translations.gettext),
        ai_of_all=lambda page: ai_of_all(page, translations.gettext),
        licence_name=lambda licence: licence_name(licence, translations.gettext),
        licence_sentence=lambda licence: licence_sentence(licence, translations.gettext),
        licence_url=licence_url,
        suggested_for_links=make_link_passwords,
        only_licence_url=only_licence_url,
    )
    made.filters["clock"] = clock_text
    made.filters["iso"] = iso_seconds
    made.filters["size"] = lambda size_bytes: size_words(size_bytes, language)
    made.filters["moment"] = lambda at_us: moment_words(at_us, translations.gettext, language)
    return made


def clock_text(seconds: float) -> str:
    """`203.4` → `3:23`, `3723` → `1:02:03`."""
    whole = int(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
