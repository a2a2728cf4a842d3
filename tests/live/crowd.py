"""A crowd: thousands of connections that ask for something, or for nothing, and then stand there.

Its members never read and never write again, so nothing runs on their behalf: no event loop has to serve
thousands, and the load costs the server's machine nothing. What became of each is asked of the kernel: the
first bytes that came (by peeking, which takes nothing out), and whether a process still holds the other
end (by /proc/net/tcp). They connect a few at a time, so that the backlog of the server isn't overrun.
"""

from __future__ import annotations

import contextlib
import resource
import select
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

_AT_ONCE = 100
_CONNECTED_WITHIN_SECONDS = 3.0
_PATIENCE_SECONDS = 4.0
_LISTENING = "0A"
_HEAD_BYTES = 12
REFUSALS = frozenset({400, 408, 429, 503})
Address = tuple[str, int]


class Ask(NamedTuple):
    """What some members of a crowd send, and what may come of it.

    `wanted` is the status of who is let in, None where nothing is answered; `least` the part of them
    that has to be; `also` what else they may be told. `ends`: the server ends it within 90 s.
    `receive_bytes` is SO_RCVBUF, the system's if 0; `share` the part of the crowd, relative to the others'.
    """

    name: str
    raw: bytes
    wanted: int | None = None
    least: float = 0.0
    also: frozenset[int] = REFUSALS
    ends: bool = True
    receive_bytes: int = 0
    share: int = 1


@dataclass(eq=False, slots=True)
class Member:
    """One connection. Moments are monotonic seconds."""

    ask: Ask
    socket: socket.socket
    address: Address = ("", 0)
    sent_at: float | None = None
    was_held: bool = False
    let_go_at: float | None = None

    def status(self) -> int | None:
        """Of the answer: None if there is none yet, 0 if what came isn't HTTP or the end came first."""
        try:
            head = self.socket.recv(_HEAD_BYTES, socket.MSG_PEEK)
        except BlockingIOError:
            return None
        except OSError:
            return 0
        return int(head[9:]) if head.startswith(b"HTTP/1.1 ") and len(head) == _HEAD_BYTES else 0

    def fate(self) -> str:
        """In words."""
        if self.sent_at is None:
            return "not connected"
        status = self.status()
        told = "nothing said" if status is None else str(status or "no status")
        if self.let_go_at is not None:
            return f"{told}, let go"
        return f"{told}, held" if self.was_held else f"{told}, never accepted"


@dataclass
class Crowd:
    """All that were gathered before one port."""

    port: int
    members: list[Member] = field(default_factory=list)

    def look(self) -> None:
        """Note who is held by a process at the other end, and who isn't any more."""
        held, now = held_by(self.port), time.monotonic()
        standing = [m for m in self.members if m.was_held and m.let_go_at is None]
        if any(member.address not in held for member in standing):
            # The list is read in pieces while it changes, so it might lack somebody.
            held |= held_by(self.port)
        for member in self.members:
            if member.address in held:
                member.was_held, member.let_go_at = True, None
            elif (
                member.let_go_at is None
                and member.sent_at is not None
                # Between two looks one may have been accepted and let go: then it was told so.
                and (member.was_held or member.status() is not None)
            ):
                member.let_go_at = now

    def fates(self) -> dict[str, Counter[str]]:
        """What became of them until now: for each ask, how many of each fate."""
        self.look()
        fates: dict[str, Counter[str]] = {}
        for member in self.members:
            fates.setdefault(member.ask.name, Counter())[member.fate()] += 1
        return fates

    def settle(self) -> None:
        """Wait, within bounds, until everybody who's to be answered is: a busy machine takes a while."""
        waiting = [member for member in self.members if member.ask.wanted is not None]
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            waiting = [member for member in waiting if member.status() is None]
            if not waiting:
                return
            time.sleep(0.05)

    def gather(self, asks: Sequence[Ask], count: int, addresses: Sequence[str]) -> None:
        """So many more connect, from all the addresses in turn, and send what their ask says. Ends early
        where nobody is let in any more; who didn't connect is counted as such."""
        dealt = [ask for ask in asks for _ in range(ask.share)]
        everyone = [Member(ask, socket.socket()) for ask in islice(cycle(dealt), count)]
        places = cycle(addresses)
        self.members += everyone
        patience = _PATIENCE_SECONDS
        for first in range(0, count, _AT_ONCE):
            few = everyone[first : first + _AT_ONCE]
            for member, place in zip(few, places, strict=False):
                _begin(member, place, self.port)
            if not _send(few):
                return
            began = time.monotonic()
            while not self._are_served(few) and time.monotonic() - began < patience:
                time.sleep(0.01)
            patience -= time.monotonic() - began

    def _are_served(self, few: list[Member]) -> bool:
        if all(member.ask.wanted is None or member.status() is not None for member in few):
            self.look()
            return all(member.was_held or member.let_go_at is not None for member in few)
        return False

    def close(self) -> None:
        """All leave."""
        for member in self.members:
            member.socket.close()


