"""`listenlink` for a shell's PATH, whose commands are forked from what has the program loaded, as those of
`run_forked` are: a script of sixty commands would spend most of a minute on loading it sixty times.

What the shell runs is a small program that asks for the command and ends as it does. The command has the
shell's own arguments, environment, folder, output and errors; its input is empty.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from fork_server import Forked

_MOST_BYTES = 1 << 18
# Without the packages' folder, which it has no need of, it's there in some 20 ms.
_ASKS = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asking:
    asking.connect({address!r})
    asked = json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()])
    socket.send_fds(asking, [asked.encode()], [1, 2])
    sys.exit(int(asking.recv(8)))
"""


@contextlib.contextmanager
def forked_program(folder: Path) -> Iterator[Path]:
    """The program, as a file in this folder, until the block ends."""
    # An abstract address: the folder's path may be too long for one.
    address = f"\0listenlink-{secrets.token_hex(8)}"
    program = folder / "listenlink"
    program.write_text(_ASKS.format(python=sys.executable, address=address))
    program.chmod(0o755)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(address)
        listening.listen()
        serving = threading.Thread(target=_serve, args=(listening,), daemon=True)
        serving.start()
        try:
            yield program
        finally:
            listening.shutdown(socket.SHUT_RDWR)  # It wakes who waits for the next.
            serving.join()


def _serve(listening: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            asking, _ = listening.accept()
            threading.Thread(target=_run, args=(asking,), daemon=True).start()


def _run(asking: socket.socket) -> None:
    with asking:
        asked, descriptors, _, _ = socket.recv_fds(asking, _MOST_BYTES, 2)
        arguments, environment, folder = json.loads(asked)
        with os.fdopen(descriptors[0], "w") as output, os.fdopen(descriptors[1], "w") as errors:
            status = Forked(arguments, environment, output, errors, folder).wait()
        # As a shell has it of who is ended by a signal.
        asking.send(b"%d" % (status if status >= 0 else 128 - status))
