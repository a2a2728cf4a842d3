"""The command on an instance's audio as a whole; what it does is in `cli/moving_audio.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from listenlink.cli.options import Data, Json


def move_audio(
    source: Annotated[
        str, typer.Option("--from", help="folder, or a bucket: s3://…", metavar="WHERE")
    ],
    target: Annotated[str, typer.Option("--to", help="A bucket, or folder.", metavar="WHERE")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Copy the audio into a bucket, or back.

    Every byte is compared, and nothing is deleted."""
    from listenlink.cli import moving_audio

    moving_audio.move_audio(source, target, data, as_json)
