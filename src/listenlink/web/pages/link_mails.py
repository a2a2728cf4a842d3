"""Mails with a one-time link: an invitation, and one that signs somebody in."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from listenlink.actions.signing_in.sign_in_by_link import NewSignInLink
from listenlink.model.mail_message import Written
from listenlink.model.one_line import one_line
from listenlink.web.pages.languages import catalogue
from listenlink.web.pages.moment_words import moment_words

_NAME_LENGTH = 100


def _(message: str) -> str:
    """Mark a message for the catalogues."""
    return message


_INVITED = _("You are invited to {name}")
_WHO_INVITES = _("{who} invites you to {name} on {host}, to share music there.")
_ACCEPT = _("To accept, open this, and press “Sign in”: {url}")
_SIGN_IN = _("Your link to sign in")
_SIGNS_IN = _("To sign in at {host}, open this, and press “Sign in”: {url}")
_ENDS = _("It works once, until {moment}. Whoever has it can use it.")
_UNASKED = _("If you didn't expect this, do nothing.")


def invitation_mail(
    link: NewSignInLink, desk_url: str, organization: str, inviter: str, language: str
) -> Written:
    """For whom an owner, known by their address, invites to an organisation."""
    translate = catalogue(language).gettext
    name = one_line(organization)[:_NAME_LENGTH]
    host = desk_url.partition("://")[2]
    who = translate(_WHO_INVITES).format(who=inviter, name=name, host=host)
    accept = translate(_ACCEPT).format(url=link.url(desk_url))
    subject = translate(_INVITED).format(name=name)
    return _written(subject, [who, accept, *_ending(link, translate, language)], language)


def sign_in_mail(link: NewSignInLink, desk_url: str, language: str) -> Written:
    """For somebody who is a user."""
    translate = catalogue(language).gettext
    host = desk_url.partition("://")[2]
    signs_in = translate(_SIGNS_IN).format(host=host, url=link.url(desk_url))
    return _written(translate(_SIGN_IN), [signs_in, *_ending(link, translate, language)], language)


def _ending(link: NewSignInLink, translate: Callable[[str], str], language: str) -> list[str]:
    moment = moment_words(link.ends_at, translate, language)
    return [translate(_ENDS).format(moment=moment), translate(_UNASKED)]


def _written(subject: str, lines: list[str], language: str) -> Written:
    told = Markup("").join(Markup("<p>{}</p>").format(line) for line in lines)
    page = Markup('<!doctype html><html lang="{}"><meta charset="utf-8">{}</html>')
    return Written(subject, "\n\n".join(lines) + "\n", str(page.format(language, told)))
