"""Tables of the textbook implementation, as mapped classes, and its links.

python textbook_tables.py DATABASE TOKENS_FILE
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    """The registry of the mapped classes."""


class Track(Base):
    """A track with its licence."""

    __tablename__ = "tracks"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    engine: Mapped[str]
    mode: Mapped[str]
    duration_seconds: Mapped[float]
    instrumental: Mapped[bool]
    licence_class: Mapped[str]
    licence_version: Mapped[str]
    commercial_use: Mapped[bool]
    requires_attribution: Mapped[bool]


class Share(Base):
    """A link to a track."""

    __tablename__ = "shares"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_digest: Mapped[bytes] = mapped_column(unique=True)
    track_id: Mapped[int] = mapped_column(ForeignKey("tracks.id"))
    visibility: Mapped[str]
    max_opens: Mapped[int | None]
    opens: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[int | None]
    revoked_at: Mapped[int | None]
    track: Mapped[Track] = relationship()


class Audit(Base):
    """One opening, or one refusal."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[int]
    share_id: Mapped[int | None]
    client: Mapped[str]
    opened: Mapped[bool]


def main() -> None:
    """Make the tables, and a link to one track for each token."""
    engine = create_engine(f"sqlite:///{sys.argv[1]}")
    Base.metadata.create_all(engine)
    track = Track(
        title="Late Night Study",
        engine="studio",
        mode="creation",
        duration_seconds=12.0,
        instrumental=False,
        licence_class="personal_only",
        licence_version="2026-01",
        commercial_use=False,
        requires_attribution=False,
    )
    with Session(engine) as session, session.begin():
        for path in Path(sys.argv[2]).read_text().split():
            digest = hashlib.sha256(path.rpartition("/")[2].encode()).digest()
            session.add(Share(token_digest=digest, track=track, visibility="link_only"))


if __name__ == "__main__":
    main()
