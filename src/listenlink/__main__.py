"""Entry point for `python -m listenlink`."""

from listenlink.cli import main

main()
