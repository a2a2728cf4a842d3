"""What the page's script says, in the page's language. `{…}` is filled in by the script."""

from __future__ import annotations

from collections.abc import Callable


def script_words(translate: Callable[[str], str]) -> dict[str, str]:
    """The script's messages by name."""
    _ = translate
    return {
        "play": _("Play"),
        "pause": _("Pause"),
        "position": _("{elapsed} of {total}"),
        "refused": _("This share link is no longer available."),
        "locked": _("The link's password is asked for again. Please load this page anew."),
        "removed": _("The creator has removed this music."),
        # Translators: {opened} and {end} are like "November 1, 2026 at 12:05 PM".
        "opened_before": _(
            "You opened this link here on {opened}. It has since been closed, or opened as often as it "
            "may be. Whoever sent it to you can make a new one."
        ),
        "opened_until": _(
            "You opened this link here on {opened}. It was to be open until {end}. Whoever sent it to you "
            "can make a new one."
        ),
        "closed": _("This link was closed. Nothing more is played."),
        # Translators: {wait} is "1 second", "20 seconds", as browsers write it.
        "limited": _("Too many requests. Please try again in {wait}."),
        "busy": _("The server is busy. Please try again in a moment."),
        "offline": _("There is no connection. It goes on by itself as soon as there is one."),
        "unplayable": _("This can't be played here."),
        "skipped": _("“{title}” can't be played here. On to the next one."),
        "soundless": _("There is no sound output on this device."),
        "empty": _("There is no music in this collection yet."),
        "more": _("Further tracks, not shown here: {count}"),
        "download_all": _("Download all (ZIP, {size})"),
        "copied": _("Copied."),
        "saved": _("It's in your library now."),
        "wrong_key": _("This key isn't valid, or may not save tracks."),
        "mute": _("Mute"),
        "unmute": _("Unmute"),
        "yes": _("yes"),
        "no": _("no"),
        "required": _("required"),
        "not_required": _("not required"),
    }
