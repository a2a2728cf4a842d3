"""What takes a node out of service, and what doesn't."""

from __future__ import annotations

import asyncio
from typing import cast

from listenlink.actions.opening.rate_limits import RateLimits
from listenlink.running.readiness import Finding, Fitness, limits_check


class NeverAnswering:
    """Shared limits whose Redis keeps even its own client waiting."""

    async def ping(self) -> bool:
        await asyncio.Event().wait()
        return True


async def test_limits_that_cannot_be_asked_in_time_take_no_node_out() -> None:
    found = await asyncio.wait_for(limits_check(cast(RateLimits, NeverAnswering())).ask(), 10)
    assert found == Finding("not_shared", Fitness.FIT)
