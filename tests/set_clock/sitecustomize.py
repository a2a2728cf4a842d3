"""Python loads this at its start where it finds it: it sets the one clock that the program reads, and makes
some of its waits shorter (`tests/shorter_waits.py`).

For the clock that costs a start nothing, as libfaketime does, and is there everywhere. Other programs need
that one.
"""

import importlib
import json
import os
import time

_read = time.time_ns

if "TESTS_CLOCK_FILE" in os.environ:
    _FILE = os.open(os.environ["TESTS_CLOCK_FILE"], os.O_RDONLY)

    def _set_time() -> int:
        return _read() + round(float(os.pread(_FILE, 32, 0)) * 1e9)

    time.time_ns = _set_time

for _name, _shorter in json.loads(os.environ.get("TESTS_WAITS", "{}")).items():
    _module, _, _constant = _name.rpartition(".")
    _there = vars(importlib.import_module(_module))
    assert type(_there[_constant]) is type(_shorter), _name
    _there[_constant] = _shorter
