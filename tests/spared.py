"""What a forked server spares a test that isn't about it: manifests, and waiting for a second to pass.

It's told by variables, which the program doesn't see.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

_SIGNS_LIGHTLY, _SECOND = "TESTS_SIGN_LIGHTLY", "TESTS_SECOND"


def variables(*, is_signing: bool, second: float) -> dict[str, str]:
    """By which it's told: whether it makes manifests, and how long the pause is, in seconds, in what it does
    each second."""
    told = {} if is_signing else {_SIGNS_LIGHTLY: "1"}
    return told if second == 1.0 else told | {_SECOND: str(second)}


def heed(environment: MutableMapping[str, str]) -> None:
    """Do as told, in a process that has the program loaded; the variables are gone then."""
    if environment.pop(_SIGNS_LIGHTLY, ""):
        _sign_lightly()
    if second := environment.pop(_SECOND, ""):
        _shorten_second(float(second))


def _sign_lightly() -> None:
    """Have a word kept in place of each manifest: to make one and have it read again takes four processes and
    half a second of processor time for each upload."""
    from listenlink.model.manifest import Manifest
    from listenlink.running.make_manifest import ManifestMaker

    async def make(
        maker: Any, _descriptor: int, _version: object, mark: Any, _turn: object
    ) -> object:
        return Manifest(mark.signed, b"a manifest", vars(maker)["_clock"].now_us(), None)

    setattr(ManifestMaker, "make", make)  # noqa: B010 (mypy: it's no method to it)


def _shorten_second(seconds: float) -> None:
    """Have opens counted, and what there is to tell looked for, that often."""
    from listenlink.running import housekeeping, teller

    vars(housekeeping)["_SECOND"] = seconds
    vars(teller)["_LOOK_US"] = round(seconds * 1_000_000)
