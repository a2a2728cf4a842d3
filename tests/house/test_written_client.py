"""The two clients are one: what is written of the other is up to date, and both have the same methods."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

import write_blocking_client as writing
from listenlink.client import AsyncClient, Client


@pytest.mark.parametrize("name", writing.names())
def test_what_is_written_is_up_to_date(name: str) -> None:
    """If it isn't: `make client`."""
    assert (writing.WRITTEN / name).read_text() == writing.write_blocking(name)


def test_nothing_else_is_there() -> None:
    there = {path.name for path in writing.WRITTEN.glob("*.py")}
    assert there == {*writing.names(), *writing.BY_HAND}


def test_what_has_no_other_word_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "SOURCES", tmp_path)
    (tmp_path / "a.py").write_text("from contextlib import AsyncExitStack\n")
    with pytest.raises(ValueError, match="AsyncExitStack"):
        writing.write_blocking("a.py")


def methods(kind: type) -> dict[str, Any]:
    return {
        name: [
            (one.name, one.kind, one.default)
            for one in inspect.signature(found).parameters.values()
        ]
        for name, found in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_")
    }


def test_both_have_the_same_methods_that_take_the_same() -> None:
    assert methods(Client) == methods(AsyncClient)
    assert len(methods(Client)) > 70
