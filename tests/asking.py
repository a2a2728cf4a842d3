"""Asking as a well-behaved program does."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx


async def until_answered(
    client: httpx.AsyncClient, url: str, sent: dict[str, Any]
) -> httpx.Response:
    """The answer. A server that is busy says when to ask again, and the key is what makes that safe."""
    for _ in range(20):
        answer = await client.post(url, **sent)
        if answer.status_code != 503:
            break
        await asyncio.sleep(float(answer.headers["retry-after"]))
    return answer
