"""What handlers are given: one thing each, since the framework takes three times as long for two."""

from __future__ import annotations

import inspect

from listenlink.web.routes import FOR_ANYBODY, FOR_OWNERS


def test_no_handler_is_given_two_things() -> None:
    given = {
        handler.handler_name: [
            str(kind) for kind in inspect.get_annotations(handler.fn).values() if "Given[" in str(kind)
        ]
        for handler in [*FOR_ANYBODY, *FOR_OWNERS]
    }  # fmt: skip
    assert {name: kinds for name, kinds in given.items() if len(kinds) > 1} == {}
    assert sum(map(len, given.values())) > 40, "nothing was found"
