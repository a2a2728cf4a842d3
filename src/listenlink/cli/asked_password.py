"""A link's password on its way in: typed on a terminal, or one line of a file or of what is piped in. It's no
option's value: those are seen by everybody on the machine, and kept in the shell's history."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

from listenlink.errors import RefusesToStart, fault_of_system
from listenlink.wire.bodies import LEAST_OF_A_PASSWORD, MOST_OF_A_PASSWORD

_MOST_READ = 4096


def read_password(is_asked: bool, file: Path | None) -> str | None:
    """The password that `--password` asks for, or that `--password-file` has in its first line; None without
    either. Raises RefusesToStart for two, and for one that can be none."""
    if is_asked and file is not None:
        raise RefusesToStart("--password: not together with --password-file")
    if file is not None:
        return _checked(_read_file(file), "--password-file")
    if not is_asked:
        return None
    if not sys.stdin.isatty():
        return _checked(_line(sys.stdin.readline(_MOST_READ)), "--password")
    typed = getpass.getpass("The link's password: ")
    if getpass.getpass("Once more: ") != typed:
        raise RefusesToStart("--password: what was typed isn't twice the same")
    return _checked(typed, "--password")


def _read_file(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as opened:
            return _line(opened.readline(_MOST_READ))
    except UnicodeDecodeError:
        raise RefusesToStart("--password-file: this isn't UTF-8") from None
    except OSError as error:
        raise RefusesToStart(f"--password-file: {fault_of_system(error)}") from None


def _line(text: str) -> str:
    return text.rstrip("\r\n")


def _checked(password: str, option: str) -> str:
    if not LEAST_OF_A_PASSWORD <= len(password) <= MOST_OF_A_PASSWORD:
        raise RefusesToStart(
            f"{option}: a link's password has {LEAST_OF_A_PASSWORD} to {MOST_OF_A_PASSWORD} characters"
        )
    return password
