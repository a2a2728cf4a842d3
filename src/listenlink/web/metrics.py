"""Metrics for the operator's Prometheus (`web/metrics_server.py`), read from an instance's tallies.

No label holds a token, an id, an address or a key. Each process reports only itself, on a port of its own:
adding processes up, from files of them all, would be doing Prometheus's work, and a gauge has no sum.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from listenlink import __version__
from listenlink.errors import Problem
from listenlink.model.tally import Histogram
from listenlink.running.backlog import read_backlog
from listenlink.running.instance import Instance
from listenlink.running.readiness import OK
from listenlink.web.front import Front

_CLASSES = range(1, 6)
# Together below the 5 s that is the longest anyone waits.
_CHECKED_WITHIN_SECONDS = 2.0


class InstanceCollector(Collector):
    """Reads the tallies of one process on each scrape. `loop` is where its requests are answered."""

    def __init__(self, instance: Instance, front: Front, loop: asyncio.AbstractEventLoop) -> None:
        self._instance = instance
        self._front = front
        self._loop = loop

    def describe(self) -> Iterator[Metric]:
        """Describe nothing in advance: otherwise registering would query the database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """All metrics, as they are now."""
        yield InfoMetricFamily("listenlink", "This release.", {"version": __version__})
        yield from self._requests()
        yield from self._opens()
        yield from self._audio()
        yield from self._places()
        yield from self._told()
        yield from self._written()
        yield from self._room()
        yield from self._waiting()
        yield from self._checks()

    def _requests(self) -> Iterator[Metric]:
        answers = CounterMetricFamily(
            "listenlink_requests", "Answers, by door and status.", labels=["door", "status"]
        )
        limited = CounterMetricFamily(
            "listenlink_limited", "Answers 429, by door.", labels=["door"]
        )
        front = self._front
        doors = {
            "shared": front.doors.resolve.tally,
            "pages": front.doors.pages.tally,
            "audio": front.doors.playback.tally,
            "routes": front.routed,
            "refused": front.refused,
        }
        for door, tally in doors.items():
            for number in _CLASSES:
                answers.add_metric([door, f"{number}xx"], tally.by_class[number])
            limited.add_metric([door], tally.limited)
        yield answers
        yield limited
        presence = self._instance.running.presence
        yield _gauge("listenlink_requests_in_flight", "Requests in hand.", presence.in_flight)
        yield _gauge("listenlink_leaving", "1 while the process is leaving.", presence.is_leaving)

    def _opens(self) -> Iterator[Metric]:
        opener = self._instance.listening.opener
        outcomes = CounterMetricFamily(
            "listenlink_resolves",
            "Requests for a link, by what came of them, as in the audit.",
            labels=["outcome", "reason"],
        )
        for (outcome, reason), count in list(opener.outcomes.items()):
            labels = [outcome.name.lower(), reason.name.lower() if reason is not None else ""]
            outcomes.add_metric(labels, count)
        yield outcomes
        text = "Time from a request for a link to its answer."
        yield _histogram("listenlink_resolve_seconds", text, self._front.doors.resolve.seconds)
        text = "Requests that shared one transaction."
        yield _histogram("listenlink_batch_requests", text, opener.queue.batch_requests)
        text = "Time of a transaction's commit."
        yield _histogram("listenlink_commit_seconds", text, opener.queue.commit_seconds)
        text = "Requests that wait for the next transaction."
        yield _gauge("listenlink_queue_requests", text, opener.queue.length)
        text = "Audit lines dated more than a day ahead, as of the last round of retention."
        yield _gauge("listenlink_audit_lines_ahead", text, self._instance.running.ages.lines_ahead)

    def _audio(self) -> Iterator[Metric]:
        uploader = self._instance.owning.uploader
        sent = self._front.doors.playback.streams.bytes_sent
        yield _counter("listenlink_playback_bytes", "Audio sent.", sent)
        yield _counter("listenlink_uploads", "Tracks taken in.", uploader.uploads)
        yield _counter("listenlink_upload_bytes", "Audio taken in.", uploader.upload_bytes)

    def _told(self) -> Iterator[Metric]:
        sender = self._instance.running.teller.sender
        text = "Attempts to send something to a webhook."
        yield _outcomes("listenlink_webhook_attempts", text, sender.sent, sender.failed)
        mailman = self._instance.running.mailman
        mails = (0, 0) if mailman is None else (mailman.sent, mailman.failed)
        yield _outcomes("listenlink_mails", "Mails.", *mails)

    def _places(self) -> Iterator[Metric]:
        most = GaugeMetricFamily(
            "listenlink_places", "What may last at once, by kind.", labels=["kind"]
        )
        taken = GaugeMetricFamily("listenlink_places_taken", "How many are taken.", labels=["kind"])
        places = {
            "audio": self._front.doors.playback.streams.places,
            "events": self._instance.listening.watcher.places,
            "bodies": self._front.bodies,
        }
        for kind, each in places.items():
            most.add_metric([kind], each.most)
            taken.add_metric([kind], each.taken)
        yield most
        yield taken
        text = "Streams whose listener took nothing for a minute, or made place for another."
        given_up = self._front.doors.playback.streams.given_up
        yield _counter("listenlink_streams_given_up", text, given_up)

    def _written(self) -> Iterator[Metric]:
        written = CounterMetricFamily(
            "listenlink_written",
            "Pages and covers that were asked for, by whether they were kept or had to be made.",
            labels=["what", "how"],
        )
        listening = self._instance.listening
        for what, maker in (("pages", listening.maker), ("covers", listening.covers.maker)):
            written.add_metric([what, "kept"], maker.found)
            written.add_metric([what, "made"], maker.made)
        yield written
        kept = listening.maker.shelf.bytes_kept
        yield _gauge("listenlink_kept_bytes", "What is kept of pages and covers.", kept)

    def _room(self) -> Iterator[Metric]:
        text = "What is free where things are stored."
        free = GaugeMetricFamily("listenlink_free_bytes", text, labels=["place"])
        text = "How much of that has to stay free."
        kept = GaugeMetricFamily("listenlink_kept_free_bytes", text, labels=["place"])
        room = self._instance.running.storage.room
        with contextlib.suppress(Problem):
            for place in room.places:
                space = room.space(place)
                free.add_metric([place], space.free_bytes)
                kept.add_metric([place], space.floor_bytes)
        yield from (free, kept)
        text = (
            "Uploads that weren't taken in, or not to their end, by what there was too little of."
        )
        refused = CounterMetricFamily("listenlink_uploads_refused", text, labels=["reason"])
        for reason, count in list(self._instance.owning.promises.refused.items()):
            refused.add_metric([reason], count)
        yield refused

    def _waiting(self) -> Iterator[Metric]:
        # If the database doesn't answer, its check reports that; these are then missing.
        with contextlib.suppress(Problem):
            left = read_backlog(
                self._instance.running.database, self._instance.running.clock.now_us()
            )
            text = "Audio files from which covers and the like are still to be made."
            yield _gauge("listenlink_derivations_waiting", text, left.underived)
            text = "What begun uploads still promise, over all nodes."
            yield _gauge("listenlink_promised_bytes", text, left.promised_bytes)
            text = "Audit lines that aren't added up yet."
            yield _gauge("listenlink_audit_lines_waiting", text, left.lines)

    def _checks(self) -> Iterator[Metric]:
        checks = GaugeMetricFamily(
            "listenlink_check_ok", "1 where a check of /readyz is ok.", labels=["check"]
        )
        asked = asyncio.run_coroutine_threadsafe(
            self._instance.running.readiness.look(), self._loop
        )
        with contextlib.suppress(TimeoutError):
            for name, finding in asked.result(_CHECKED_WITHIN_SECONDS).findings.items():
                checks.add_metric([name], finding == OK)
        yield checks


def _outcomes(name: str, text: str, sent: int, failed: int) -> Metric:
    metric = CounterMetricFamily(name, text, labels=["outcome"])
    metric.add_metric(["sent"], sent)
    metric.add_metric(["failed"], failed)
    return metric


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _histogram(name: str, text: str, tally: Histogram) -> Metric:
    bounds = [*(str(float(bound)) for bound in tally.bounds), "+Inf"]
    buckets = list(zip(bounds, accumulate(tally.counts), strict=True))
    return HistogramMetricFamily(name, text, buckets=buckets, sum_value=tally.total)
