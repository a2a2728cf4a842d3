"""A command in a terminal of its own, as somebody has it who types."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import struct
import subprocess
import termios
import time

from cast import LISTENLINK, clean_environment

ENDS_WITHIN_SECONDS = 60


def _log_in(screen: int) -> None:
    """As a shell does: Ctrl-C ends what it starts, also where whoever started this shell had it ignored."""
    os.login_tty(screen)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """A command in a terminal of its own, 80 columns wide if nothing else is said."""

    def __init__(self, settings: dict[str, str], *arguments: str, columns: int = 80) -> None:
        self._keyboard, screen = os.openpty()
        fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        environment = clean_environment(**settings)
        environment.pop("COLUMNS", None)
        self.process = subprocess.Popen(
            [*LISTENLINK, *arguments], env=environment, preexec_fn=lambda: _log_in(screen)
        )
        os.close(screen)
        self.shown = ""

    def read_until(self, text: str) -> None:
        """Until this is shown, or the command has ended."""
        began_at, held = time.monotonic(), b""
        while text not in self.shown and time.monotonic() - began_at < ENDS_WITHIN_SECONDS:
            try:
                piece = os.read(self._keyboard, 4096)
            except OSError:  # It ended.
                return
            held += piece
            self.shown = held.decode(errors="replace")
        assert text in self.shown

    def press(self, keys: bytes) -> None:
        os.write(self._keyboard, keys)

    def end(self) -> tuple[int, str]:
        """Its exit status, and all that it showed; a terminal's line ends are two characters."""
        before, self.shown = self.shown, ""
        with contextlib.suppress(AssertionError):
            self.read_until("\0")
        status = self.process.wait(ENDS_WITHIN_SECONDS)
        os.close(self._keyboard)
        return status, (before + self.shown).replace("\r\n", "\n")
