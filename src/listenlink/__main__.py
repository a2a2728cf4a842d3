"""The command `listenlink`, and `python -m listenlink`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; where only the client is installed, say in one line what it needs."""
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
