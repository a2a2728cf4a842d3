"""Write `client/blocking` of `client/awaiting`: the same methods, for one thing at a time. Or: `make client`.

What is written is committed, so that editors, type checkers and whoever reads it need nothing else.
`tests/house/test_written_client.py` holds the one against the other.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

CLIENT = Path(__file__).parents[1] / "src" / "listenlink" / "client"
SOURCES, WRITTEN = CLIENT / "awaiting", CLIENT / "blocking"
# What waits is another thing there, and written by hand in both.
BY_HAND = {"waits.py"}
HEADING = "# Written by scripts/write_blocking_client.py. Change client/awaiting/{name}, then `make client`."
WORDS = {
    "async def": "def",
    "async with": "with",
    "async for": "for",
    "await ": "",
    "AsyncIterator": "Iterator",
    "AsyncClient": "Client",
    "asynccontextmanager": "contextmanager",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "aclose": "close",
    "aread": "read",
    "aiter_raw": "iter_raw",
    "listenlink.client.awaiting": "listenlink.client.blocking",
}
# Of the first line of all.
SENTENCES = {
    "for programs that wait for many things at once.": "for programs that do one thing at a time.",
    "The other one is written of it by": "Written of the other one by",
    ": what a method does is said here alone.": ".",
}
# Longer ones first, and none within another word.
_WORD = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?:(?<= )|(?!\w))" for word in WORDS))
_STEPS = (["check", "--select", "I,UP028", "--fix", "--unsafe-fixes"], ["format"])


def write_blocking(name: str) -> str:
    """The text of a file of `client/blocking`."""
    text = (SOURCES / name).read_text()
    for said, instead in SENTENCES.items():
        text = text.replace(said, instead)
    text = HEADING.format(name=name) + "\n" + _WORD.sub(lambda found: WORDS[found[0]], text)
    if left := re.findall(r"\basync\b|\bawait\b|\bAsync\w+", text):
        raise ValueError(f"{name}: there is no other word for {left}")
    for step in _STEPS:
        ruff = [sys.executable, "-m", "ruff", *step, "--quiet"]
        done = subprocess.run(  # noqa: S603 (nothing of it is anybody else's)
            [*ruff, "--stdin-filename", str(WRITTEN / name), "-"],
            input=text, capture_output=True, text=True, check=True,
        )  # fmt: skip
        text = done.stdout
    return text


def names() -> list[str]:
    """The files that are written."""
    return sorted(path.name for path in SOURCES.glob("*.py") if path.name not in BY_HAND)


def main() -> None:
    """Write them all, and remove what nothing is the source of."""
    for path in WRITTEN.glob("*.py"):
        if path.name not in {*names(), *BY_HAND}:
            path.unlink()
    for name in names():
        (WRITTEN / name).write_text(write_blocking(name))


if __name__ == "__main__":
    main()
