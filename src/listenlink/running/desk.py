"""What the requests of people reach, who sign in with a browser."""

from __future__ import annotations

from dataclasses import dataclass

from listenlink.actions.signing_in.asker import AccountAudit
from listenlink.actions.signing_in.bound_attempts import Attempts
from listenlink.actions.signing_in.use_passkey import Passkeys
from listenlink.clock import Clock
from listenlink.model.licence import EngineRegistry
from listenlink.outbound.mail import MailMan
from listenlink.running.mark_audio import AudioMarker
from listenlink.running.readiness import Readiness
from listenlink.settings import Settings
from listenlink.store.database.database import Database


@dataclass(frozen=True, slots=True)
class Desk:
    """What those need who sign in. `mailman` is there if mails can be sent; `marker` says whether manifests
    can be signed."""

    settings: Settings
    clock: Clock
    database: Database
    registry: EngineRegistry
    readiness: Readiness
    attempts: Attempts
    audit: AccountAudit
    passkeys: Passkeys
    mailman: MailMan | None
    marker: AudioMarker
