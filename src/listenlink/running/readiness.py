"""Whether this instance is ready: everything it depends on is checked, at once and within two seconds.

A check is a name and an async function that returns a `Finding`. `app.py` lists the checks; each new
dependency of an instance adds one there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from enum import IntEnum
from typing import NamedTuple

import structlog

from listenlink.actions.find_instance import load_ring
from listenlink.actions.opening.rate_limits import RateLimits
from listenlink.clock import SECOND_US, Clock
from listenlink.errors import Problem, ProblemKind, RefusesToStart
from listenlink.media.disk.faults import StorageFault
from listenlink.media.storage import Storage
from listenlink.model.signing import SigningKey
from listenlink.outbound.mail import MailMan
from listenlink.running.mark_audio import AudioMarker
from listenlink.running.node_keys import NodeKeys
from listenlink.settings import Settings
from listenlink.store.database.database import Database, check_writing
from listenlink.threads import DISK, HOUSE

WITHIN_SECONDS = 1.5
_BUCKET_SECONDS = 1.0
_LIMITS_SECONDS = 1.0
# Anybody may ask, and a check writes: it runs no more often than this, however many ask.
_REMEMBERED_US = SECOND_US


class Fitness(IntEnum):
    """How much of its work an instance can do. Only FIT ones should get requests."""

    FIT = 0
    DEGRADED = 1
    UNFIT = 2


class Finding(NamedTuple):
    """What a check found: a word for the operator, without internals, and what it means."""

    word: str
    fitness: Fitness


class Check(NamedTuple):
    """Something to check. `ask` may raise anything: the finding is then `unavailable`."""

    name: str
    ask: Callable[[], Awaitable[Finding]]


class Report(NamedTuple):
    """All findings by the name of their check, and the worst fitness among them."""

    fitness: Fitness
    findings: dict[str, Finding]


OK = Finding("ok", Fitness.FIT)
FULL = Finding("full", Fitness.DEGRADED)
# Links open, and what is there can be heard: only uploads wait for room.
LOW = "low"
BUCKET_GONE = Finding("bucket_unavailable", Fitness.FIT)
UNAVAILABLE = Finding("unavailable", Fitness.UNFIT)


class Readiness:
    """Runs the checks at most once a second, and remembers the report for all who ask meanwhile."""

    def __init__(self, clock: Clock, checks: Sequence[Check]) -> None:
        self._clock = clock
        self._checks = tuple(checks)
        self._looking: asyncio.Task[Report] | None = None
        self._looked_at = 0
        self._words: dict[str, str] = {}

    async def look(self) -> Report:
        """The report, at most a second old."""
        tick_us = self._clock.tick_us()
        if self._looking is None or (
            self._looking.done() and tick_us - self._looked_at > _REMEMBERED_US
        ):
            self._looked_at = tick_us
            self._looking = asyncio.create_task(self._look())
        # Whoever asked first may disconnect; the others still want to know.
        return await asyncio.shield(self._looking)

    async def _look(self) -> Report:
        found = await asyncio.gather(*(self._ask(check) for check in self._checks))
        findings = {check.name: finding for check, finding in zip(self._checks, found, strict=True)}
        self._log_changes(findings)
        return Report(max((f.fitness for f in found), default=Fitness.FIT), findings)

    async def _ask(self, check: Check) -> Finding:
        try:
            async with asyncio.timeout(WITHIN_SECONDS):
                return await check.ask()
        except Exception:
            return UNAVAILABLE

    def _log_changes(self, findings: dict[str, Finding]) -> None:
        words = {name: finding.word for name, finding in findings.items()}
        for name, word in words.items():
            if word != self._words.get(name, OK.word):
                structlog.get_logger().warning("check_changed", check=name, state=word)
        self._words = words


def database_check(database: Database) -> Check:
    """Whether something can be stored: an open that can't be audited isn't answered."""
    return Check("database", lambda: _full_or_ok(lambda: check_writing(database)))


def storage_check(storage: Storage) -> Check:
    """Whether audio can be taken in; if not, which folder doesn't take it and the system's error, without any
    path. Where less is free than has to stay, and where the bucket is gone, links open all the same: that is
    reported, and takes no node out of service."""

    async def look() -> Finding:
        try:
            found = await _full_or_ok(lambda: DISK.run(storage.check_writing))
        except StorageFault as fault:
            return Finding(f"not_writable: {fault.place} ({fault.reason})", Fitness.DEGRADED)
        low = await DISK.run(storage.room.find_low) if found is OK else []
        if low:
            return Finding(f"{LOW}: {', '.join(low)}", Fitness.FIT)
        if found is OK:
            try:
                async with asyncio.timeout(_BUCKET_SECONDS):
                    await storage.ping()
            except Exception:
                return BUCKET_GONE
        return found

    return Check("storage", look)


def keys_check(settings: Settings, ring: Sequence[SigningKey], others: NodeKeys) -> Check:
    """Whether the signing keys in use are those that the settings name, which the next start would use;
    and whether this node has all that others sign with: otherwise it would refuse what they permit."""

    def look() -> Finding:
        if not others.is_matching:
            return Finding(others.finding, Fitness.UNFIT)
        try:
            is_same = load_ring(settings) == tuple(ring)
        except RefusesToStart:
            return Finding("unreadable", Fitness.FIT)
        return OK if is_same else Finding("changed", Fitness.FIT)

    return Check("keys", lambda: HOUSE.run(look))


def limits_check(limits: RateLimits) -> Check:
    """Whether the limits are shared with the other nodes. If not, each node limits by itself, so a missing
    answer takes no node out of service either."""

    async def look() -> Finding:
        try:
            async with asyncio.timeout(_LIMITS_SECONDS):
                is_shared = await limits.ping()
        except TimeoutError:
            is_shared = False
        return OK if is_shared else Finding("not_shared", Fitness.FIT)

    return Check("limits", look)


def engines_check(engines_problem: str | None) -> Check:
    """Whether the engine terms could be read. Without them every licence is reported as unclear."""

    async def look() -> Finding:
        return OK if engines_problem is None else Finding("unreadable", Fitness.FIT)

    return Check("engines", look)


def mail_check(mailman: MailMan) -> Check:
    """Whether this node's last mail could be handed in. Those that couldn't wait, or their senders know."""

    async def look() -> Finding:
        return OK if mailman.is_working else Finding("not_handed_in", Fitness.FIT)

    return Check("mail", look)


def marks_check(marker: AudioMarker) -> Check:
    """Whether this node can read what files say of themselves and sign what is said of them. If it can't,
    what is known of music is told all the same, and another node may sign, or this one later."""

    async def look() -> Finding:
        return OK if marker.lacks is None else Finding(marker.lacks, Fitness.FIT)

    return Check("marks", look)


async def _full_or_ok(write: Callable[[], Awaitable[None]]) -> Finding:
    try:
        await write()
    except Problem as problem:
        if problem.kind is ProblemKind.STORAGE_FULL:
            return FULL
        if isinstance(problem, StorageFault):
            raise
        return UNAVAILABLE
    return OK
