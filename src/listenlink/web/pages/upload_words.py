"""What is said while files are put in: why one isn't taken, how far it is, what may be done with it.

A program is told a code and perhaps a reason; here each has a sentence in the page's language.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from listenlink.errors import Problem, ProblemKind
from listenlink.model.licence import UNCLEAR, EngineRegistry
from listenlink.model.track_facts import ENDINGS
from listenlink.web.pages.languages import catalogue
from listenlink.web.pages.licence_words import licence_name, licence_sentence
from listenlink.web.pages.page_data import inline_json
from listenlink.web.problem_table import TABLE

# What most people have.
_PRESET = "own_recording"
# Of no registry, so what is made with it is told as unclear.
_ELSE = "other"


def _(message: str) -> str:
    """Mark a message for the catalogues."""
    return message


# By `details.reason`, in the words that the API has for them.
REASONS = {
    "not_audio": _(
        "This file is not audio in a format that can be played here: WAV, FLAC, MP3, M4A, AAC, Ogg, Opus, "
        "WebM, Matroska or AIFF."
    ),
    "empty": _("This file contains no sound."),
    "too_short": _("This file is shorter than a tenth of a second."),
    "truncated": _(
        "Part of this file is missing: it was cut off or damaged, perhaps while copying."
    ),
    "too_long": _("This file is longer than the allowed playing time."),
    "too_many_samples": _(
        "This file has more samples than can be taken in. All its channels together may have as many as the "
        "allowed playing time has in stereo at 192 kHz, or in eight channels at 48 kHz."
    ),
    "video": _("This file contains a video; only audio can be shared here."),
    "broken": _("This file is damaged and can't be played."),
    "too_costly": _("This file takes too much time or memory to read, so it was given up."),
}
_OF_KINDS = {
    ProblemKind.TOO_LARGE: _("This file is larger than those that are taken in here."),
    ProblemKind.QUOTA_EXCEEDED: _(
        "Your organisation stores as much as it may. Remove tracks, or ask whoever runs this server."
    ),
    ProblemKind.TOO_MANY_BEGUN: _(
        "Too many uploads have begun. Those that don't go on end by themselves, within six hours."
    ),
    ProblemKind.MADE_TOO_MANY: _("That's enough of these for today."),
    ProblemKind.STORAGE_FULL: _("There is no room left for this. Please tell the operator."),
    ProblemKind.STORAGE_UNAVAILABLE: _(
        "The music can't be reached right now. Please try again in a moment."
    ),
    ProblemKind.UNAVAILABLE: _("The server is busy. Please try again in a moment."),
    ProblemKind.INSUFFICIENT_PERMISSIONS: _("You don't have permission to perform this action"),
    ProblemKind.ORGANIZATION_SUSPENDED: _(
        "Your organization is suspended. Please ask whoever runs this server."
    ),
    ProblemKind.TIMED_OUT: _("The rest of it didn't arrive. Please try again."),
}
# Beside a field.
_OF_FIELDS = (
    _("A file is needed."),
    _("The title is empty."),
    _("The title is longer than 512 characters."),
    _("This is too long."),
    _("The credit line is longer than 500 characters."),
    _("A Creative Commons licence can't be taken back. Say that you know it."),
)
# By a script alone: a form leads to where one signs in.
_SIGNED_OUT = _(
    "You aren't signed in any more. Sign in again in another window, then press “Retry”."
)


def find_reason(problem: Problem) -> str | None:
    """Why a file isn't taken in, in English; a page translates it. None for what isn't about the file, or
    about what is typed with it."""
    if problem.kind is ProblemKind.INVALID:
        return REASONS.get(problem.details.get("reason", ""), problem.message)
    return _OF_KINDS.get(problem.kind)


def upload_words(translate: Callable[[str], str]) -> dict[str, str]:
    """What the script says, by name; a refusal's words by its code, its reason or what it says in English.
    `{…}` is filled in by the script."""
    _ = translate
    told = {TABLE[kind].code: translate(text) for kind, text in _OF_KINDS.items()}
    told |= {reason: translate(text) for reason, text in REASONS.items()}
    told |= {text: translate(text) for text in _OF_FIELDS}
    return told | {
        "AUTHENTICATION_REQUIRED": translate(_SIGNED_OUT),
        "UNREADABLE": _("This file can't be read any more. Choose it once more."),
        "other": _("Something went wrong on our side."),
        "waits": _("Waiting"),
        # Translators: {percent} is "45%", {size} is "12.3 MB", as browsers write them.
        "sends": _("{percent} of {size}"),
        "checks": _("Arrived, and being listened to …"),
        "offline": _("There is no connection. It goes on by itself as soon as there is one."),
        "busy": _("The server is busy. It goes on by itself."),
        "done": _("Uploaded"),
        "cancelled": _("Cancelled"),
        "unsaved": _("The title isn't changed yet."),
        "so_far": _("Uploaded: {done} of {all}."),
        "refused": _("Not taken in: {count}."),
        "skipped": _("Skipped, because they aren't audio: {count}."),
        "too_many": _("At most {count} files are taken at a time; the rest was left out."),
        "nothing": _("There is no audio file in there."),
        "unconfirmed": _("Say first that you know that it can't be taken back. Then it begins."),
    }


@dataclass(frozen=True, slots=True)
class Offered:
    """One thing that music may be made with, and what follows from it, in words."""

    key: str
    name: str
    licence: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Uploading:
    """What the page shows that takes files. `words` is JSON."""

    offered: list[Offered]
    preset: str
    most_bytes: int
    endings: str
    words: str


def uploading(registry: EngineRegistry, most_bytes: int, now_us: int, language: str) -> Uploading:
    """What there is to choose from. The preset is the least claim where recordings of one's own aren't
    known."""
    translate = catalogue(language).gettext
    offered = [
        Offered(
            terms.engine,
            terms.display_name,
            licence_name(terms.licence, translate),
            licence_sentence(terms.licence, translate),
        )
        for terms in registry.list_in_force(now_us)
    ]
    known = {one.key for one in offered}
    if _ELSE not in known:
        named, sentence = licence_name(UNCLEAR, translate), licence_sentence(UNCLEAR, translate)
        offered.append(Offered(_ELSE, translate("Something else"), named, sentence))
    return Uploading(
        offered,
        _PRESET if _PRESET in known else _ELSE,
        most_bytes,
        " ".join(ENDINGS),
        inline_json(upload_words(translate)),
    )
