"""A moment as a page says it before its script knows whose clock it's read by: in UTC, and it says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from listenlink.model.moment import tellable_seconds


def moment_words(at_us: int, translate: Callable[[str], str], language: str) -> str:
    """Day and time in the page's language: `November 1, 2026 at 12:05 PM UTC`. Time in epoch µs.

    `moments.js` writes the same moment by the reader's own clock.
    """
    # Imported here: only a page needs it, and it takes a while to load.
    from babel.dates import format_date, format_time

    moment = datetime.fromtimestamp(tellable_seconds(at_us), UTC)
    day = str(format_date(moment, format="long", locale=language))
    # French has an ordinal for the first of a month, for which date patterns have no letter.
    if language == "fr" and moment.day == 1:
        day = day.replace("1 ", "1er ", 1)
    # CLDR puts a narrow no-break space before AM, which fonts often lack.
    time = str(format_time(moment, format="short", locale=language)).replace("\u202f", "\u00a0")
    # Translators: a moment within a sentence, as in "until November 1, 2026 at 12:05 PM UTC".
    return translate("{day} at {time} UTC").format(day=day, time=time)
