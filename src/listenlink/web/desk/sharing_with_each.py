"""Sharing with several at the desk: what was typed, and what the page shows of the links made for them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec

from listenlink.actions.authenticate import Caller
from listenlink.actions.idempotency import AnsweredBefore, Once
from listenlink.actions.idempotency import Asked as AskedOnce
from listenlink.actions.make_link import NewLink
from listenlink.actions.make_link_for_each import make_link_for_each
from listenlink.errors import Problem
from listenlink.model import ids
from listenlink.model.moment import moment_of
from listenlink.model.recipient_lines import at_line, read_recipients
from listenlink.model.share import TargetType
from listenlink.model.spreadsheet import harmless, harmless_when_pasted, write_csv
from listenlink.model.terms import AskedTerms
from listenlink.threads import WORK
from listenlink.web.desk.room import Room
from listenlink.web.paths import SHARED_PATH

# 500 names of 120 characters, as a form spells them.
MOST_BYTES = 1024 * 1024
_HEADINGS = ("label", "url", "max_opens", "expires_at", "id")


class MadeForOne(msgspec.Struct, frozen=True):
    """What is shown of one of the links. Times in epoch µs."""

    id: str
    label: str
    url: str
    expires_at: int | None
    max_opens: int | None


async def make_for_each(
    room: Room,
    caller: Caller,
    once: AskedOnce,
    target: tuple[TargetType, int],
    for_all: AskedTerms,
    text: str,
) -> list[MadeForOne]:
    """Make the links, or tell again what the same form made before. Raises what `read_recipients` and
    `make_link_for_each` raise, about a line of the text where it's about a recipient."""
    owning = room.owning
    now_us = owning.clock.now_us()
    read = await WORK.run(partial(read_recipients, text))
    tell = partial(_tell, owning.settings.base_url)
    doing: Once[list[NewLink]] = Once(owning.sealer, once, tell, now_us, owning.clock.certain_us())
    parts = (owning.database, owning.token_sealer, caller, target, for_all)
    try:
        await make_link_for_each(*parts, [one.asked for one in read], now_us, doing)
    except AnsweredBefore as before:
        return msgspec.json.decode(before.answer, type=list[MadeForOne])
    except Problem as problem:
        raise at_line(problem, read) from None
    return msgspec.json.decode(doing.answer, type=list[MadeForOne])


def to_take_along(made: Sequence[MadeForOne]) -> dict[str, Any]:
    """What the page shows of them: the lines to copy, and the table as CSV, in base64. Neither is a formula
    to a spreadsheet, whatever the labels are."""
    lines = "\n".join(f"{harmless_when_pasted(one.label)}\t{one.url}" for one in made)
    table = write_csv(_HEADINGS, map(_row, made))
    return {"made": made, "lines": lines, "csv": base64.b64encode(table.encode()).decode()}


def _tell(base_url: str, made: list[NewLink]) -> bytes:
    return msgspec.json.encode(
        [
            MadeForOne(
                ids.public_id(ids.SHARE, new.share.id),
                new.share.label or "",
                base_url + SHARED_PATH + new.token,
                new.share.expires_at,
                new.share.max_opens,
            )
            for new in made
        ]
    )


def _row(one: MadeForOne) -> list[str]:
    most, ends_at = one.max_opens, one.expires_at
    ends = "" if ends_at is None else moment_of(ends_at).isoformat().replace("+00:00", "Z")
    return [harmless(one.label), one.url, "" if most is None else str(most), ends, one.id]
