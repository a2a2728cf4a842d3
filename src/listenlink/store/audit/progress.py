"""How far the audit's lines are added up.

All lines up to the mark are. Behind it there may be a block of lines that are added up in the order of their
links, because few pages change then (`store/opening/sqlite_adding.py`): of these, the lines of the first
links are. Once the whole block is, the mark is its end.
"""

from __future__ import annotations

from typing import NamedTuple

MARK, DAYS_MARK = "added_up", "days_added_up"
# A block's last line; the link and the line up to which it's added up, in the order of links; and how many of
# its lines that makes. 0, each, where there is none.
END, LINK, LINE, LINES = "block_end", "block_link", "block_line", "block_lines"


def up_to(name: str) -> str:
    """SQL: the number that stands under this name, 0 if none does."""
    return f"(SELECT coalesce(max(audit_id), 0) FROM audit_progress WHERE name = '{name}')"  # noqa: S608


def waits(line: str = "audit", mark: str = up_to(MARK)) -> str:
    """SQL: whether this line, of a link, isn't added up yet. `mark`: SQL of the mark, of opens or of days."""
    reached = f"({up_to(LINK)}, {up_to(LINE)})"
    return f"{line}.id > {mark} AND ({line}.id > {up_to(END)} OR ({line}.share_id, {line}.id) > {reached})"


class Block(NamedTuple):
    """Where adding up is: at the mark alone (`end` is 0), or in a block behind it."""

    mark: int
    end: int = 0
    link: int = 0
    line: int = 0


class Progress(NamedTuple):
    """The newest line, and how far lines are added up: as `READ` returns it."""

    newest: int
    mark: int
    days_mark: int
    end: int
    link: int
    line: int
    lines: int

    @property
    def block(self) -> Block:
        """Where it goes on."""
        is_within = self.end > self.mark
        return Block(self.mark, self.end, self.link, self.line) if is_within else Block(self.mark)

    @property
    def waiting(self) -> int:
        """How many lines wait, with those of no link, which there is nothing to add up of."""
        done = self.lines if self.end > self.mark else 0
        return max(0, self.newest - self.mark - done)


_NEWEST = "(SELECT coalesce(max(id), 0) FROM audit)"
READ = "SELECT " + ", ".join((_NEWEST, *map(up_to, (MARK, DAYS_MARK, END, LINK, LINE, LINES))))
