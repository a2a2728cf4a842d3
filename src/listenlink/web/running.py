"""What runs around the requests of one process: housekeeping, metrics and its shutdown."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable

import structlog

from listenlink.errors import Problem
from listenlink.model.places import Places
from listenlink.running.housekeeping import keep_house
from listenlink.running.instance import Instance
from listenlink.threads import HOUSE
from listenlink.web.client_connections import close_excess
from listenlink.web.front import Front

_METRICS_AGAIN_SECONDS = 2.0
_LAST_SECONDS = 0.3
_CLOSED_WITHIN_SECONDS = 1.0
_COUNTED_EVERY_SECONDS = 1.0


@contextlib.asynccontextmanager
async def running(instance: Instance, front: Front) -> AsyncIterator[None]:
    """The context between the server's start and its end."""
    # What is loaded by now lives as long as the process: the garbage collector needn't look at it again, nor
    # now, which would take a fifteenth of the start.
    gc.freeze()
    front.routes.begin()
    housekeeping = asyncio.create_task(keep_house(instance))
    streams = front.doors.playback.streams.places
    leaving = _leave_when_told(instance, housekeeping, streams)
    telling = asyncio.create_task(_tell_metrics(instance, front))
    bounding = asyncio.create_task(_bound_clients(instance))
    try:
        yield
    finally:
        for task in (leaving, telling, bounding, housekeeping):
            await _end(task)
        await _finish(instance)
        instance.close()


def _leave_when_told(
    instance: Instance, housekeeping: asyncio.Task[None], streams: Places
) -> asyncio.Task[None]:
    """SIGTERM announces the shutdown first; SIGUSR1, which `cli/serving.py` makes of SIGINT, doesn't wait,
    and ends the streams.

    SIGINT is the server's own: it stops listening, waits for its connections for as long as they
    take, and only then ends the lifespan. So whatever has no end of its own is ended here.
    """
    loop, presence = asyncio.get_running_loop(), instance.running.presence
    asked, now = asyncio.Event(), asyncio.Event()

    def announce() -> None:
        presence.announce()
        asked.set()

    def hurry() -> None:
        now.set()
        announce()

    async def leave() -> None:
        await asked.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(instance.running.settings.leave_after_seconds):
                await now.wait()
        os.kill(os.getpid(), signal.SIGINT)
        # What arrived before listening stopped is still answered: a proxy may not retry a POST elsewhere.
        await asyncio.sleep(_LAST_SECONDS)
        presence.refuse()
        # This sends away whoever is waiting for events.
        await _end(housekeeping)
        if not await _finish(instance, lambda: streams.taken if now.is_set() else 0):
            # The server waits for its connections, even those without a request, and then ends this.
            await asyncio.sleep(_LAST_SECONDS if now.is_set() else _CLOSED_WITHIN_SECONDS)
        os._exit(0)

    loop.add_signal_handler(signal.SIGTERM, announce)
    loop.add_signal_handler(signal.SIGUSR1, hurry)
    return loop.create_task(leave())


async def _finish(instance: Instance, ended: Callable[[], int] = lambda: 0) -> int:
    """Wait for the requests in flight but those `ended` now, and write pending counts and the time. Returns
    how many aren't done yet."""
    if left_over := await instance.running.presence.finish(ended):
        structlog.get_logger().warning("requests_cut_off", requests=left_over)
    with contextlib.suppress(Problem):
        await instance.listening.opener.write_limited()
        await instance.running.timekeeper.keep()
        await instance.owning.key_uses.write(instance.running.database)
    return left_over


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _bound_clients(instance: Instance) -> None:
    """Close clients' excess connections, until cancelled."""
    settings, most = instance.running.settings, instance.running.capacity.connections_of_a_client
    while True:
        await asyncio.sleep(_COUNTED_EVERY_SECONDS)
        closed = await HOUSE.run(
            close_excess,
            settings.port,
            most,
            settings.trusted_proxies,
            settings.client_prefix_bits,
        )
        if closed:
            structlog.get_logger().warning("client_had_too_many_connections", closed=closed)


async def _tell_metrics(instance: Instance, front: Front) -> None:
    """Serve metrics until cancelled, if there is an address for them."""
    if instance.running.settings.metrics_address is None:
        return
    # Imported here, so that nobody else pays for it.
    from listenlink.web.metrics import InstanceCollector
    from listenlink.web.metrics_server import start_metrics

    collector = InstanceCollector(instance, front, asyncio.get_running_loop())
    host, port = instance.running.settings.metrics_address
    while True:
        try:
            server = start_metrics(collector, host, port, instance.running.settings.workers)
            break
        except OSError:
            # A worker that is being replaced still has it.
            structlog.get_logger().warning("metrics_address_taken")
            await asyncio.sleep(_METRICS_AGAIN_SECONDS)
    try:
        await asyncio.Event().wait()
    finally:
        # Not waited for: a scrape in progress needs this very loop.
        threading.Thread(target=server.shutdown, daemon=True).start()
        server.server_close()
