"""What sharing says: of a link's terms that can't be, of a new link, and what the sheet's script says."""

from __future__ import annotations

from collections.abc import Callable

Translate = Callable[[str], str]


def term_faults(translate: Translate) -> tuple[str, ...]:
    """What is said in English of terms that can't be (`model/terms.py`, `web/desk/terms_form.py`), and where
    no link can be made."""
    _ = translate
    return (
        _("Choose how long."),
        _("Choose a date."),
        _("This is no date."),
        _("This time is over."),
        _("A link lasts 90 days at most."),
        _("The link would end before it starts."),
        _("This is no time in the years 1970 to 9999, in UTC."),
        _("This is a whole number, 1 or more."),
        _("This is a whole number from 1 to 9007199254740992."),
        _("This has at most 120 characters."),
        _("This is text without NUL."),
        _("A link's password has 6 to 128 characters."),
        _("Type another password, or take it away, not both."),
        _("That's enough for a day: 10000 links at most are made within 24 hours."),
        _("This doesn't exist."),
        _("You don't have permission to perform this action"),
        _("The server is busy. Please try again in a moment."),
        _(
            "The server is busy, and can't tell whether this was done. Please look before you try again."
        ),
    )


def sheet_words(translate: Translate) -> dict[str, str]:
    """What the sheet's script says, by name, or by what the API says in English. It fills in `{…}`."""
    _ = translate
    said = {
        # Translators: {end} and {start} are like "November 1, 2026 at 12:05 PM".
        "any": _("Whoever has this link can open it any number of times, until {end}."),
        "once": _("Whoever has this link can open it once, until {end}."),
        "times": _("Whoever has this link can open it {count} times, until {end}."),
        "later": _("Not before {start}."),
        "offline": _("There is no connection. Try again in a moment."),
        "busy": _("The server is busy. Please try again in a moment."),
        "failed": _("This didn't work. Try again in a moment."),
        "invalid": _("This can't be so."),
        "signed_out": _(
            "You aren't signed in any more. Sign in again in another window, then try again here."
        ),
        "no_date": _("Choose a date."),
        "no_password": _("A link's password has 6 to 128 characters."),
        "no_number": _("This is a whole number, 1 or more."),
    }
    faults = zip(term_faults(str), term_faults(translate), strict=True)
    return said | dict(faults)
