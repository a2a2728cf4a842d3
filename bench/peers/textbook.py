"""The public resolve as the books of FastAPI and SQLAlchemy have it: what one would write first.

One transaction a request on aiosqlite: a conditional UPDATE counts the open, the track is loaded, an
audit row is added, and the answer goes out after the commit. It keeps the same promises: counted
exactly, audited before answered, synced to the disk, limited by client in any 60 s.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import event, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import joinedload

from textbook_tables import Audit, Share

_LIMIT, _WINDOW_SECONDS = 120, 60.0
_KEY = os.urandom(32)
_PUBLIC = "http://127.0.0.1"

engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['BENCH_DATABASE']}")
sessions = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()
_hits: defaultdict[str, deque[float]] = defaultdict(deque)


@event.listens_for(engine.sync_engine, "connect")
def _set_up(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA busy_timeout = 5000")
    cursor.close()


class _FromRow(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class LicenceView(_FromRow):
    """What a listener may do."""

    licence_class: str
    licence_version: str
    commercial_use: bool
    requires_attribution: bool


class TrackView(BaseModel):
    """One track."""

    id: str
    title: str
    engine: str
    mode: str
    measured_duration_seconds: float
    instrumental: bool
    playback_url: str
    licence: LicenceView


class ShareFacts(BaseModel):
    """The link itself."""

    target_type: str
    visibility: str
    expires_at: str | None


class ShareView(BaseModel):
    """The answer, field by field as Listenlink's."""

    kind: str
    available: bool
    message: str | None
    share: ShareFacts
    track: TrackView | None
    collection: None = None
    tracks: None = None


async def session() -> AsyncIterator[AsyncSession]:
    """A session for one request."""
    async with sessions() as opened:
        yield opened


async def limit(request: Request, response: Response) -> str:
    """At most 120 in any 60 s by client address; uvicorn reads the trusted proxy's header."""
    client = request.client.host if request.client else "unknown"
    now, hits = time.monotonic(), _hits[client]
    while hits and hits[0] <= now - _WINDOW_SECONDS:
        hits.popleft()
    if len(hits) >= _LIMIT:
        raise HTTPException(429, "Too many requests", {"Retry-After": "60"})
    hits.append(now)
    response.headers["X-RateLimit-Limit"] = str(_LIMIT)
    response.headers["X-RateLimit-Remaining"] = str(_LIMIT - len(hits))
    return client


@app.get("/v1/music/shared/{token}")
async def open_link(
    token: str,
    client: Annotated[str, Depends(limit)],
    database: Annotated[AsyncSession, Depends(session)],
) -> ShareView:
    """Count the open, write the audit row, show the track."""
    digest, now = hashlib.sha256(token.encode()).digest(), int(time.time())
    async with database.begin():
        opened = await database.execute(
            update(Share)
            .where(
                Share.token_digest == digest,
                Share.revoked_at.is_(None),
                or_(Share.expires_at.is_(None), Share.expires_at > now),
                or_(Share.max_opens.is_(None), Share.opens < Share.max_opens),
            )
            .values(opens=Share.opens + 1)
            .returning(Share.id)
            .execution_options(synchronize_session=False)
        )
        share_id = opened.scalar_one_or_none()
        database.add(Audit(at=now, share_id=share_id, client=client, opened=share_id is not None))
        share = None
        if share_id is not None:
            found = select(Share).options(joinedload(Share.track)).where(Share.id == share_id)
            share = (await database.scalars(found)).one()
    if share is None:
        raise HTTPException(404, "This share link is no longer available.")
    return _view(share, now)


def _view(share: Share, now: int) -> ShareView:
    track = share.track
    signed = f"{track.id}.{share.id}.{now + 300}"
    signature = hmac.new(_KEY, signed.encode(), "sha256").hexdigest()
    return ShareView(
        kind="track",
        available=True,
        message=None,
        share=ShareFacts(target_type="track", visibility=share.visibility, expires_at=None),
        track=TrackView(
            id=f"mtrack_{track.id:012x}",
            title=track.title,
            engine=track.engine,
            mode=track.mode,
            measured_duration_seconds=track.duration_seconds,
            instrumental=track.instrumental,
            playback_url=f"{_PUBLIC}/v1/music/audio/{signed}.{signature}",
            licence=LicenceView.model_validate(track),
        ),
    )
