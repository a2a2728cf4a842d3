"""What is told of a mark: who says how much, each in their own name, and what of it this server signed.

All that tells a mark, in words or as data, tells these claims.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from listenlink.model.mark import Ai, Mark


class Sayer(StrEnum):
    """Who says it: this server, by what its operator says of an engine; the creator; or the file itself."""

    SERVER = "server"
    CREATOR = "creator"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Claim:
    """How much of a recording a machine made, as one of them says. `name` is what the engine is called, or in
    whose name the file says it. `is_signed`: a manifest of this server says as much."""

    ai: Ai
    by: Sayer
    name: str | None
    is_signed: bool


def claims_of(mark: Mark, signed: Ai, engine_name: str | None) -> tuple[Claim, ...]:
    """Of each who says something. `signed` is what the manifest of this server says, `engine_name` what the
    engine is called that the mark names."""
    said = (
        (mark.by_engine, Sayer.SERVER, engine_name),
        (mark.by_creator, Sayer.CREATOR, None),
        (mark.by_file, Sayer.FILE, mark.file_says),
    )
    return tuple(
        Claim(ai, by, name, by is not Sayer.FILE and signed >= ai)
        for ai, by, name in said
        if ai is not Ai.NONE
    )


def of_server(claims: tuple[Claim, ...]) -> Claim | None:
    """The most that is said here, by the engine's operator or else by the creator; None for nothing."""
    ours = [claim for claim in claims if claim.by is not Sayer.FILE]
    return max(ours, key=lambda claim: claim.ai, default=None)


def of_file(claims: tuple[Claim, ...]) -> Claim | None:
    """What the file says itself; None for nothing."""
    return next((claim for claim in claims if claim.by is Sayer.FILE), None)


def most_of(claims: tuple[Claim, ...]) -> Ai:
    """The most that anybody says."""
    return max((claim.ai for claim in claims), default=Ai.NONE)
