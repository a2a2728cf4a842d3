"""The command `listenlink`, and `python -m listenlink`.

This and the package's `__init__` are read by Pythons that are too old for the rest, and say so.
"""

import gc
import sys


def main() -> None:
    """Run the command line; say in one line if the Python is too old, or if only the client is installed
    and something else is needed."""
    if sys.version_info < (3, 11):  # noqa: UP036 (pip refuses older ones; a source tree doesn't)
        found = sys.version.split()[0]
        raise SystemExit("listenlink: Python 3.11 or newer is needed, and this is " + found + ".")
    # What is loaded stays: to look through it each time that 700 more objects are there takes an eighth of
    # the start. In the server, which has far more for good, seldom enough is often enough, too.
    gc.set_threshold(50_000, 50, 50)
    try:
        from listenlink.cli import main as run

        run()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("listenlink"):
            raise
        print(
            f"listenlink: {error.name} isn't installed; commands and the server need all of it: "
            "pip install 'listenlink[server]'",
            file=sys.stderr,
        )
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
