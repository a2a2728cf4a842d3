"""What went wrong, as the one line that a terminal shows: for every command, and for a server's start.

Each command raises what it likes; only here is it put into words. A place that knows more, such as which
option is wrong, raises RefusesToStart with a line of its own.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import traceback

import typer
from typer.exceptions import TyperException

from listenlink.errors import Problem, ProblemKind, RefusesToStart, fault_of_system
from listenlink.model.one_line import one_line
from listenlink.settings import PREFIX

_OF_KIND = {
    ProblemKind.STORAGE_FULL: "the disk is full",
    ProblemKind.STORAGE_UNAVAILABLE: "the audio's storage can't be reached",
}
_TRACED = "debug"


def tell_failure(error: Exception) -> int:
    """Print the line, and return the exit status: 2 for what isn't a command, else 1."""
    is_usage = isinstance(error, TyperException)
    line = line_of_usage(error) if isinstance(error, TyperException) else line_of(error)
    if line:
        print(f"listenlink: {one_line(line)}", file=sys.stderr)
    return 2 if is_usage else 1


def line_of(error: Exception) -> str:
    """One line for the operator, without a newline or a secret. A mistake in the program names its place;
    with LISTENLINK_LOG_LEVEL=debug its whole way is printed as well."""
    if isinstance(error, RefusesToStart):
        return str(error)
    # Imported here: a command that only talks to a server gets by without any database.
    from sqlalchemy.exc import SQLAlchemyError

    from listenlink.store.database.faults import find_fault

    if isinstance(error, Problem):
        known = error.message or _OF_KIND.get(error.kind)
        return known or f"the database can't be used: {find_fault(error) or 'it does not answer'}"
    if isinstance(error, OSError):
        names = [os.fsdecode(name) for name in (error.filename, error.filename2) if name]
        return ": ".join([*names[:1], fault_of_system(error)])
    fault = find_fault(error)
    if fault is not None and isinstance(error, SQLAlchemyError | sqlite3.Error):
        return f"the database can't be used: {fault}"
    return _line_of_mistake(error)


def _line_of_mistake(error: Exception) -> str:
    if os.environ.get(PREFIX + "LOG_LEVEL") == _TRACED:
        traceback.print_exception(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return (
        f"a mistake in Listenlink: {type(error).__name__}{place}; "
        f"{PREFIX}LOG_LEVEL={_TRACED} shows all of it"
    )


def line_of_usage(wrong: TyperException) -> str:
    """One line for a command that isn't one, with what to ask for help. Typer's own names types, and takes
    six lines."""
    context = getattr(wrong, "ctx", None)
    said = wrong.format_message().rstrip(".")
    parameter = getattr(wrong, "param", None)
    if isinstance(wrong, typer.BadParameter) and wrong.message and parameter is not None:
        named = parameter.opts[0] if parameter.opts else parameter.name
        # Only numbers are checked for what they are; their bounds, where they're used.
        said = f"{named}: " + ("must be a whole number" if wrong.__cause__ else wrong.message)
    elif not said:
        # Its help was printed.
        return ""
    else:
        said = said[0].lower() + said[1:]
    return f"{said}; see: {context.command_path} --help" if context is not None else said
