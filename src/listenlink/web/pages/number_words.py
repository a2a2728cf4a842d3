"""Numbers, sizes and days as a page says them, in its language."""

from __future__ import annotations

from datetime import UTC, datetime

from listenlink.model.quota import write_bytes
from listenlink.web.pages.languages import SOURCE

_DAY_SECONDS = 86_400


def number_words(number: int, language: str) -> str:
    """`12345` → `12,345`, and elsewhere `12.345`."""
    # Imported here: only a page needs it, and it takes a while to load.
    from babel.numbers import format_decimal

    # CLDR's narrow no-break space is often missing in fonts.
    return str(format_decimal(number, locale=language)).replace("\u202f", "\u00a0")


def size_words(size_bytes: int, language: str) -> str:
    """`1.2 MB`, and elsewhere than in English `1,2 MB`."""
    text = write_bytes(size_bytes)
    return text if language == SOURCE else text.replace(".", ",")


def day_words(day: int, language: str) -> str:
    """A UTC day, counted from 1970-01-01: `Nov 24, 2026`."""
    from babel.dates import format_date

    date = datetime.fromtimestamp(day * _DAY_SECONDS, UTC).date()
    return str(format_date(date, format="medium", locale=language))
