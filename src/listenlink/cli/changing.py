"""What an `edit` is asked to change, as the request's fields: what is given, and what is taken away."""

from __future__ import annotations

from typing import Any

from listenlink.errors import RefusesToStart


def changes_of(given: dict[str, Any], taken_away: dict[str, bool]) -> dict[str, Any]:
    """The fields that options gave a value, None being no value, and null for those that are taken away by
    `--no-…`. Raises RefusesToStart for one that is both."""
    changes = {name: value for name, value in given.items() if value is not None}
    for name, is_taken in taken_away.items():
        option = name.replace("_", "-")
        if is_taken and name in changes:
            raise RefusesToStart(f"--no-{option}: not together with --{option}")
        if is_taken:
            changes[name] = None
    return changes


def require_some(changes: dict[str, Any], command: str) -> None:
    """Raise RefusesToStart if nothing is to be changed."""
    if not changes:
        raise RefusesToStart(
            f"nothing was changed: say what is to be; see: listenlink {command} --help"
        )
