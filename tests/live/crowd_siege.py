"""A crowd before a node, while an honest listener asks: what happened, and what of it shouldn't have."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from live.crowd import Ask, Crowd, crowd_before, faults_of, left_hanging
from live.crowd_doors import OF_EACH, press_doors
from live.crowd_listener import MOST_SECONDS, Hearing, Listener
from live.crowd_node import Node, Use

MOST_GROWN_BYTES = 300 * 1024 * 1024
IDLE_SECONDS = 90.0
# While some ask for what is dear: what half of the honest answers take at most, and what one of the others
# costs the worker: 4 ms on an idle machine, where it had been 29 to 53, and 15 with others at work beside it.
MEDIAN_SECONDS = 0.25
MOST_PROCESSOR_SECONDS = 0.025
# A prime number of them: everybody has a part of everything.
ADDRESSES = [f"127.0.1.{number}" for number in range(1, 48)]
# Whoever asks at a dear door has a budget that nobody has spent before.
_fresh = (f"127.0.{3 + number // 250}.{1 + number % 250}" for number in itertools.count())


@dataclass
class Siege:
    """What happened. Moments are monotonic seconds."""

    name: str
    node: Node
    began_at: float
    before: Use
    used: float = 0.0
    fates: dict[str, Counter[str]] = field(default_factory=dict)
    told: dict[str, Counter[int]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        """For whoever reads along."""
        self.lines.append(line)

    def check(self, condition: bool, fault: str) -> None:
        """Note the fault unless the condition holds: all are told together."""
        if not condition:
            self.faults.append(fault)

    def gather(self, crowd: Crowd, crowds: Sequence[tuple[Sequence[Ask], int]]) -> None:
        """All of them come."""
        for asks, count in crowds:
            crowd.gather(asks, count, ADDRESSES)
        if crowds:
            took = time.monotonic() - self.began_at
            self.say(f"{len(crowd.members)} came within {took:.1f} s")

    def press(self, port: int, asked: Mapping[str, bytes], seconds: float) -> float:
        """Press the doors for so long, if there are any, or wait; the seconds it really took."""
        places = [next(_fresh) for _ in range(OF_EACH * len(asked))]
        if asked:
            # What is made once is made once; it's what comes again and again that counts.
            asyncio.run(press_doors(port, asked, places, 0))
        began_at, self.used = time.monotonic(), self.node.use().seconds
        if asked:
            self.told = asyncio.run(press_doors(port, asked, places, seconds))
        else:
            time.sleep(seconds)
        self.used = self.node.use().seconds - self.used
        return time.monotonic() - began_at

    def judge_hearing(self, heard: Hearing, quiet: Hearing) -> None:
        """None of the honest requests failed, none took too long."""
        for ask, fates in self.fates.items():
            self.say(f"{ask}: {dict(fates)}")
        ratio = heard.p99 / quiet.p99
        self.say(f"listener: {heard}, {ratio:.1f} x the quiet p99")
        if heard.failed:
            first = heard.failed[0]
            self.faults.append(
                f"the listener: {len(heard.failed)} of {len(heard.answers)} failed or took more than "
                f"{MOST_SECONDS} s, the first {first.path} after "
                f"{first.asked_at - self.began_at:.1f} s: {first.status}"
            )

    def judge_doors(self, heard: Hearing, seconds: float) -> None:
        """Whoever asked was answered; and, where nobody else was there, that cost the others little."""
        for name, told in self.told.items():
            self.say(f"{name}: {dict(told)} in {seconds:.1f} s")
            self.check(told[200] >= OF_EACH, f"{name}: {told[200]} got in")
            self.check(set(told) <= {200, 429, 503}, f"{name}: told {set(told)}")
        answers = sum(told.total() for told in self.told.values())
        if answers and not self.fates:
            cost = self.used / answers
            self.say(f"{cost * 1000:.2f} ms of the worker for each of {answers} answers")
            self.check(cost <= MOST_PROCESSOR_SECONDS, f"each answer costs {cost * 1000:.0f} ms")
            slow = f"the listener's median is {heard.median * 1000:.0f} ms"
            self.check(heard.median <= MEDIAN_SECONDS, slow)

    def judge_use(self, use: Use) -> None:
        """The worker grew within bounds."""
        grown = use.most_bytes - self.before.most_bytes
        self.say(f"worker: {grown / 2**20:+.0f} MB, {use.connections} connections")
        self.check(grown <= MOST_GROWN_BYTES, f"the worker grew by {grown / 2**20:.0f} MB")

    def wait_until_ended(self, crowd: Crowd) -> None:
        """Until those who only hold a place of the node's have lost it, which they must within some time."""
        last = max((member.sent_at or 0.0 for member in crowd.members), default=0.0)
        while (hanging := self._hanging(crowd)) and time.monotonic() < last + IDLE_SECONDS:
            time.sleep(1)
        self.say(f"{hanging} hang {time.monotonic() - last:.0f} s after the last one came")
        self.say(f"seconds until the last was let go: {slowest_end(crowd)}")
        self.check(not hanging, f"hanging after {IDLE_SECONDS:.0f} s: {hanging}")

    def _hanging(self, crowd: Crowd) -> dict[str, int]:
        node = self.node
        if crowd.port == node.server.port:
            return left_hanging(crowd)
        # What a proxy holds is the proxy's.
        staying = sum(not member.ask.ends for member in crowd.members)
        more = node.use().connections - self.before.connections - staying - node.passing
        return {"the node's own": more} if more > 0 else {}


def slowest_end(crowd: Crowd) -> dict[str, int]:
    """For each ask the seconds after which its last member was let go, of those who were."""
    slowest: dict[str, int] = {}
    for member in crowd.members:
        if member.let_go_at is not None and member.sent_at is not None:
            seconds = round(member.let_go_at - member.sent_at)
            slowest[member.ask.name] = max(slowest.get(member.ask.name, 0), seconds)
    return slowest


def besiege(
    node: Node,
    port: int,
    listener: Listener,
    quiet: Hearing,
    *,
    name: str,
    crowds: Sequence[tuple[Sequence[Ask], int]] = (),
    pressed: Mapping[str, bytes] | None = None,
    seconds: float,
    until_ended: bool = False,
    until_back: bool = True,
    others: frozenset[int] = frozenset(),
) -> Siege:
    """Gather the crowds before `port`, press the doors for so many seconds, and judge.

    `until_ended` waits for the node to let go whom it should, `until_back` for all to be as it was once the
    crowd has left. `others` are statuses that may be told by whoever stands in front of the node.
    """
    node.forget_most()
    siege = Siege(name, node, time.monotonic(), node.use())
    with crowd_before(port) as crowd:
        siege.gather(crowd, crowds)
        took = siege.press(port, pressed or {}, seconds)
        crowd.settle()
        siege.fates = crowd.fates()
        siege.faults += faults_of(crowd, others)
        if until_ended:
            siege.wait_until_ended(crowd)
        # All this while the crowd stands there: nobody is answered because it left.
        heard, use = listener.between(siege.began_at, time.monotonic()), node.use()
    siege.judge_hearing(heard, quiet)
    siege.judge_doors(heard, took)
    siege.judge_use(use)
    is_back = not until_back or node.is_back_at(siege.before)
    siege.check(is_back, f"{siege.before} before, {node.use()} afterwards")
    if crowds and is_back:
        node.try_everything()
    return siege