def _begin(member: Member, place: str, port: int) -> None:
    connection = member.socket
    connection.setblocking(False)
    if member.ask.receive_bytes:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, member.ask.receive_bytes)
    connection.bind((place, 0))
    member.address = connection.getsockname()
    connection.connect_ex(("127.0.0.1", port))


def _send(few: list[Member]) -> bool:
    """Send what they have to say, once they are connected; whether all are."""
    waiting = {member.socket.fileno(): member for member in few}
    poll = select.poll()
    for number in waiting:
        poll.register(number, select.POLLOUT)
    deadline = time.monotonic() + _CONNECTED_WITHIN_SECONDS
    while waiting and time.monotonic() < deadline:
        for number, _ in poll.poll(100):
            poll.unregister(number)
            member = waiting.pop(number)
            if member.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                with contextlib.suppress(OSError):
                    member.socket.send(member.ask.raw)
                    member.sent_at = time.monotonic()
    return all(member.sent_at is not None for member in few)


def held_by(port: int) -> set[Address]:
    """The other ends of all connections to a loopback port that some process has accepted and not closed.

    One that waits in the backlog has no inode yet, and one that was closed has none any more.
    """
    found, suffix = set(), f":{port:04X}"
    for name in ("tcp", "tcp6"):
        for line in Path("/proc/net", name).read_text().splitlines()[1:]:
            columns = line.split()
            _, here, there, state = columns[:4]
            if here.endswith(suffix) and state != _LISTENING and columns[9] != "0":
                host, _, peer = there.rpartition(":")
                number = bytes.fromhex(host[-8:])[::-1]
                found.add((socket.inet_ntoa(number), int(peer, 16)))
    return found


@contextlib.contextmanager
def crowd_before(port: int) -> Iterator[Crowd]:
    """Nobody yet; whoever gathers leaves at the end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    crowd = Crowd(port)
    try:
        yield crowd
    finally:
        crowd.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def faults_of(crowd: Crowd, others: frozenset[int] = frozenset()) -> list[str]:
    """What is wrong with their fates: who never got in, who was told what nobody should be, and where too
    few were let in. `others` are statuses that may be told besides."""
    faults = []
    for ask in {member.ask.name: member.ask for member in crowd.members}.values():
        members = [member for member in crowd.members if member.ask is ask]
        statuses = [member.status() for member in members]
        outside = sum(not member.was_held and member.let_go_at is None for member in members)
        if outside:
            faults.append(f"{ask.name}: {outside} of {len(members)} were never let in")
        strange = set(statuses) - {None, 0, ask.wanted} - ask.also - others
        if strange:
            faults.append(f"{ask.name}: told {strange}")
        wanted = statuses.count(ask.wanted)
        if ask.wanted is not None and wanted < ask.least * len(members):
            faults.append(f"{ask.name}: {wanted} of {len(members)} were told {ask.wanted}")
    return faults


def left_hanging(crowd: Crowd) -> Counter[str]:
    """Whom the server should have let go by itself, and still holds: how many of each ask."""
    crowd.look()
    return Counter(m.ask.name for m in crowd.members if m.ask.ends and m.let_go_at is None)
