"""What the desk says of webhooks, in the page's language."""

from __future__ import annotations

from collections.abc import Callable

from listenlink.model.delivery import DeliveryState, Failure
from listenlink.model.notice import Event
from listenlink.model.webhook import PauseReason
from listenlink.model.webhook_shapes import Shape

Translate = Callable[[str], str]


def webhook_words(translate: Translate) -> dict[str, dict[str, str]]:
    """The words for events, shapes, pauses, states and failures, by what each is called in a program."""
    return {
        "hook_events": _event_words(translate),
        "hook_news": _news_words(translate),
        "shapes": _shape_words(translate),
        "pauses": _pause_words(translate),
        "sendings": _state_words(translate),
        "failures": _failure_words(translate),
    }


def webhook_refusals(translate: Translate) -> tuple[str, ...]:
    """What forms about webhooks can be refused with."""
    _ = translate
    return (
        _("This is an address like https://example.org/hook."),
        _("An address has at most 1024 characters."),
        _("An address has no name or password in front of its host."),
        _("An address of ntfy ends with its topic, as in https://ntfy.example/mytopic."),
        _("Choose who is to read it."),
        _("At least one is needed."),
        _("You have 20 webhooks already. Remove one."),
        _("This server has no link keys, which webhooks are sealed with."),
        _("Too much waits to be sent there already."),
        _("You had much sent there within this hour. Wait a while."),
        _("Nothing is sent there. Have it go on first."),
        _("The key that this was sealed with is lost. Add the webhook anew."),
    )


def _event_words(translate: Translate) -> dict[str, str]:
    _ = translate
    return {
        Event.OPENED: _("A link was opened: the first time at once, then once an hour at most"),
        Event.SPENT: _("A link has no opens left"),
        Event.ENDING: _("A link that was opened lately ends within a day"),
        Event.ENDED: _("A link has ended"),
        Event.SPREAD: _("A link was opened from many networks"),
        Event.READY: _("A track is ready to be played everywhere"),
        Event.REPLACED: _("A track has a new version"),
        Event.TEST: _("A test"),
        Event.PAUSED: _("Nothing is sent to one of your webhooks any more"),
    }


def _news_words(translate: Translate) -> dict[str, str]:
    """The same in a word or two, for lists."""
    _ = translate
    return {
        Event.OPENED: _("opened"),
        Event.SPENT: _("no opens left"),
        Event.ENDING: _("ends soon"),
        Event.ENDED: _("ended"),
        Event.SPREAD: _("spread"),
        Event.READY: _("track ready"),
        Event.REPLACED: _("new version"),
        Event.TEST: _("a test"),
        Event.PAUSED: _("webhook off"),
    }


def _shape_words(translate: Translate) -> dict[str, str]:
    _ = translate
    return {
        Shape.STANDARD: _("A program of your own, signed"),
        Shape.DISCORD: "Discord",
        Shape.SLACK: "Slack",
        Shape.NTFY: "ntfy",
        Shape.GOTIFY: "Gotify",
    }


def _pause_words(translate: Translate) -> dict[str, str]:
    _ = translate
    return {
        PauseReason.GONE: _("off: it answered that it's gone (410)"),
        PauseReason.GIVEN_UP: _("off: nothing arrived for three days"),
        PauseReason.ASKED: _("paused"),
    }


def _state_words(translate: Translate) -> dict[str, str]:
    _ = translate
    return {
        DeliveryState.WAITING: _("waiting"),
        DeliveryState.DELIVERED: _("arrived"),
        DeliveryState.FAILED: _("failed"),
    }


def _failure_words(translate: Translate) -> dict[str, str]:
    _ = translate
    return {
        Failure.REFUSED_ADDRESS: _("This server may not connect to that address."),
        Failure.UNKNOWN_NAME: _("There is no such name."),
        Failure.NO_CONNECTION: _("Nobody answers there."),
        Failure.NO_TRUST: _("Its certificate isn't to be trusted."),
        Failure.TIMED_OUT: _("It took too long to answer."),
        Failure.BROKEN: _("What answered broke off, or isn't a web server."),
        Failure.STATUS: _("It refused."),
        Failure.INTERNAL: _("This server couldn't put it into words."),
        Failure.LOST_SECRET: _("The key that its address was sealed with is lost."),
    }
