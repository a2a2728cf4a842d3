"""What one running Listenlink is made of, in four. `app.py` puts it together.

Each group has what one kind of work reaches and no more, so whatever is given a group says what that is. The
clock and the database are in all of them: they're handed to actions.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from listenlink.capacity import Capacity
from listenlink.clock import Clock
from listenlink.media.storage import Storage
from listenlink.outbound.mail import MailMan
from listenlink.running.derive_audio import AudioDeriver
from listenlink.running.desk import Desk
from listenlink.running.listening import Listening
from listenlink.running.mark_audio import AudioMarker
from listenlink.running.node_keys import NodeKeys
from listenlink.running.owning import Owning
from listenlink.running.readiness import Readiness
from listenlink.running.shutdown import Presence
from listenlink.running.teller import Teller
from listenlink.running.timekeeper import Timekeeper
from listenlink.secret_keys import DayKeys
from listenlink.settings import Settings
from listenlink.store.database.database import Database
from listenlink.store.opening.playback import PlaybackReader


@dataclass(slots=True)
class Ages:
    """What the last round of retention found: how many audit lines there are from a clock that was ahead."""

    lines_ahead: int = 0


@dataclass(frozen=True, slots=True)
class Running:
    """What the process needs to live. `engines_problem` says why the engine file can't be read, if it can't:
    every licence is then reported as unclear. `presence` is whether this process is shutting down,
    `capacity` how many connections it takes; `mailman` is there if mails can be sent."""

    settings: Settings
    clock: Clock
    database: Database
    storage: Storage
    capacity: Capacity
    reader: PlaybackReader
    daily_keys: DayKeys
    engines_problem: str | None
    deriver: AudioDeriver
    marker: AudioMarker
    keys: NodeKeys
    readiness: Readiness
    timekeeper: Timekeeper
    teller: Teller
    mailman: MailMan | None
    presence: Presence = field(default_factory=Presence)
    ages: Ages = field(default_factory=Ages)


@dataclass(frozen=True, slots=True)
class Instance:
    """All of it: for what looks after the whole, such as housekeeping and metrics."""

    listening: Listening
    owning: Owning
    desk: Desk
    running: Running

    def close(self) -> None:
        """End its threads and connections."""
        self.listening.opener.close()
        self.running.reader.close()
        self.listening.limits.close()
        self.listening.players.close()
        self.running.database.close()
        self.running.storage.stop_serving()
