"""What people are told of their links and tracks, and when it's sent again if it doesn't arrive."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from listenlink.clock import HOUR_US, SECOND_US
from listenlink.model.owner import Owner


class Event(StrEnum):
    """What can happen."""

    OPENED = "link.opened"
    SPENT = "link.spent"
    ENDING = "link.ending"
    ENDED = "link.ended"
    SPREAD = "link.spread"
    READY = "track.ready"
    REPLACED = "track.replaced"
    TEST = "webhook.test"
    PAUSED = "webhook.paused"


# What somebody can ask to be told. A test is sent to whoever asks for it; that nothing is sent to a webhook
# any more, to all others of its owner's.
WANTED = tuple(event for event in Event if event not in (Event.TEST, Event.PAUSED))


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened, for whoever made the link or the track: ids, labels and numbers, never a token or an
    address of a listener. `at` in epoch µs. `number` is its message's, at random: one that counted would tell
    how much happens to others. It's given when the notice is kept."""

    whose: Owner
    event: Event
    at: int
    facts: dict[str, Any]
    share_id: int | None = None
    track_id: int | None = None
    number: int = field(default=0, compare=False)


# Of a link's opens the first is told at once; what follows at most so often, with how many there were.
OPENS_EVERY_US = HOUR_US
# Of a link that was opened lately it's told this long before that it ends.
ENDING_US, LATELY_US = 24 * HOUR_US, 7 * 24 * HOUR_US
# Within this time networks are counted.
SPREAD_US = 48 * HOUR_US

_MINUTE = 60
_HOUR = 60 * _MINUTE
AGAIN_AFTER_SECONDS = (
    5, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 24 * _HOUR,
)  # fmt: skip
# Who asks for patience gets it, within reason.
_LONGEST_WAIT_SECONDS = 24 * _HOUR
# A webhook that fails rests no longer, unless it asks for it: what happens meanwhile would be told late.
_LONGEST_REST_SECONDS = 30 * _MINUTE
# By then whatever happened first was given up.
_GIVEN_UP_US = sum(AGAIN_AFTER_SECONDS) * SECOND_US
# So that those who failed at one moment don't come back at one.
_JITTER = 0.2


def due_again_at(
    attempts: int, now_us: int, retry_after_seconds: int | None, jitter: random.Random
) -> int | None:
    """When what has failed so often is due again, or None if it's given up. The receiver's own wish is heeded
    where it's longer, up to a day."""
    if attempts > len(AGAIN_AFTER_SECONDS):
        return None
    seconds = AGAIN_AFTER_SECONDS[attempts - 1] * (1 + jitter.uniform(0, _JITTER))
    asked = min(retry_after_seconds or 0, _LONGEST_WAIT_SECONDS)
    return now_us + round(max(seconds, asked) * SECOND_US)


def rests_until(failures: int, now_us: int, retry_after_seconds: int | None) -> int:
    """Until when nothing is sent to a webhook where so much failed in a row, whatever is due: a dead one
    isn't tried for each thing that waits for it. Its own wish is heeded as above."""
    seconds = AGAIN_AFTER_SECONDS[min(failures, len(AGAIN_AFTER_SECONDS)) - 1]
    asked = min(retry_after_seconds or 0, _LONGEST_WAIT_SECONDS)
    return now_us + max(min(seconds, _LONGEST_REST_SECONDS), asked) * SECOND_US


def is_given_up(failures: int, since_us: int, now_us: int) -> bool:
    """Whether a webhook where so much failed in a row since then is tried no more."""
    return failures > len(AGAIN_AFTER_SECONDS) and now_us - since_us >= _GIVEN_UP_US
