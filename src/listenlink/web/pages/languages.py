"""The languages of the pages: which one a visitor gets, and its gettext catalogue.

Catalogues are `pages/messages/LANGUAGE.po`; `make messages` brings them up to date.
"""

from __future__ import annotations

import io
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources

from listenlink.web.negotiation import MOST_CHARACTERS, weighted

SOURCE = "en"
LANGUAGES = (SOURCE, "de", "es", "fr")


def choose_language(accept_language: str) -> str:
    """The best of our languages for an `Accept-Language` (RFC 9110, section 12.5.4), or else English."""
    return _choose(accept_language[:MOST_CHARACTERS])


@lru_cache(maxsize=1024)
def _choose(accept_language: str) -> str:
    for name, _ in weighted(accept_language):
        primary = name.partition("-")[0]
        if primary in LANGUAGES:
            return primary
    return SOURCE


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: str) -> NullTranslations:
    """The language's messages. What isn't translated stays in English."""
    if language == SOURCE:
        return NullTranslations()
    # Imported here: only a page needs it, and it takes a while to load.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    text = resources.files("listenlink.web.pages.messages").joinpath(f"{language}.po").read_bytes()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(text), locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)
