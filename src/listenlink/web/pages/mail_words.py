"""A digest as a mail: what happened, by link, in plain text and as small HTML, in its reader's language."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from listenlink.model.mail_message import Written
from listenlink.model.telling import Digest, Happened
from listenlink.web.pages.languages import catalogue
from listenlink.web.pages.notice_words import notice_sentence
from listenlink.web.pages.number_words import number_words


def _(message: str) -> str:
    """Mark a message for the catalogues."""
    return message


_DOWNLOADS = _("Downloads so far: {count}.")
_LEFT_OUT = _("And more: {count}. The rest is on your desk.")
_SUBJECT = _("News of your links: {count}")
_WHERE = _("Your links: {url}")
_WHY = _(
    "You get this because you asked {name} to be told of your links. To get no more of these: {url}"
)


def digest_mail(digest: Digest, desk_url: str, leave_url: str) -> Written:
    """The mail. A single thing is its own subject."""
    language = digest.settings.language
    translate = catalogue(language).gettext
    happened, left_out = digest.by_link, digest.left_out
    lines = [_line(one, language, translate) for one in happened]
    if left_out:
        lines.append(translate(_LEFT_OUT).format(count=number_words(left_out, language)))
    if len(happened) == 1 and not left_out:
        (one,) = happened
        subject = notice_sentence(one.notice, one.title, language).title
    else:
        count = number_words(len(happened) + left_out, language)
        subject = translate(_SUBJECT).format(count=count)
    where = translate(_WHERE).format(url=desk_url)
    why = translate(_WHY).format(name=digest.organization, url=leave_url)
    text = "\n\n".join([*(f"• {line}" for line in lines), where, why]) + "\n"
    return Written(subject, text, _html(lines, [where, why], language))


def _line(one: Happened, language: str, translate: Callable[[str], str]) -> str:
    told = notice_sentence(one.notice, one.title, language).text
    if one.downloads:
        told += " " + translate(_DOWNLOADS).format(count=number_words(one.downloads, language))
    return told


def _html(lines: list[str], below: list[str], language: str) -> str:
    items = Markup("").join(Markup("<li>{}</li>").format(line) for line in lines)
    rest = Markup("").join(Markup("<p>{}</p>").format(line) for line in below)
    page = Markup('<!doctype html><html lang="{}"><meta charset="utf-8"><ul>{}</ul>{}</html>')
    return str(page.format(language, items, rest))
